# SPDX-License-Identifier: MIT OR Apache-2.0
"""A photo in a person's hands: the engine in a thread of its own, for any editor.

The host says what it wants and goes on; nothing here blocks it. What has been wished for and not been begun is merged: of
ten pictures of the guide only the newest is looked at. What happens is told on the host's own thread, through the
function `post` that it brings (GLib.idle_add, a Qt signal).

Two edits are kept. The *base* has what was done to the face as a whole or stroke by stroke (`change`): sliders, latent
tiles, a sample, strokes of a canvas. The one that is *shown* is a copy of it that follows the guide.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import errors, frames, log, npe
from .told import Guide, Listener, Opened, Result, Saved
from .words import _

#: Something to be run on the host's thread.
Post = Callable[[Callable[[], None]], None]
#: Something done to an edit.
Change = Callable[[npe.Edit], Any]


#: How long the worker waits for new wishes, in seconds, before it draws what is not seen.
PAUSE = 0.3


class _Photo(NamedTuple):
    image: npe.Image
    layer_format: int
    frame: npe.Frame
    rough: bool
    saved: Optional[Saved]


class _Wishes:
    """What is to be done, the newest of each kind."""

    def __init__(self) -> None:
        self.model: Optional[Tuple[Optional[str], str]] = None
        self.find: Optional[npe.Image] = None
        self.photo: Optional[_Photo] = None
        self.retouched: Optional[npe.Image] = None
        self.changes: List[Tuple[str, Change]] = []
        self.settings: Optional[npe.Settings] = None
        self.guide: Optional[Guide] = None
        self.views: Optional[Tuple[int, ...]] = None
        self.redraw = False
        self.save = False
        #: Whether the photo before these is given up.
        self.left = False
        #: When the first of them was made.
        self.since = 0.0

    def any(self) -> bool:
        return bool(self.model or self.find or self.photo or self.retouched or self.changes or self.settings or self.guide
                    or self.views is not None or self.redraw or self.save or self.left)


class _Stopped(Exception):
    """The host closed this, or wants another photo: what is being done is of no use any more."""


class Live:
    """See the module. Every method may be called on the host's thread and returns at once."""

    def __init__(self, post: Post, listener: Listener) -> None:
        self._post = post
        self._listener = listener
        self._wishes = _Wishes()
        self._wake = threading.Condition()
        self._closed = False
        # The rest belongs to the worker.
        self._model: Optional[npe.Model] = None
        self._path: Optional[str] = None
        self._device = "auto"
        self._photo: Optional[_Photo] = None
        #: Whether the photo is still to be begun with.
        self._waits = False
        self._base: Optional[npe.Edit] = None
        self._shown: Optional[npe.Edit] = None
        self._settings: Optional[npe.Settings] = None
        self._guide: Optional[Guide] = None
        self._views: Tuple[int, ...] = ()
        self._drawn = self._rest = npe.Rect(0, 0, 0, 0)
        #: How often a photo had been left when what is being done was wished for.
        self._turn = 0
        # Belongs to the host's thread, and is only looked at by the worker.
        self._seen: Optional[npe.Rect] = None
        self._left = 0
        self._thread = threading.Thread(target=self._work, name="npe", daemon=True)
        self._thread.start()

    # Wishes.

    @contextmanager
    def _wishing(self) -> Iterator[_Wishes]:
        with self._wake:
            if not self._wishes.any():
                self._wishes.since = time.monotonic()
            yield self._wishes
            self._wake.notify()

    def load(self, path: Optional[str] = None, device: str = "auto") -> None:
        """Takes a model (None: the one inside the library), or another device for the same one. The guide is followed with
        it; what was done to the base is done again on another device, and is lost with another model. If it can't be
        loaded, all goes on as before, and a photo that waits for a model waits for the next one."""
        with self._wishing() as wishes:
            wishes.model = (path, device)

    def find(self, image: npe.Image) -> None:
        """Looks for faces; a picture of 1,000 to 2,000 pixels a side, shrunk from a larger photo, is enough."""
        with self._wishing() as wishes:
            wishes.find = image

    def open(self, image: npe.Image, layer_format: int, frame: npe.Frame, rough: bool = False,
             saved: Optional[Saved] = None) -> None:
        """Begins with a photo, or the part of one around the frame (`region_of`), whose pixels must not be changed any
        more; results come as layers of `layer_format`. A `rough` frame, from a shrunk picture, is set right by
        looking for the face again. Saved strokes need their model: load it before. Changes of an earlier photo that wait
        are dropped."""
        with self._wishing() as wishes:
            wishes.photo = _Photo(image, layer_format, frame, rough, saved)
            wishes.changes, wishes.guide, wishes.retouched = [], None, None

    def retouch(self, image: npe.Image) -> None:
        """The pixels of the photo are other ones now, its size and the frame are not: all that was done is done again on
        them. `opened` and `result` follow, and `elsewhere` if the face is not where it was."""
        log.info("the photo has changed and is read again")
        with self._wishing() as wishes:
            wishes.retouched = image

    def change(self, change: Change, key: str = "") -> None:
        """Does something to the base. With a key it replaces the last one of that key if that has not been begun and
        nothing else was wished for since: for sliders."""
        with self._wishing() as wishes:
            if key and wishes.changes and wishes.changes[-1][0] == key:
                wishes.changes.pop()
            wishes.changes.append((key, change))

    def set_settings(self, settings: npe.Settings) -> None:
        """How strokes act and how the change is shown."""
        with self._wishing() as wishes:
            wishes.settings = settings

    def set_guide(self, guide: Guide) -> None:
        """What is painted now."""
        with self._wishing() as wishes:
            wishes.guide = guide

    def set_views(self, *views: int) -> None:
        """The small pictures (VIEW_..., as FORMAT_RGB_U8) to be told of, now and after each change; none at first."""
        with self._wishing() as wishes:
            wishes.views = views

    def look_at(self, seen: Optional[npe.Rect]) -> None:
        """The part of the photo that the person sees, None for all: of a large photo it is drawn first, the rest when there
        is nothing else to do."""
        self._seen = seen

    def redraw(self) -> None:
        """Asks for the whole result again."""
        with self._wishing() as wishes:
            wishes.redraw = True

    def save(self) -> None:
        """Asks for what a document keeps, after all that was wished for before."""
        with self._wishing() as wishes:
            wishes.save = True

    def leave(self) -> None:
        """Gives up the photo and all that was wished for about it, a search for faces too; nothing is told of it any more. The
        model stays, and so do the settings and the views."""
        with self._wake:
            before, self._wishes = self._wishes, _Wishes()
            self._wishes.model, self._wishes.settings, self._wishes.views = before.model, before.settings, before.views
            self._wishes.left, self._wishes.since = True, time.monotonic()
            self._left += 1
            self._wake.notify()

    def close(self) -> None:
        """Stops what is being done and frees all; nothing is told any more. Waits for a moment at most: a stroke hears of
        it within a solver step."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(2.0)

    # The worker.

    def _tell(self, name: str, *values: Any) -> None:
        turn = self._turn

        def told() -> None:
            if not self._closed and turn == self._left:
                getattr(self._listener, name)(*values)

        if not self._closed:
            self._post(told)

    def _step(self, done: float) -> bool:
        """Progress of a stroke; stops it if its photo or its model is given up."""
        return not (self._closed or self._wishes.photo or self._wishes.model or self._wishes.left)

    def _loading(self, done: float) -> bool:
        self._tell("progress", done)
        return not self._closed

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._closed and not self._wishes.any():
                    if not self._wake.wait(None if self._rest.empty else PAUSE):
                        break
                if self._closed:
                    break
                wishes, self._wishes, self._turn = self._wishes, _Wishes(), self._left
            try:
                if wishes.any():
                    self._fulfil(wishes)
                else:
                    # A part that can't be drawn must not be tried for ever.
                    rest, self._rest = self._rest, npe.Rect(0, 0, 0, 0)
                    self._draw(rest, time.monotonic())
            except _Stopped:
                pass
            except Exception as e:  # noqa: BLE001 - the thread must live on, and the person must hear of it
                if wishes.model is not None:
                    # Of a model that fails, whatever became of the photo.
                    self._turn = self._left
                if not (isinstance(e, npe.NpeError) and e.status == npe.ERR_CANCELLED):
                    self._tell("failed", errors.sentence(e))
            self._tell("busy", "")
        self._put_away()
        if self._model is not None:
            self._model.close()

    def _fulfil(self, wishes: _Wishes) -> None:
        if wishes.views is not None:
            self._views = wishes.views
        if wishes.settings is not None:
            self._settings = wishes.settings
        if wishes.guide is not None:
            self._guide = wishes.guide
        if wishes.left:
            self._put_away()
        if wishes.photo is not None:
            self._photo = wishes.photo
            self._guide = wishes.guide
            self._waits = True
            # A new layer has nothing on it; that of a saved edit may have anything.
            nothing, image = npe.Rect(0, 0, 0, 0), wishes.photo.image
            self._rest = nothing
            self._drawn = npe.Rect(0, 0, image.width, image.height) if wishes.photo.saved is not None else nothing
        if wishes.model is not None:
            self._change_model(*wishes.model, alone=wishes.photo is None)
        before = self._photo if wishes.retouched is not None and wishes.photo is None else None
        if wishes.retouched is not None:
            self._retouch(wishes.retouched)
        if self._model is None and (self._photo is not None or wishes.find is not None):
            self._load(None, "auto")
        if wishes.find is not None and self._model is not None:
            self._tell("busy", _("Looking for faces…"))
            self._tell("found", self._model.find_faces(wishes.find))
        if self._photo is None:
            return
        fresh = self._waits
        if fresh:
            self._begin(self._photo)
            self._waits = False
            if before is not None:
                self._look_for_the_face(before, self._photo)
        if self._base is None:
            return
        # A slider that fails is told, and the rest goes on.
        failed: Optional[npe.NpeError] = None
        for _key, change in wishes.changes:
            try:
                change(self._base)
            except npe.NpeError as e:
                failed = e
        if wishes.changes or self._shown is None:
            copy = self._base.copy()
            if self._shown is not None:
                self._shown.close()
            self._shown = copy
        if self._settings is not None:
            self._base.set_settings(self._settings)
            self._shown.set_settings(self._settings)
        if fresh or wishes.changes or wishes.settings is not None or wishes.guide is not None or wishes.redraw:
            self._follow_and_draw(wishes.since)
        elif wishes.views is not None:
            self._tell_views()
        if wishes.save:
            if not self._rest.empty:
                self._draw(self._rest, wishes.since)
            self._tell("saved", self._saved(self._base, self._shown))
        if failed is not None:
            raise failed

    @staticmethod
    def _saved(base: npe.Edit, shown: npe.Edit) -> Saved:
        return Saved(shown.strokes(), len(json.loads(base.strokes())["operations"]))

    def _put_away(self) -> None:
        for edit in (self._shown, self._base):
            if edit is not None:
                edit.close()
        self._photo = self._base = self._shown = self._guide = None
        self._waits = False
        self._drawn = self._rest = npe.Rect(0, 0, 0, 0)

    def _change_model(self, path: Optional[str], device: str, alone: bool) -> None:
        """With a photo that comes along its strokes are this model's; else another model's are of no use to it."""
        same = path == self._path
        self._load(path, device)
        if alone and self._photo is not None:
            if not same:
                self._photo = self._photo._replace(saved=None)
            elif not self._waits and self._base is not None and self._shown is not None:
                self._photo = self._photo._replace(saved=self._saved(self._base, self._shown), frame=self._base.frame(),
                                                   rough=False)
        self._waits = self._photo is not None

    def _retouch(self, image: npe.Image) -> None:
        if self._photo is None:
            return
        self._photo = self._photo._replace(image=image)
        if not self._waits and self._base is not None and self._shown is not None:
            self._photo = self._photo._replace(saved=self._saved(self._base, self._shown), frame=self._base.frame(),
                                               rough=False)
        self._waits = True

    def _look_for_the_face(self, before: _Photo, now: _Photo) -> None:
        """A frame that a person chose may have had no face before either."""
        assert self._model is not None
        faces = self._model.find_faces(now.image)
        if faces and not frames.near(now.frame, faces) and frames.near(now.frame, self._model.find_faces(before.image)):
            self._tell("elsewhere")

    def _load(self, path: Optional[str], device: str) -> None:
        self._tell("busy", _("Loading the model…"))
        model = npe.Model(path, device, self._loading)
        if self._model is not None:
            self._model.close()
        self._model, self._path, self._device = model, path, device

    def _begin(self, photo: _Photo) -> None:
        assert self._model is not None
        self._tell("busy", _("Looking at the face…"))
        frame = frames.exact(self._model, photo.image, photo.frame) if photo.rough else photo.frame
        base = npe.Edit(self._model, photo.image, frame)
        shown: Optional[npe.Edit] = None
        if photo.saved is not None:
            if photo.saved.base > 0:
                base.load_strokes(photo.saved.base_strokes(), self._step)
                # Painted layers among them are no part of the guide.
                base.end_guide()
            shown = base.copy()
            if photo.saved.guide_strokes():
                shown.load_strokes(photo.saved.guide_strokes(), self._step)
            self._settings = photo.saved.settings(shown.settings())
        for edit in (self._base, self._shown):
            if edit is not None:
                edit.close()
        self._base, self._shown = base, shown
        self._tell("opened", Opened(base.frame(), self._model.info(), npe.session_info(),
                                    self._settings or base.settings(), self._attributes(), self._path, self._device))

    def _attributes(self) -> Dict[str, float]:
        assert self._model is not None and self._base is not None
        return {name: self._base.attribute(name) for name in self._model.attributes()}

    def _follow_and_draw(self, since: float) -> None:
        assert self._base is not None and self._shown is not None and self._photo is not None
        if self._guide is not None:
            self._tell("busy", _("Painting…"))
            self._shown.follow(self._guide.image, self._guide.placement, self._guide.mode, self._step)
        if not self._step(1.0):
            raise _Stopped
        changed = self._shown.changed_rect()
        area = changed.union(self._drawn).union(self._rest)
        self._drawn = changed
        first = area if self._seen is None else area.intersection(self._seen)
        if 2 * first.width * first.height > area.width * area.height:
            self._draw(area, since)
        else:
            self._rest = area
            self._draw(first, since)
        self._tell_views()

    def _draw(self, area: npe.Rect, since: float) -> None:
        """Tells a part of the photo as it is now."""
        assert self._base is not None and self._shown is not None and self._photo is not None
        if area.union(self._rest) == area:
            self._rest = npe.Rect(0, 0, 0, 0)
        pixels = bytearray() if area.empty else self._shown.decode_change(area, self._photo.layer_format)
        result = Result(area, pixels, time.monotonic() - since, self._attributes(), self._base.undo_levels())
        self._tell("result", result._replace(prepared=self._listener.decoded(result)))

    def _tell_views(self) -> None:
        if self._shown is not None:
            for view in self._views:
                self._tell("viewed", view, self._shown.view(view))
