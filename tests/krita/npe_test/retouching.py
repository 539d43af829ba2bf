# SPDX-License-Identifier: MIT OR Apache-2.0
"""The photo changes under what was painted: during a session it is followed, between two sessions it is asked about."""

from __future__ import annotations

import os
from typing import Any, Callable, Generator, List, Tuple

from krita import Krita

from npe_brush.qt import QApplication, QMessageBox

from .person import (OUT, QByteArray, QImage, Steps, brush_tool, closed, color, controller, differing, docker, in_face, line,
                     opened, painted_hair, pixels, settled, shot, started, stroke, undo, until)

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print


def _at(document: Any, x: float, y: float) -> List[int]:
    """Blue, green, red as they are seen at a point of the image."""
    return list(bytes(document.pixelData(int(x), int(y), 1, 1)))[:3]


def _apart(a: List[int], b: List[int]) -> int:
    return max(abs(one - other) for one, other in zip(a, b))


def _retouched(document: Any, photo: Any, place: Tuple[float, float]) -> Steps:
    """A green spot is painted on the photo itself, with Krita's own brush."""
    document.setActiveNode(photo)
    yield 0.2
    brush_tool()
    view = Krita.instance().activeWindow().activeView()
    view.setBrushSize(0.05 * controller().frame.side)
    color(20, 160, 60)
    yield 0.2
    yield from stroke(line(place, (place[0] + 4, place[1]), 8), lambda t: 1.0)
    document.waitForDone()


def test_retouched_during_a_session() -> Steps:
    """What comes of the strokes is made anew on the retouched photo, and again when the retouching is undone."""
    document = opened()
    photo = document.topLevelNodes()[0]
    before = pixels(document)
    yield from started(document)
    yield from painted_hair(document)
    painted = pixels(document)
    # Where the result covers the photo, apart from the hair: it would hide the spot if it were not made anew.
    place = in_face(0.0, -0.2)
    r, rect = controller().region, controller().last.rect
    assert rect.x < place[0] - r.x < rect.x + rect.width and rect.y < place[1] - r.y < rect.y + rect.height, (place, rect)
    skin = _at(document, *place)
    read = controller()._photo
    yield from _retouched(document, photo, place)
    yield from until(lambda: controller()._photo is not read, 10.0, "the photo was not read again")
    yield from settled()
    shot("retouched")
    spot = _at(document, *place)
    assert spot[1] > spot[2] + 40 and _apart(spot, skin) > 60, f"the spot is not seen: {skin} became {spot}"
    x, y = in_face(0.0, -0.42)
    was = list(before[4 * (int(y) * document.width() + int(x)):][:3])
    now = _at(document, x, y)
    assert _apart(was, now) > 15, f"the hair is gone: the photo has {was} there, and {now} is seen"
    assert docker().notice.sentence() == "", docker().notice.sentence()
    read = controller()._photo
    undo()
    yield from until(lambda: controller()._photo is not read, 10.0, "the photo was not read again after undo")
    yield from settled()
    count, rect = differing(painted, pixels(document), document.width(), 4)
    assert count == 0, f"after undo of the retouching {count} pixels differ in {rect}"
    yield from closed(document)


def _saved(name: str) -> Steps:
    """A document with hair painted onto its photo, which is mirrored then, as a file."""
    document = opened()
    photo = document.topLevelNodes()[0]
    yield from started(document)
    yield from painted_hair(document)
    yield 1.0
    controller().stop()
    yield from until(lambda: not controller().running, 10.0, "the session did not end")
    width, height = document.width(), document.height()
    picture = QImage(bytes(photo.pixelData(0, 0, width, height)), width, height, 4 * width,
                     QImage.Format.Format_ARGB32).mirrored(True, False)
    bits = picture.constBits()
    bits.setsize(4 * width * height)
    photo.setPixelData(QByteArray(bytes(bits)), 0, 0, width, height)
    document.refreshProjection()
    document.setBatchmode(True)
    assert document.saveAs(os.path.join(OUT, name)), "the document was not saved"
    yield from closed(document)


def _answered(word: str) -> Steps:
    """Waits for the question about the photo, and presses one of its buttons."""
    yield from until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), 20.0, "nothing was asked")
    box = QApplication.activeModalWidget()
    assert "is not as it was" in box.text(), box.text()
    shot("asked-" + word)
    box.grab().save(os.path.join(OUT, f"question-{word}.png"))
    button = next(b for b in box.buttons() if word in b.text().replace("&", ""))
    button.click()


def _reopened(word: str) -> Generator[float, None, Tuple[Any, bytes]]:
    """An edit whose photo was mirrored meanwhile, begun with an answer to the question; and that photo's pixels."""
    yield from _saved("mirrored.kra")
    document = opened(os.path.join(OUT, "mirrored.kra"))
    yield 0.5
    photo = document.nodeByName("Background") or document.topLevelNodes()[0]
    raw = bytes(photo.pixelData(0, 0, document.width(), document.height()))
    document.setActiveNode(document.nodeByName("Paint here"))
    docker().press_start()
    yield from _answered(word)
    yield from until(lambda: controller().frame is not None and controller().layers is not None, 60.0, "nothing was opened")
    yield from settled()
    return document, raw


def test_changed_between_sessions_and_gone_on_with() -> Steps:
    document, raw = yield from _reopened("Go on")
    shot("gone-on")
    assert len(document.topLevelNodes()) == 2, [node.name() for node in document.topLevelNodes()]
    assert controller().layers.group.visible()
    count, _rect = differing(raw, pixels(document), document.width(), 4)
    assert count > 500, f"the strokes were not done again: {count} pixels differ from the photo"
    # And it is what was asked about once: what is kept now is of this photo.
    yield 1.0
    controller().stop()
    yield from until(lambda: not controller().running, 10.0, "the session did not end")
    document.setActiveNode(document.nodeByName("Paint here"))
    yield from started(document)
    assert QApplication.activeModalWidget() is None
    yield from closed(document)


def test_changed_between_sessions_and_begun_anew() -> Steps:
    document, raw = yield from _reopened("Start anew")
    groups = [node for node in document.topLevelNodes() if node.type() == "grouplayer"]
    assert len(groups) == 2, [node.name() for node in document.topLevelNodes()]
    assert sum(group.visible() for group in groups) == 1, "the earlier result was not hidden"
    shot("anew")
    count, rect = differing(pixels(document), raw, document.width(), 4)
    assert count == 0, f"{count} pixels in {rect} are not the photo's"
    yield from closed(document)
