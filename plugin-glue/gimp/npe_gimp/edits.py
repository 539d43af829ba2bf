# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the neural brush keeps in a GIMP image: which layers belong together, and the strokes that made them.

A result layer lies over the layer whose photo it changes (its *source*) and carries a parasite: the strokes (npe-strokes
v1), which part of the source they are about, and which model made them. Parasites are saved in XCF files.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional

from gi.repository import Gimp

from npe_shared import document, log
from npe_shared.document import Kept
from npe_shared.errors import Refused
from npe_shared.words import _

from . import pixels

#: The parasite of a result layer: JSON, described in the help.
PARASITE = "npe-edit"
#: The parasite of a guide layer: the tattoo of its result layer.
GUIDE_PARASITE = "npe-guide"


def keep(layer: Gimp.Layer, kept: Kept, undoable: bool = False) -> None:
    """Attaches it to a result layer. Undoable only where the pixels are: what follows live pixels must not be met by a person
    undoing a brush stroke."""
    _attach(layer, PARASITE, document.written(kept), undoable)


def _attach(layer: Gimp.Layer, name: str, data: bytes, undoable: bool) -> None:
    if undoable:
        layer.attach_parasite(Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE, data))
        return
    # For a parasite that is saved and not undoable, GIMP would put a step "can't undo" on the stack.
    with no_step(layer.get_image()):
        layer.attach_parasite(Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT, data))


@contextmanager
def no_step(image: Gimp.Image) -> Iterator[None]:
    """What is done within makes no step of undo. Keep it short: what the person does meanwhile would make none either."""
    image.undo_freeze()
    try:
        yield
    finally:
        image.undo_thaw()


def kept(layer: Gimp.Item) -> Optional[Kept]:
    """What a layer's parasite says, or None if it has none or one that can't be read (the log then says why)."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        own = document.read(bytes(parasite.get_data()))
        return own._replace(source=int(own.source))
    except ValueError as e:
        log.error("the parasite of layer %r can't be read: %s", layer.get_name(), e)
        return None


def mark_guide(guide: Gimp.Layer, result: Gimp.Layer) -> None:
    """Says which result layer follows a guide."""
    _attach(guide, GUIDE_PARASITE, str(result.get_tattoo()).encode(), False)


def result_of(guide: Gimp.Item, image: Gimp.Image) -> Optional[Gimp.Layer]:
    """The result layer that follows a guide; None if this is no guide or its result is gone."""
    mark = guide.get_parasite(GUIDE_PARASITE)
    if mark is None:
        return None
    try:
        return image.get_layer_by_tattoo(int(bytes(mark.get_data()).rstrip(b"\0").decode()))
    except ValueError:
        log.error("the parasite of layer %r names no layer", guide.get_name())
        return None


def source_of(layer: Gimp.Layer, image: Gimp.Image) -> Optional[Gimp.Layer]:
    """The layer that a result layer or a guide changes, if it is still there; an ordinary layer is its own source. Raises
    Refused if what a result layer keeps can't be read."""
    result = result_of(layer, image) if layer.get_parasite(GUIDE_PARASITE) is not None else layer
    if result is None:
        return None
    own = kept(result)
    if own is None and result.get_parasite(PARASITE) is not None:
        raise Refused(_("The strokes that the layer “{layer}” keeps can't be read; the log {log} says why. Select the layer "
                        "with the photo.").format(layer=result.get_name(), log=log.path()))
    return result if own is None else image.get_layer_by_tattoo(int(own.source))


def photo_of(layer: Gimp.Layer, image: Gimp.Image) -> Gimp.Layer:
    """The layer with the photo that a layer is about. Raises Refused if it is gone or too small to be edited."""
    source = source_of(layer, image)
    if source is None:
        raise Refused(_("The layer that “{layer}” was painted over is not in the image any more. Select the layer "
                        "with the photo.").format(layer=layer.get_name()))
    width, height = source.get_width(), source.get_height()
    if min(width, height) < 8:
        raise Refused(_("The layer “{layer}” is {width}×{height} pixels; at least 8×8 are needed.").format(
            layer=source.get_name(), width=width, height=height))
    return source


def elsewhere(source: Gimp.Layer) -> str:
    """What to tell when the face is not where it was after the photo has changed."""
    return _("The face in the layer “{layer}” is not where it was; what you painted was done again on what is there now. "
             "Undo the change of the photo, or cancel and start again.").format(layer=source.get_name())


def top_of(source: Gimp.Layer, image: Gimp.Image) -> Gimp.Layer:
    """The topmost of a source and the results that lie over it in its group: a new result belongs above that."""
    parent = source.get_parent()
    for layer in image.get_layers() if parent is None else parent.get_children():
        if layer == source:
            break
        own = kept(layer) if layer.get_parasite(PARASITE) is not None else None
        if own is not None and own.source == source.get_tattoo():
            return layer
    return source


def other_photo(found: "Found", source: Gimp.Layer) -> str:
    """What to tell before an edit is gone on with whose photo is not the one any more that was painted on; "" if it is."""
    if found.kept.is_of(pixels.digest(source, found.kept.region)):
        return ""
    return _("The photo in the layer “{layer}” is not as it was when “{result}” was painted: it was retouched, turned or "
             "replaced since.").format(layer=source.get_name(), result=found.result.get_name())


class Found(NamedTuple):
    """An edit that is in an image."""

    kept: Kept
    result: Gimp.Layer
    #: None once it was baked.
    guide: Optional[Gimp.Layer]


def find(image: Gimp.Image, layer: Gimp.Layer, source: Gimp.Layer) -> Optional[Found]:
    """The edit to go on with where a layer is selected: that of a result layer or of a guide; for a source the one that
    still has its guide."""
    layers = all_layers(image)
    followed = {}
    for guide in layers:
        result = result_of(guide, image)
        if result is not None:
            followed[result.get_id()] = guide
    selected = result_of(layer, image) or layer
    candidates = [selected] if kept(selected) is not None else [
        result for result in layers if result.get_id() in followed and source_of(result, image) == source]
    for result in candidates:
        own = kept(result)
        if own is not None:
            return Found(own, result, followed.get(result.get_id()))
    return None


def set_aside(image: Gimp.Image, found: Found, source: Gimp.Layer) -> None:
    """Ends an edit whose photo is another one now, in one step of undo: its result is hidden, its guide removed."""
    image.undo_group_start()
    try:
        if found.guide is not None:
            image.remove_layer(found.guide)
        found.result.set_visible(False)
        image.set_selected_layers([source])
    finally:
        image.undo_group_end()
    Gimp.displays_flush()


def all_layers(image: Gimp.Image) -> List[Gimp.Layer]:
    """Those in groups too."""
    found: List[Gimp.Layer] = []
    waiting = list(image.get_layers())
    while waiting:
        layer = waiting.pop(0)
        found.append(layer)
        if layer.is_group():
            waiting = list(layer.get_children()) + waiting
    return found
