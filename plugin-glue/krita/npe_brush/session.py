# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a session goes by itself: from a layer to a face that is open in the engine, from paint on the guides to the
result on the canvas, from there into what the document keeps. What people do with it is in `controller`.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, List, Optional, Tuple

from krita import Krita

from npe_shared import errors, frames, log, npe
from npe_shared.document import Kept
from npe_shared.errors import Refused
from npe_shared.frames import region_of
from npe_shared.live import Live
from npe_shared.told import Guide, Listener, Opened, Result, Saved
from npe_shared.words import _

from . import layers, pixels, screen
from .guide import GuideReader
from .layers import Layers
from .panel import Panel
from .qt import QImage, QObject, Qt, QTimer, pyqtSignal
from .screen import Screen
from .strokes import Stroke
from .view import visible

#: Between two looks at the guides, in milliseconds: while something happens, and after some seconds without.
POLL, IDLE_POLL = 30, 120
#: Seconds without a change after which looks become rarer.
IDLE_AFTER = 3.0
#: Seconds without a change after which the strokes are kept in the document.
SETTLED = 0.7
#: Bytes that are written into a layer at a time; Krita takes a few milliseconds for them.
_WRITTEN_AT_ONCE = 4_000_000


class _Post(QObject):
    """Brings what the engine's thread tells to the main thread."""

    told = pyqtSignal(object)

    def __init__(self, run: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self.told.connect(run, Qt.ConnectionType.QueuedConnection)


class Session(Listener):
    """See the module. All methods are for the main thread."""

    def __init__(self, panel: Optional[Panel] = None) -> None:
        self.panel = panel or Panel()
        self.document: Optional[Any] = None
        self.layers: Optional[Layers] = None
        self.live: Optional[Live] = None
        #: The part of the image, in its pixels, that is edited; what npe is told is relative to it.
        self.region = npe.Rect(0, 0, 0, 0)
        self.frame: Optional[npe.Frame] = None
        self.faces: List[npe.Frame] = []
        self.mode = npe.MODE_COLOR
        self.screen: Screen = screen.best()
        self.last: Optional[Result] = None
        #: From a change of the guide to the canvas, in seconds, the last time.
        self.latency = 0.0
        self._post = _Post(self._run)
        self.model: Optional[str] = None
        self.device = "auto"
        self._source: Optional[Any] = None
        self._all_layers = False
        self._kind: Optional[pixels.Kind] = None
        self._search: Any = None
        self._reading: Optional[Iterator[bytearray]] = None
        self._making: Optional[Iterator[Optional[Layers]]] = None
        self._opened: Optional[Opened] = None
        self._baked: Optional[Any] = None
        self._guide: Optional[GuideReader] = None
        self._stroke: Optional[Stroke] = None
        self._writing: "list[tuple[npe.Rect, memoryview]]" = []
        self._shown = True
        self._gone = False
        self._seen = 0.0
        self._unsaved_since: Optional[float] = None
        self._then: Optional[Callable[[], None]] = None
        self._size = (0, 0)
        self._views: "tuple[int, ...]" = ()
        self._seed: Optional[int] = None
        self._read: Tuple[npe.Frame, bool, Optional[Saved]] = (npe.Frame(0, 0, 0), False, None)
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._slices = QTimer()
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._slice)

    @property
    def running(self) -> bool:
        """Whether there is a session."""
        return self.document is not None

    # Beginning.

    def _start(self, all_layers: bool, frame: Optional[npe.Frame], seed: Optional[int]) -> None:
        document = Krita.instance().activeDocument()
        if document is None:
            raise Refused(_("No image is open."))
        node = document.activeNode()
        if node is None:
            raise Refused(_("No layer is active. Select the layer with the photo."))
        self.document, self._size, self._seed = document, (document.width(), document.height()), seed
        self._gone, self._shown, self.latency, self.screen = False, True, 0.0, screen.best()
        self.live = Live(self._post.told.emit, self)
        self.live.set_views(*self._views)
        old = layers.find(document, node)
        if old is not None and frame is None:
            self._go_on(old[0], old[1], node)
            return
        if old is not None:
            # Another face of the same photo.
            node = layers.source_of(document, old[0])[1]
        self._source = None if all_layers or node is None else layers.with_pixels(node)
        self._use(self._source)
        if self.device != "auto" or self.model is not None:
            self.live.load(self.model, self.device)
        if frame is not None:
            self._take(frame, rough=False)
            return
        self._search = pixels.thumbnail(self._source or document.rootNode(), pixels.SEARCH_SIDE)
        self.live.find(self._search[0])

    def _use(self, source: Optional[Any]) -> None:
        """Settles how the pixels of a source (None: of everything) cross."""
        assert self.document is not None
        self._source = source
        self._kind = pixels.kind(pixels.space_of(source or self.document))

    def found(self, faces: List[npe.Frame]) -> None:
        if self._search is None:
            return
        (picture, placement), self._search = self._search, None
        self.faces = [pixels.enlarged(face, picture, placement) for face in faces]
        self.panel.found(self.faces, 0 if self.faces else -1)
        if self.faces:
            self._take(self.faces[0], rough=True)
        else:
            self._end(_("No face was found."))
            self.panel.failed(_("No face was found. Draw a square around the face with the rectangle selection, from "
                                "above "
                                "the hair to below the chin, and press “Selection”; or press “From nothing” to paint a "
                                "face that does not exist yet."))

    def _take(self, frame: npe.Frame, rough: bool) -> None:
        """Begins with a frame in pixels of the image."""
        self.layers, self._guide, self.frame, self.last = None, None, None, None
        self.region = region_of(frame, *self._size)
        self._open(frames.moved(frame, -self.region.x, -self.region.y), rough, None)

    def _go_on(self, kept: Kept, found: Optional[Layers], node: Any) -> None:
        """With what an earlier session left: its layers, or the layer that it was baked into, which new ones
        replace."""
        assert self.document is not None and self.live is not None
        there, source = layers.source_of(self.document, kept)
        if not there:
            raise Refused(_("The layer that was painted over is not in the image any more. Select the layer with the "
                            "photo."))
        self._use(source)
        self.region, self.model = kept.region, kept.model or None
        self.layers, self._baked = found, node if found is None else None
        if found is not None:
            for _piece in self.screen.prepare(self.document, found.group):
                pass
        self.panel.found([], -1)
        if self.model is not None or self.device != "auto":
            self.live.load(self.model, self.device)
        self._open(kept.frame, False, kept.saved)

    def _open(self, frame: npe.Frame, rough: bool, saved: Optional[Saved]) -> None:
        """Reads the region's pixels, in pieces where Krita must convert them, then hands them to the engine."""
        assert self.document is not None and self._kind is not None
        made = self._baked if self.layers is None else self.layers.group
        if made is not None and self._source is None:
            # All that is visible, but not what was made of it.
            made.setVisible(False)
            self.document.refreshProjection()
            self.document.waitForDone()
        try:
            data = pixels.region(self.document, self._source, self.region)
        finally:
            if made is not None and self._source is None:
                made.setVisible(True)
                self.document.refreshProjection()
        if self._kind.converted:
            self.panel.state(_("Converting the colors…"), True)
            space = pixels.space_of(self._source or self.document)
            self._reading = pixels.convert(data, self.region.width, self.region.height, space, self._kind)
            self._read = (frame, rough, saved)
            self._slices.start()
        else:
            self._opening(data, frame, rough, saved)

    def _opening(self, data: "bytes | bytearray", frame: npe.Frame, rough: bool, saved: Optional[Saved]) -> None:
        assert self.live is not None and self._kind is not None
        photo = npe.Image(data, self.region.width, self.region.height, self._kind.format)
        self.live.open(photo, self._kind.format, frame, rough, saved)
        if self._seed is not None:
            seed, self._seed = self._seed, None
            self.live.change(lambda edit: edit.sample(seed))

    def opened(self, opened: Opened) -> None:
        assert self.document is not None and self._kind is not None
        if not self._is_open():
            self._end(_("The image was closed."))
            return
        self.frame, self._opened = opened.frame, opened
        if self.layers is None:
            self._making = layers.create(self.document, self._source, self._kind, self.screen)
            self._slices.start()
        else:
            self._ready()

    def _make_on(self) -> None:
        assert self._making is not None
        made = next(self._making)
        if made is not None:
            self._making, self.layers = None, made
            self._ready()

    def _ready(self) -> None:
        """The layers are there, the face is open: people can paint."""
        if self._baked is not None:
            self._baked.remove()
            self._baked = None
        self._guide = GuideReader(self.region)
        self._timer.start(POLL)
        if self._opened is not None:
            self.panel.opened(self._opened)

    # Following.

    def _is_open(self) -> bool:
        return self.document is not None and any(other == self.document for other in Krita.instance().documents())

    def _alive(self) -> bool:
        return self.layers is not None and self.document is not None and self.layers.alive(self.document)

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

    def _tell_guide(self, picture: QImage) -> None:
        assert self.live is not None and self._guide is not None
        self.live.set_guide(Guide(pixels.rgba(picture), self._guide.placement(self.region), self.mode))

    def result(self, result: Result) -> None:
        self.last = result
        if not self._is_open() or self.layers is None or not self._alive():
            return
        if not result.rect.empty:
            # What waits to be written and is drawn anew need not be written.
            self._writing = [old for old in self._writing if old[0].union(result.rect) != result.rect]
            self._writing.append((result.rect, memoryview(result.pixels)))
            self._slice()
        self._unsaved_since = time.monotonic()
        self.panel.changed(result)

    def _slice(self) -> None:
        """A part of what waits: reading that needs converting, or a result to be written."""
        try:
            if self._reading is not None:
                self._read_on()
            elif self._making is not None:
                self._make_on()
            elif self._writing:
                self._write_on()
        except Exception as e:  # noqa: BLE001 - the timer must live on
            self._reading, self._making, self._writing = None, None, []
            self.panel.failed(errors.sentence(e))
        if self._reading is None and self._making is None and not self._writing:
            self._slices.stop()
        elif not self._slices.isActive():
            self._slices.start()

    def _read_on(self) -> None:
        assert self._reading is not None
        whole = self.region.width * self.region.height * npe.pixel_bytes(npe.FORMAT_RGBA_F32)
        done = next(self._reading)
        self.panel.progress(len(done) / whole)
        if len(done) == whole:
            self._reading.close()
            self._reading = None
            self._opening(done, *self._read)

    def _write_on(self) -> None:
        assert self.document is not None and self.layers is not None and self._kind is not None
        rect, data = self._writing.pop(0)
        row = rect.width * npe.pixel_bytes(self._kind.format)
        rows = min(rect.height, max(1, _WRITTEN_AT_ONCE // row))
        part = rect._replace(height=rows)
        self.screen.write(self.document, self.layers.result,
                          part._replace(x=rect.x + self.region.x, y=rect.y + self.region.y),
                          bytes(data[:rows * row]))
        if rows < rect.height:
            self._writing.insert(0, (rect._replace(y=rect.y + rows, height=rect.height - rows), data[rows * row:]))
        else:
            self.latency = time.monotonic() - self._seen
            log.info("%d×%d pixels written, %.0f ms after the last change of the paint", rect.width, rect.height,
                     1000 * self.latency)

    def saved(self, saved: Saved) -> None:
        if self._is_open() and self.layers is not None and self._alive() and self.frame is not None:
            source = "" if self._source is None else self._source.uniqueId().toString()
            layers.keep(self.document, self.layers.result, Kept(source, self.region, self.frame, saved,
                                                                self.model or ""))
        then, self._then = self._then, None
        if then is not None:
            then()

    def viewed(self, view: int, picture: npe.Image) -> None:
        self.panel.viewed(view, picture)

    def busy(self, what: str) -> None:
        if self.running and not self._gone:
            self.panel.state(what or _("Paint with any brush on “Paint here”: what you paint becomes real."),
                             bool(what))

    def progress(self, done: float) -> None:
        self.panel.progress(done)

    def failed(self, sentence: str) -> None:
        log.error("%s", sentence)
        self.panel.failed(sentence)
        then, self._then = self._then, None
        if then is not None:
            then()
        elif self.frame is None:
            # Nothing was opened: there is no session to go on with.
            self._end("")

    # Ending.

    def _finish(self, what: Callable[[], None], text: str) -> None:
        """Ends once all that was painted is on the canvas and the strokes are kept."""
        if self.live is None or self.layers is None or not self._is_open() or not self._alive():
            self._end(_("Nothing was painted."))
            return

        def last() -> None:
            while self._writing:
                self._write_on()
            if self._is_open() and self._alive():
                what()
            self._end(text)

        self._look()
        self._then = last
        self.live.save()

    def _end(self, text: str) -> None:
        if self.document is None:
            return
        self._timer.stop()
        self._slices.stop()
        live, self.live = self.live, None
        if self._reading is not None:
            self._reading.close()
        self.document, self.layers, self.frame, self.last = None, None, None, None
        self._guide, self._stroke = None, None
        self._reading, self._making, self._opened, self._baked = None, None, None, None
        self._writing, self._then, self._unsaved_since, self._search = [], None, None, None
        if live is not None:
            live.close()
        self.panel.ended(text)

    def _run(self, told: Callable[[], None]) -> None:
        """Something that the engine tells, on the main thread."""
        self._guarded(told)

    def _guarded(self, what: Callable[[], None]) -> None:
        """Krita may have closed what it is about; nothing may come out into Qt."""
        try:
            what()
        except Exception as e:  # noqa: BLE001 - told instead
            self.panel.failed(errors.sentence(e))
