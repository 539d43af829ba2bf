#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paint Live on a photo of two people: the selection says whose face is meant, another one is chosen on the way, Cancel takes
back both.

Usage: faces.py PHOTO OTHER OUT, two portraits as live.py's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Tuple

from live import FOREHEAD, STROKE, Gimp, begin, desk, press

Box = Tuple[float, float, float, float]


def of(half: int, x: float) -> float:
    """A place across one portrait, as a share of both side by side."""
    return (half + x) / 2


def forehead(half: int) -> Box:
    return of(half, FOREHEAD[0]), FOREHEAD[1], of(half, FOREHEAD[2]), FOREHEAD[3]


def select(gimp: Gimp, half: int) -> None:
    """A rectangle around one of the two."""
    desk.activate(gimp.window)
    desk.keys("ctrl+shift+a", "r")
    desk.drag(gimp.points((of(half, 0.06), 0.04), (of(half, 0.94), 0.96)))


def paint(gimp: Gimp, half: int) -> None:
    """Hair on one forehead; the other one stays."""
    here, there = forehead(half), forehead(1 - half)
    bright, other = gimp.mean(here), gimp.mean(there)
    desk.activate(gimp.window)
    desk.keys("p", "d")
    desk.drag(gimp.points(*((of(half, x), y) for x, y in STROKE)))
    desk.wait(f"hair on face {half}", lambda: gimp.mean(here) < 0.6 * bright, 20)
    gimp.settled(here)
    assert abs(gimp.mean(there) - other) < 0.01, "the other face has changed"


def main() -> None:
    photo, other, out = sys.argv[1:4]
    os.makedirs(out, exist_ok=True)
    two = os.path.join(out, "two.png")
    subprocess.run(["convert", photo, other, "+append", "-resize", "50%", "-define", "png:exclude-chunks=all", two], check=True)
    gimp = Gimp(two, out)
    try:
        before = gimp.export("before.png")
        select(gimp, 1)
        panel = begin(gimp)
        paint(gimp, 1)
        gimp.shot("faces-1-selected")
        select(gimp, 0)
        # Of the face before: it must not hold for the next one.
        press(panel, "f")
        press(panel, "e")
        desk.wait("the second pair over the first result", lambda: desk.has_window("4 layers"), 20)
        paint(gimp, 0)
        gimp.shot("faces-2-other")
        assert gimp.mean(forehead(1)) < 0.6 * before.mean(int(0.71 * before.width), int(0.17 * before.height), 30, 8), \
            "the first face's hair is gone"
        press(panel, "c")
        desk.wait("no layers of ours after Cancel", lambda: desk.has_window("1 layer"), 20)
        assert gimp.export("after.png") == before, "Cancel has left something in the picture"
    finally:
        gimp.shot("faces-end")
        gimp.quit()


if __name__ == "__main__":
    main()
