#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long after a dab of GIMP's brush the face has changed on the screen: Paint Live, and GIMP's own paint beside it.

Usage: latency.py PHOTO OUT, as live.py. Prints a line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from live import Gimp, begin, desk  # noqa: I100

sys.path.append(desk.__file__.rsplit("/", 1)[0])
from eye import Eye  # noqa: E402


#: Where the dabs go, as shares of the photo: over a face in the middle, a brush apart.
SPOTS = ((0.42, 0.2), (0.55, 0.2), (0.48, 0.31), (0.39, 0.46), (0.57, 0.46), (0.48, 0.42), (0.44, 0.55))


def measured(gimp: Gimp, eye: Eye) -> "list[float]":
    times = []
    for i, (x, y) in enumerate(gimp.points(*SPOTS)):
        # Inside the dab, off the centre where the cursor's cross may be drawn. A lone dab may change little.
        look = (round(x) + 9, round(y) + 6)
        before = eye.pixel(*look)
        took = eye.dab_to_change(round(x), round(y), look, levels=2)
        if took is None:
            gimp.shot(f"latency-nothing-{i}")
            print(f"dab {i} at {x:.0f}, {y:.0f} can't be seen: {before} at {look} became {eye.pixel(*look)}")
        else:
            times.append(took)
        # What comes after the first change must not be taken for the next dab's.
        time.sleep(1.0)
    # What a lone dab does may be hardly seen, and then it is left out; most must be.
    assert len(times) > len(SPOTS) / 2, f"only {len(times)} of {len(SPOTS)} dabs changed what was looked at"
    return times


def summary(times: "list[float]") -> "dict[str, float]":
    return {"median_ms": round(1000 * statistics.median(times), 1), "least_ms": round(1000 * min(times), 1),
            "most_ms": round(1000 * max(times), 1), "dabs": len(times)}


def main() -> None:
    photo, out = sys.argv[1:3]
    figures = {}
    for name in ("gimp_paint", "paint_live"):
        gimp = Gimp(photo, out)
        try:
            if name == "paint_live":
                begin(gimp)
                time.sleep(1.5)
            desk.activate(gimp.window)
            desk.keys("p", "d")
            figures[name] = summary(measured(gimp, Eye()))
        finally:
            gimp.shot("latency-" + name)
            gimp.quit()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
