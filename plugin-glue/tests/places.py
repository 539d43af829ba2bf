# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the tests find things, and a photo for them. Standard library only."""

from __future__ import annotations

import os
import struct
import sys
import unittest
import zlib
from typing import List

HERE = os.path.dirname(os.path.abspath(__file__))
GLUE = os.path.dirname(HERE)
PROJECT = os.path.dirname(GLUE)
#: NPE_HEADER names another header than the project's.
HEADER = os.environ.get("NPE_HEADER") or os.path.join(PROJECT, "include", "npe.h")

sys.path.insert(0, os.path.join(GLUE, "shared"))
from npe_shared import npe  # noqa: E402


def sources() -> List[str]:
    """All Python files that are installed."""
    found = []
    for folder, names, files in os.walk(GLUE):
        names[:] = sorted(n for n in names if n not in ("tests", "__pycache__"))
        found += [os.path.join(folder, name) for name in sorted(files) if name.endswith(".py")]
    return found


def library() -> None:
    """Opens the library that NPE_LIBRARY names, or the built one; skips the test where neither is there."""
    built = os.path.join(PROJECT, "target", "release", npe.file_names()[0])
    if "NPE_LIBRARY" not in os.environ:
        if not os.path.exists(built):
            raise unittest.SkipTest(f"SKIPPED: {built} is not there; build it (cargo build --release) or set NPE_LIBRARY")
        os.environ["NPE_LIBRARY"] = built
    npe.library()


def astronaut() -> npe.Image:
    """The sample photo, 8-bit RGB."""
    return read_png(os.path.join(PROJECT, "tests", "data", "astronaut.png"))


def read_png(path: str) -> npe.Image:
    """A PNG of 8-bit RGB that is not interlaced."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    packed, at, width, height = b"", 8, 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, color, interlaced) == (8, 2, 0), path
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, rows, above = zlib.decompress(packed), [], bytearray(3 * width)
    for y in range(height):
        start = y * (3 * width + 1)
        row = bytearray(raw[start + 1:start + 1 + 3 * width])
        _unfilter(raw[start], row, above)
        rows.append(bytes(row))
        above = row
    return npe.Image(b"".join(rows), width, height, npe.FORMAT_RGB_U8)


def _unfilter(kind: int, row: bytearray, above: bytearray) -> None:
    for i in range(len(row)):
        left, up, corner = (row[i - 3], above[i], above[i - 3]) if i >= 3 else (0, above[i], 0)
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            estimate = left + up - corner
            guess = min((left, up, corner), key=lambda value: abs(estimate - value))
        else:
            guess = 0
        row[i] = (row[i] + guess) & 255
