# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the canvas shows: a small picture of the whole photo, the part around the face at full size, and the change.

The large ones are kept at half, a quarter, ... of their size too, each made when it is needed first, so that a photo of
24 megapixels is zoomed and painted on without a stutter.
"""

from __future__ import annotations

import math
import sys
import threading
from typing import Dict, List, NamedTuple, Optional, Tuple

import cairo
from gi.repository import Gegl

from npe_shared import npe

from . import pixels

#: Pixels as cairo has them.
_CAIRO = "cairo-ARGB32"


class Patch(NamedTuple):
    """A part of a raster that was halved so many times."""

    times: int
    part: npe.Rect
    data: bytes


class Sizes:
    """A raster at its own size and at halves of it."""

    def __init__(self, width: int, height: int, babl: str) -> None:
        """Transparent at first; pixels come and go as `babl`."""
        self.width, self.height, self._babl = width, height, babl
        self._buffer = Gegl.Buffer.new(babl, 0, 0, width, height)
        self._halved: Dict[int, cairo.ImageSurface] = {}
        self._stale: Dict[int, npe.Rect] = {}
        # Not in the buffer yet: while a stroke is drawn, one comes after the other for the same place.
        self._waiting: List[Tuple[npe.Rect, bytes]] = []
        # All that was ever written: the rest is transparent.
        self._written = npe.Rect(0, 0, 0, 0)
        # How often what is on the screen is halved.
        self._seen = 0
        self._made: Dict[int, bytes] = {}
        self._maker: Optional[threading.Thread] = None

    def halved(self, rect: npe.Rect, data: bytes) -> Patch:
        """Pixels as the screen needs them now, for `write`; this is what takes long, and any thread may do it."""
        times = self._seen
        part = _shrunk(rect, times).intersection(self._size(times))
        buffer = Gegl.Buffer.new(self._babl, rect.x, rect.y, rect.width, rect.height)
        buffer.set(pixels.rectangle(rect), self._babl, data)
        # Around it nothing has changed, so that nothing is what its edge is mixed with.
        return Patch(times, part, buffer.get(pixels.rectangle(part), 0.5 ** times, _CAIRO, Gegl.AbyssPolicy.NONE))

    def make(self, *halved: int) -> None:
        """Makes sizes that will be wanted, in a thread of its own; for a raster that is not written to any more."""
        self._settle()

        def work() -> None:
            for times in halved:
                self._made[times] = self._get(self._size(times), times)

        self._maker = threading.Thread(target=work, name="npe sizes", daemon=True)
        self._maker.start()

    def close(self) -> None:
        """Waits for `make`: GIMP's libraries must not go while they work."""
        if self._maker is not None:
            self._maker.join()

    def write(self, rect: npe.Rect, data: bytes, patch: Optional[Patch] = None) -> None:
        self._written = self._written.union(rect)
        self._waiting = [(old, what) for old, what in self._waiting if rect.union(old) != rect]
        self._waiting.append((rect, data))
        for times, surface in self._halved.items():
            if patch is not None and times == patch.times and times not in self._stale:
                _put(surface, patch.part, patch.data)
            else:
                self._stale[times] = rect.union(self._stale.get(times, npe.Rect(0, 0, 0, 0)))

    def read(self, rect: npe.Rect) -> bytes:
        self._settle()
        return self._buffer.get(pixels.rectangle(rect), 1.0, self._babl, Gegl.AbyssPolicy.NONE)

    def paint(self, cr: cairo.Context, zoom: float) -> None:
        """At the origin, for a screen that shows it at `zoom`."""
        times = max(0, min(8, math.floor(-math.log2(zoom) + 1e-6)))
        self._seen = times
        surface, scale = self._surface(times), 0.5 ** times
        cr.save()
        cr.scale(1.0 / scale, 1.0 / scale)
        cr.set_source_surface(surface, 0, 0)
        ratio = zoom / scale
        cr.get_source().set_filter(cairo.FILTER_NEAREST if ratio > 2.9 or abs(ratio - 1.0) < 1e-6
                                   else cairo.FILTER_BILINEAR)
        cr.get_source().set_extend(cairo.EXTEND_PAD)
        # No more than there is: of a change that is little.
        cr.scale(scale, scale)
        cr.rectangle(*self._written)
        cr.fill()
        cr.restore()

    def _surface(self, times: int) -> cairo.ImageSurface:
        rect = self._stale.pop(times, None)
        if times not in self._halved:
            whole, rect = self._size(times), self._written
            self._halved[times] = cairo.ImageSurface(cairo.FORMAT_ARGB32, whole.width, whole.height)
        if rect is not None and not rect.empty:
            self._settle()
            part = _shrunk(rect, times).intersection(self._size(times))
            made = self._made.pop(times, None) if part == self._size(times) else None
            _put(self._halved[times], part, made or self._get(part, times))
        return self._halved[times]

    def _get(self, part: npe.Rect, times: int) -> bytes:
        return self._buffer.get(pixels.rectangle(part), 0.5 ** times, _CAIRO, Gegl.AbyssPolicy.CLAMP)

    def _size(self, times: int) -> npe.Rect:
        return npe.Rect(0, 0, math.ceil(self.width * 0.5 ** times), math.ceil(self.height * 0.5 ** times))

    def _settle(self) -> None:
        for rect, data in self._waiting:
            self._buffer.set(pixels.rectangle(rect), self._babl, data)
        self._waiting = []


def _shrunk(rect: npe.Rect, times: int) -> npe.Rect:
    """Where a rectangle is in the raster that was halved so many times."""
    scale = 0.5 ** times
    left, top = math.floor(rect.x * scale), math.floor(rect.y * scale)
    return npe.Rect(left, top, math.ceil((rect.x + rect.width) * scale) - left,
                    math.ceil((rect.y + rect.height) * scale) - top)


def _put(surface: cairo.ImageSurface, part: npe.Rect, data: bytes) -> None:
    """Puts pixels of cairo's in the place of those that are there."""
    source = cairo.ImageSurface.create_for_data(bytearray(data), cairo.FORMAT_ARGB32, part.width, part.height,
                                                4 * part.width)
    cr = cairo.Context(surface)
    cr.set_operator(cairo.OPERATOR_SOURCE)
    cr.set_source_surface(source, part.x, part.y)
    cr.rectangle(*part)
    cr.fill()


class Scene:
    """The photo with its change."""

    def __init__(self, width: int, height: int, small: npe.Image, placement: npe.Placement) -> None:
        """Of a layer of this size, with a picture of it as `pixels.small` makes it."""
        self.width, self.height = width, height
        self._placement = placement
        self._small = Sizes(small.width, small.height, "R'G'B'A u8")
        self.set_rest(small)
        self._checks = _checks()
        self.region = npe.Rect(0, 0, 0, 0)
        self._part: Optional[Sizes] = None
        self.change: Optional[Sizes] = None
        self._opaque = False
        #: Whether the photo is shown without its change.
        self.before = False

    def set_rest(self, small: npe.Image) -> None:
        """The picture of all of the layer, as it is now; of the size of the one before."""
        self._small.write(npe.Rect(0, 0, small.width, small.height), bytes(small.data))

    def set_part(self, region: npe.Rect, photo: npe.Image, kind: pixels.Kind) -> None:
        """The part of the layer that can be edited; the change starts empty."""
        whole = npe.Rect(0, 0, region.width, region.height)
        self.close()
        self.region = region
        self._part = Sizes(region.width, region.height, kind.photo)
        self._part.write(whole, bytes(photo.data))
        self._opaque = photo.format & 15 not in (2, 4, 5)
        # What a person who zooms in wants next.
        self._part.make(1, 0)
        self.change = Sizes(region.width, region.height, kind.layer)

    def close(self) -> None:
        """Waits for what is still being made ready."""
        if self._part is not None:
            self._part.close()

    def paint(self, cr: cairo.Context, zoom: float, x: float, y: float, scale: int = 1) -> None:
        """Shows it with its origin at x, y; `scale` is that of the screen."""
        cr.save()
        cr.rectangle(x, y, self.width * zoom, self.height * zoom)
        cr.clip()
        if not (self._opaque and self._covered(cr, zoom, x, y)):
            self._paint_rest(cr, zoom, x, y, scale)
        cr.translate(x, y)
        cr.scale(zoom, zoom)
        cr.translate(self.region.x, self.region.y)
        if self._part is not None:
            self._part.paint(cr, zoom * scale)
        if self.change is not None and not self.before:
            self.change.paint(cr, zoom * scale)
        cr.restore()

    def _covered(self, cr: cairo.Context, zoom: float, x: float, y: float) -> bool:
        """Whether the part at full size is all that is painted on now."""
        left, top, right, bottom = cr.clip_extents()
        r = self.region
        return ((left - x) / zoom >= r.x and (top - y) / zoom >= r.y and (right - x) / zoom <= r.x + r.width
                and (bottom - y) / zoom <= r.y + r.height)

    def _paint_rest(self, cr: cairo.Context, zoom: float, x: float, y: float, scale: int) -> None:
        cr.set_source(self._checks)
        cr.paint()
        cr.save()
        shrunk = self._placement.width / self._small.width
        cr.translate(x, y)
        cr.scale(zoom, zoom)
        cr.translate(self._placement.x, self._placement.y)
        cr.scale(shrunk, shrunk)
        self._small.paint(cr, zoom * scale * shrunk)
        cr.restore()

    def color(self, x: float, y: float) -> Optional["tuple[float, float, float]"]:
        """What is shown at a place of the photo, sRGB 0 to 1; None outside of it."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        spot = cairo.ImageSurface(cairo.FORMAT_RGB24, 1, 1)
        self.paint(cairo.Context(spot), 1.0, -math.floor(x), -math.floor(y))
        spot.flush()
        # RGB24 is a number of 32 bits in the machine's own order.
        value = int.from_bytes(bytes(spot.get_data()[:4]), sys.byteorder)
        return ((value >> 16) & 255) / 255.0, ((value >> 8) & 255) / 255.0, (value & 255) / 255.0


def _checks() -> cairo.SurfacePattern:
    """What is seen through a transparent photo."""
    tile = cairo.ImageSurface(cairo.FORMAT_RGB24, 16, 16)
    cr = cairo.Context(tile)
    for i in range(4):
        grey = 0.4 if i in (0, 3) else 0.6
        cr.set_source_rgb(grey, grey, grey)
        cr.rectangle(8 * (i % 2), 8 * (i // 2), 8, 8)
        cr.fill()
    pattern = cairo.SurfacePattern(tile)
    pattern.set_extend(cairo.EXTEND_REPEAT)
    return pattern
