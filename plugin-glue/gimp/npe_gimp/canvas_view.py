# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the canvas looks, and what a moving pen leaves: plain numbers, without GIMP or GTK."""

from __future__ import annotations

import math
from typing import List, NamedTuple, Tuple

from npe_shared import npe

#: How far the photo can be shrunk and enlarged.
LEAST_ZOOM, MOST_ZOOM = 0.01, 32.0
#: The most dabs of a stroke that npe takes.
MOST_DABS = 65_536


class View:
    """Photo pixels on the screen: screen = photo · zoom + offset. The unit of the screen is GTK's pixel."""

    def __init__(self, width: int, height: int) -> None:
        """Of a photo of this size."""
        self.photo_width, self.photo_height = width, height
        self.width = self.height = 1
        self.zoom = 1.0
        self.x = self.y = 0.0
        self._fitted = True

    def resize(self, width: int, height: int) -> None:
        """Of the screen's part. What is in its middle stays there; a photo that was fitted is fitted again."""
        dx, dy = 0.5 * (width - self.width), 0.5 * (height - self.height)
        self.width, self.height = width, height
        if self._fitted:
            self.fit()
        else:
            self.pan(dx, dy)

    def fit(self) -> None:
        """All of the photo."""
        self.zoom = min(MOST_ZOOM, max(LEAST_ZOOM, 0.97 * min(self.width / self.photo_width,
                                                              self.height / self.photo_height)))
        self._fitted = True
        self._center()

    def fit_frame(self, frame: npe.Frame) -> None:
        """The surroundings of a face."""
        room = 1.35 * frame.side
        self.zoom = min(MOST_ZOOM, max(LEAST_ZOOM, min(self.width, self.height) / room))
        self.x, self.y = 0.5 * self.width - frame.cx * self.zoom, 0.5 * self.height - frame.cy * self.zoom
        self._fitted = False
        self._hold()

    def zoom_to(self, zoom: float, x: float, y: float) -> None:
        """With a point of the screen held where it is; once there is room for all of the photo it goes to the middle."""
        at_x, at_y = self.to_photo(x, y)
        shrunk = zoom < self.zoom
        self.zoom = min(MOST_ZOOM, max(LEAST_ZOOM, zoom))
        self.x, self.y = x - at_x * self.zoom, y - at_y * self.zoom
        self._fitted = False
        self._hold()
        if shrunk and self.photo_width * self.zoom <= self.width and self.photo_height * self.zoom <= self.height:
            self._center()

    def pan(self, dx: float, dy: float) -> None:
        self.x += dx
        self.y += dy
        self._hold()

    def _center(self) -> None:
        self.x = 0.5 * (self.width - self.photo_width * self.zoom)
        self.y = 0.5 * (self.height - self.photo_height * self.zoom)
        self._hold()

    def _hold(self) -> None:
        """The photo can't be lost: it is always in the middle of the screen's part. Whole pixels: it is not blurred for
        nothing."""
        self.x = _held(self.x, self.width, self.photo_width * self.zoom)
        self.y = _held(self.y, self.height, self.photo_height * self.zoom)

    def to_photo(self, x: float, y: float) -> Tuple[float, float]:
        return (x - self.x) / self.zoom, (y - self.y) / self.zoom

    def to_screen(self, x: float, y: float) -> Tuple[float, float]:
        return x * self.zoom + self.x, y * self.zoom + self.y

    def scroll_range(self, axis: str) -> Tuple[float, float, float, float]:
        """For a scrollbar, in screen pixels: lowest, highest, page, now."""
        room = self.width if axis == "x" else self.height
        size = (self.photo_width if axis == "x" else self.photo_height) * self.zoom
        if size <= room:
            return 0.0, room, room, 0.0
        return -0.5 * room, size + 0.5 * room, room, -getattr(self, axis)


def _held(at: float, room: float, size: float) -> float:
    return float(round(min(0.5 * room, max(0.5 * room - size, at))))


class Brush(NamedTuple):
    """What a dab is like."""

    #: In photo pixels, at full pressure.
    radius: float
    hardness: float
    #: Whether a pen's pressure makes the dab smaller, and whether it makes it count less.
    pressure_size: bool = True
    pressure_weight: bool = True

    def dab(self, x: float, y: float, pressure: float) -> npe.Dab:
        # A pen that barely touches still touches.
        pressure = min(1.0, max(0.02, pressure))
        radius = self.radius * (0.15 + 0.85 * pressure if self.pressure_size else 1.0)
        return npe.Dab(x, y, max(radius, 0.1), self.hardness, pressure if self.pressure_weight else 1.0)


class Stroke:
    """The dabs of a stroke that is being drawn. npe joins neighbours, so they need not be close."""

    def __init__(self, brush: Brush) -> None:
        self._brush = brush
        self.dabs: List[npe.Dab] = []

    def add(self, x: float, y: float, pressure: float, last: bool = False) -> bool:
        """Where the pen is now; False if that adds nothing yet. The last point of a stroke is always taken."""
        dab = self._brush.dab(x, y, pressure)
        if self.dabs:
            before = self.dabs[-1]
            way = math.hypot(dab.x - before.x, dab.y - before.y)
            pressed = abs(dab.pressure - before.pressure) > 0.05 or abs(dab.radius - before.radius) > 0.05 * dab.radius
            if way == 0.0 and not pressed:
                return False
            if way < 0.1 * dab.radius and not pressed and not last:
                return False
            if len(self.dabs) >= MOST_DABS:
                return False
        self.dabs.append(dab)
        return True


def square(x1: float, y1: float, x2: float, y2: float) -> npe.Frame:
    """The square that is drawn by dragging from one corner."""
    side = max(abs(x2 - x1), abs(y2 - y1))
    return npe.Frame(x1 + math.copysign(0.5 * side, x2 - x1), y1 + math.copysign(0.5 * side, y2 - y1), side)


def touches(frame: npe.Frame, dab: npe.Dab) -> bool:
    """Whether a dab reaches into a frame."""
    return inside(frame._replace(side=frame.side + 2.0 * dab.radius), dab.x, dab.y)


def inside(frame: npe.Frame, x: float, y: float) -> bool:
    """Whether a point of the photo is in a frame."""
    turn = math.radians(frame.angle)
    dx, dy = x - frame.cx, y - frame.cy
    return max(abs(dx * math.cos(turn) + dy * math.sin(turn)), abs(dy * math.cos(turn) - dx * math.sin(turn))) <= (
        0.5 * frame.side)
