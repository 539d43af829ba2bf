# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strokes straight into the active paint layer, as Krita's own brushes make them: no layers of ours, one step of undo each.

Each stroke is an edit of its own: the layer is read as it is, the face in it is painted on, and what comes of it is shown over
the layer until the pen was lifted and the engine is done; then it goes into the layer. So Krita's undo and redo are all there
is, and whatever else changes the layer in between is part of the photo. Nothing is kept in the document.

Only the toolbox tool's library can paint so (`tool`). A stroke that begins while another one is still being worked out waits
its turn.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any, Callable, Deque, List, Optional, Tuple

from krita import Krita

from npe_shared import errors, frames, log, npe
from npe_shared.errors import Refused
from npe_shared.frames import region_of
from npe_shared.live import Live
from npe_shared.panel import Panel
from npe_shared.told import Listener, Opened, Result, Saved
from npe_shared.words import _

from . import layers, pixels, shim
from .choice import Choice
from .guide import GuideReader, Sketch
from .photo import Photo
from .pieces import Pieces, Post, Work
from .strokes import Brush, Stroke
from .view import visible

#: Bytes that are shown at a time.
_SHOWN_AT_ONCE = 4_000_000


class _Job:
    """A stroke and the layer that it is for."""

    def __init__(self, document: Any, node: Any, mode: int, brush: Brush) -> None:
        self.document, self.node, self.mode = document, node, mode
        self.stroke = Stroke(brush)
        self.sketch: Optional[Sketch] = None
        self.lifted = False
        #: Where the pen touched first.
        self.at = (0.0, 0.0)

    def place(self) -> Tuple[Any, ...]:
        """Tells whether a face that was found for one stroke is where it was for another one."""
        corner = self.node.position()
        return (self.document.rootNode().uniqueId().toString(), self.node.uniqueId().toString(), corner.x(), corner.y(),
                self.document.width(), self.document.height())


class Direct(Listener):
    """See the module. All on the main thread."""

    def __init__(self, choice: Choice) -> None:
        """`choice`: what strokes are made with, and whom a choice that fails concerns."""
        self.panel = Panel()
        self.choice = choice
        self.settings: Optional[npe.Settings] = None
        self.latency = 0.0
        self._live: Optional[Live] = None
        #: What the engine was told to load.
        self._given: Optional[Tuple[Optional[str], str]] = None
        self._post = Post(self._told)
        self._pieces = Pieces(lambda error: self._broken(errors.sentence(error)))
        self._jobs: Deque[_Job] = deque()
        self._photo: Optional[Photo] = None
        self._search: Any = None
        #: The document that was drawn in last, and when.
        self._drawn: Tuple[Any, float] = (None, 0.0)
        #: Where the last stroke was, and its face.
        self._last: Tuple[Tuple[Any, ...], Optional[npe.Frame]] = ((), None)
        self._lifted_at = 0.0

    @property
    def working(self) -> bool:
        """Whether a stroke is painted or worked out."""
        return bool(self._jobs)

    def drawn_at(self, document: Any) -> float:
        """When Krita was last given something of a document's to compose; 0 if that was another document's, or never."""
        return self._drawn[1] if self._drawn[0] == document else 0.0

    # What the person does.

    def load(self) -> None:
        """Something else was chosen for the next strokes."""
        if self._live is not None:
            self._give(self._live)

    def _give(self, live: Live) -> None:
        """Has the engine load what is asked for, where it has or tries something else."""
        if self._given != self.choice.asked:
            self._given = self.choice.asked
            live.load(*self._given)
            self._last = ((), None)

    def set_settings(self, settings: npe.Settings) -> None:
        self.settings = settings
        if self._live is not None:
            self._live.set_settings(settings)

    def begin(self, document: Any, brush: Brush, mode: int, at: Tuple[float, float, float]) -> bool:
        """The pen touches the canvas; False, and the panel says why, if the active layer can't be painted on."""
        node = document.activeNode()
        wrong = _wrong(document, node)
        if wrong:
            self.panel.failed(wrong)
            return False
        self.panel.failed("")
        job = _Job(document, node, mode, brush)
        job.at = at[:2]
        job.stroke.add(*at)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._do(job, self._start)
        return True

    def move(self, at: Tuple[float, float, float]) -> None:
        if self._jobs and not self._jobs[-1].lifted:
            self._jobs[-1].stroke.add(*at)
            self._tell(self._jobs[-1])

    def end(self, at: Tuple[float, float, float]) -> None:
        """The pen is lifted: once the engine is done, the stroke goes into the layer."""
        if self._jobs and not self._jobs[-1].lifted:
            self._jobs[-1].stroke.add(*at)
            self._jobs[-1].lifted = True
            self._lifted_at = time.monotonic()
            self._do(self._jobs[-1], self._tell)

    def _do(self, job: _Job, what: Callable[[_Job], None]) -> None:
        """Where it fails, the stroke is given up: the next ones would wait for it for ever."""
        try:
            what(job)
        except Exception:
            self._give_up(job)
            raise

    def cancel(self) -> None:
        """The stroke is given up."""
        if self._jobs and not self._jobs[-1].lifted:
            self._give_up(self._jobs[-1])

    def paints(self, document: Any) -> bool:
        """Whether a document has a stroke that is not in its layer yet, so that it is no step of Krita's."""
        return any(job.document == document for job in self._jobs)

    def take_back(self, document: Any) -> None:
        """Gives up the last of these strokes."""
        for job in reversed(self._jobs):
            if job.document == document:
                self._give_up(job)
                return

    def _give_up(self, job: _Job) -> None:
        current = job is self._jobs[0]
        self._jobs.remove(job)
        if current:
            self._leave()
            if self._jobs:
                self._pieces.do(self._next())

    def close(self) -> None:
        """Gives up all, and frees the engine."""
        self._jobs.clear()
        live, self._live = self._live, None
        self._leave()
        if live is not None:
            live.close()

    def _leave(self) -> None:
        """Gives up what is done for a stroke."""
        # What the engine would still tell is about another stroke than the next one.
        if self._live is not None:
            self._live.leave()
        self._pieces.clear()
        self._photo = self._search = None
        self.panel.state("", False)
        self._drawn = (self._drawn[0], time.monotonic())
        try:
            shim.drop()
        except Refused as e:
            # Its layer may be gone.
            log.error("%s", errors.sentence(e))

    # One stroke.

    def _start(self, job: _Job) -> None:
        # What the stroke before has painted is to be part of the photo.
        job.document.waitForDone()
        if self._live is None:
            self._live, self._given = Live(self._post.tell, self), None
            if self.settings is not None:
                self._live.set_settings(self.settings)
        self._give(self._live)
        place, frame = self._last
        if frame is not None and place == job.place() and _within(job.at, frame, 0.8):
            self._pieces.do(self._reading(job, frame, False))
        else:
            self._pieces.do(self._searching(job))

    def _searching(self, job: _Job) -> Work:
        self.panel.state(_("Looking for faces…"), True)
        self._search = yield from pixels.small(job.document, job.node, pixels.SEARCH_SIDE)
        if self._live is not None:
            self._live.find(self._search[0])

    def found(self, faces: List[npe.Frame]) -> None:
        if self._search is None or not self._jobs:
            return
        (picture, placement), self._search = self._search, None
        job = self._jobs[0]
        there = [face for face in (pixels.enlarged(face, picture, placement) for face in faces) if _within(job.at, face, 0.8)]
        if not there:
            self.failed(_("There is no face under the pen. Paint on a face; or choose “Into its own layer” in the tool's "
                          "options, and draw a square around the face."))
            return
        nearest = min(there, key=lambda face: math.dist(job.at, (face.cx, face.cy)) / face.side)
        self._pieces.do(self._reading(job, nearest, True))

    def _reading(self, job: _Job, frame: npe.Frame, rough: bool) -> Work:
        region = region_of(frame, job.document.width(), job.document.height())
        photo = self._photo = Photo(job.document, job.node, region)
        image = yield from photo.read(self.panel.progress)
        if self._live is not None:
            self._live.open(image, photo.kind.format, frames.moved(frame, -region.x, -region.y), rough)

    def opened(self, opened: Opened) -> None:
        self.choice.opened(opened)
        if not self._jobs or self._photo is None:
            return
        job, region = self._jobs[0], self._photo.region
        self._last = (job.place(), frames.moved(opened.frame, region.x, region.y))
        job.sketch = Sketch(GuideReader(region), job.stroke)
        self.panel.ready(opened)
        self._tell(job)

    def _tell(self, job: _Job) -> None:
        """What is drawn so far, once the face is open."""
        if job.sketch is None or self._live is None or self._photo is None:
            return
        seen = visible(job.document)
        r = self._photo.region
        self._live.look_at(None if seen is None else layers.clipped(seen, r)._replace(x=max(0, seen.x - r.x),
                                                                                     y=max(0, seen.y - r.y)))
        self._live.set_guide(job.sketch.guide(r, job.mode))
        if job.lifted:
            self._live.save()

    def result(self, result: Result) -> None:
        if self._jobs and self._jobs[0].sketch is not None and self._photo is not None and not result.rect.empty:
            self._pieces.do(self._show(self._jobs[0], self._photo, result))

    def _show(self, job: _Job, photo: Photo, result: Result) -> Work:
        rect, pixels_of = result.rect, memoryview(result.pixels)
        row = rect.width * npe.pixel_bytes(photo.kind.format)
        rows = max(1, _SHOWN_AT_ONCE // row)
        for top in range(0, rect.height, rows):
            count = min(rows, rect.height - top)
            shim.preview(job.node, npe.Rect(photo.region.x + rect.x, photo.region.y + rect.y + top, rect.width, count),
                         bytes(pixels_of[top * row:(top + count) * row]), photo.kind.space)
            self._drawn = (job.document, time.monotonic())
            yield

    def saved(self, saved: Saved) -> None:
        """All results up to the last point are shown, or wait to be."""
        if self._jobs and self._jobs[0].lifted:
            self._pieces.do(self._finishing())

    def _finishing(self) -> Work:
        shim.commit(_("Neural stroke"))
        self._drawn = (self._jobs[0].document, time.monotonic())
        self.latency = time.monotonic() - self._lifted_at
        log.info("a stroke went into its layer %.0f ms after the pen was lifted", 1000 * self.latency)
        self._jobs.popleft()
        self._photo = None
        if self._jobs:
            yield from self._next()

    def _next(self) -> Work:
        yield
        self._start(self._jobs[0])

    # What goes on.

    def busy(self, what: str) -> None:
        self.panel.state(what, bool(what))

    def progress(self, done: float) -> None:
        self.panel.progress(done)

    def failed(self, sentence: str) -> None:
        if self.choice.take_back():
            self.panel.put_back(*self.choice.asked)
        self._broken(sentence)

    def _broken(self, sentence: str) -> None:
        log.error("%s", sentence)
        closed = bool(self._jobs) and self._jobs[0].document not in Krita.instance().documents()
        self._jobs.clear()
        self._leave()
        if not closed:
            self.panel.failed(sentence)

    def _told(self, told: Any) -> None:
        try:
            told()
        except Exception as e:  # noqa: BLE001 - nothing may come out into Qt
            self._broken(errors.sentence(e))


def _within(at: Tuple[float, float], face: npe.Frame, sides: float) -> bool:
    """Whether a point is near enough to a face to be about it: so many sides of its frame from the centre."""
    return math.dist(at, (face.cx, face.cy)) < sides * face.side


def _wrong(document: Any, node: Any) -> str:
    """What to tell of a layer that can't be painted into; "" if it can."""
    if node is None or node.type() != "paintlayer":
        return _("The active layer is no paint layer. Select the layer with the photo, or choose “Into its own layer” in the "
                 "tool's options.")
    found = layers.find(document, node)
    if found is not None and found[1] is not None and node.parentNode().uniqueId() == found[1].group.uniqueId():
        return _("The layer “{layer}” belongs to an edit of the Neural Brush. Select the layer with the photo.").format(
            layer=node.name())
    up = node
    while up is not None and up.parentNode() is not None:
        if up.locked() or not up.visible():
            return _("The layer “{layer}” is locked or hidden. Unlock and show it, then paint.").format(layer=up.name())
        up = up.parentNode()
    return ""
