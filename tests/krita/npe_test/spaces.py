# SPDX-License-Identifier: MIT OR Apache-2.0
"""Documents of all kinds: depths, grey, other profiles and models, large ones, groups and masks."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

from krita import Krita, Selection

from npe_brush import pixels as crossing

from .gaps import Gaps
from .person import (PHOTO, QByteArray, QImage, Qt, Steps, closed, color, controller, created, differing, docker,
                     in_face, line,
                     pixels, settled, shot, started, stroke, undo, until)

tell: Callable[[str], Any] = print

_SPACES: List[Tuple[str, str, str]] = [
    ("RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc"), ("RGBA", "F32", "sRGB-elle-V2-srgbtrc.icc"),
    ("RGBA", "F32", "sRGB-elle-V2-g10.icc"), ("RGBA", "F16", "sRGB-elle-V2-g10.icc"),
    ("RGBA", "U8", "ClayRGB-elle-V2-g22.icc"),
    ("GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc"), ("GRAYA", "U16", "Gray-D50-elle-V2-g22.icc"),
    ("CMYKA", "U8", "Chemical proof"), ("LABA", "U16", "Lab identity built-in"),
]


def _space(space: Tuple[str, str, str]) -> Steps:
    document = created(QImage(PHOTO), *space)
    each = crossing.pixel_bytes(space)
    before = pixels(document)
    yield from started(document)
    assert pixels(document) == before, f"{space}: changed before anything was painted"
    docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 12))
    yield from settled()
    after = pixels(document)
    count, (left, top, right, bottom) = differing(before, after, document.width(), each)
    r = controller().region
    assert count > 500, f"{space}: only {count} pixels changed"
    assert left >= r.x and top >= r.y and right <= r.x + r.width and bottom <= r.y + r.height, (space, left, top, right,
                                                                                                bottom)
    undo()
    yield from settled()
    assert pixels(document) == before, f"{space}: undo left pixels changed"
    docker().press_canvas()
    yield from closed(document)


def _made(space: Tuple[str, str, str]) -> Callable[[], Steps]:
    return lambda: _space(space)


for _s in _SPACES:
    globals()["test_" + "_".join((*_s[:2], _s[2].split(".")[0].replace("-", "_").replace(" ", "_")))] = _made(_s)


def test_colors_are_kept() -> Steps:
    """The conversion of another profile is right: the photo as npe gets it is what Krita shows."""
    picture = QImage(PHOTO).convertToFormat(QImage.Format.Format_ARGB32)
    document = created(picture, "RGBA", "U8", "ClayRGB-elle-V2-g22.icc")
    yield 0.3
    node = document.activeNode()
    space = crossing.space_of(node)
    kind = crossing.kind(space)
    assert kind.converted, kind
    width, height = 64, 48
    data = bytes(node.pixelData(200, 150, width, height))
    done = bytearray()
    for done in crossing.convert(data, width, height, space, kind):
        yield 0.0
    import struct
    values = struct.unpack(f"{4 * width * height}f", done)
    worst = 0.0
    for y in range(0, height, 7):
        for x in range(0, width, 7):
            seen = picture.pixelColor(200 + x, 150 + y)
            got = values[4 * (y * width + x):4 * (y * width + x) + 3]
            worst = max(worst, *(abs(a - b) for a, b in zip(got, (seen.redF(), seen.greenF(), seen.blueF()))))
    assert worst < 0.02, f"a converted colour is off by {worst:.3f}"
    yield from closed(document)


def test_eight_thousand() -> Steps:
    """A large image is neither read nor written whole, and Krita goes on answering."""
    portrait = QImage(PHOTO).scaled(1600, 1600, Qt.AspectRatioMode.KeepAspectRatio,
                                    Qt.TransformationMode.SmoothTransformation)
    portrait = portrait.convertToFormat(QImage.Format.Format_ARGB32)
    document = Krita.instance().createDocument(8000, 6000, "large", "RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc", 300.0)
    bits = portrait.constBits()
    bits.setsize(portrait.bytesPerLine() * portrait.height())
    node = document.topLevelNodes()[0]
    node.setPixelData(QByteArray(b"\x60\x60\x60\xff" * (8000 * 6000)), 0, 0, 8000, 6000)
    node.setPixelData(QByteArray(bytes(bits)), 5000, 3000, portrait.width(), portrait.height())
    document.refreshProjection()
    document.waitForDone()
    Krita.instance().activeWindow().addView(document)
    document.setActiveNode(node)
    yield 1.5
    # What Krita itself takes for one layer, to read the rest against.
    gaps = Gaps()
    Krita.instance().action("add_new_paint_layer").trigger()
    yield 2.0
    own = gaps.stop()
    undo()
    yield 1.0
    document.waitForDone()
    yield 2.0
    document.setActiveNode(node)
    gaps = Gaps()
    yield from started(document)
    tell(f"8000×6000: longest gap while loading {gaps.stop()}; of Krita alone when a paint layer is added {own}")
    before = bytes(document.pixelData(4000, 2000, 3800, 3800))
    docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    gaps = Gaps()
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 30))
    yield from settled()
    tell(f"8000×6000, a face of {controller().frame.side:.0f} pixels: "
         f"longest gap while painting {gaps.stop()}, 99 of 100 "
         f"below {gaps.typical():.0f} ms; from the pen to the layer {1000 * controller().latency:.0f} ms")
    assert bytes(document.pixelData(4000, 2000, 3800, 3800)) != before, "nothing changed on the screen"
    undo()
    yield from settled()
    assert bytes(document.pixelData(4000, 2000, 3800, 3800)) == before, "undo left pixels changed"
    docker().press_canvas()
    yield from closed(document)


def test_group_and_mask() -> Steps:
    """The photo's layer lies in a group and has a mask; a selection limits the result."""
    document = created(QImage(PHOTO), "RGBA", "U8", "")
    photo = document.topLevelNodes()[0]
    group = document.createGroupLayer("folder")
    document.rootNode().addChildNode(group, photo)
    copy = photo.duplicate()
    group.addChildNode(copy, None)
    photo.remove()
    width, height = document.width(), document.height()
    hidden = Selection()
    hidden.select(0, 0, width, height // 2, 255)
    mask = document.createTransparencyMask("upper half")
    mask.setSelection(hidden)
    copy.addChildNode(mask, None)
    left = Selection()
    left.select(0, 0, width // 2, height, 255)
    document.setSelection(left)
    document.setActiveNode(copy)
    document.refreshProjection()
    yield 0.8
    before = pixels(document)
    yield from started(document)
    assert controller().layers.group.parentNode().name() == "folder", "the layers are not beside the photo"
    document.setSelection(None)
    docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.3 * controller().frame.side)
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.3, -0.3), in_face(0.3, 0.3), 15))
    yield from settled()
    shot("mask")
    after = pixels(document)
    count, (_left, _top, right, bottom) = differing(before, after, width, 4)
    assert count > 500, f"only {count} pixels changed"
    inside = right <= width // 2 and bottom <= height // 2
    assert inside, f"changed up to {right}, {bottom}: outside of the selection or the mask"
    docker().press_canvas()
    yield from closed(document)


def test_all_visible_layers() -> Steps:
    """The photo is what two layers show together."""
    document = created(QImage(PHOTO), "RGBA", "U8", "")
    empty = document.createNode("empty", "paintlayer")
    document.rootNode().addChildNode(empty, document.topLevelNodes()[0])
    document.setActiveNode(empty)
    yield 0.5
    docker().press_start()
    yield from until(lambda: docker().notice.sentence(), 20.0, "an empty layer was not refused")
    assert "empty" in docker().notice.sentence(), docker().notice.sentence()
    before = pixels(document)
    controller().start(all_layers=True)
    yield from until(lambda: controller().layers is not None, 30.0)
    yield 0.3
    assert pixels(document) == before
    docker().press_canvas()
    color(240, 190, 60)
    Krita.instance().activeWindow().activeView().setBrushSize(0.2 * controller().frame.side)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 12))
    yield from settled()
    assert differing(before, pixels(document), document.width(), 4)[0] > 500
    docker().press_canvas()
    yield from closed(document)
