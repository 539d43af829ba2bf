# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas of the window: shows the photo, and turns what a mouse or a pen does into strokes, frames and colours.

It knows nothing of edits. The photo is kept as it looks on the screen, so that moving the brush's outline costs
nothing. """

from __future__ import annotations

import math
from typing import Dict, List, Optional, Tuple

import cairo
import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

from npe_shared import npe  # noqa: E402
from npe_shared.words import _  # noqa: E402

from .canvas_picture import Scene  # noqa: E402
from .canvas_view import Brush, Stroke, View, inside, square, touches  # noqa: E402

#: How much a step of the wheel enlarges.
WHEEL = 2.0 ** 0.25
#: Screen pixels that a two-finger scroll of one unit moves.
SCROLL = 40.0
#: A frame that was dragged to less than this, in screen pixels, was a slip of the hand.
LEAST_FRAME = 24.0
#: What a person may be doing with a button held down.
_IDLE, _PAINT, _PAN, _FRAME = range(4)


class Hand:
    """What a person does on the canvas; all in photo pixels. Override what is wanted."""

    def stroked(self, dabs: List[npe.Dab], first: bool, last: bool) -> None:
        """A stroke has grown: all of its dabs so far."""

    def missed(self) -> None:
        """A stroke went nowhere near the frame; nothing was said of it."""

    def picked(self, color: Tuple[float, float, float]) -> None:
        """A colour of what is shown, sRGB."""

    def framed(self, frame: npe.Frame) -> None:
        """A square was drawn around a face."""

    def chose(self, face: int) -> None:
        """Another one of the faces was clicked."""

    def looked(self) -> None:
        """What is seen has changed."""


class Canvas(Gtk.Grid):
    """See the module."""

    def __init__(self, scene: Scene, hand: Hand) -> None:
        super().__init__()
        self.scene, self._hand = scene, hand
        self.view = View(scene.width, scene.height)
        self.brush = Brush(10.0, 0.5)
        #: What the stroke looks like until its result is there; None: no trail.
        self.trail: Optional[Tuple[float, float, float]] = None
        #: Whether strokes are taken, whether a drag draws a frame instead, whether a click picks a colour.
        self.ready = self.framing = self.picking = False
        self._frame: Optional[npe.Frame] = None
        self._faces: List[npe.Frame] = []
        self._shown: Optional[cairo.ImageSurface] = None
        self._doing = _IDLE
        self._space = False
        self._pointer: Optional[Tuple[float, float]] = None
        self._pressure = 1.0
        self._from = (0.0, 0.0)
        self._stroke: Optional[Stroke] = None
        self._hit = False
        self._area = Gtk.DrawingArea(hexpand=True, vexpand=True, can_focus=True)
        self._area.set_size_request(240, 240)
        self._area.get_accessible().set_name(_("Canvas"))
        self._area.add_events(
            Gdk.EventMask.POINTER_MOTION_MASK | Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_RELEASE_MASK
            | Gdk.EventMask.SCROLL_MASK | Gdk.EventMask.SMOOTH_SCROLL_MASK | Gdk.EventMask.LEAVE_NOTIFY_MASK)
        for name, handler in (("draw", self._draw), ("size-allocate", self._sized),
                              ("motion-notify-event", self._motion), ("button-press-event", self._press),
                              ("button-release-event", self._release),
                              ("scroll-event", self._scroll), ("leave-notify-event", self._leave),
                              ("grab-broken-event", self._broken)):
            self._area.connect(name, handler)
        self._bars: Dict[str, Tuple[Gtk.Scrollbar, int]] = {}
        self.attach(self._area, 0, 0, 1, 1)
        for axis, orientation, column, row in (("x", Gtk.Orientation.HORIZONTAL, 0, 1),
                                               ("y", Gtk.Orientation.VERTICAL, 1, 0)):
            bar = Gtk.Scrollbar(orientation=orientation, adjustment=Gtk.Adjustment())
            handler = bar.get_adjustment().connect("value-changed", self._barred, axis)
            self._bars[axis] = (bar, handler)
            self.attach(bar, column, row, 1, 1)

    # What the window says.

    def take_frames(self, frame: Optional[npe.Frame], faces: List[npe.Frame]) -> None:
        """The frame that is edited, and those that could be."""
        self._frame, self._faces = frame, faces
        self._area.queue_draw()

    def changed(self, rect: Optional[npe.Rect] = None) -> None:
        """The scene differs, in a rectangle of the photo or all over."""
        if self._shown is not None:
            if rect is None:
                self._paint_shown()
            else:
                x1, y1 = self.view.to_screen(rect.x, rect.y)
                x2, y2 = self.view.to_screen(rect.x + rect.width, rect.y + rect.height)
                # One pixel more: the screen mixes neighbours.
                left, top = math.floor(x1) - 1, math.floor(y1) - 1
                self._paint_shown((left, top, math.ceil(x2) + 1 - left, math.ceil(y2) + 1 - top))
        self._area.queue_draw()

    def set_brush(self, brush: Brush) -> None:
        self.brush = brush
        self._area.queue_draw()

    def show_before(self, before: bool) -> None:
        if before != self.scene.before:
            self.scene.before = before
            self.changed()

    def painting(self) -> bool:
        """Whether a stroke is being drawn."""
        return self._doing == _PAINT

    def look(self) -> None:
        """After the view was changed."""
        self._paint_shown()
        self._area.queue_draw()
        for axis, (bar, handler) in self._bars.items():
            lower, upper, page, value = self.view.scroll_range(axis)
            with bar.get_adjustment().handler_block(handler):
                bar.get_adjustment().configure(value, lower, upper, 0.1 * page, 0.9 * page, page)
            bar.set_sensitive(upper - lower > page)
        self._hand.looked()

    def zoom(self, factor: float) -> None:
        """Around the pointer if it is over the canvas, else around the middle."""
        x, y = self._pointer or (0.5 * self.view.width, 0.5 * self.view.height)
        self.view.zoom_to(self.view.zoom * factor, x, y)
        self.look()

    def hold_space(self, held: bool) -> None:
        """While it is, a drag moves the photo."""
        self._space = held
        self._show_cursor()

    def finish(self) -> None:
        """Ends a stroke that is being drawn, as when the window closes over it."""
        if self._doing == _PAINT and self._stroke is not None:
            self._tell(True)
        self._doing, self._stroke = _IDLE, None

    def grab(self) -> None:
        """Takes the keyboard."""
        self._area.grab_focus()

    # The pen.

    def _press(self, _area: Gtk.Widget, event: Gdk.EventButton) -> bool:
        self._area.grab_focus()
        if event.type != Gdk.EventType.BUTTON_PRESS or self._doing != _IDLE:
            return True
        self._move_to(event)
        x, y = self.view.to_photo(event.x, event.y)
        if event.button == 2 or (event.button == 1 and self._space):
            self._doing = _PAN
        elif event.button == 1 and (self.picking or event.state & Gdk.ModifierType.CONTROL_MASK):
            self._pick(x, y)
        elif event.button == 1 and self.framing:
            self._doing = _FRAME
        elif event.button == 1:
            self._begin_stroke(x, y)
        self._from = (event.x, event.y)
        self._show_cursor()
        return True

    def _begin_stroke(self, x: float, y: float) -> None:
        if self._frame is None or not inside(self._frame, x, y):
            for i, face in enumerate(self._faces):
                if inside(face, x, y) and face is not self._frame:
                    self._hand.chose(i)
                    return
        if not self.ready or self._frame is None:
            return
        self._doing, self._stroke, self._hit = _PAINT, Stroke(self.brush), False
        self._stroke.add(x, y, self._pressure)
        self._tell(False)
        self._area.queue_draw()

    def _tell(self, last: bool) -> None:
        """Tells of the stroke once it has come to the frame."""
        assert self._stroke is not None and self._frame is not None
        dabs, first = self._stroke.dabs, not self._hit
        self._hit = self._hit or touches(self._frame, dabs[-1])
        if self._hit:
            self._hand.stroked(dabs[:], first, last)
        elif last:
            self._hand.missed()

    def _motion(self, _area: Gtk.Widget, event: Gdk.EventMotion) -> bool:
        before = self._pointer
        self._move_to(event)
        if self._doing == _PAN:
            self.view.pan(event.x - self._from[0], event.y - self._from[1])
            self._from = (event.x, event.y)
            self.look()
        elif self._doing == _PAINT and self._stroke is not None:
            x, y = self.view.to_photo(event.x, event.y)
            if self._stroke.add(x, y, self._pressure):
                self._tell(False)
        elif self._doing == _FRAME:
            self._area.queue_draw()
        for at in (before, self._pointer):
            self._redraw_outline(at)
        return True

    def _release(self, _area: Gtk.Widget, event: Gdk.EventButton) -> bool:
        doing = self._doing
        if event.button not in (1, 2) or doing == _IDLE:
            return True
        self._move_to(event)
        if doing == _PAINT and self._stroke is not None:
            self._stroke.add(*self.view.to_photo(event.x, event.y), self._pressure, last=True)
            self.finish()
        elif doing == _FRAME:
            self._doing = _IDLE
            if max(abs(event.x - self._from[0]), abs(event.y - self._from[1])) >= LEAST_FRAME:
                self._hand.framed(square(*self.view.to_photo(*self._from), *self.view.to_photo(event.x, event.y)))
        self._doing = _IDLE
        self._show_cursor()
        self._area.queue_draw()
        return True

    def _broken(self, _area: Gtk.Widget, _event: Gdk.Event) -> bool:
        """The pointer was taken away in the middle of it, as by another window."""
        self.finish()
        return False

    def _move_to(self, event: "Gdk.EventMotion | Gdk.EventButton") -> None:
        self._pointer = (event.x, event.y)
        # A mouse has no such axis.
        pressure = event.get_axis(Gdk.AxisUse.PRESSURE)
        self._pressure = 1.0 if pressure is None else pressure

    def _leave(self, _area: Gtk.Widget, event: Gdk.EventCrossing) -> bool:
        if event.mode == Gdk.CrossingMode.NORMAL and self._doing == _IDLE:
            before, self._pointer = self._pointer, None
            self._redraw_outline(before)
        return False

    def _pick(self, x: float, y: float) -> None:
        color = self.scene.color(x, y)
        if color is not None:
            self._hand.picked(color)

    def _scroll(self, _area: Gtk.Widget, event: Gdk.EventScroll) -> bool:
        device = event.get_source_device()
        fingers = device is not None and device.get_source() in (Gdk.InputSource.TOUCHPAD, Gdk.InputSource.TOUCHSCREEN)
        smooth, dx, dy = event.get_scroll_deltas()
        if not smooth:
            dx, dy = {Gdk.ScrollDirection.UP: (0.0, -1.0), Gdk.ScrollDirection.DOWN: (0.0, 1.0),
                      Gdk.ScrollDirection.LEFT: (-1.0, 0.0), Gdk.ScrollDirection.RIGHT: (1.0, 0.0)}.get(
                          event.direction, (0.0, 0.0))
        state = event.state
        if state & Gdk.ModifierType.SHIFT_MASK:
            dx, dy = dy, dx
        if state & Gdk.ModifierType.CONTROL_MASK or not (fingers or state & Gdk.ModifierType.SHIFT_MASK or dx):
            self.view.zoom_to(self.view.zoom * WHEEL ** -dy, event.x, event.y)
        else:
            self.view.pan(-SCROLL * dx, -SCROLL * dy)
        self.look()
        return True

    def _barred(self, adjustment: Gtk.Adjustment, axis: str) -> None:
        value = -adjustment.get_value()
        self.view.pan(*((value - self.view.x, 0.0) if axis == "x" else (0.0, value - self.view.y)))
        self.look()

    # Drawing.

    def _sized(self, _area: Gtk.Widget, place: Gdk.Rectangle) -> None:
        if (place.width, place.height) != (self.view.width, self.view.height):
            self.view.resize(place.width, place.height)
            self.look()

    def _paint_shown(self, part: Optional[Tuple[int, int, int, int]] = None) -> None:
        """The photo as it looks on the screen, or a part of that."""
        scale = self._area.get_scale_factor()
        size = (self.view.width * scale, self.view.height * scale)
        if self._shown is None or (self._shown.get_width(), self._shown.get_height()) != size:
            self._shown = cairo.ImageSurface(cairo.FORMAT_RGB24, *size)
            self._shown.set_device_scale(scale, scale)
            part = None
        cr = cairo.Context(self._shown)
        if part is not None:
            cr.rectangle(*part)
            cr.clip()
        cr.set_source_rgb(0.16, 0.16, 0.16)
        cr.paint()
        self.scene.paint(cr, self.view.zoom, self.view.x, self.view.y, scale)

    def _draw(self, _area: Gtk.Widget, cr: cairo.Context) -> bool:
        if self._shown is None:
            self._paint_shown()
        cr.set_source_surface(self._shown, 0, 0)
        cr.paint()
        for i, face in enumerate(self._faces):
            if face is not self._frame:
                self._draw_frame(cr, face, 0.45, str(i + 1))
        if self._doing == _FRAME and self._pointer is not None:
            self._draw_frame(cr, square(*self.view.to_photo(*self._from), *self.view.to_photo(*self._pointer)), 1.0)
        elif self._frame is not None and not self.scene.before:
            self._draw_frame(cr, self._frame, 0.8)
        self._draw_trail(cr)
        self._draw_outline(cr)
        return False

    def _draw_frame(self, cr: cairo.Context, frame: npe.Frame, alpha: float, name: str = "") -> None:
        cr.save()
        x, y = self.view.to_screen(frame.cx, frame.cy)
        half = 0.5 * frame.side * self.view.zoom
        cr.translate(round(x) + 0.5, round(y) + 0.5)
        cr.rotate(math.radians(frame.angle))
        half = round(half) if frame.angle == 0.0 else half
        cr.rectangle(-half, -half, 2 * half, 2 * half)
        _two_lines(cr, alpha, 6.0)
        if name:
            cr.move_to(-half + 6, -half + 18)
            cr.set_font_size(14)
            cr.set_source_rgba(1, 1, 1, alpha + 0.3)
            cr.show_text(name)
        cr.restore()

    def _draw_trail(self, cr: cairo.Context) -> None:
        """Where the stroke has been; its result follows a moment later."""
        if self._doing != _PAINT or self._stroke is None or self.trail is None:
            return
        cr.push_group()
        cr.set_source_rgb(*self.trail)
        cr.set_line_cap(cairo.LINE_CAP_ROUND)
        before = self._stroke.dabs[0]
        for dab in self._stroke.dabs:
            cr.set_line_width(2.0 * dab.radius * self.view.zoom)
            cr.move_to(*self.view.to_screen(before.x, before.y))
            cr.line_to(*self.view.to_screen(dab.x, dab.y))
            cr.stroke()
            before = dab
        cr.pop_group_to_source()
        cr.paint_with_alpha(0.22)

    def _draw_outline(self, cr: cairo.Context) -> None:
        if self._pointer is None or self.framing or self.picking or self._space or self._doing == _PAN:
            return
        radius = max(1.5, self.brush.dab(0.0, 0.0, self._pressure).radius * self.view.zoom)
        cr.arc(*self._pointer, radius, 0.0, 2.0 * math.pi)
        _two_lines(cr, 0.9 if self.ready else 0.4)

    def _redraw_outline(self, at: Optional[Tuple[float, float]]) -> None:
        if at is None:
            return
        # The trail reaches back to the dab before.
        half = int(self.brush.radius * self.view.zoom) + 4
        if self._doing == _PAINT:
            half = 2 * half + 8
        self._area.queue_draw_area(int(at[0]) - half, int(at[1]) - half, 2 * half, 2 * half)

    def _show_cursor(self) -> None:
        window = self._area.get_window()
        if window is not None:
            name = "grabbing" if self._doing == _PAN else "grab" if self._space else "crosshair"
            window.set_cursor(Gdk.Cursor.new_from_name(window.get_display(), name))


def _two_lines(cr: cairo.Context, alpha: float, dash: float = 3.0) -> None:
    """Strokes the path so that it is seen on black and on white."""
    path = cr.copy_path()
    cr.set_line_width(1.0)
    cr.set_source_rgba(0, 0, 0, alpha)
    cr.stroke()
    cr.append_path(path)
    cr.set_source_rgba(1, 1, 1, alpha)
    cr.set_dash([dash, dash])
    cr.stroke()
    cr.set_dash([])
