# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a session goes by itself once it has begun (`opening`): from paint on the guides to the result on the canvas, from there
into what the document keeps. What people do with it is in `controller`.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from npe_shared import errors, log, npe
from npe_shared.document import Kept
from npe_shared.told import Guide, Result, Saved
from npe_shared.words import _

from . import layers, pixels
from .opening import POLL, Opening
from .photo import Photo
from .pieces import Work
from .qt import QImage
from .view import visible

#: Between two looks at the guides, in milliseconds, after some seconds without a change.
IDLE_POLL = 120
#: Seconds without a change after which looks become rarer.
IDLE_AFTER = 3.0
#: Seconds without a change after which the strokes are kept in the document.
SETTLED = 0.7
#: Looks at the guides between two at the photo, which changes seldom.
PHOTO = 8


class Session(Opening):
    """See the module. All methods are for the main thread."""

    def drawn_at(self, document: Any) -> float:
        """When Krita was last given something of a document's to compose; 0 if there is no session in it."""
        return self.screen.drawn_at if self.running and document == self.document else 0.0

    # Following.

    def _tick(self) -> None:
        try:
            self._look()
        except Exception as e:  # noqa: BLE001 - the timer must live on
            self.panel.failed(errors.sentence(e))

    def _look(self) -> None:
        """Looks at the guides, and has the engine follow them."""
        if not self._is_open():
            self._end(_("The image was closed."))
            return
        assert self.document is not None
        if (self.document.width(), self.document.height()) != self._size:
            self._end(_("The image has another size now. Start again."))
            return
        if self._guide is None or self.layers is None:
            return
        if not self._alive():
            if not self._gone:
                self._gone = True
                self.panel.state(_("The layers of the Neural Brush are gone. Redo (Ctrl+Shift+Z) brings them back; or "
                                   "start again."))
            return
        if self._gone:
            self._gone = False
            self._guide.forget()
        seen = visible(self.document)
        if self.live is not None:
            self.live.look_at(None if seen is None else layers.clipped(seen, self.region)._replace(
                x=max(0, seen.x - self.region.x), y=max(0, seen.y - self.region.y)))
        active = self.document.activeNode()
        now = time.monotonic()
        # While the pen is down on the canvas, the engine follows what it draws.
        if self._stroke is None and self._guide.look(self.layers.guides(),
                                                     active.uniqueId().toString() if active else ""):
            self._seen = now
            self._tell_guide(self._guide.picture())
        self._timer.setInterval(POLL if now - self._seen < IDLE_AFTER else IDLE_POLL)
        if self._unsaved_since is not None and now - self._unsaved_since > SETTLED and self.live is not None:
            self._unsaved_since = None
            self.live.save()
        self._looks += 1
        if self._looks % PHOTO == 0 and self._stroke is None and not self._pieces.busy and self._photo is not None \
                and self._photo.changed():
            self._pieces.do(self._retouch())

    def _retouch(self) -> Work:
        """The photo was changed meanwhile: what was painted is done again on it."""
        assert self.live is not None
        photo = Photo(self.document, self._source, self.region)
        image = yield from photo.read(self.panel.progress)
        self._photo, self._retouching = photo, True
        self.live.retouch(image)

    def elsewhere(self) -> None:
        if self._source is not None:
            self.panel.failed(_(
                "The face in the layer “{layer}” is not where it was; what you painted was done again on what is there "
                "now. Undo the change of the photo, or press Stop, then Start again.").format(layer=self._source.name()))

    def _tell_guide(self, picture: QImage) -> None:
        assert self.live is not None and self._guide is not None
        self.live.set_guide(Guide(pixels.rgba(picture), self._guide.placement(self.region), self.mode))

    def result(self, result: Result) -> None:
        self.last = result
        if not self._is_open() or self.layers is None or not self._alive():
            return
        if not result.rect.empty and self._photo is not None:
            self._results.add(result.rect, result.pixels)
            self._pieces.do(self._results.write(self.document, self.layers.result, self._photo, self.screen))
        self._unsaved_since = time.monotonic()
        self.panel.changed(result)

    def _written(self, rect: npe.Rect) -> None:
        self.latency = time.monotonic() - self._seen
        log.info("%d×%d pixels written, %.0f ms after the last change of the paint", rect.width, rect.height,
                 1000 * self.latency)

    def saved(self, saved: Saved) -> None:
        if self._is_open() and self.layers is not None and self._alive() and self.frame is not None:
            source = "" if self._source is None else self._source.uniqueId().toString()
            photo = "" if self._photo is None else self._photo.known_digest()
            layers.keep(self.document, self.layers.result, Kept(source, self.region, self.frame, saved,
                                                                self.model or "", photo))
        then, self._then = self._then, None
        if then is not None:
            then()

    def viewed(self, view: int, picture: npe.Image) -> None:
        self.panel.viewed(view, picture)

    def busy(self, what: str) -> None:
        if self.running and not self._gone:
            self.panel.state(what or _("Paint with any brush on “Paint here”: what you paint becomes real."),
                             bool(what))

    # Ending.

    def _finish(self, what: Callable[[], None], text: str) -> None:
        """Does something and ends, once all that was painted is on the canvas and the strokes are kept."""
        if self.live is None or self.layers is None or not self._is_open() or not self._alive():
            self._end(_("Nothing was painted."))
            return

        def last() -> None:
            if self._is_open() and self._alive():
                what()
            self._end(text)

        self._when_kept(last)

    def _when_kept(self, then: Callable[[], None]) -> None:
        """Does something once all that was painted is on the canvas and the strokes are kept."""
        def last() -> None:
            self._pieces.finish()
            then()

        self._look()
        self._then = last
        self._pieces.do(self._finishing())

    def _finishing(self) -> Work:
        # What looks at some rows have not shown.
        if self._photo is not None and (yield from self._photo.is_other()):
            yield from self._retouch()
        if self.live is not None:
            self.live.save()
