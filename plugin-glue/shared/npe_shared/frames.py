# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where a face is in a photo that is too large to be read whole: frames, and the part of the photo they need."""

from __future__ import annotations

import math
from typing import Sequence

from . import npe

#: The longer side of a guide's small picture over such a part: twice the finest grid of a network on the face, and as much around
#: it, so that an edge lies where it was painted.
GUIDE_SIDE = 288


def region_of(frame: npe.Frame, width: int, height: int) -> npe.Rect:
    """The part of a photo that an edit of this frame may look at or change: half a side around it, with room for the face to be
    found in it again. Large photos need not be read whole."""
    turned = math.radians(frame.angle)
    half = 0.5 * frame.side * (abs(math.cos(turned)) + abs(math.sin(turned))) + 0.7 * frame.side
    # npe takes no photo of under 8 pixels a side.
    left, top = max(0, min(int(frame.cx - half), width - 8)), max(0, min(int(frame.cy - half), height - 8))
    right, bottom = min(width, int(frame.cx + half) + 1), min(height, int(frame.cy + half) + 1)
    return npe.Rect(left, top, max(8, right - left), max(8, bottom - top))


def moved(frame: npe.Frame, dx: float, dy: float) -> npe.Frame:
    """The frame in other coordinates, such as those of a region: `moved(frame, -region.x, -region.y)`."""
    return frame._replace(cx=frame.cx + dx, cy=frame.cy + dy)


def around(rect: npe.Rect) -> npe.Frame:
    """The smallest square around a rectangle, such as a selection that was made around a face."""
    return npe.Frame(rect.x + 0.5 * rect.width, rect.y + 0.5 * rect.height, float(max(rect.width, rect.height)))


def exact(model: npe.Model, photo: npe.Image, rough: npe.Frame) -> npe.Frame:
    """Where the model sees the face that a rough frame, from a shrunk picture, means."""

    def distance(face: npe.Frame) -> float:
        return math.hypot(face.cx - rough.cx, face.cy - rough.cy) + abs(face.side - rough.side)

    nearest = min(model.find_faces(photo), key=distance, default=rough)
    return nearest if distance(nearest) < 0.3 * rough.side else rough


def near(frame: npe.Frame, faces: Sequence[npe.Frame]) -> bool:
    """Whether a face stands where a frame does: its centre within 5 % of the side, as docs/stroke-file.md says."""
    return any(math.hypot(face.cx - frame.cx, face.cy - frame.cy) <= 0.05 * frame.side for face in faces)
