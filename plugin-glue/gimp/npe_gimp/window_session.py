# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window without its widgets: a layer, its faces, the edit of one of them, and how it comes into the image.

All on the main thread; the engine works in Live's. Strokes go on Live's base: a stroke that is being drawn is taken
back and done again with each dab, so that its result grows with it and is one thing to undo.
"""

from __future__ import annotations

import random
from typing import Callable, List, Optional, Tuple

from gi.repository import Gimp, GLib

from npe_shared import errors, frames, log, npe
from npe_shared.errors import Refused
from npe_shared.live import Live
from npe_shared.told import Listener, Opened, Result, Saved
from npe_shared.words import _

from . import edits, person, pixels, window_apply
from .canvas_picture import Patch, Scene, Sizes
from .photo import Photo
from .window_watcher import Watcher

#: Between two looks whether the image is still there, in milliseconds.
WATCH = 500


class _Drawn:
    """A stroke on its way. `_done` belongs to the engine's thread."""

    def __init__(self, color: Tuple[float, float, float], mode: int, goes_on: npe.Progress) -> None:
        self._color, self._mode, self._goes_on = color, mode, goes_on
        self._done = False

    def with_dabs(self, dabs: List[npe.Dab], last: bool) -> Callable[[npe.Edit], None]:
        def change(edit: npe.Edit) -> None:
            if self._done:
                edit.undo()
                self._done = False
            try:
                edit.stroke(dabs, self._color, self._mode, self._goes_on)
                self._done = True
            except npe.NpeError:
                # One that begins beside the face may still get there.
                if last:
                    raise

        return change


class Session(Listener):
    """One layer in the window."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer, watcher: Watcher) -> None:
        """Begins with a layer: an ordinary one, or the result of an earlier edit, which goes on. Raises Refused."""
        self.image = image
        source = edits.photo_of(layer, image)
        self.source = source
        self._old: Optional[edits.Found] = None
        if layer.get_id() != source.get_id():
            self._old = edits.find(image, layer, source)
        if self._old is not None and self._old.guide is not None:
            raise Refused(_("“{layer}” is being painted on in Paint Live. Press Bake there first, then open this "
                            "window again.").format(layer=layer.get_name()))
        self.kind = pixels.kind(image, source)
        self._whole = npe.Rect(0, 0, source.get_width(), source.get_height())
        self._small, self._placement = pixels.small(source, self._whole, pixels.SEARCH_SIDE)
        self.scene = Scene(self._whole.width, self._whole.height, self._small, self._placement)
        self.model: Optional[str] = (self._old.kept.model or None) if self._old else None
        self.device = "auto"
        self.faces: List[npe.Frame] = []
        self.levels = (0, 0)
        self._touched = False
        #: A result of another photo, which is hidden where this one is applied.
        self._aside: Optional[Gimp.Layer] = None
        #: The region, and all of the layer as it is shown.
        self._photo: Optional[Photo] = None
        self._rest = Photo(source, self._whole, self.kind)
        self._rest.take()
        self._about_photo = ""
        self._region = npe.Rect(0, 0, 0, 0)
        self._frame: Optional[npe.Frame] = None
        self._asked: Optional[Tuple[npe.Frame, bool]] = None
        self._opened = False
        self._before_load: Optional[Tuple[Optional[str], str, npe.Frame]] = None
        self._stroke: Optional[_Drawn] = None
        self._strokes = 0
        self._applying = False
        self._closed = self._lost = False
        self._watcher = watcher
        self._live = Live(lambda told: GLib.idle_add(self._run, told, priority=GLib.PRIORITY_DEFAULT), self)
        self._timer = GLib.timeout_add(WATCH, self._watch)

    def start(self) -> None:
        """Looks for the faces, or goes on with what an earlier session left."""
        if self._old is not None:
            other = edits.other_photo(self._old, self.source)
            if other and not self._watcher.goes_on(other):
                self._aside, self._old = self._old.result, None
                self.model = None
        if self._old is not None:
            kept = self._old.kept
            self._watcher.found([], -1)
            if self.model is not None:
                self._live.load(self.model, self.device)
            self._region = kept.region
            # Whatever was the guide's is an ordinary stroke here.
            self._open(kept.frame, False, Saved(kept.saved.strokes, kept.saved.count()))
        else:
            self._live.find(self._small)

    def dirty(self) -> bool:
        """Whether closing would lose something."""
        return not self._lost and self._touched and (self.levels[0] > 0 or self._old is not None)

    def ready(self) -> bool:
        """Whether a face can be painted on."""
        return self._frame is not None and not self._lost and not self._applying

    # Faces.

    def found(self, faces: List[npe.Frame]) -> None:
        self.faces = [pixels.enlarged(face, self._small, self._placement) for face in faces]
        chosen = person.first_face(self.faces, self.selection())
        self._watcher.found(self.faces, chosen)
        if chosen >= 0:
            self.choose(chosen)
        else:
            self._watcher.failed(_("No face was found in the layer “{layer}”. Draw a square around the face, from "
                                   "above the hair to below the chin.").format(layer=self.source.get_name()))

    def choose(self, face: int) -> None:
        """Another of the faces; what was painted on the one before is lost."""
        # In a shrunk picture the face was seen only roughly.
        self._take(self.faces[face], self._placement.width > self._small.width)

    def choose_frame(self, frame: npe.Frame) -> None:
        """A square that the person has drawn, in pixels of the layer."""
        self._take(frame, False)

    def selection(self) -> Optional[npe.Rect]:
        """The selection's bounds in pixels of the layer, if anything is selected."""
        return person.selection(self.image, self.source)

    def _take(self, frame: npe.Frame, rough: bool) -> None:
        if not self._there():
            return
        self._region = frames.region_of(frame, self._whole.width, self._whole.height)
        # A new place is a new layer.
        self._old = None
        self._open(frames.moved(frame, -self._region.x, -self._region.y), rough, None)

    def _open(self, frame: npe.Frame, rough: bool, saved: Optional[Saved]) -> None:
        self._photo = Photo(self.source, self._region, self.kind)
        photo = self._shown(self._photo)
        self._about_photo = ""
        self._frame, self._touched = None, False
        self._asked = (frame, rough)
        self._live.open(photo, self.kind.layer_format, frame, rough, saved)

    def _look_at_photo(self) -> None:
        """A photo that is retouched in GIMP meanwhile is taken anew; what lies beside the region is only shown."""
        if self._frame is None or self._stroke is not None or not self._same_size():
            return
        if self._rest.changed():
            self._rest.take()
            self._small = pixels.small(self.source, self._whole, pixels.SEARCH_SIDE)[0]
            self.scene.set_rest(self._small)
            self._watcher.photo_changed()
        if self._photo is not None and self._photo.changed() and not person.pen_down():
            self._take_photo(self._photo)

    def _take_photo(self, photo: Photo) -> None:
        self._about_photo = _("The photo was changed in GIMP meanwhile; what you painted was done again on it.")
        if self._applying:
            self._applying = False
            self._about_photo += " " + _("Look at it, then apply again.")
        self._live.retouch(self._shown(photo))

    def _shown(self, photo: Photo) -> npe.Image:
        """What is read, in the scene too."""
        read = photo.read()
        self.scene.set_part(photo.region, read, self.kind)
        return read

    def elsewhere(self) -> None:
        self._watcher.failed(edits.elsewhere(self.source))

    def opened(self, opened: Opened) -> None:
        self._frame = opened.frame
        self._before_load, self._opened = None, True
        about, self._about_photo = self._about_photo, ""
        self._watcher.failed(about)
        self._watcher.opened(opened, frames.moved(opened.frame, self._region.x, self._region.y))

    # The edit.

    def stroke(self, dabs: List[npe.Dab], color: Tuple[float, float, float], mode: int, first: bool,
               last: bool) -> None:
        """A stroke that grows: all of its dabs so far, in pixels of the layer."""
        if first or self._stroke is None:
            self._stroke = _Drawn(color, mode, lambda _done: not self._closed)
            self._strokes += 1
        moved = [dab._replace(x=dab.x - self._region.x, y=dab.y - self._region.y) for dab in dabs]
        self._change(self._stroke.with_dabs(moved, last), f"stroke {self._strokes}")
        if last:
            self._stroke = None

    def _change(self, change: Callable[[npe.Edit], object], key: str = "") -> None:
        if self.ready():
            self._touched = True
            self._watcher.state(_("Painting…"), True)
            self._live.change(change, key)

    def undo(self) -> None:
        self._change(lambda edit: edit.undo())

    def redo(self) -> None:
        self._change(lambda edit: edit.redo())

    def reset(self) -> None:
        """Back to the photo."""
        self._change(lambda edit: edit.reset())

    def sample(self) -> None:
        """A random face in place of the photo's, another one each time."""
        seed = random.getrandbits(63)
        self._change(lambda edit: edit.sample(seed))

    def set_attribute(self, name: str, value: float) -> None:
        self._change(lambda edit: edit.set_attribute(name, value), "attribute " + name)

    def paint_latents(self, x: float, y: float, radius: float, value: float) -> None:
        self._change(lambda edit: edit.paint_latents(x, y, radius, value))

    def set_settings(self, settings: npe.Settings) -> None:
        if self._old is not None:
            self._touched = True
        # In its place between the strokes, which it is about, and for all that comes.
        self._live.change(lambda edit: edit.set_settings(settings), "settings")
        self._live.set_settings(settings)

    def set_views(self, *views: int) -> None:
        self._live.set_views(*views)

    def load(self, path: Optional[str], device: str) -> None:
        """Another model or device; what was painted is lost."""
        if self._frame is not None:
            self._before_load = (self.model, self.device, self._frame)
        self.model, self.device = path, device
        self._frame, self._touched = None, False
        self._live.load(path, device)
        if not self._opened and self._there():
            # The first model could not be loaded, so nothing has been looked at.
            if self._asked is None:
                self._live.find(self._small)
            else:
                self._open(*self._asked, None)

    def decoded(self, result: Result) -> Optional[Tuple[Sizes, bytes, Patch]]:
        # On the engine's thread: the window goes on meanwhile.
        change = self.scene.change
        if change is None or result.rect.empty:
            return None
        data = bytes(result.pixels)
        return change, data, change.halved(result.rect, data)

    def look_at(self, left: float, top: float, right: float, bottom: float) -> None:
        """The part of the layer that is seen: its result comes first."""
        x, y = max(0, int(left) - self._region.x), max(0, int(top) - self._region.y)
        self._live.look_at(npe.Rect(x, y, max(0, int(right) + 1 - self._region.x - x),
                                    max(0, int(bottom) + 1 - self._region.y - y)))

    def result(self, result: Result) -> None:
        if self._frame is None:
            # Of a face that was given up meanwhile.
            return
        self.levels = result.undo_levels
        if result.prepared is not None and result.prepared[0] is self.scene.change:
            change, data, patch = result.prepared
            change.write(result.rect, data, patch)
        log.info("%d×%d pixels on the canvas %.0f ms after they were wished for", result.rect.width, result.rect.height,
                 1000 * result.seconds)
        self._watcher.changed(result, result.rect._replace(x=result.rect.x + self._region.x,
                                                           y=result.rect.y + self._region.y))

    def viewed(self, view: int, picture: npe.Image) -> None:
        self._watcher.viewed(view, picture)

    def busy(self, what: str) -> None:
        self._watcher.state(what, bool(what))

    def progress(self, done: float) -> None:
        self._watcher.progress(done)

    def failed(self, sentence: str) -> None:
        log.error("%s", sentence)
        self._applying = False
        if self._before_load is not None:
            # The model before is still there, and the edit with it.
            (self.model, self.device, self._frame), self._before_load = self._before_load, None
            self._touched = True
        self._watcher.failed(sentence)

    # The end.

    def apply(self) -> None:
        """Puts the edit into the image once all that was painted is done; `applied` or `failed` follow."""
        if self.ready() and self._there():
            self._applying = True
            self._live.save()

    def saved(self, saved: Saved) -> None:
        if not self._applying or not self._there() or self._frame is None or self._photo is None or self.scene.change is None:
            return
        if not self._same_size():
            raise Refused(_("The layer “{layer}” is now {width}×{height} pixels and was {was_width}×{was_height} when "
                            "this window opened. Undo that in GIMP, then apply again.").format(
                                layer=self.source.get_name(), width=self.source.get_width(),
                                height=self.source.get_height(), was_width=self._whole.width,
                                was_height=self._whole.height))
        if self._photo.is_other():
            self._take_photo(self._photo)
            return
        old = self._old.result if self._old is not None and self._old.result.is_valid() else None
        whole = npe.Rect(0, 0, self._region.width, self._region.height)
        kept = edits.Kept(self.source.get_tattoo(), self._region, self._frame, saved, self.model or "", self._photo.digest)
        layer = window_apply.apply(self.image, self.source, old, self.kind, self.scene.change.read(whole), kept, self._aside)
        self.close()
        self._watcher.applied(layer)

    def close(self) -> None:
        """Ends; what was not applied is gone, and the image is as it was."""
        if not self._closed:
            self._closed = True
            GLib.source_remove(self._timer)
            self._live.close()
            self.scene.close()

    def _watch(self) -> bool:
        if self._there() and not self._applying:
            self._look_at_photo()
        return True

    def _same_size(self) -> bool:
        return (self.source.get_width(), self.source.get_height()) == (self._whole.width, self._whole.height)

    def _there(self) -> bool:
        """Whether the image and the layer are still there; tells once if not."""
        if self._lost:
            return False
        if not self.image.is_valid():
            self._lost = True
            self._watcher.gone(_("The image was closed in GIMP, so this edit can't be applied any more. Close this "
                                 "window."))
        elif not self.source.is_valid():
            self._lost = True
            self._watcher.gone(_("The layer was removed from the image, so this edit can't be applied any more. Close "
                                 "this window."))
        return not self._lost

    def _run(self, told: Callable[[], None]) -> bool:
        """Something that Live tells, on the main thread."""
        try:
            told()
        except Exception as e:  # noqa: BLE001 - GIMP may have closed what it is about
            self._applying = False
            if self._there():
                self._watcher.failed(errors.sentence(e))
        return False
