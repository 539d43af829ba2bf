# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pixels between Krita's layers and npe: colour spaces, parts of layers, small pictures of them.

npe works in sRGB. Layers of 8 or 16 bits or floats whose profile is sRGB, coloured or grey, are read as they are; all
others go through a layer that Krita converts to floats in sRGB, which hold what lies outside its gamut too. The
results' layer has the colour space that was read, and Krita composes it with any document.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from krita import Krita

from npe_shared import npe
from npe_shared.errors import Refused
from npe_shared.words import _
from .qt import QByteArray, QImage, Qt

#: sRGB as Krita names it.
SRGB = "sRGB-elle-V2-srgbtrc.icc"
#: The longer side of the picture that faces are looked for in.
SEARCH_SIDE = 1600
#: Pixels that are converted at a time: what Krita's slowest conversion does in some 30 ms.
_AT_ONCE = 24_000


class Kind(NamedTuple):
    """How the pixels of a layer cross."""

    #: Of the photo and of results, for npe.
    format: int
    #: The colour space of a layer that holds them: model, depth, profile.
    space: Tuple[str, str, str]
    #: Whether Krita must convert what is read.
    converted: bool


#: Krita keeps integers as blue, green, red, alpha, and floats as red, green, blue, alpha.
_EXACT: Dict[Tuple[str, str], int] = {
    ("RGBA", "U8"): npe.FORMAT_BGRA_U8, ("RGBA", "U16"): npe.FORMAT_BGRA_U16, ("RGBA", "F32"): npe.FORMAT_RGBA_F32,
    ("GRAYA", "U8"): npe.FORMAT_GREYA_U8, ("GRAYA", "U16"): npe.FORMAT_GREYA_U16,
    ("GRAYA", "F32"): npe.FORMAT_GREYA_F32,
}
#: Bytes of a pixel of what can be converted.
_MODELS: Dict[str, int] = {"RGBA": 4, "GRAYA": 2, "CMYKA": 5, "LABA": 4, "XYZA": 4, "YCBCRA": 4}
_DEPTHS: Dict[str, int] = {"U8": 1, "U16": 2, "F16": 2, "F32": 4}


def is_srgb(profile: str) -> bool:
    """Whether a profile's colours, or greys, are those of sRGB with sRGB's curve, going by its name."""
    name = profile.lower()
    return "srgbtrc" in name and name.startswith(("srgb", "gray")) or any(
        known in name for known in ("srgb built-in", "software srgb", "software sgray", "srgb iec61966", "srgb2014"))


def kind(space: Tuple[str, str, str]) -> Kind:
    """How pixels of a colour space (model, depth, profile) cross. Raises Refused."""
    model, depth, profile = space
    format = _EXACT.get((model, depth))
    if format is not None and is_srgb(profile):
        return Kind(format, space, False)
    if model not in _MODELS or depth not in _DEPTHS:
        raise Refused(_("The colour space {model} {depth} can't be painted on. Convert the image first: Image ▸ "
                        "Convert Image Color Space… ▸ RGB/Alpha.").format(model=model, depth=depth))
    return Kind(npe.FORMAT_RGBA_F32, ("RGBA", "F32", SRGB), True)


def space_of(item: Any) -> Tuple[str, str, str]:
    """Of a node or a document."""
    return item.colorModel(), item.colorDepth(), item.colorProfile()


def pixel_bytes(space: Tuple[str, str, str]) -> int:
    """Bytes of a pixel in Krita."""
    return _MODELS[space[0]] * _DEPTHS[space[1]]


def taken(data: Any) -> bytes:
    """A QByteArray's bytes."""
    return bytes(data)


def region(document: Any, source: Optional[Any], rect: npe.Rect) -> bytes:
    """A part of a layer (None: of all that is visible), in its own colour space. What masks hide of a painted layer is
    read too: the result has the same masks."""
    if source is None:
        return taken(document.pixelData(*rect))
    return taken((source.pixelData if source.type() == "paintlayer" else source.projectionPixelData)(*rect))


def convert(data: bytes, width: int, height: int, space: Tuple[str, str, str], to: Kind) -> Iterator[bytearray]:
    """Pixels of any colour space as `to`; yields what is done so far after each some thousand pixels, so that the host
    can do something else in between. Krita converts them, in a document of its own that nobody sees."""
    step = max(1, _AT_ONCE // width)
    scratch = Krita.instance().createDocument(8, 8, "npe", *space, 72.0)
    done = bytearray()
    try:
        row = width * pixel_bytes(space)
        for top in range(0, height, step):
            rows = min(step, height - top)
            node = scratch.createNode("npe", "paintlayer")
            node.setPixelData(QByteArray(data[top * row:(top + rows) * row]), 0, 0, width, rows)
            if not node.setColorSpace(*to.space):
                raise Refused(_("Krita can't convert “{profile}” to sRGB. Convert the image first: Image ▸ Convert "
                                "Image Color Space….").format(profile=space[2]))
            done += taken(node.pixelData(0, 0, width, rows))
            yield done
    finally:
        scratch.close()


def thumbnail(node: Any, side: int) -> Tuple[npe.Image, npe.Placement]:
    """An 8-bit sRGB picture of all that a node shows, in any colour space, and where it is. Shrunk by Krita, which
    takes only what it needs of a large layer. Raises Refused if there is nothing."""
    bounds = node.bounds()
    if bounds.width() < 8 or bounds.height() < 8:
        raise Refused(_("The layer “{layer}” is {width}×{height} pixels; at least 8×8 are needed.").format(
            layer=node.name(), width=bounds.width(), height=bounds.height()))
    scale = min(1.0, side / max(bounds.width(), bounds.height()))
    width, height = max(8, round(bounds.width() * scale)), max(8, round(bounds.height() * scale))
    picture = node.thumbnail(width, height)
    # A picture narrower than it was asked for has empty margins in Krita ≥ 5.2 only if the shapes differ; they do not.
    picture = picture.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio)
    return rgba(picture), npe.Placement(bounds.x(), bounds.y(), bounds.width(), bounds.height())


def rgba(picture: QImage) -> npe.Image:
    """A picture of Qt's for npe."""
    picture = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = picture.constBits()
    bits.setsize(picture.bytesPerLine() * picture.height())
    return npe.Image(bytes(bits), picture.width(), picture.height(), npe.FORMAT_RGBA_U8, picture.bytesPerLine())


def enlarged(frame: npe.Frame, image: npe.Image, placement: npe.Placement) -> npe.Frame:
    """A frame found in a small picture, in pixels of the document."""
    scale = placement.width / image.width
    return npe.Frame(placement.x + frame.cx * scale, placement.y + frame.cy * scale, frame.side * scale, frame.angle)
