# SPDX-License-Identifier: MIT OR Apache-2.0
"""The neural brush for Krita's Scripter and for kritarunner. Everything here waits until it is done.

    from krita import Krita
    from npe_brush import api

    document = Krita.instance().openDocument("/home/me/portrait.png")
    layer = api.edit(document, open("/home/me/golden-hair.json").read())   # strokes as `npe edit` and GIMP write them
    api.view(document, "mask").save("/tmp/mask.png")
    document.saveAs("/home/me/portrait.kra")

What can't be done raises `Refused`, `NpeError` or `LibraryError`; `str(e)` is a sentence for people. No window is
needed. Coordinates are pixels of the image. A layer that comes out of this can be gone on with in the docker: select
it, press Start.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from npe_shared import document as documents
from npe_shared import frames, npe, samples
from npe_shared.errors import Refused
from npe_shared.frames import region_of
from npe_shared.npe import Frame, LibraryError, NpeError
from npe_shared.told import Saved
from npe_shared.words import _

from . import layers, pixels
from .photo import Photo
from .pieces import now
from .qt import QByteArray, QImage

__all__ = ["Frame", "LibraryError", "NpeError", "Refused", "edit", "find_faces", "paint_layer", "sample", "view"]

#: Views by name, for `view`.
VIEWS: Dict[str, int] = {
    "original": npe.VIEW_ORIGINAL, "reconstruction": npe.VIEW_RECONSTRUCTION, "generated": npe.VIEW_GENERATED,
    "delta": npe.VIEW_DELTA, "error": npe.VIEW_ERROR, "mask": npe.VIEW_MASK, "latents": npe.VIEW_LATENTS,
    "result": npe.VIEW_RESULT,
}
#: What paint means, for `paint_layer`.
MODES: Dict[str, int] = {
    "color": npe.MODE_COLOR, "lighten": npe.MODE_LIGHTEN, "darken": npe.MODE_DARKEN, "restore": npe.MODE_RESTORE,
}

_models: Dict[Tuple[Optional[str], str], npe.Model] = {}


def find_faces(document: Any, layer: Optional[Any] = None, model: Optional[str] = None) -> List[Frame]:
    """The faces in a layer (None: in all that is visible), largest first."""
    picture, placement = now(pixels.small(document, layer, pixels.SEARCH_SIDE))
    return [pixels.enlarged(face, picture, placement) for face in _model(model, "auto").find_faces(picture)]


def edit(document: Any, strokes_json: str, layer: Optional[Any] = None, frame: Optional[Frame] = None,
         model: Optional[str] = None, device: str = "auto") -> Any:
    """Does what a stroke file (npe-strokes) says to the face in a layer (None: in all that is visible), and puts the
    change as a new layer above it. Without a frame the file's own is taken on an image of its size where a face is
    there, else the largest face; the strokes land at the same place of the face. `model` is a file, None for the
    built-in one. Answers the new layer."""
    opened = _open(document, layer, frame or _own_frame(document, strokes_json, layer, model), model, device)
    opened.edit.load_strokes(strokes_json)
    return _put(opened)


def _own_frame(document: Any, strokes_json: str, layer: Optional[Any], model: Optional[str]) -> Optional[Frame]:
    """The frame in a stroke file, if it was painted on an image like this (docs/stroke-file.md)."""
    try:
        file = json.loads(strokes_json)
        if (file["photo"]["width"], file["photo"]["height"]) != (document.width(), document.height()):
            return None
        own = Frame(*(float(file["frame"][name]) for name in ("cx", "cy", "side", "angle")))
    except (ValueError, KeyError, TypeError):
        # Without them, or damaged: npe says what is wrong with it.
        return None
    faces = find_faces(document, layer, model)
    return own if not faces or frames.near(own, faces) else None


def paint_layer(document: Any, paint: Any, layer: Optional[Any] = None, mode: str = "color",
                frame: Optional[Frame] = None, model: Optional[str] = None, device: str = "auto") -> Any:
    """Takes a painted layer as strokes: its colours are where the face is to go, its alpha is the brush. `mode` is one
    of "color", "lighten", "darken", "restore". The rest is as in `edit`."""
    if mode not in MODES:
        raise Refused(_("The mode “{mode}” is not known; there are {modes}.").format(mode=mode, modes=", ".join(MODES)))
    opened = _open(document, layer, frame, model, device)
    r = opened.region
    painted = now(Photo(document, paint, r).read(lambda _done: None))
    opened.edit.paint(painted, MODES[mode])
    return _put(opened)


def sample(document: Any, seed: int, frame: Optional[Frame] = None, model: Optional[str] = None,
           device: str = "auto") -> Any:
    """Puts a random face into a frame (None: as large as the image) as a new layer on top; the same seed gives the
    same face. Answers the layer."""
    opened = _open(document, None, frame or samples.frame(document.width(), document.height()), model, device)
    samples.choose(opened.edit, seed)
    return _put(opened)


def view(document: Any, name: str, layer: Optional[Any] = None) -> QImage:
    """A small picture of what the network sees: "original", "reconstruction", "generated", "delta", "error", "mask",
    "latents" or "result". `layer` is one that `edit` or the docker made, or the photo: None for the active one."""
    if name not in VIEWS:
        raise Refused(_("The view “{name}” is not known; there are {views}.").format(name=name, views=", ".join(VIEWS)))
    node = layer or document.activeNode()
    found = layers.find(document, node)
    if found is None:
        opened = _open(document, node, None, None, "auto")
    else:
        kept = found[0]
        there, source = layers.source_of(document, kept)
        if not there:
            raise Refused(_("The layer that was painted over is not in the image any more. Select the layer with the "
                            "photo."))
        made = node if found[1] is None else found[1].group
        opened = _open(document, source, frames.moved(kept.frame, kept.region.x, kept.region.y), kept.model or None,
                       "auto",
                       made if source is None else None)
        opened.edit.load_strokes(kept.saved.strokes)
    picture = opened.edit.view(VIEWS[name])
    return QImage(bytes(picture.data), picture.width, picture.height, 3 * picture.width,
                  QImage.Format.Format_RGB888).copy()


class _Opened:
    """A face of a document in the engine."""

    def __init__(self, document: Any, photo: Photo, edit: npe.Edit, model: Optional[str]) -> None:
        self.document, self.photo, self.edit, self.model = document, photo, edit, model
        self.source, self.region, self.kind = photo.source, photo.region, photo.kind


def _model(path: Optional[str], device: str) -> npe.Model:
    if (path, device) not in _models:
        _models.clear()
        _models[path, device] = npe.Model(path, device)
    return _models[path, device]


def _open(document: Any, source: Optional[Any], frame: Optional[Frame], model: Optional[str], device: str,
          hidden: Optional[Any] = None) -> _Opened:
    loaded = _model(model, device)
    rough = frame is None
    if frame is None:
        faces = find_faces(document, source, model)
        if not faces:
            raise Refused(_("No face was found. Give a frame: api.Frame(x, y, side) around the face."))
        frame = faces[0]
    region = region_of(frame, document.width(), document.height())
    if hidden is not None:
        hidden.setVisible(False)
        document.refreshProjection()
    document.waitForDone()
    photo = Photo(document, source, region)
    image = now(photo.read(lambda _done: None))
    if hidden is not None:
        hidden.setVisible(True)
        document.refreshProjection()
    frame = frames.moved(frame, -region.x, -region.y)
    if rough:
        frame = frames.exact(loaded, image, frame)
    return _Opened(document, photo, npe.Edit(loaded, image, frame), model)


def _put(opened: _Opened) -> Any:
    """The change as a layer above the source, with what a later session goes on from."""
    document, region = opened.document, opened.region
    layer = document.createNode(_("Neural Brush"), "paintlayer")
    if pixels.space_of(layer) != opened.kind.space:
        layer.setColorSpace(*opened.kind.space)
    changed = opened.edit.changed_rect()
    if not changed.empty:
        layer.setPixelData(QByteArray(bytes(opened.edit.decode_change(changed, opened.kind.format))),
                           region.x + changed.x,
                           region.y + changed.y, changed.width, changed.height)
    top = document.topLevelNodes()
    parent = document.rootNode() if opened.source is None else opened.source.parentNode()
    parent.addChildNode(layer, opened.source if opened.source is not None else top[-1] if top else None)
    saved = Saved(opened.edit.strokes(), 0)
    source = "" if opened.source is None else opened.source.uniqueId().toString()
    layers.keep(document, layer, documents.Kept(source, region, opened.edit.frame(), saved._replace(base=saved.count()),
                                                opened.model or "", now(opened.photo.digest())))
    document.waitForDone()
    return layer
