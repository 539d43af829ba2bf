# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paint Live without its panel: finds the face, has the guide layer looked at (`live_watch`), on which the person paints with
GIMP's own brushes, and draws the result that follows it.

GIMP's undo is about what the person painted; following the guide, the result goes back with it.
"""

from __future__ import annotations

import time
from typing import Callable, List, Optional, Tuple

from gi.repository import Gimp, GLib

from npe_shared import errors, frames, log, npe
from npe_shared.document import Kept
from npe_shared.live import Live
from npe_shared.panel import Panel
from npe_shared.told import Listener, Opened, Result, Saved
from npe_shared.words import _

from . import edits, person, pixels
from .live_layers import Pair, one_step
from .live_watch import Watch
from .photo import Photo

#: A model's file (None: the one inside the library) and its device.
Model = Tuple[Optional[str], str]
#: Between two looks at the guide, in milliseconds.
POLL = 30
#: Seconds without a change after which the strokes are kept with the result layer.
SETTLED = 0.7


class Session(Listener):
    """One source layer being painted on. All on the main thread; the engine works in Live's."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer, panel: Panel, model: Model = (None, "auto")) -> None:
        """Begins with a layer: an ordinary one, or the guide or result of an earlier session, which then goes on with the
        model that it was made with. Raises errors.Refused."""
        source = edits.photo_of(layer, image)
        self.image, self.source = image, source
        self._kind = pixels.kind(image, source)
        self._panel = panel
        self._whole = npe.Rect(0, 0, source.get_width(), source.get_height())
        found = edits.find(image, layer, source)
        if found is not None and not found.kept.region.inside(self._whole):
            raise errors.Refused(_("The layer “{layer}” has become smaller since it was painted over; the edit can't go on. "
                                   "What was made stays in “{result}”.").format(layer=source.get_name(),
                                                                                result=found.result.get_name()))
        #: A result of another photo, which was hidden.
        self._aside: Optional[Gimp.Layer] = None
        if found is not None:
            other = edits.other_photo(found, source)
            if other and not panel.goes_on(other):
                edits.set_aside(image, found, source)
                self._aside = found.result
                found = None
        self._pair: Optional[Pair] = None
        #: Those of the faces before, baked.
        self._earlier: List[Pair] = []
        self._faces: List[npe.Frame] = []
        self._searched: Optional[Tuple[npe.Image, npe.Placement]] = None
        self._region = npe.Rect(0, 0, 0, 0)
        self._chosen = False
        self._frame: Optional[npe.Frame] = None
        #: What runs.
        self.model: Model = (None, "auto")
        self._watch: Optional[Watch] = None
        self._tattoo = source.get_tattoo()
        self._stumbled = ""
        self._before = False
        self._last: Optional[Result] = None
        self._unsaved_since: Optional[float] = None
        #: Operations kept at the last save.
        self._count = 0
        self._then: Optional[Callable[[], None]] = None
        if found is not None:
            self._pair = Pair(image, source, self._kind, found.kept.region, found)
        self._live = Live(lambda told: GLib.idle_add(self._run, told), self)
        self._timer = GLib.timeout_add(POLL, self._poll)
        asked: Model = (found.kept.model or None, model[1]) if found is not None else model
        if asked != self.model:
            self._live.load(*asked)
        if found is not None:
            self._go_on(found.kept, baked=found.guide is None)
        else:
            self._searched = pixels.small(source, self._whole, pixels.SEARCH_SIDE)
            self._live.find(self._searched[0])

    # What the person does.

    def choose_face(self, index: int) -> None:
        """Another of the faces that were found. What was painted on the one before stays as a layer of its own."""
        self._take(self._faces[index], rough=True)

    def choose_selection(self) -> None:
        """The square around the selection as the face's frame."""
        bounds = person.selection(self.image, self.source)
        if bounds is None:
            self._panel.failed(_("Nothing is selected. Draw a square around the face with the rectangle selection, from "
                                 "above the hair to below the chin, then try again."))
            return
        large = bounds._replace(width=max(bounds.width, 8), height=max(bounds.height, 8))
        self._take(frames.around(large), rough=False)

    def load(self, path: Optional[str], device: str) -> None:
        """Another model or device; the guide is followed anew."""
        if self._watch is not None:
            self._watch.forget()
        self._live.load(path, device)

    def changed_base(self) -> bool:
        """Whether there is more than the guide: sliders, tiles, samples, what an earlier session baked."""
        return self._last is not None and self._last.undo_levels[0] > 0

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
        if self._pair is not None and self._pair.alive():
            self._pair.empty_guide()
        self._live.change(lambda edit: edit.reset())

    def show_paint(self, shown: bool) -> None:
        """Shows what is painted over what comes of it."""
        if self._pair is not None and self._pair.alive():
            self._pair.show_paint(shown)

    def show_before(self, before: bool) -> None:
        """The photo as it was, for as long as it is wanted. Not a step of undo, as hiding the layer would be."""
        self._before = before
        if self._pair is None or not self._pair.alive():
            return
        if before:
            self._pair.put_nothing()
        else:
            self._live.redraw()

    def bake(self) -> None:
        """Keeps the result as an ordinary layer, in one step of undo, and ends."""
        self._finish(Pair.bake, _("Baked into the layer “{layer}”. Start again to go on from it."))

    def close(self) -> None:
        """Ends; both layers stay, and a later session goes on from them."""
        self._finish(self._leave, _("The layers stay; start again to go on."))

    def _leave(self, pair: Pair) -> None:
        if self._untouched():
            pair.take_back()
        else:
            # The paint must not be in what is exported later.
            pair.show_paint(False)

    def cancel(self) -> None:
        """Ends and leaves the image as it was before the session."""
        gone = ""
        if self.image.is_valid():
            with one_step(self.image):
                for pair in ([] if self._pair is None else [self._pair]) + self._earlier[::-1]:
                    gone = gone if pair.take_back() else pair.name
                if self._aside is not None and self._aside.is_valid():
                    self._aside.set_visible(True)
                    gone = self._aside.get_name()
        text = (_("Cancelled. The guide of “{layer}” had been removed for another edit; Undo brings it back.") if gone
                else _("Cancelled; the image is as it was."))
        self._end(text.format(layer=gone))

    # Beginning.

    def found(self, faces: List[npe.Frame]) -> None:
        assert self._searched is not None
        self._faces = [pixels.enlarged(face, *self._searched) for face in faces]
        self._searched = None
        first = person.first_face(self._faces, person.selection(self.image, self.source))
        # The person may have chosen the selection meanwhile.
        self._panel.found(self._faces, -1 if self._chosen else first)
        if self._chosen:
            return
        if first >= 0:
            self._take(self._faces[first], rough=True)
        else:
            self._panel.failed(_("No face was found in the layer “{layer}”. Draw a square around the face with the "
                                 "rectangle selection, from above the hair to below the chin, and press “Selection”.")
                               .format(layer=self.source.get_name()))

    def _take(self, frame: npe.Frame, rough: bool) -> None:
        """Another face: what was painted stays as a baked layer, an untouched pair goes."""
        self._chosen = True
        pair = self._pair
        if pair is not None and pair.alive() and self._frame is not None:

            def kept() -> None:
                if self._untouched():
                    pair.take_back()
                else:
                    pair.bake()
                    self._earlier.append(pair)
                self._pair, self._count = None, 0
                self._take(frame, rough)

            self._keep_all(kept)
            return
        self._pair = None
        self._region = frames.region_of(frame, self._whole.width, self._whole.height)
        self._open(frames.moved(frame, -self._region.x, -self._region.y), rough, None)

    def _go_on(self, kept: Kept, baked: bool) -> None:
        """With what an earlier session left. Once it is baked, all of it is the base, and the new guide adds to it."""
        self._region = kept.region
        self._panel.found([], -1)
        self._open(kept.frame, False, Saved(kept.saved.strokes, kept.saved.count()) if baked else kept.saved)

    def _untouched(self) -> bool:
        """Whether nothing has come of this session that is worth a layer."""
        return self._count == 0 and (self._pair is None or self._pair.kept is None)

    def _open(self, frame: npe.Frame, rough: bool, saved: Optional[Saved]) -> None:
        self._frame = self._last = None
        photo = Photo(self.source, self._region, self._kind)
        self._watch = Watch(self._live, self._panel, photo)
        self._live.open(photo.read(), self._kind.layer_format, frame, rough, saved)

    def opened(self, opened: Opened) -> None:
        self.model = (opened.path, opened.device)
        if self._pair is None:
            self._pair = Pair(self.image, self.source, self._kind, self._region)
            # So that the pair is known for one even if this process ends before anything is painted.
            self._live.save()
        self._frame = opened.frame
        self._panel.opened(opened)

    # Following.

    def _poll(self) -> bool:
        if self._timer == 0:
            return False
        try:
            self._look()
            self._stumbled = ""
        except Exception as e:  # noqa: BLE001 - the timer must live on
            # What lasts is told once, not at every look.
            if str(e) != self._stumbled:
                self._stumbled = str(e)
                self._panel.failed(errors.sentence(e))
        return self._timer != 0

    def _look(self) -> None:
        if not self.image.is_valid():
            self._end(_("The image was closed."))
            return
        if self._pair is not None and self._frame is not None and self._watch is not None and self._watch.look(self._pair):
            self._save_when_settled()

    def elsewhere(self) -> None:
        self._panel.failed(edits.elsewhere(self.source))

    def _save_when_settled(self) -> None:
        if self._unsaved_since is not None and time.monotonic() - self._unsaved_since > SETTLED:
            self._unsaved_since = None
            self._live.save()

    def result(self, result: Result) -> None:
        if self._pair is None or not self._pair.alive() or self._pair.trouble():
            return
        self._last = result
        if not self._before and not result.rect.empty:
            self._pair.put(result.rect, bytes(result.pixels))
            log.info("%d×%d pixels on the canvas %.0f ms after they were wished for", result.rect.width, result.rect.height,
                     1000 * result.seconds)
        self._unsaved_since = time.monotonic()
        self._panel.changed(result)

    def saved(self, saved: Saved) -> None:
        self._count = saved.count()
        if self._then is None and person.pen_down():
            # A stroke that ended while undo is frozen for the parasite would have no step of undo.
            self._unsaved_since = time.monotonic()
            return
        if self._pair is not None and self._pair.alive() and self._frame is not None and self._watch is not None:
            edits.keep(self._pair.result, Kept(self._tattoo, self._region, self._frame, saved,
                                               self.model[0] or "", self._watch.photo.digest))
        self._do_then()

    def _do_then(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def viewed(self, view: int, picture: npe.Image) -> None:
        self._panel.viewed(view, picture)

    def busy(self, what: str) -> None:
        if self._watch is None or not self._watch.gone:
            ready = _("Paint with GIMP's brushes: what you paint becomes real.") if self._pair is not None else ""
            self._panel.state(what or ready, bool(what))

    def progress(self, done: float) -> None:
        self._panel.progress(done)

    def failed(self, sentence: str) -> None:
        log.error("%s", sentence)
        self._panel.failed(sentence)
        self._do_then()

    # Ending.

    def _finish(self, what: Callable[[Pair], None], text: str) -> None:
        """Ends once all that was painted is on the canvas and the strokes are kept."""
        pair = self._pair
        if self._frame is None or pair is None or not pair.alive():
            self._end(_("Nothing was painted."))
            return
        name = pair.result.get_name()

        def last() -> None:
            if pair.alive():
                what(pair)
            self._end(text.format(layer=name))

        self._keep_all(last)

    def _keep_all(self, then: Callable[[], None]) -> None:
        """Does something once all that was painted is on the canvas and the strokes are kept."""
        self._look()
        if self._pair is not None and self._watch is not None:
            self._watch.look_closely(self._pair)
        if self._before:
            self._before = False
            self._live.redraw()
        self._then = then
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
