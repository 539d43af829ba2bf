#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long GIMP, the panel and the canvas window leave a person waiting while a face in a photo of 24 megapixels is painted
on: Paint Live, the canvas window, and GIMP's own brush alone beside them.

Usage: stalls.py PHOTO OUT, as live.py. Prints a line of JSON: the longest answer of each window, in milliseconds, and how
soon Paint Live's pixels were in the image.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import Callable, Dict, Optional, Tuple

from live import Gimp, begin, close, desk  # noqa: I100

sys.path.append(desk.__file__.rsplit("/", 1)[0])
from pulse import Pulse  # noqa: E402

SIDE, WIDTH, HEIGHT = 4000, 6000, 4000
#: Beside the portrait, to be found on the screen.
GROUND = (0, 200, 120)
STROKES = (((0.42, 0.2), (0.55, 0.2)), ((0.43, 0.23), (0.54, 0.23)), ((0.40, 0.46), (0.45, 0.52)), ((0.57, 0.46), (0.52, 0.5)))
LOG = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "npe", "gimp.log")


class Large(Gimp):
    """GIMP with the portrait in the middle of a large photo, all of which is seen."""

    SHOW = "ctrl+shift+j"

    def place(self) -> Optional[Tuple[int, int]]:
        screen = desk.screen()
        rows = [y for y in range(200, screen.height) if bytes(GROUND) * 20 in screen.row(0, y, screen.width)]
        if len(rows) < 100:
            return None
        row = screen.row(0, rows[len(rows) // 2], screen.width)
        left, right = row.find(bytes(GROUND)) // 3, row.rfind(bytes(GROUND)) // 3
        self.scale = (right + 1 - left) / WIDTH
        return round(left + self.scale * (WIDTH - SIDE) / 2), rows[0]

    def points(self, *uv: Tuple[float, float]) -> "list[tuple[float, float]]":
        return [(self.x + u * SIDE * self.scale, self.y + v * SIDE * self.scale) for u, v in uv]

    def paint(self) -> None:
        for stroke in STROKES:
            desk.drag(self.points(*stroke), 0.02)
            time.sleep(0.8)
        time.sleep(2.0)


def felt(windows: Dict[str, str], work: Callable[[], None]) -> Dict[str, Dict[str, float]]:
    """The pulses of windows during some work."""
    pulses = {name: Pulse(window).start() for name, window in windows.items()}
    try:
        work()
    finally:
        told = {name: pulse.stop() for name, pulse in pulses.items()}
    return told


def shown(mark: int) -> Dict[str, float]:
    """How long results took from the wish to the canvas, by the plug-in's log from `mark` on."""
    with open(LOG) as file:
        file.seek(mark)
        took = sorted(float(ms) for ms in re.findall(r"[1-9]\d*×\d+ pixels on the canvas (\d+) ms", file.read()))
    return {"median": took[len(took) // 2], "most": took[-1], "results": len(took)}


def brush(gimp: Large) -> None:
    """GIMP's paintbrush with black, 300 pixels wide."""
    desk.activate(gimp.window)
    desk.keys("p", "d")
    subprocess.run(["xdotool", "key", "--repeat", "25", "--delay", "40", "braceright"], check=True)
    time.sleep(1.0)


def main() -> None:
    photo, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    large = os.path.join(out, "large.png")
    subprocess.run(["convert", photo, "-resize", f"{SIDE}x{SIDE}", "-background", "rgb%s" % (GROUND,), "-gravity", "center",
                    "-extent", f"{WIDTH}x{HEIGHT}", "-quality", "10", large], check=True)
    figures: Dict[str, Dict[str, Dict[str, float]]] = {}
    gimp = Large(large, out)
    try:
        brush(gimp)
        figures["gimp alone"] = felt({"gimp": gimp.window}, gimp.paint)
        # Its paint is taken back: the faces are to be seen.
        for _stroke in STROKES:
            desk.keys("ctrl+z")
        time.sleep(1.0)
        panel = ""

        def start() -> None:
            nonlocal panel
            panel = begin(gimp)
            time.sleep(4.0)

        figures["start"] = felt({"gimp": gimp.window}, start)
        gimp.shot("stalls-1-panel")
        mark = os.path.getsize(LOG)
        brush(gimp)
        figures["paint live"] = felt({"gimp": gimp.window, "panel": panel}, gimp.paint)
        gimp.shot("stalls-2-painted")
        figures["paint live"].update(shown_ms=shown(mark))
        close(panel)
        desk.activate(gimp.window)
        desk.keys("End")
        gimp.action("Neural Brush…")
        window = desk.window("^Neural Brush – ", 30)

        def paint_in_window() -> None:
            desk.activate(window)
            time.sleep(6.0)
            gimp.shot("stalls-3-window")
            # The canvas is left of the controls, the face in its middle.
            for stroke in (((0.32, 0.22), (0.4, 0.22)), ((0.31, 0.24), (0.41, 0.25)), ((0.33, 0.45), (0.37, 0.46))):
                desk.drag(window_points(window, *stroke), 0.02)
                time.sleep(2.5)
            gimp.shot("stalls-4-window")

        mark = os.path.getsize(LOG)
        figures["window"] = felt({"gimp": gimp.window, "window": window}, paint_in_window)
        figures["window"].update(shown_ms=shown(mark))
    finally:
        gimp.shot("stalls-end")
        gimp.quit()
    os.remove(large)
    print(json.dumps(figures))


def window_points(window: str, *uv: Tuple[float, float]) -> "list[tuple[float, float]]":
    told = subprocess.run(["xdotool", "getwindowgeometry", "--shell", window], check=True, capture_output=True, text=True).stdout
    at = {name: int(value) for name, value in re.findall(r"(X|Y|WIDTH|HEIGHT)=(\d+)", told)}
    return [(at["X"] + u * at["WIDTH"], at["Y"] + v * at["HEIGHT"]) for u, v in uv]


if __name__ == "__main__":
    main()
