# SPDX-License-Identifier: MIT OR Apache-2.0
"""The neural brush on Krita's own canvas, without a tool of its own: an event filter takes the pen while it is on.

Hovering, panning, zooming, picking colours stay Krita's: only the left button or the pen's tip without modifier keys is
taken, and only over a document that has a session.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from krita import Krita

from npe_shared import errors

from .controller import Controller
from .qt import QColor, QEvent, QObject, QPainter, QPen, QPointF, Qt, QTimer, QWidget, position
from .view import canvas_widget, to_image

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.TabletPress)
_MOVES = (QEvent.Type.MouseMove, QEvent.Type.TabletMove)
_RELEASES = (QEvent.Type.MouseButtonRelease, QEvent.Type.TabletRelease)
_TABLET = (QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease)


class _Outline(QWidget):
    """The brush's outline while it draws, when Krita hears of no moves."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas.parentWidget())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._at, self._radius = QPointF(), 0.0

    def place(self, canvas: QWidget, at: QPointF, radius: float) -> None:
        """Shows it at a point of the canvas."""
        side = int(2 * radius) + 6
        corner = canvas.geometry().topLeft()
        self._radius = radius
        self.setGeometry(int(at.x() - side / 2) + corner.x(), int(at.y() - side / 2) + corner.y(), side, side)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        center = QPointF(self.width() / 2, self.height() / 2)
        for color, radius in ((QColor(0, 0, 0, 160), self._radius), (QColor(255, 255, 255, 200), self._radius - 1.0)):
            painter.setPen(QPen(color, 1.0))
            painter.drawEllipse(center, max(1.0, radius), max(1.0, radius))
        painter.end()


class CanvasBrush(QObject):
    """Takes the pen over a window's canvas while it is on."""

    def __init__(self, controller: Controller, failed: Callable[[str], None]) -> None:
        super().__init__()
        self._controller = controller
        self._failed = failed
        self._on = False
        self._canvas: Optional[QWidget] = None
        self._outline: Optional[_Outline] = None
        self._drawing = False
        self._space = False

    @property
    def on(self) -> bool:
        return self._on

    def set_on(self, on: bool) -> None:
        self._on = on
        self._space = False
        if not on:
            self._give_up()
        self.hook()

    def hook(self) -> None:
        """Goes to the canvas of the active view: after another one became active, or Krita put its own filter
        before."""
        canvas = canvas_widget(Krita.instance().activeWindow()) if self._on else None
        if canvas is not self._canvas:
            # The pen's lifting would be told to the other one.
            self._give_up()
        try:
            if self._canvas is not None:
                self._canvas.removeEventFilter(self)
        except RuntimeError:
            # Its view was closed, the widget is gone.
            pass
        if self._outline is not None and canvas is not self._canvas:
            try:
                self._outline.deleteLater()
            except RuntimeError:
                pass
            self._outline = None
        self._canvas = canvas
        if canvas is not None:
            canvas.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        try:
            return self._taken(event)
        except Exception as e:  # noqa: BLE001 - Qt can't hear of it
            self._give_up()
            self._failed(errors.sentence(e))
            return False

    def _taken(self, event: Any) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusIn:
            # Krita puts its filter before ours now; those that come last are asked first.
            QTimer.singleShot(0, self.hook)
        elif kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and event.key() == Qt.Key.Key_Space:
            self._space = kind == QEvent.Type.KeyPress
        elif kind in _PRESSES and not self._drawing:
            if event.button() != Qt.MouseButton.LeftButton or self._space \
                    or event.modifiers() != Qt.KeyboardModifier.NoModifier:
                return False
            self._drawing = self._tell(self._controller.tool_stroke_begin, event)
            event.accept()
            return True
        elif kind in _MOVES and self._drawing:
            self._tell(self._controller.tool_stroke_move, event)
            event.accept()
            return True
        elif kind in _RELEASES and self._drawing:
            if self._outline is not None:
                self._outline.hide()
            if self._view() is None:
                self._give_up()
            else:
                self._drawing = False
                self._tell(self._controller.tool_stroke_end, event)
            event.accept()
            return True
        return False

    def _give_up(self) -> None:
        """The stroke that is under the pen, if one is: no more is heard of it."""
        drawing, self._drawing = self._drawing, False
        if drawing:
            self._controller.tool_stroke_cancel()

    def _view(self) -> Any:
        """Where the pen is; None if there is no view of an image."""
        window = Krita.instance().activeWindow()
        return window.activeView() if window is not None and self._canvas is not None else None

    def _tell(self, what: Callable[..., Any], event: Any) -> bool:
        view = self._view()
        if view is None:
            return False
        at = position(event)
        transform = to_image(view)
        point = transform.map(at)
        tablet = event.type() in _TABLET
        pressure = event.pressure() if tablet else 1.0
        answer = what(point.x(), point.y(), pressure, event.xTilt() if tablet else 0.0,
                      event.yTilt() if tablet else 0.0)
        if self._drawing or answer:
            if self._outline is None:
                self._outline = _Outline(self._canvas)
            scale = abs(transform.determinant()) ** 0.5
            brush = self._controller.brush()
            if brush is not None and scale > 0.0:
                self._outline.place(self._canvas, at, 0.5 * brush.size / scale)
        return bool(answer)
