# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two faces on one canvas: another one is chosen, and what was painted on the first stays."""

from __future__ import annotations

from typing import Any, Callable

from krita import Krita

from npe_brush import layers
from npe_brush.qt import QPainter, Qt

from .person import (PHOTO, QImage, Steps, closed, color, controller, created, differing, docker, in_face, line, painted_hair,
                     pixels, settled, shot, shows, started, stroke, until)

tell: Callable[[str], Any] = print


def _pair() -> QImage:
    """The photo, and beside it a smaller one."""
    one = QImage(PHOTO).scaledToHeight(640, Qt.TransformationMode.SmoothTransformation)
    two = one.scaledToHeight(480, Qt.TransformationMode.SmoothTransformation)
    both = QImage(one.width() + two.width(), one.height(), QImage.Format.Format_ARGB32)
    both.fill(0xff808080)
    painter = QPainter(both)
    painter.drawImage(0, 0, one)
    painter.drawImage(one.width(), 0, two)
    painter.end()
    return both


def test_choose_face() -> Steps:
    document = created(_pair(), "RGBA", "U8", "")
    yield from started(document)
    before = pixels(document)
    own = controller()
    assert len(own.faces) == 2, f"there are {len(own.faces)} faces"
    first, of_first = own.frame, own.layers
    border = own.faces[1].cx - 0.6 * own.faces[1].side
    assert own.faces[0].cx + 0.5 * own.faces[0].side < border, own.faces
    docker().press_canvas()
    color(240, 190, 60)
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * own.frame.side)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15))
    docker().press_canvas()
    # At once: nothing of it may be lost.
    docker().press_before()
    docker().press_paint()
    docker().choose_face(1)
    assert not docker().pressed(), "“Before” or “Show paint” stays pressed for another face"
    yield from until(lambda: own.layers is not None and own.layers.group != of_first.group and own.frame is not None, 60.0,
                     "the other face was not opened")
    yield from settled()
    one = pixels(document)
    count, (_left, _top, right, _bottom) = differing(before, one, document.width(), 4)
    assert count > 500, f"of the first face {count} pixels are changed after the second was chosen"
    assert right < border, f"the first face's change goes to {right}"
    kept = layers.kept(document, of_first.result)
    assert kept is not None and kept.saved.count() > 0, "the strokes on the first face were not kept"
    assert abs(own.region.x + own.frame.cx - own.faces[1].cx) < 0.1 * own.frame.side and own.frame.side != first.side
    yield from painted_hair(document)
    both = pixels(document)
    shot("faces")
    count, (left, _top, _right, _bottom) = differing(one, both, document.width(), 4)
    assert count > 500, f"{count} pixels of the second face changed"
    assert left > border - 0.4 * own.frame.side, f"paint on the second face changed pixels from {left} on"
    docker().press_before()
    yield from shows(document, one, "“Before” does not show the second face as it was")
    # Stopped like this, the result is seen again.
    docker().press_start()
    yield from until(lambda: not own.running, 20.0, "the session did not end")
    yield from shows(document, both, "after Stop the result is not seen")
    assert not docker().pressed()
    yield from closed(document)
