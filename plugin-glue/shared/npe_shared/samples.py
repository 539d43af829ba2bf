# SPDX-License-Identifier: MIT OR Apache-2.0
"""A random face to begin with, on an empty image: of several, one that is worth painting on."""

from __future__ import annotations

import math

from . import npe

#: Faces that one is chosen of; each takes a hundredth of a second or two.
_TRIES = 12
#: What a face loses that is off its place by all of its side, in levels between neighbouring pixels.
_OFF = 60.0


def frame(width: int, height: int) -> npe.Frame:
    """For a portrait that fills the shorter side of an image, in the upper part of a high one."""
    side = min(width, height)
    return npe.Frame(0.5 * width, 0.5 * side + 0.25 * (height - side), float(side))


def choose(edit: npe.Edit, seed: int) -> None:
    """Puts a random face into an edit, one step of its undo; the same seed leads to the same face. Looks at several: the one that
    is crisp and where a face should be has the fewest flaws. Of drawn ones, which the finder of faces does not know, it takes the
    first."""
    trial = edit.copy()
    try:
        best = max(range(seed, seed + _TRIES), key=lambda each: _worth(trial, each))
    finally:
        trial.close()
    edit.sample(best)


def _worth(trial: npe.Edit, seed: int) -> float:
    trial.sample(seed)
    picture = trial.view(npe.VIEW_GENERATED)
    half = 0.5 * picture.width
    off = min((math.hypot(face.cx - half, face.cy - half) / picture.width + abs(math.log(face.side / picture.width))
               for face in npe.find_faces(picture)), default=math.inf)
    return _crispness(picture) - _OFF * off


def _crispness(picture: npe.Image) -> float:
    """By how many levels neighbouring pixels differ, below and above and beside each other, in green."""
    green, width = bytes(picture.data)[1::3], picture.width
    below = sum(abs(a - b) for a, b in zip(green, green[width:]))
    beside = sum(abs(a - b) for a, b in zip(green, green[1:]))
    return 0.5 * (below + beside) / len(green)
