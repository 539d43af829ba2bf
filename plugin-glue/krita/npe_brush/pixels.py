# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pixels between Krita's layers and npe: colour spaces, parts of layers, small pictures of them.

npe works in sRGB. Layers of 8 or 16 bits or floats whose profile is sRGB, coloured or grey, are read as they are; all
others go through a layer that Krita converts to floats in sRGB, which hold what lies outside its gamut too. The
results' layer has the colour space that was read, and Krita composes it with any document.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple

from krita import Krita

from npe_shared import npe
from npe_shared.errors import Refused
from npe_shared.words import _

from .pieces import Answer, Work
from .qt import QByteArray, QImage, QPainter, Qt

#: sRGB as Krita names it.
SRGB = "sRGB-elle-V2-srgbtrc.icc"
#: The longer side of the picture that faces are looked for in.
SEARCH_SIDE = 1600
#: Pixels that are converted at a time: what Krita's slowest conversion does in some 30 ms.
_AT_ONCE = 24_000
#: Bytes that are read at a time; Krita takes about 2 ms for them.
_READ_AT_ONCE = 2_000_000
#: Rows of a small picture that are made at a time.
_STRIP = 32


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


def reader(document: Any, source: Optional[Any]) -> Callable[[int, int, int, int], bytes]:
    """Reads parts of a layer (None: of all that is visible), in its own colour space. What masks hide of a painted layer is
    read too: the result has the same masks."""
    if source is None:
        read = document.pixelData
    else:
        read = source.pixelData if source.type() == "paintlayer" else source.projectionPixelData
    return lambda x, y, width, height: taken(read(x, y, width, height))


def region(document: Any, source: Optional[Any], rect: npe.Rect) -> Answer:
    """A part of a layer (None: of all that is visible) in its own colour space, as a bytearray; in pieces."""
    read = reader(document, source)
    rows = max(1, _READ_AT_ONCE // (rect.width * pixel_bytes(space_of(source or document))))
    done = bytearray()
    for top in range(0, rect.height, rows):
        done += read(rect.x, rect.y + top, rect.width, min(rows, rect.height - top))
        yield
    return done


def convert(data: npe.Buffer, width: int, height: int, space: Tuple[str, str, str], to: Kind) -> Iterator[bytearray]:
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
            node.setPixelData(QByteArray(bytes(data[top * row:(top + rows) * row])), 0, 0, width, rows)
            if not node.setColorSpace(*to.space):
                raise Refused(_("Krita can't convert “{profile}” to sRGB. Convert the image first: Image ▸ Convert "
                                "Image Color Space….").format(profile=space[2]))
            done += taken(node.pixelData(0, 0, width, rows))
            yield done
    finally:
        scratch.close()


def small(document: Any, source: Optional[Any], side: int) -> Answer:
    """An 8-bit sRGB picture of all that a layer (None: all layers) shows, in any colour space, and where it is: an
    npe.Image and an npe.Placement. In pieces where the picture is large. Raises Refused if there is nothing."""
    node = source or document.rootNode()
    bounds = node.bounds()
    if bounds.width() < 8 or bounds.height() < 8:
        raise Refused(_("The layer “{layer}” is {width}×{height} pixels; at least 8×8 are needed.").format(
            layer=node.name(), width=bounds.width(), height=bounds.height()))
    place = npe.Placement(bounds.x(), bounds.y(), bounds.width(), bounds.height())
    scale = min(1.0, side / max(place.width, place.height))
    width, height = max(8, round(place.width * scale)), max(8, round(place.height * scale))
    model, depth, profile = space_of(source or document)
    if scale <= 0.5 and (model, depth) == ("RGBA", "U8") and is_srgb(profile):
        picture = QImage(width, height, QImage.Format.Format_ARGB32)
        yield from _shrunk(reader(document, source), place, picture)
    else:
        # Krita converts it, and takes its time for a large one.
        picture = node.thumbnail(width, height).scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio)
    return rgba(picture), place


def _shrunk(read: Callable[[int, int, int, int], bytes], place: npe.Placement, into: QImage) -> Work:
    """Some rows of the small picture at a time, each out of two or more of the large one."""
    left, top, width = int(place.x), int(place.y), int(place.width)
    factor = place.height / into.height()
    step = max(1, int(factor / 2))
    painter = QPainter(into)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    try:
        for y in range(0, into.height(), _STRIP):
            count = min(_STRIP, into.height() - y)
            rows = b"".join(read(left, top + row, width, 1) for row in range(int(y * factor), int((y + count) * factor), step))
            strip = QImage(rows, width, len(rows) // (4 * width), 4 * width, QImage.Format.Format_ARGB32)
            painter.drawImage(0, y, strip.scaled(into.width(), count, Qt.AspectRatioMode.IgnoreAspectRatio,
                                                 Qt.TransformationMode.SmoothTransformation))
            yield
    finally:
        painter.end()


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
