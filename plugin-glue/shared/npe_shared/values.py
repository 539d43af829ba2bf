# SPDX-License-Identifier: MIT OR Apache-2.0
"""The constants of npe.h, and what goes into npe and comes out of it; units as there."""

from __future__ import annotations

from typing import NamedTuple, Union

MODE_COLOR, MODE_LIGHTEN, MODE_DARKEN, MODE_RESTORE = range(4)

(VIEW_ORIGINAL, VIEW_RECONSTRUCTION, VIEW_GENERATED, VIEW_DELTA, VIEW_ERROR, VIEW_MASK, VIEW_LATENTS,
 VIEW_RESULT) = range(8)

SOLVER_GUIDED, SOLVER_PUBLISHED = range(2)

LOG_ERROR, LOG_INFO = 1, 3

OK = 0
ERR_INVALID_ARGUMENT, ERR_NULL, ERR_HANDLE, ERR_LIMIT, ERR_MODEL, ERR_PHOTO, ERR_NO_FACE, ERR_STROKE_FILE = range(1, 9)
ERR_IO, ERR_DEVICE, ERR_OUT_OF_MEMORY, ERR_CANCELLED, ERR_BUSY, ERR_BUFFER_TOO_SMALL = range(9, 15)
ERR_INTERNAL, ERR_PANIC = 15, 16

FORMAT_GREY_U8, FORMAT_GREYA_U8, FORMAT_RGB_U8, FORMAT_RGBA_U8, FORMAT_BGRA_U8 = range(17, 22)
FORMAT_GREY_U16, FORMAT_GREYA_U16, FORMAT_RGB_U16, FORMAT_RGBA_U16, FORMAT_BGRA_U16 = range(33, 38)
FORMAT_GREY_F32, FORMAT_GREYA_F32, FORMAT_RGB_F32, FORMAT_RGBA_F32, FORMAT_BGRA_F32 = range(65, 70)

Buffer = Union[bytes, bytearray, memoryview]


class Frame(NamedTuple):
    """A square in a photo, in its pixels; `angle` in degrees clockwise."""

    cx: float
    cy: float
    side: float
    angle: float = 0.0


class Placement(NamedTuple):
    """The rectangle of a photo, in its pixels, that a guide covers."""

    x: float
    y: float
    width: float
    height: float


class Rect(NamedTuple):
    """Whole photo pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def empty(self) -> bool:
        return self.width == 0 or self.height == 0

    def inside(self, other: "Rect") -> bool:
        """Whether no pixel of it is outside of another one."""
        return (self.x >= other.x and self.y >= other.y and self.x + self.width <= other.x + other.width
                and self.y + self.height <= other.y + other.height)

    def union(self, other: "Rect") -> "Rect":
        """The smallest rectangle around both; an empty one does not count."""
        if self.empty or other.empty:
            return other if self.empty else self
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Rect(x, y, right - x, bottom - y)

    def intersection(self, other: "Rect") -> "Rect":
        """What both have; empty if that is nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(x, y, right - x, bottom - y) if right > x and bottom > y else Rect(0, 0, 0, 0)


class Dab(NamedTuple):
    """One touch of the brush, in photo pixels."""

    x: float
    y: float
    radius: float
    hardness: float = 0.5
    pressure: float = 1.0


class Settings(NamedTuple):
    """How strokes act, and how all of the change is shown; see npe_settings."""

    solver: int
    steps: int
    strength: float
    freedom: float
    mask: float
    detail: float
    locality: float


class Report(NamedTuple):
    """What a stroke did; see npe_stroke_report."""

    loss_before: float
    loss_after: float
    brush_before: float
    brush_after: float
    steps: int


class ModelInfo(NamedTuple):
    """What is known about a model; see npe_model_info."""

    name: str
    architecture: str
    trained_on: str
    licence: str
    sha256: str
    image_size: int
    latents: int
    width: int
    hidden: int


class SessionInfo(NamedTuple):
    """What npe runs on; see npe_session_info."""

    device: str
    libtorch_version: str
    device_memory: int
    is_cuda: bool
    threads: int
    models: int


class Image(NamedTuple):
    """Pixels in the host's memory; `stride` in bytes, 0 for rows without gaps."""

    data: Buffer
    width: int
    height: int
    format: int
    stride: int = 0


def pixel_bytes(format: int) -> int:
    """Bytes of a pixel of one of FORMAT_..."""
    channels = format & 15
    return (4 if channels == 5 else channels) * (format >> 4)
