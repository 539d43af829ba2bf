# SPDX-License-Identifier: MIT OR Apache-2.0
"""The small pictures that Paint Live and the canvas window have in common: the network's views, the latent tiles."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk  # noqa: E402

from npe_shared import npe  # noqa: E402
from npe_shared.views import view_name  # noqa: E402
from npe_shared.words import _  # noqa: E402

from .controls import GAP, Slider  # noqa: E402


class Picture(Gtk.DrawingArea):
    """A small RGB picture enlarged to the place there is, keeping its shape."""

    def __init__(self, side: int, smooth: bool) -> None:
        super().__init__()
        self._pixbuf: Optional[GdkPixbuf.Pixbuf] = None
        self._smooth = smooth
        self.set_size_request(side, side)
        self.connect("draw", self._draw)

    def take(self, picture: Optional[npe.Image]) -> None:
        """A picture of FORMAT_RGB_U8, or none."""
        self._pixbuf = None if picture is None else GdkPixbuf.Pixbuf.new_from_bytes(
            GLib.Bytes.new(bytes(picture.data)), GdkPixbuf.Colorspace.RGB, False, 8, picture.width, picture.height,
            3 * picture.width)
        self.queue_draw()

    def place(self) -> Tuple[float, float, float, float]:
        """Where the picture is: left, top, width, height."""
        width, height = self.get_allocated_width(), self.get_allocated_height()
        if self._pixbuf is None:
            return 0.0, 0.0, width, height
        scale = min(width / self._pixbuf.get_width(), height / self._pixbuf.get_height())
        w, h = scale * self._pixbuf.get_width(), scale * self._pixbuf.get_height()
        return 0.5 * (width - w), 0.5 * (height - h), w, h

    def _draw(self, _widget: Gtk.Widget, cr: Any) -> bool:
        # Not at the top: a panel whose pictures stay empty is better than none.
        import cairo
        left, top, width, height = self.place()
        cr.rectangle(left, top, width, height)
        cr.clip()
        if self._pixbuf is None:
            cr.set_source_rgba(0.5, 0.5, 0.5, 0.15)
            cr.paint()
            return False
        cr.translate(left, top)
        cr.scale(width / self._pixbuf.get_width(), height / self._pixbuf.get_height())
        Gdk.cairo_set_source_pixbuf(cr, self._pixbuf, 0.0, 0.0)
        cr.get_source().set_filter(cairo.FILTER_BILINEAR if self._smooth else cairo.FILTER_NEAREST)
        # Its edge fades out otherwise.
        cr.get_source().set_extend(cairo.EXTEND_PAD)
        cr.paint()
        return False


class ViewsBox(Gtk.Box):
    """Views side by side."""

    def __init__(self, views: Sequence[int], columns: int, side: int) -> None:
        """Pictures of VIEW_..., so many in a row, each of this side at least."""
        super().__init__()
        grid = Gtk.Grid(row_spacing=4, column_spacing=4, column_homogeneous=True)
        self.pack_start(grid, True, True, 0)
        self._pictures: Dict[int, Picture] = {}
        for i, view in enumerate(views):
            name, what = view_name(view)
            picture = Picture(side, smooth=view != npe.VIEW_LATENTS)
            picture.set_hexpand(True)
            picture.get_accessible().set_name(name)
            cell = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=1, tooltip_text=what)
            caption = Gtk.Label(label=name)
            caption.get_style_context().add_class("dim-label")
            cell.pack_start(picture, True, True, 0)
            cell.pack_start(caption, False, False, 0)
            grid.attach(cell, i % columns, i // columns, 1, 1)
            self._pictures[view] = picture

    def take(self, view: int, picture: npe.Image) -> None:
        """A picture of FORMAT_RGB_U8; those of other views are left alone."""
        if view in self._pictures:
            self._pictures[view].take(picture)


class LatentsBox(Gtk.Box):
    """The latent tiles to paint on: the left button makes a tile more positive (red), the right one more negative
    (blue), the middle one neutral."""

    def __init__(self, painted: Callable[[float, float, float, float], None], side: int = 180) -> None:
        """`painted` is told the place and the radius in tiles, and the value: what Edit.paint_latents takes."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        self._painted = painted
        self._rows = self._columns = 0
        self._last: Optional[Tuple[int, int]] = None
        self._button = 0
        self._picture = Picture(side, smooth=False)
        self._picture.set_tooltip_text(_("Paint on what the network knows of the face: the left button makes tiles red "
                                         "(positive), the right one blue (negative), the middle one white (zero)."))
        self._picture.get_accessible().set_name(_("Latent tiles"))
        self._picture.add_events(Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_RELEASE_MASK
                                 | Gdk.EventMask.BUTTON_MOTION_MASK)
        self._picture.connect("button-press-event", self._press)
        self._picture.connect("motion-notify-event", self._motion)
        self._picture.connect("button-release-event", self._release)
        self._radius = Slider(_("Tile brush"), _("Radius of the brush on the tiles, in tiles."), 0.5, 5.0, 1.0, 1,
                              lambda _value: None)
        self._value = Slider(_("Tile value"), _("What is painted: latents are about −3 to 3."), 0.1, 4.0, 2.0, 1,
                             lambda _value: None)
        self.pack_start(self._picture, True, True, 0)
        self.pack_start(self._radius, False, False, 0)
        self.pack_start(self._value, False, False, 0)

    def take(self, picture: npe.Image, latents: int) -> None:
        """The picture of VIEW_LATENTS, and how many latents the model has."""
        self._columns = max(1, math.isqrt(max(latents - 1, 0)) + 1)
        self._rows = -(-latents // self._columns)
        self._picture.take(picture)

    def _press(self, _widget: Gtk.Widget, event: Gdk.EventButton) -> bool:
        if event.type == Gdk.EventType.BUTTON_PRESS and event.button in (1, 2, 3) and self._rows > 0:
            self._button, self._last = event.button, None
            self._paint(event.x, event.y)
        return True

    def _motion(self, _widget: Gtk.Widget, event: Gdk.EventMotion) -> bool:
        if self._button:
            self._paint(event.x, event.y)
        return True

    def _release(self, _widget: Gtk.Widget, event: Gdk.EventButton) -> bool:
        if event.button == self._button:
            self._button = 0
        return True

    def _paint(self, at_x: float, at_y: float) -> None:
        left, top, width, height = self._picture.place()
        x, y = (at_x - left) / width * self._columns, (at_y - top) / height * self._rows
        tile = (int(x), int(y))
        if not (0.0 <= x < self._columns and 0.0 <= y < self._rows) or tile == self._last:
            return
        # Each tile that is passed is one thing to undo, not each move of the mouse.
        self._last = tile
        value = {1: self._value.value(), 2: 0.0, 3: -self._value.value()}[self._button]
        self._painted(x, y, self._radius.value(), value)
