#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long after a dab of GIMP's brush the face has changed on the screen: Paint Live, and GIMP's own paint beside it.

Usage: latency.py PHOTO OUT [DABS], as live.py. Prints a line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from live import Gimp, begin, desk  # noqa: I100

sys.path.append(desk.__file__.rsplit("/", 1)[0])
from eye import Eye  # noqa: E402


def measured(gimp: Gimp, eye: Eye, dabs: int) -> "list[float]":
    """Dabs along the forehead, each undone before the next."""
    times = []
    for i in range(dabs):
        (x, y), = gimp.points((0.42 + 0.12 * i / max(1, dabs - 1), 0.2))
        # Inside the dab, off the centre where the cursor's cross may be drawn.
        look = (round(x) + 9, round(y) + 6)
        before = eye.pixel(*look)
        took = eye.dab_to_change(round(x), round(y), look)
        assert took is not None, f"dab {i} changed nothing"
        times.append(took)
        time.sleep(0.3)
        desk.keys("ctrl+z")
        desk.wait("the dab undone", lambda: max(abs(a - b) for a, b in zip(eye.pixel(*look), before)) < 4, 5)
        time.sleep(0.2)
    return times


def summary(times: "list[float]") -> "dict[str, float]":
    return {"median_ms": round(1000 * statistics.median(times), 1), "least_ms": round(1000 * min(times), 1),
            "most_ms": round(1000 * max(times), 1)}


def main() -> None:
    photo, out = sys.argv[1:3]
    dabs = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    gimp = Gimp(photo, out)
    try:
        eye = Eye()
        desk.activate(gimp.window)
        desk.keys("p", "d")
        own = measured(gimp, eye, dabs)
        begin(gimp)
        time.sleep(1.5)
        live = measured(gimp, eye, dabs)
    finally:
        gimp.shot("latency-end")
        gimp.quit()
    print(json.dumps({"dabs": dabs, "gimp_paint": summary(own), "paint_live": summary(live)}))


if __name__ == "__main__":
    main()
