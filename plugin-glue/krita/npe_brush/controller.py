# SPDX-License-Identifier: MIT OR Apache-2.0
"""One face being painted in a Krita document: the engine, the layers, the pixels between them. Knows nothing of the
docker.

Everything that is painted is paint on guide layers, whoever paints it: Krita's own brushes on the layer "Paint here",
the canvas brush (`canvas`), the tool of the toolbox (`tool`). So undo and redo are Krita's own; the guides are looked
at again and again, and the result follows them, back too. All methods are for the main thread and return at once; the
engine works in Live's thread.

A tool uses a controller so:

- `active()` is the controller of the active window, or None.
- `tool_stroke_begin(x, y, pressure, xtilt, ytilt)`, `tool_stroke_move(...)`, `tool_stroke_end(...)` and
  `tool_stroke_cancel()` take points in pixels of the image, pressure 0 to 1, tilt in degrees. Tilt has no effect: the
  network's brush is round. Begin answers False if nothing can be painted now (the docker says why; a first stroke
  starts the session). Colour, size and eraser are those of Krita's active view.
- Where `straight` is set, strokes go into the active paint layer instead (`direct`), and there is no session.
- While the pen is down the result layer shows what will come of it. When it is lifted, `screen.add_stroke` puts the
  stroke among the guides: one step of undo. Undoing it takes the result back.
- `screen.use(kind)` brings a better way to write pixels than pure Python has: objects with the methods of
  `screen.Screen`.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from krita import Krita

from npe_shared import errors, frames, npe, samples
from npe_shared.panel import Panel
from npe_shared.words import _

from . import layers
from .direct import Direct
from .guide import Sketch
from .session import Session
from .strokes import Brush, Stroke

#: Answers the controller of the active window; the extension sets it.
_active: Callable[[], Optional["Controller"]] = lambda: None


def active() -> Optional["Controller"]:
    """The controller of the active window."""
    return _active()


def set_active(answer: Callable[[], Optional["Controller"]]) -> None:
    """How `active` is answered."""
    global _active
    _active = answer


class Controller(Session):
    """What a person, a tool or a script can do; see the module."""

    def __init__(self, panel: Optional[Panel] = None) -> None:
        super().__init__(panel)
        self._sketch: Optional[Sketch] = None
        #: Strokes straight into the active layer, and whether the person wants them so.
        self.direct = Direct(self.choice)
        self.straight = False

    # What the person does.

    def start(self, all_layers: bool = False, frame: Optional[npe.Frame] = None) -> bool:
        """Begins with the active layer (or with all that is visible) of the active document, or goes on with the edit
        that is there already. With a frame, in pixels of the image, no face is looked for. Answers whether it could."""
        return self._begin(all_layers, frame, None)

    def _begin(self, all_layers: bool, frame: Optional[npe.Frame], seed: Optional[int]) -> bool:
        self._end("")
        self._all_layers = all_layers
        try:
            self._start(all_layers, frame, seed)
            return True
        except Exception as e:  # noqa: BLE001 - told, not thrown at Krita
            self._end("")
            self.panel.failed(errors.sentence(e))
            return False

    def choose_face(self, index: int) -> None:
        """Another of the faces that were found. What was painted on the one before stays in its layers."""
        self._guarded(lambda: self._choose(index))

    def _choose(self, index: int) -> None:
        if not self._is_open():
            return
        frame = self.faces[index]
        self._as_it_began()
        self.panel.found(self.faces, index)
        if self._alive():
            self._when_kept(lambda: self._take(frame, rough=True))
        else:
            self._take(frame, rough=True)

    def choose_selection(self) -> bool:
        """Begins anew with the square around the selection as the face's frame."""
        document = Krita.instance().activeDocument()
        selection = document.selection() if document is not None else None
        if selection is None or selection.width() < 8 or selection.height() < 8:
            self.panel.failed(_("Nothing is selected. Draw a square around the face with the rectangle selection, from "
                                "above the hair to below the chin, then try again."))
            return False
        rect = npe.Rect(selection.x(), selection.y(), selection.width(), selection.height())
        document.setSelection(None)
        return self.start(self._all_layers, frames.around(rect))

    def portrait_from_nothing(self, seed: int) -> bool:
        """A face that does not exist, as large as the image, to paint on; another one where there is one already."""
        document = Krita.instance().activeDocument()
        if document is None:
            self.panel.failed(_("No image is open."))
            return False
        if self.from_nothing and document == self.document:
            self.sample(seed)
            return True
        return self._begin(self._all_layers, samples.frame(document.width(), document.height()), seed)

    def load(self, path: Optional[str], device: str) -> None:
        """Another model (None: the built-in one) or device; the guides are followed anew."""
        self.choice.asked = (path, device)
        self.direct.load()
        self._load()
        if self._guide is not None:
            self._guide.forget()

    def set_settings(self, settings: npe.Settings) -> None:
        self.direct.set_settings(settings)
        if self.live is not None:
            self.live.set_settings(settings)

    def set_mode(self, mode: int) -> None:
        """What the paint means, one of npe.MODE_..."""
        self.mode = mode
        if self._guide is not None:
            self._guide.forget()

    def set_attribute(self, name: str, value: float) -> None:
        if self.live is not None:
            self.live.change(lambda edit: edit.set_attribute(name, value), "attribute " + name)

    def paint_latents(self, x: float, y: float, radius: float, value: float) -> None:
        if self.live is not None:
            self.live.change(lambda edit: edit.paint_latents(x, y, radius, value))

    def sample(self, seed: int) -> None:
        """A random face in place of the photo's."""
        if self.live is not None:
            self.live.change(lambda edit: samples.choose(edit, seed))

    def undo_change(self) -> None:
        """Takes back a slider, a tile or a sample; strokes are Krita's to undo."""
        if self.live is not None:
            self.live.change(lambda edit: edit.undo())

    def redo_change(self) -> None:
        if self.live is not None:
            self.live.change(lambda edit: edit.redo())

    def set_views(self, *views: int) -> None:
        """The small pictures that are wanted."""
        self._views = views
        if self.live is not None:
            self.live.set_views(*views)

    def reset(self) -> None:
        """Back to the photo: the guides go and a new one takes their place (Krita can undo that), sliders go to 0."""
        if self.document is not None and self.layers is not None and self._alive():
            layers.clear_guides(self.document, self.layers)
        if self.live is not None:
            self.live.change(lambda edit: edit.reset())

    def show_paint(self, shown: bool) -> None:
        """Shows what is painted over what comes of it."""
        self._show(self._shown, shown)

    def show_before(self, before: bool) -> None:
        """The photo as it was, for as long as it is wanted; no step of undo."""
        self._show(not before, self._paint_shown)

    def bake(self) -> None:
        """Keeps the result as an ordinary layer, and ends."""
        self._finish(self._bake_layers, _("Baked into a layer. Start again to go on from it."))

    def _bake_layers(self) -> None:
        assert self.document is not None and self.layers is not None
        own = layers.kept(self.document, self.layers.result)
        layer = layers.bake(self.document, self.layers)
        if own is not None:
            # All of it is the base of a later edit: its guides are gone.
            layers.keep(self.document, layer, own._replace(saved=own.saved._replace(base=own.saved.count())))

    def stop(self) -> None:
        """Ends; the layers stay, and a later session goes on from them."""
        self._finish(lambda: None, _("The layers stay; start again to go on."))

    def close(self) -> None:
        """Ends at once, as when Krita quits."""
        self.direct.close()
        self._end("")

    # Strokes on the canvas.

    def brush(self) -> Optional[Brush]:
        """Colour, size and eraser of the active view."""
        window = Krita.instance().activeWindow()
        view = window.activeView() if window is not None else None
        if view is None:
            return None
        color = view.foregroundColor().colorForCanvas(view.canvas())
        return Brush(color, max(1.0, view.brushSize()), view.currentBlendingMode() == "erase")

    def tool_stroke_begin(self, x: float, y: float, pressure: float, xtilt: float = 0.0, ytilt: float = 0.0) -> bool:
        """The pen touches the canvas; see the module."""
        document = Krita.instance().activeDocument()
        if self.straight and document is not None:
            brush = self.brush()
            return brush is not None and self.direct.begin(document, brush, self.mode, (x, y, pressure))
        if not self.running or document != self.document:
            self.start(self._all_layers)
            return False
        if self.layers is None or self._guide is None or not self._alive() or not self.layers.guides():
            self.panel.state(_("Just a moment: the face is not ready yet."), True)
            return False
        brush = self.brush()
        if brush is None:
            return False
        self._look()
        self._stroke = Stroke(brush)
        self._sketch = Sketch(self._guide, self._stroke)
        try:
            self.tool_stroke_move(x, y, pressure, xtilt, ytilt)
        except Exception:
            # No end is told of a stroke that did not begin.
            self._give_up()
            raise
        return True

    def tool_stroke_move(self, x: float, y: float, pressure: float, xtilt: float = 0.0, ytilt: float = 0.0) -> None:
        """The pen moves; what is drawn so far is followed as if it were on the guide."""
        if self.direct.working:
            self.direct.move((x, y, pressure))
        if self._stroke is None or self._sketch is None or self.live is None:
            return
        self._stroke.add(x, y, pressure)
        self._seen = time.monotonic()
        self.live.set_guide(self._sketch.guide(self.region, self.mode))

    def tool_stroke_end(self, x: float, y: float, pressure: float, xtilt: float = 0.0, ytilt: float = 0.0) -> None:
        """The pen is lifted: the stroke becomes paint on a guide, in one step of undo."""
        stroke, self._stroke = self._stroke, None
        if self.direct.working:
            self.direct.end((x, y, pressure))
        if stroke is None or self.document is None or self.layers is None or not self._alive():
            return
        rect = layers.clipped(stroke.bounds(), self.region)
        guides = self.layers.guides()
        if rect.empty or not guides:
            return
        self._guarded(lambda: self.screen.add_stroke(self.document, self.layers.group, guides[0], rect,
                                                     stroke.picture(rect), stroke.brush.erase))

    def tool_stroke_cancel(self) -> None:
        """The stroke is given up."""
        self.direct.cancel()
        self._give_up()

    def _give_up(self) -> None:
        self._stroke = None
        if self._guide is not None:
            self._guide.forget()

    # Undo and redo meanwhile (`presses`).

    def paints(self, document: Any) -> bool:
        """Whether a document has a stroke that is no step of Krita's yet: under the pen, or on its way into its layer."""
        return self._stroke is not None and document == self.document or self.direct.paints(document)

    def take_back(self, document: Any) -> None:
        """Gives up the last of these strokes. The pen may be down: what it does until it is lifted is nothing then."""
        if self._stroke is not None and document == self.document:
            self._give_up()
        else:
            self.direct.take_back(document)
