# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paint Live without its panel: a guide layer that the person paints on with GIMP's own brushes, and a result layer that
follows it.

libgimp has no signals, so the guide is polled: a fingerprint of it costs a millisecond. The result layer is written
without steps of undo, so that GIMP's undo is about what the person painted; following the guide, the result goes back
with it. The two layers come and go in one step of undo.

The guide's opacity is 0: what is seen is the result, not the paint.
"""

from __future__ import annotations

import time
from typing import Callable, List, NamedTuple, Optional, Tuple

from gi.repository import Gimp, GLib

from npe_shared import errors, frames, log, npe
from npe_shared.live import Guide, Listener, Live, Opened, Result, Saved
from npe_shared.words import _

from . import edits, pixels

#: Between two looks at the guide, in milliseconds.
POLL = 30
#: Seconds without a change after which the strokes are kept with the result layer.
SETTLED = 0.7
#: Opacity of the guide where the person wants to see the paint, in percent.
SHOWN_PAINT = 45.0


class Layers(NamedTuple):
    """The pair of layers over a source."""

    guide: Gimp.Layer
    result: Gimp.Layer


class Panel:
    """What a session tells its panel."""

    def state(self, text: str, busy: bool = False) -> None:
        """A line about what is going on."""

    def progress(self, done: float) -> None:
        """How far long work is."""

    def failed(self, sentence: str) -> None:
        """Something did not work."""

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        """The faces of the source; which was taken, -1: none."""

    def opened(self, opened: Opened) -> None:
        """A face is ready to be painted on."""

    def changed(self, result: Result) -> None:
        """The result is on the canvas."""

    def viewed(self, view: int, picture: npe.Image) -> None:
        """One of the small pictures that were asked for."""

    def ended(self, text: str) -> None:
        """The session is over; nothing of it will be called any more."""


class Session(Listener):
    """One source layer being painted on. All on the main thread; the engine works in Live's."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer, panel: Panel) -> None:
        """Begins with a layer: an ordinary one, or the guide or result of an earlier session, which then goes on. Raises
        errors.Refused."""
        source = edits.source_of(layer, image)
        if source is None:
            raise errors.Refused(_("The layer that “{layer}” was painted over is not in the image any more. "
                                           "Select the layer with the photo.").format(layer=layer.get_name()))
        self.image = image
        self.source = source
        self._kind = pixels.kind(image, source)
        self._panel = panel
        self._whole = npe.Rect(0, 0, source.get_width(), source.get_height())
        if min(self._whole.width, self._whole.height) < 8:
            raise errors.Refused(_("The layer “{layer}” is {width}×{height} pixels; at least 8×8 are needed.")
                                         .format(layer=source.get_name(), width=self._whole.width,
                                                 height=self._whole.height))
        self._layers: Optional[Layers] = None
        #: Layers that this session put in, and what the others held before.
        self._made: List[Gimp.Layer] = []
        self._before: List[Tuple[Gimp.Layer, bytes]] = []
        self._faces: List[npe.Frame] = []
        self._region = npe.Rect(0, 0, 0, 0)
        self._frame: Optional[npe.Frame] = None
        self._model: Optional[str] = None
        self._print: Optional[bytes] = None
        self._gone = False
        self._shown = True
        self._last: Optional[Result] = None
        self._seen = 0.0
        self._unsaved_since: Optional[float] = None
        self._then: Optional[Callable[[], None]] = None
        self._live = Live(lambda told: GLib.idle_add(self._run, told), self)
        self._timer = GLib.timeout_add(POLL, self._poll)
        kept = edits.find(image, layer, source)
        if kept is not None:
            self._go_on(*kept)
        else:
            self._search()

    # What the person does.

    def choose_face(self, index: int) -> None:
        """Another of the faces that were found. What was painted on the one before stays as a layer of its own."""
        self._take(self._faces[index], rough=True)

    def choose_selection(self) -> None:
        """The square around the selection as the face's frame."""
        some, x1, y1, x2, y2 = self._selection()
        if not some:
            self._panel.failed(_("Nothing is selected. Draw a square around the face with the rectangle selection, from "
                                 "above the hair to below the chin, then try again."))
            return
        self._take(frames.around(npe.Rect(x1, y1, max(x2 - x1, 8), max(y2 - y1, 8))), rough=False)

    def load(self, path: Optional[str], device: str) -> None:
        """Another model or device; the guide is followed anew."""
        self._model = path
        self._print = None
        self._live.load(path, device)

    def set_settings(self, settings: npe.Settings) -> None:
        self._live.set_settings(settings)

    def set_attribute(self, name: str, value: float) -> None:
        self._live.change(lambda edit: edit.set_attribute(name, value), "attribute " + name)

    def paint_latents(self, x: float, y: float, radius: float, value: float) -> None:
        self._live.change(lambda edit: edit.paint_latents(x, y, radius, value))

    def undo_change(self) -> None:
        """Takes back a slider, a tile or a sample; strokes are GIMP's to undo."""
        self._live.change(lambda edit: edit.undo())

    def redo_change(self) -> None:
        self._live.change(lambda edit: edit.redo())

    def sample(self, seed: int) -> None:
        """A random face in place of the photo's."""
        self._live.change(lambda edit: edit.sample(seed))

    def set_views(self, *views: int) -> None:
        self._live.set_views(*views)

    def reset(self) -> None:
        """Back to the photo: the guide is emptied (GIMP can undo that), sliders go to 0."""
        if self._layers is not None and self._alive():
            self.image.undo_group_start()
            try:
                # An active selection would leave the paint outside of it.
                self._layers.guide.fill(Gimp.FillType.TRANSPARENT)
            finally:
                self.image.undo_group_end()
        self._live.change(lambda edit: edit.reset())

    def show_paint(self, shown: bool) -> None:
        """Shows what is painted over what comes of it."""
        if self._layers is not None and self._alive():
            self._layers.guide.set_opacity(SHOWN_PAINT if shown else 0.0)
            Gimp.displays_flush()

    def show_before(self, before: bool) -> None:
        """The photo as it was, for as long as it is wanted. Not a step of undo, as hiding the layer would be."""
        self._shown = not before
        if self._layers is None or not self._alive() or self._last is None:
            return
        if before:
            whole = self._all()
            self._put(whole, bytes(whole.width * whole.height * npe.pixel_bytes(self._kind.layer_format)))
        else:
            self._live.redraw()

    def bake(self) -> None:
        """Keeps the result as an ordinary layer, in one step of undo, and ends."""
        self._finish(self._bake, _("Baked into the layer “{layer}”. Start again to go on from it."))

    def close(self) -> None:
        """Ends; both layers stay, and a later session goes on from them."""
        self._finish(lambda: None, _("The layers stay; start again to go on."))

    def cancel(self) -> None:
        """Ends and leaves the image as it was before the session."""
        if self._layers is not None and self.image.is_valid() and self._alive():
            self.image.undo_group_start()
            try:
                for layer in self._made:
                    self.image.remove_layer(layer)
                for layer, held in self._before:
                    pixels.write(layer, self._all(), self._kind.layer, held)
                self.image.set_selected_layers([self._before[0][0] if self._before else self.source])
            finally:
                self.image.undo_group_end()
            Gimp.displays_flush()
        self._end(_("Cancelled; the image is as it was."))

    # Beginning.

    def _search(self) -> None:
        picture, placement = pixels.small(self.source, self._whole, pixels.SEARCH_SIDE)
        self._search_picture, self._search_placement = picture, placement
        self._live.find(picture)

    def found(self, faces: List[npe.Frame]) -> None:
        self._faces = [pixels.enlarged(face, self._search_picture, self._search_placement) for face in faces]
        del self._search_picture
        self._panel.found(self._faces, 0 if self._faces else -1)
        if self._faces:
            self._take(self._faces[0], rough=True)
        else:
            self._panel.failed(_("No face was found in the layer “{layer}”. Draw a square around the face with the "
                                 "rectangle selection, from above the hair to below the chin, and press “Selection”.")
                               .format(layer=self.source.get_name()))

    def _take(self, frame: npe.Frame, rough: bool) -> None:
        self._drop_layers()
        self._region = frames.region_of(frame, self._whole.width, self._whole.height)
        self._open(frames.moved(frame, -self._region.x, -self._region.y), rough, None)

    def _go_on(self, kept: edits.Kept, result: Gimp.Layer, guide: Optional[Gimp.Layer]) -> None:
        """With what an earlier session left."""
        if not kept.region.inside(self._whole):
            raise errors.Refused(_("The layer “{layer}” has become smaller since it was painted over; the edit can't go on. "
                                   "What was made stays in “{result}”.").format(layer=self.source.get_name(),
                                                                                result=result.get_name()))
        self._region, self._model = kept.region, kept.model or None
        saved = kept.saved
        if guide is None:
            # Baked: all of it is the base now, and a new guide begins.
            saved = Saved(saved.strokes, saved.count())
            guide = self._new_guide(result)
            self.image.undo_group_start()
            try:
                self._insert(guide, result)
                edits.mark_guide(guide, result)
            finally:
                self.image.undo_group_end()
            self._made = [guide]
        self._layers = Layers(guide, result)
        self._before = [(layer, pixels.read(layer, self._all(), self._kind.layer)) for layer in (result, guide)
                        if layer not in self._made]
        self.image.set_selected_layers([guide])
        Gimp.displays_flush()
        self._panel.found([], -1)
        if self._model is not None:
            self._live.load(self._model, "auto")
        self._open(kept.frame, False, saved)

    def _open(self, frame: npe.Frame, rough: bool, saved: Optional[Saved]) -> None:
        self._print = None
        self._last = None
        photo = pixels.photo(self.source, self._region, self._kind)
        self._live.open(photo, self._kind.layer_format, frame, rough, saved)

    def opened(self, opened: Opened) -> None:
        self._frame = opened.frame
        if self._layers is None:
            self._make_layers()
        self._panel.opened(opened)

    # Layers.

    def _new_guide(self, result: Gimp.Layer) -> Gimp.Layer:
        guide = Gimp.Layer.new(self.image, _("Neural Brush: paint here"), result.get_width(), result.get_height(),
                               self._kind.layer_type, 0.0, Gimp.LayerMode.NORMAL)
        guide.fill(Gimp.FillType.TRANSPARENT)
        return guide

    def _insert(self, layer: Gimp.Layer, below: Gimp.Layer) -> None:
        """Above another layer, in its group, at the place of the region."""
        self.image.insert_layer(layer, below.get_parent(), self.image.get_item_position(below))
        _ok, x, y = self.source.get_offsets()
        layer.set_offsets(x + self._region.x, y + self._region.y)

    def _make_layers(self) -> None:
        """The pair, in one step of undo; the guide is what the person's brush is on afterwards."""
        result = Gimp.Layer.new(self.image, _("Neural Brush"), self._region.width, self._region.height,
                                self._kind.layer_type, 100.0, Gimp.LayerMode.NORMAL)
        result.fill(Gimp.FillType.TRANSPARENT)
        guide = self._new_guide(result)
        selected = not Gimp.Selection.is_empty(self.image)
        self.image.undo_group_start()
        try:
            self._insert(result, self.source)
            self._insert(guide, result)
            self._layers = Layers(guide, result)
            edits.mark_guide(guide, result)
            mask = self.source.get_mask()
            if selected:
                result.add_mask(result.create_mask(Gimp.AddMaskType.SELECTION))
            elif mask is not None:
                self._copy_mask(mask, result)
        finally:
            self.image.undo_group_end()
        self._made = [guide, result]
        self.image.set_selected_layers([guide])
        Gimp.displays_flush()

    def _copy_mask(self, mask: Gimp.LayerMask, result: Gimp.Layer) -> None:
        """What the source's mask hides stays hidden in the result."""
        own = result.create_mask(Gimp.AddMaskType.WHITE)
        result.add_mask(own)
        values = pixels.read(mask, self._region, "Y float")
        pixels.write(own, self._all(), "Y float", values)

    def _drop_layers(self) -> None:
        """Another face: what was painted stays as a baked layer, an untouched pair goes."""
        if self._layers is None or not self._alive():
            self._layers = None
            return
        untouched = self._last is None or self._last.rect.empty
        if untouched and len(self._made) == 2:
            self.image.undo_group_start()
            try:
                self.image.remove_layer(self._layers.guide)
                self.image.remove_layer(self._layers.result)
            finally:
                self.image.undo_group_end()
        else:
            self._bake()
        self._layers = None

    def _alive(self) -> bool:
        """Whether both layers are in the image: the person may have undone or deleted them."""
        layers = self._layers
        return layers is not None and layers.guide.is_valid() and layers.result.is_valid()

    def _all(self) -> npe.Rect:
        """All of a layer of the pair."""
        return npe.Rect(0, 0, self._region.width, self._region.height)

    def _put(self, rect: npe.Rect, data: bytes) -> None:
        assert self._layers is not None
        # GIMP ends a plug-in that writes into a locked layer.
        if self._layers.result.get_lock_content():
            self._panel.failed(_("The pixels of the layer “{layer}” are locked. Unlock them in the Layers dialog, then paint "
                                 "on.").format(layer=self._layers.result.get_name()))
            return
        pixels.write(self._layers.result, rect, self._kind.layer, data)
        Gimp.displays_flush()

    # Following.

    def _poll(self) -> bool:
        if self._timer == 0:
            return False
        try:
            self._look()
        except Exception:  # noqa: BLE001 - the timer must live on
            log.exception("looking at the guide")
        return self._timer != 0

    def _look(self) -> None:
        if not self.image.is_valid():
            self._end(_("The image was closed."))
            return
        if self._layers is None or self._frame is None:
            return
        if not self._alive():
            if not self._gone:
                self._gone = True
                self._panel.state(_("The guide or the result layer is gone. Redo (Ctrl+Y) brings it back; or start again."))
            return
        if self._gone:
            self._gone, self._print = False, None
        guide, whole = self._layers.guide, self._all()
        seen = time.monotonic()
        now = pixels.fingerprint(guide, whole)
        if now is None or now == self._print:
            self._save_when_settled()
            return
        self._print, self._seen = now, seen
        picture, placement = pixels.small(guide, whole, pixels.GUIDE_SIDE)
        self._live.set_guide(Guide(picture, placement))

    def _save_when_settled(self) -> None:
        if self._unsaved_since is not None and time.monotonic() - self._unsaved_since > SETTLED:
            self._unsaved_since = None
            self._live.save()

    def result(self, result: Result) -> None:
        if self._layers is None or not self._alive():
            return
        self._last = result
        if self._shown and not result.rect.empty:
            self._put(result.rect, bytes(result.pixels))
            log.info("%d×%d pixels on the canvas %.0f ms after they were wished for, %.0f ms after the guide changed",
                     result.rect.width, result.rect.height, 1000 * result.seconds,
                     1000 * (time.monotonic() - self._seen))
        self._unsaved_since = time.monotonic()
        self._panel.changed(result)

    def saved(self, saved: Saved) -> None:
        if self._layers is not None and self._alive() and self._frame is not None:
            edits.keep(self._layers.result, edits.Kept(self.source.get_tattoo(), self._region, self._frame, saved,
                                                       self._model or ""))
        then, self._then = self._then, None
        if then is not None:
            then()

    def viewed(self, view: int, picture: npe.Image) -> None:
        self._panel.viewed(view, picture)

    def busy(self, what: str) -> None:
        if not self._gone:
            self._panel.state(what or _("Paint with GIMP's brushes: what you paint becomes real."), bool(what))

    def progress(self, done: float) -> None:
        self._panel.progress(done)

    def failed(self, sentence: str) -> None:
        log.error("%s", sentence)
        self._panel.failed(sentence)
        then, self._then = self._then, None
        if then is not None:
            then()

    # Ending.

    def _bake(self) -> None:
        assert self._layers is not None
        self.image.undo_group_start()
        try:
            self.image.remove_layer(self._layers.guide)
            self.image.set_selected_layers([self._layers.result])
        finally:
            self.image.undo_group_end()
        Gimp.displays_flush()

    def _finish(self, what: Callable[[], None], text: str) -> None:
        """Ends once all that was painted is on the canvas and the strokes are kept."""
        if self._layers is None or not self.image.is_valid() or not self._alive():
            self._end(_("Nothing was painted."))
            return
        name = self._layers.result.get_name()

        def last() -> None:
            if self.image.is_valid() and self._alive():
                what()
            self._end(text.format(layer=name))

        self._look()
        self._then = last
        self._live.save()

    def _end(self, text: str) -> None:
        if self._timer:
            timer, self._timer = self._timer, 0
            GLib.source_remove(timer)
            self._live.close()
            self._panel.ended(text)

    def _run(self, told: Callable[[], None]) -> bool:
        """Something that Live tells, on the main thread."""
        try:
            told()
        except Exception as e:  # noqa: BLE001 - GIMP may have closed what it is about
            log.exception("hearing of the engine")
            if self.image.is_valid():
                self._panel.failed(errors.sentence(e))
        return False

    def _selection(self) -> "tuple[bool, int, int, int, int]":
        """The selection's bounds in pixels of the source."""
        _ok, some, x1, y1, x2, y2 = Gimp.Selection.bounds(self.image)
        _ok, x, y = self.source.get_offsets()
        return some, x1 - x, y1 - y, x2 - x, y2 - y
