# SPDX-License-Identifier: MIT OR Apache-2.0
"""Results of the engine on their way into a layer, some rows at a time, so that Krita answers in between."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

from npe_shared import npe

from .photo import Photo
from .pieces import Work
from .screen import Screen

#: Bytes that are written at a time; Krita takes a few milliseconds for them.
_AT_ONCE = 4_000_000


class Results:
    """Main thread only."""

    def __init__(self, written: Callable[[npe.Rect], None]) -> None:
        """`written` is told each result that is in the layer."""
        self._written = written
        self._waiting: List[Tuple[npe.Rect, memoryview]] = []

    def add(self, rect: npe.Rect, pixels: bytearray) -> None:
        """A part of the photo as it is now; what waits to be written and is drawn anew by it need not be."""
        self._waiting = [old for old in self._waiting if old[0].union(rect) != rect]
        self._waiting.append((rect, memoryview(pixels)))

    def clear(self) -> None:
        self._waiting = []

    def write(self, document: Any, node: Any, photo: Photo, screen: Screen) -> Work:
        """All that waits."""
        r = photo.region
        while self._waiting:
            rect, data = self._waiting.pop(0)
            row = rect.width * npe.pixel_bytes(photo.kind.format)
            rows = min(rect.height, max(1, _AT_ONCE // row))
            screen.write(document, node, npe.Rect(rect.x + r.x, rect.y + r.y, rect.width, rows), bytes(data[:rows * row]))
            if rows < rect.height:
                self._waiting.insert(0, (rect._replace(y=rect.y + rows, height=rect.height - rows), data[rows * row:]))
            else:
                self._written(rect)
            yield
