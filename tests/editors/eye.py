# SPDX-License-Identifier: MIT OR Apache-2.0
"""A fast eye and a fast hand on an X display, for measuring how soon something is seen: Xlib and XTest by ctypes, within a
millisecond, where a program started for each look would take tens.
"""

from __future__ import annotations

import ctypes
import time
from ctypes import POINTER, c_char_p, c_int, c_uint, c_ulong, c_void_p
from typing import Optional, Tuple


class _XImage(ctypes.Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("xoffset", c_int), ("format", c_int), ("data", c_void_p),
                ("byte_order", c_int), ("bitmap_unit", c_int), ("bitmap_bit_order", c_int), ("bitmap_pad", c_int),
                ("depth", c_int), ("bytes_per_line", c_int), ("bits_per_pixel", c_int)]


class Eye:
    """Looks at single pixels, presses the mouse's first button."""

    def __init__(self) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        self._test = ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = c_void_p
        self._x.XOpenDisplay.argtypes = [c_char_p]
        self._x.XDefaultRootWindow.restype = c_ulong
        self._x.XDefaultRootWindow.argtypes = [c_void_p]
        self._x.XGetImage.restype = POINTER(_XImage)
        self._x.XGetImage.argtypes = [c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_ulong, c_int]
        self._x.XDestroyImage.argtypes = [POINTER(_XImage)]
        self._x.XSync.argtypes = [c_void_p, c_int]
        self._test.XTestFakeMotionEvent.argtypes = [c_void_p, c_int, c_int, c_int, c_ulong]
        self._test.XTestFakeButtonEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
        self._display = self._x.XOpenDisplay(None)
        if not self._display:
            raise RuntimeError("no X display; set DISPLAY")
        self._root = self._x.XDefaultRootWindow(self._display)

    def pixel(self, x: int, y: int) -> Tuple[int, int, int]:
        image = self._x.XGetImage(self._display, self._root, x, y, 1, 1, 0xFFFFFFFF, 2)
        b, g, r = ctypes.string_at(image.contents.data, 3)
        self._x.XDestroyImage(image)
        return r, g, b

    def move(self, x: int, y: int) -> None:
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XSync(self._display, 0)

    def button(self, down: bool) -> None:
        self._test.XTestFakeButtonEvent(self._display, 1, 1 if down else 0, 0)
        self._x.XSync(self._display, 0)

    def dab_to_change(self, x: int, y: int, look: Tuple[int, int], levels: int = 10, seconds: float = 3.0) -> Optional[float]:
        """Presses at a place and looks at another one, near it, until that differs by so many levels in a channel from
        what it was; answers the seconds from the press, or None. The cursor's outline must not pass over it."""
        self.move(x, y)
        time.sleep(0.15)
        before = self.pixel(*look)
        start = time.perf_counter()
        self.button(True)
        try:
            while time.perf_counter() - start < seconds:
                now = self.pixel(*look)
                if max(abs(a - b) for a, b in zip(now, before)) >= levels:
                    return time.perf_counter() - start
                time.sleep(0.002)
            return None
        finally:
            self.button(False)
