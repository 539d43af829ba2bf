# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a session begins and ends: from a layer to a face that is open in the engine and layers to paint on. What goes on in
between is in `session`.
"""

from __future__ import annotations

from typing import Any, Callable, List, Optional

from krita import Krita

from npe_shared import errors, frames, log, npe, samples
from npe_shared.document import Kept
from npe_shared.errors import Refused
from npe_shared.frames import region_of
from npe_shared.live import Live
from npe_shared.panel import Panel
from npe_shared.told import Listener, Opened, Result
from npe_shared.words import _

from . import layers, pixels, screen
from .choice import Choice
from .guide import GuideReader
from .layers import Layers
from .photo import Photo
from .pieces import Pieces, Post, Work
from .qt import QTimer
from .results import Results
from .screen import Screen
from .strokes import Stroke

#: Between two looks at the guides, in milliseconds, while something happens.
POLL = 30


class Opening(Listener):
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
        #: Whether the session began with a face that does not exist.
        self.from_nothing = False
        self.choice = Choice()
        #: What the engine was told to load.
        self._given = self.choice.asked
        self.settings: Optional[npe.Settings] = None
        self._post = Post(self._guarded)
        self._pieces = Pieces(lambda error: self._broken(errors.sentence(error)))
        self._source: Optional[Any] = None
        self._photo: Optional[Photo] = None
        self._all_layers = False
        self._kind: Optional[pixels.Kind] = None
        self._search: Any = None
        self._opened: Optional[Opened] = None
        self._baked: Optional[Any] = None
        self._guide: Optional[GuideReader] = None
        self._stroke: Optional[Stroke] = None
        self._results = Results(self._written)
        #: Whether the result is seen, and the paint over it.
        self._shown, self._paint_shown = True, False
        self._gone = False
        self._seen = 0.0
        self._looks = 0
        self._retouching = False
        self._unsaved_since: Optional[float] = None
        self._then: Optional[Callable[[], None]] = None
        self._size = (0, 0)
        self._views: "tuple[int, ...]" = ()
        self._seed: Optional[int] = None
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """Whether there is a session."""
        return self.document is not None

    @property
    def model(self) -> Optional[str]:
        """The file of the model that runs, or ran last; None: the built-in one."""
        return self.choice.runs[0]

    # Beginning.

    def _start(self, all_layers: bool, frame: Optional[npe.Frame], seed: Optional[int]) -> None:
        document = Krita.instance().activeDocument()
        if document is None:
            raise Refused(_("No image is open."))
        node = document.activeNode()
        if node is None:
            raise Refused(_("No layer is active. Select the layer with the photo."))
        self.document, self._size, self._seed = document, (document.width(), document.height()), seed
        self.from_nothing = seed is not None
        self._gone, self._shown, self._paint_shown = False, True, False
        self.latency, self.screen = 0.0, screen.best()
        self.live = Live(self._post.tell, self)
        self.live.set_views(*self._views)
        old = layers.find(document, node)
        if old is not None and frame is None:
            self._pieces.do(self._go_on(old[0], old[1], node))
            return
        if old is not None:
            # Another face of the same photo.
            node = layers.source_of(document, old[0])[1]
        self._source = None if all_layers or node is None else layers.with_pixels(node)
        self._use(self._source)
        self._load()
        if frame is not None:
            self._take(frame, rough=False)
            return
        self.panel.state(_("Looking for faces…"), True)
        self._pieces.do(self._searching())

    def _load(self) -> None:
        """Has the engine load what is asked for."""
        if self.live is not None:
            self._given = self.choice.asked
            self.live.load(*self._given)

    def _searching(self) -> Work:
        assert self.live is not None
        self._search = yield from pixels.small(self.document, self._source, pixels.SEARCH_SIDE)
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
            self.panel.failed(_("No face was found. Draw a square around the face with the rectangle selection, from above the "
                                "hair to below the chin, and press “Selection”; or press “From nothing” to paint a face that "
                                "does not exist yet."))

    def _take(self, frame: npe.Frame, rough: bool) -> None:
        """Begins with a frame in pixels of the image."""
        self.layers, self._guide, self.frame, self.last = None, None, None, None
        self._retouching, self._unsaved_since = False, None
        self._results.clear()
        self.region = region_of(frame, *self._size)
        self._pieces.do(self._reading(frames.moved(frame, -self.region.x, -self.region.y), rough))

    def _go_on(self, kept: Kept, found: Optional[Layers], node: Any) -> Work:
        """With what an earlier session left: its layers, or the layer that it was baked into, which new ones
        replace."""
        assert self.document is not None and self.live is not None
        there, source = layers.source_of(self.document, kept)
        if not there:
            raise Refused(_("The layer that was painted over is not in the image any more. Select the layer with the "
                            "photo."))
        self._use(source)
        self.region, self.choice.asked = kept.region, (kept.model or None, self.choice.asked[1])
        self.layers, self._baked = found, node if found is None else None
        if found is not None:
            yield from self.screen.prepare(self.document, found.group)
            # The image may have been saved while it showed the photo as it was.
            self._shown = found.result.opacity() > 0
            self._paint_shown = any(guide.opacity() > 0 for guide in found.guides())
            self._as_it_began()
        self.panel.found([], -1)
        self._load()
        yield from self._reading(kept.frame, False, kept)

    def _reading(self, frame: npe.Frame, rough: bool, kept: Optional[Kept] = None) -> Work:
        """Reads the photo, then hands it to the engine."""
        assert self.document is not None and self.live is not None and self._kind is not None
        photo = self._photo = Photo(self.document, self._source, self.region)
        if photo.kind.converted:
            self.panel.state(_("Converting the colors…"), True)
        made = self._baked if self.layers is None else self.layers.group
        if made is not None and self._source is None:
            # All that is visible, but not what was made of it.
            made.setVisible(False)
            self.document.refreshProjection()
            self.document.waitForDone()
        try:
            image = yield from photo.read(self.panel.progress)
        finally:
            if made is not None and self._source is None:
                made.setVisible(True)
                self.document.refreshProjection()
        if kept is not None and self._source is not None:
            yield from photo.digest()
            if not photo.is_of(kept.photo) and made is not None and not self.panel.goes_on(_(
                    "The photo in the layer “{layer}” is not as it was when “{result}” was painted: it was retouched, turned "
                    "or replaced since.").format(layer=self._source.name(), result=made.name())):
                self._begin_anew(made)
                return
        self.live.open(image, self._kind.format, frame, rough, None if kept is None else kept.saved)
        if self._seed is not None:
            seed, self._seed = self._seed, None
            self.live.change(lambda edit: samples.choose(edit, seed))

    def _begin_anew(self, made: Any) -> None:
        """Leaves an earlier edit, hidden, and looks for the face again."""
        made.setVisible(False)
        if self.layers is not None:
            self.screen.refresh(self.document, self.region)
        else:
            self.document.refreshProjection()
        self.layers, self._baked = None, None
        self._pieces.do(self._searching())

    def opened(self, opened: Opened) -> None:
        other = self.choice.opened(opened)
        assert self.document is not None and self._kind is not None
        if not self._is_open():
            self._end(_("The image was closed."))
            return
        self.frame, self._opened = opened.frame, opened
        retouched, self._retouching = self._retouching and not other, False
        if retouched:
            return
        if self.layers is None:
            self._pieces.do(self._making())
        else:
            self._ready()

    def _making(self) -> Work:
        assert self.document is not None and self._kind is not None
        softened = self.from_nothing and self.frame is not None and self.document.selection() is None
        if softened:
            # What is selected limits the result, by a mask that people can paint on.
            self.document.setSelection(layers.soft_oval(frames.moved(self.frame, self.region.x, self.region.y)))
        try:
            self.layers = yield from layers.create(self.document, self._source, self._kind, self.screen)
        finally:
            if softened:
                self.document.setSelection(None)
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

    # What `session` does meanwhile.

    def _tick(self) -> None:
        """A look at the guides and the photo."""
        raise NotImplementedError

    def _written(self, rect: npe.Rect) -> None:
        """A result is in its layer."""
        raise NotImplementedError

    # What is seen.

    def _show(self, result: bool, paint: bool) -> None:
        """The result or the photo as it was, with the paint over it or not; no step of undo."""
        self._shown, self._paint_shown = result, paint
        if self.document is not None and self.layers is not None and self._alive():
            self.layers.result.setOpacity(255 if result else 0)
            for guide in self.layers.guides():
                guide.setOpacity(layers.SHOWN_PAINT if paint else 0)
            self.screen.refresh(self.document, self.region)

    def _as_it_began(self) -> None:
        """The result alone, as when the layers were made."""
        if self._is_open() and (not self._shown or self._paint_shown):
            self._show(True, False)

    # Life and end.

    def _is_open(self) -> bool:
        return self.document is not None and any(other == self.document for other in Krita.instance().documents())

    def _alive(self) -> bool:
        return self.layers is not None and self.document is not None and self.layers.alive(self.document)

    def progress(self, done: float) -> None:
        self.panel.progress(done)

    def failed(self, sentence: str) -> None:
        loading, self._given = self._given != self.choice.runs, self.choice.runs
        if self.choice.take_back():
            self.panel.put_back(*self.choice.asked)
        if loading and self._then is not None and self.live is not None:
            # What was painted with the model that runs on is still to be kept.
            log.error("%s", sentence)
            self.live.save()
        else:
            self._broken(sentence)

    def _broken(self, sentence: str) -> None:
        """Something did not work, of the engine's or of Krita's."""
        log.error("%s", sentence)
        self.panel.failed(sentence)
        self._retouching = False
        then, self._then = self._then, None
        if then is not None:
            then()
        elif self.frame is None:
            # Nothing was opened: there is no session to go on with.
            self._end("")

    def _end(self, text: str) -> None:
        if self.document is None:
            return
        self._as_it_began()
        self._timer.stop()
        self._pieces.clear()
        live, self.live = self.live, None
        self.document, self.layers, self.frame, self.last, self.from_nothing = None, None, None, None, False
        self._guide, self._stroke, self._photo, self._retouching = None, None, None, False
        self._opened, self._baked = None, None
        self._results.clear()
        self._then, self._unsaved_since, self._search = None, None, None
        if live is not None:
            live.close()
        self.panel.ended(text)

    def _guarded(self, what: Callable[[], None]) -> None:
        """Krita may have closed what it is about; nothing may come out into Qt."""
        try:
            what()
        except Exception as e:  # noqa: BLE001 - told instead
            self.panel.failed(errors.sentence(e))
