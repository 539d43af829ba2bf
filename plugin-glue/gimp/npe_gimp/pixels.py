# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pixels between GIMP's layers and npe: formats, parts of layers, small pictures of them.

npe works in sRGB. Images of 8 or 16 bits in sRGB are read as they are; all others as floats in sRGB, which hold what
lies outside its gamut too. GEGL converts on the way in and out.
"""

from __future__ import annotations

import math
import struct
from typing import Dict, NamedTuple, Optional, Tuple

from gi.repository import Babl, Gegl, Gimp

from npe_shared import document, frames, npe
from npe_shared.errors import Refused
from npe_shared.words import _

#: The longer side of the picture that faces are looked for in.
SEARCH_SIDE = 1600


class Kind(NamedTuple):
    """How pixels of an image cross."""

    #: Of the photo, for GEGL and for npe.
    photo: str
    photo_format: int
    #: Of a layer over it, which has alpha.
    layer: str
    layer_format: int
    layer_type: Gimp.ImageType


_DEPTHS: Dict[str, Tuple[str, int]] = {"u8": ("u8", 16), "u16": ("u16", 32), "float": ("float", 64)}


class UnsuitableImage(Refused):
    """An image that can't be edited; says why and what to do."""


def is_srgb(image: Gimp.Image) -> bool:
    """Whether the image's colours are those of sRGB, whichever maker's profile says so."""
    profile = image.get_color_profile()
    if profile is None:
        return True
    return not profile.is_linear() and "srgb" in (profile.get_description() or "").lower()


def kind(image: Gimp.Image, drawable: Gimp.Drawable) -> Kind:
    """How the pixels of a layer cross. Raises UnsuitableImage."""
    if drawable.is_indexed():
        raise UnsuitableImage(_("The image has indexed colours, which can't be painted on freely. Convert it first: "
                                "Image ▸ Mode ▸ RGB."))
    if any(one.get_visible() for one in drawable.get_filters()):
        raise UnsuitableImage(_("The layer “{layer}” has filters that are shown and not merged, so its pixels are not what is "
                                "seen. Merge or hide them first.").format(layer=drawable.get_name()))
    precision = image.get_precision()
    depth = "float"
    if is_srgb(image):
        if precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U8_PERCEPTUAL):
            depth = "u8"
        elif precision in (Gimp.Precision.U16_NON_LINEAR, Gimp.Precision.U16_PERCEPTUAL):
            depth = "u16"
    name, base = _DEPTHS[depth]
    alpha = drawable.has_alpha()
    if drawable.is_gray():
        return Kind(f"Y'{'A' if alpha else ''} {name}", base + (2 if alpha else 1), f"Y'A {name}", base + 2,
                    Gimp.ImageType.GRAYA_IMAGE)
    return Kind(f"R'G'B'{'A' if alpha else ''} {name}", base + (4 if alpha else 3), f"R'G'B'A {name}", base + 4,
                Gimp.ImageType.RGBA_IMAGE)


def srgb(color: Gegl.Color) -> Tuple[float, float, float]:
    """A colour of GIMP's as npe takes it; what lies outside of sRGB's gamut is cut off. (`get_rgba` answers linear light.)"""
    values = struct.unpack("3f", bytes(color.get_bytes(Babl.format("R'G'B' float")).get_data()))
    red, green, blue = (min(max(value, 0.0), 1.0) for value in values)
    return red, green, blue


def rectangle(rect: npe.Rect) -> Gegl.Rectangle:
    return Gegl.Rectangle.new(rect.x, rect.y, rect.width, rect.height)


def read(drawable: Gimp.Drawable, rect: npe.Rect, babl: str) -> bytes:
    """Pixels of a part of a layer, in its own coordinates, rows without gaps."""
    # A buffer that was asked for once does not show what others have painted since.
    return drawable.get_buffer().get(rectangle(rect), 1.0, babl, Gegl.AbyssPolicy.NONE)


def photo(drawable: Gimp.Drawable, rect: npe.Rect, kind: Kind) -> npe.Image:
    """A part of a layer for npe."""
    return npe.Image(read(drawable, rect, kind.photo), rect.width, rect.height, kind.photo_format)


def digest(drawable: Gimp.Drawable, rect: npe.Rect) -> str:
    """Tells whether a part of a layer is the same as at another time; the same for any precision of 8 bits or more."""
    return document.digest(read(drawable, rect, "R'G'B'A u8"))


def small(drawable: Gimp.Drawable, rect: npe.Rect, longer_side: int) -> Tuple[npe.Image, npe.Placement]:
    """An 8-bit sRGB picture with alpha of a part of a layer, and which rectangle of the layer it covers. It is shrunk if it
    is larger, never grown."""
    scale = min(1.0, longer_side / max(rect.width, rect.height))
    x, y = int(rect.x * scale), int(rect.y * scale)
    width, height = max(1, math.ceil(rect.width * scale)), max(1, math.ceil(rect.height * scale))
    data = drawable.get_buffer().get(Gegl.Rectangle.new(x, y, width, height), scale, "R'G'B'A u8",
                                     Gegl.AbyssPolicy.NONE)
    placement = npe.Placement(x / scale, y / scale, width / scale, height / scale)
    return npe.Image(data, width, height, npe.FORMAT_RGBA_U8), placement


def enlarged(frame: npe.Frame, image: npe.Image, placement: npe.Placement) -> npe.Frame:
    """A frame found in a small picture, in pixels of the layer."""
    scale = placement.width / image.width
    return npe.Frame(placement.x + frame.cx * scale, placement.y + frame.cy * scale, frame.side * scale, frame.angle)


def fingerprint(drawable: Gimp.Drawable, rect: npe.Rect) -> Optional[bytes]:
    """Something that differs when what is painted in a part of a layer does; about a millisecond at any size. None if GIMP
    has no answer, as while a tool works."""
    ok = drawable.get_sub_thumbnail_data(rect.x, rect.y, rect.width, rect.height, min(rect.width, frames.GUIDE_SIDE),
                                         min(rect.height, frames.GUIDE_SIDE))
    data = ok[0]
    if data is None:
        return None
    return bytes(data.get_data() if hasattr(data, "get_data") else data)


def write(layer: Gimp.Layer, rect: npe.Rect, babl: str, pixels: bytes) -> None:
    """Pixels into a part of a layer, without a step of undo, and onto the screen. Raises Refused."""
    # GIMP ends a plug-in that writes into a locked layer, or into one in a locked group.
    above = layer
    while above is not None:
        if above.get_lock_content():
            raise Refused(_("The pixels of the layer “{layer}” are locked. Unlock them in the Layers dialog, then go on.")
                          .format(layer=above.get_name()))
        above = above.get_parent()
    buffer = layer.get_buffer()
    buffer.set(rectangle(rect), babl, pixels)
    buffer.flush()
    layer.update(rect.x, rect.y, rect.width, rect.height)
