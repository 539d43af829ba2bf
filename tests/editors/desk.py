# SPDX-License-Identifier: MIT OR Apache-2.0
"""A person at a desk: looks at the screen of an X display, moves the mouse, types. For tests in the real editors.

Needs xdotool and ImageMagick's import. Standard library only.
"""

from __future__ import annotations

import re
import subprocess
import time
from typing import Callable, NamedTuple, Optional, Tuple, TypeVar

T = TypeVar("T")


class Picture(NamedTuple):
    """8-bit RGB, rows without gaps."""

    width: int
    height: int
    rgb: bytes

    def row(self, x: int, y: int, count: int) -> bytes:
        start = 3 * (y * self.width + x)
        return self.rgb[start:start + 3 * count]

    def pixel(self, x: int, y: int) -> Tuple[int, int, int]:
        r, g, b = self.row(x, y, 1)
        return r, g, b

    def mean(self, x: int, y: int, width: int, height: int) -> float:
        """Mean brightness of a rectangle, 0 to 255."""
        rows = [self.row(x, y + i, width) for i in range(height)]
        return sum(map(sum, rows)) / (3 * width * height)


def read(path: str) -> Picture:
    """A picture file, by ImageMagick."""
    return _ppm(subprocess.run(["convert", path, "-alpha", "off", "-depth", "8", "ppm:-"], check=True,
                               capture_output=True).stdout)


def try_read(path: str) -> Optional[Picture]:
    """The same, or None while it is not there or not whole."""
    try:
        return read(path)
    except (subprocess.CalledProcessError, ValueError):
        return None


def screen() -> Picture:
    """All of the screen."""
    return _ppm(subprocess.run(["import", "-silent", "-window", "root", "-depth", "8", "ppm:-"], check=True,
                               capture_output=True).stdout)


def save_screen(path: str) -> None:
    subprocess.run(["import", "-silent", "-window", "root", path], check=True)


def _ppm(data: bytes) -> Picture:
    magic, size, most, rgb = data.split(b"\n", 3)
    assert magic == b"P6" and most == b"255", data[:20]
    width, height = map(int, size.split())
    return Picture(width, height, rgb)


def find(needle: Picture, x: int, y: int, count: int = 40, where: Optional[Picture] = None) -> Optional[Tuple[int, int]]:
    """Where on the screen the top left corner of a picture shown at 100 % is, told by `count` pixels of it from x, y."""
    shown = where or screen()
    row = needle.row(x, y, count)
    start = -1
    while True:
        start = shown.rgb.find(row, start + 1)
        if start < 0:
            return None
        if start % 3 == 0:
            at = start // 3
            return at % shown.width - x, at // shown.width - y


def xdotool(*words: object) -> str:
    return subprocess.run(["xdotool", *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def wait(what: str, look: Callable[[], Optional[T]], seconds: float = 30.0, every: float = 0.1) -> T:
    """The first answer that is one; fails with words about what was waited for."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def window(name: str, seconds: float = 30.0) -> str:
    """The id of a visible window whose title matches a regular expression."""

    def look() -> Optional[str]:
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", name], capture_output=True, text=True)
        return found.stdout.split()[-1] if found.stdout.split() else None

    return wait(f"a window called {name!r}", look, seconds)


def has_window(name: str) -> bool:
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", name], capture_output=True, text=True)
    return bool(found.stdout.split())


def activate(window_id: str) -> None:
    xdotool("windowactivate", "--sync", window_id)
    time.sleep(0.2)


def place(window_id: str) -> Tuple[int, int, int, int]:
    """Where a window's inside is on the screen, its width and height."""
    told = subprocess.run(["xwininfo", "-id", window_id], check=True, capture_output=True, text=True).stdout
    x, y, width, height = (int(re.search(what + r":\s+(-?\d+)", told)[1]) for what in (
        "Absolute upper-left X", "Absolute upper-left Y", "Width", "Height"))
    return x, y, width, height


def keys(*names: str) -> None:
    for name in names:
        xdotool("key", "--clearmodifiers", name)
        time.sleep(0.15)


def text(words: str) -> None:
    xdotool("type", "--delay", 15, words)


def click(x: int, y: int, button: int = 1) -> None:
    xdotool("mousemove", x, y)
    time.sleep(0.05)
    xdotool("click", button)


def drag(points: "list[tuple[float, float]]", pause: float = 0.012) -> None:
    """A stroke of the mouse along points, in steps of at most 8 pixels, as a hand makes it."""
    x, y = points[0]
    xdotool("mousemove", round(x), round(y), "mousedown", 1)
    time.sleep(0.05)
    for ax, ay in points[1:]:
        steps = max(1, int(max(abs(ax - x), abs(ay - y)) / 8))
        for i in range(1, steps + 1):
            xdotool("mousemove", round(x + (ax - x) * i / steps), round(y + (ay - y) * i / steps))
            time.sleep(pause)
        x, y = ax, ay
    xdotool("mouseup", 1)
