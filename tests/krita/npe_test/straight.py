# SPDX-License-Identifier: MIT OR Apache-2.0
"""The toolbox tool straight into the active paint layer: one step of undo each, to the pixel. Nothing is tested where the tool's
library was not built."""

from __future__ import annotations

from typing import Any, Callable, Generator, List, Tuple

from krita import Krita, Selection

from npe_brush import shim
from npe_brush.qt import QPoint, Qt

from .binding import QtTest
from .gaps import Gaps
from .person import (PHOTO, WAYS, QImage, Steps, bar_button, by_button, by_keys, closed, color, controller, created,
                     differing, docker, history, line, opened, opens_the_docker, pixels, redo, settled, shot, stroke,
                     stroke_at_once, tool, tool_options, undo, until)

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print


def _face(document: Any) -> Tuple[float, float, float]:
    """Centre and side of the face, looked for by the script's functions."""
    from npe_brush import api
    face = api.find_faces(document, document.topLevelNodes()[0])[0]
    return face.cx, face.cy, face.side


def _hair(face: Tuple[float, float, float], count: int = 30) -> List[Tuple[float, float]]:
    x, y, side = face
    return line((x - 0.25 * side, y - 0.42 * side), (x + 0.25 * side, y - 0.42 * side), count)


def _partly(whole: Steps) -> Steps:
    """The first part of a stroke; the pen is down then."""
    for _step in range(25):
        yield next(whole)


def _begun(document: Any, size: float = 0.14) -> Generator[float, None, Tuple[float, float, float]]:
    """A document that was just opened, with the tool chosen; answers where the face is."""
    yield 0.5
    face = _face(document)
    yield from _chosen(face, size)
    return face


def _chosen(face: Tuple[float, float, float], size: float = 0.14) -> Steps:
    """The tool, straight into the layer, as a person chooses it in the tool options."""
    tool()
    page = (yield from opens_the_docker(tool_options())).parentWidget()
    page._into.setCurrentIndex(1)
    page._into.activated.emit(1)
    assert controller().straight
    Krita.instance().activeWindow().activeView().setBrushSize(size * face[2])
    color(240, 190, 60)
    yield 0.2


def _shows(document: Any) -> List[str]:
    return [node.name() for node in document.topLevelNodes()]


def _paints() -> Steps:
    document = opened()
    yield 0.5
    face = _face(document)
    before, layers = pixels(document), _shows(document)
    photo = document.topLevelNodes()[0]
    raw = bytes(photo.pixelData(0, 0, document.width(), document.height()))
    yield from _chosen(face)
    steps = history()
    gaps = Gaps()
    half = stroke(_hair(face), lambda t: 0.4 + 0.6 * t, pause=0.04)
    yield from _partly(half)
    # Krita's other views of it, such as the layer's own pixels, hold it only once it is done.
    assert bytes(photo.pixelData(0, 0, document.width(), document.height())) == raw, "the layer changed under the pen"
    yield from half
    yield from until(lambda: not controller().direct.working, 20.0, "the stroke did not end")
    tell(f"straight into the layer: longest gap {gaps.stop()}; 99 of 100 below {gaps.typical():.0f} ms; from the pen's "
         f"lifting to the layer {1000 * controller().direct.latency:.0f} ms")
    yield from settled()
    first = pixels(document)
    count, (left, top, right, bottom) = differing(before, first, document.width(), 4)
    assert count > 500, f"only {count} pixels changed"
    x, y, side = face
    assert left > x - 1.3 * side and right < x + 1.3 * side and bottom < y + 1.3 * side, "it changed far pixels"
    assert history()[len(steps):] == ["Neural stroke"], history()[len(steps):]
    assert _shows(document) == layers, f"there are other layers: {_shows(document)}"
    shot("straight")
    color(70, 40, 30)
    yield from stroke(line((x - 0.1 * side, y + 0.2 * side), (x + 0.1 * side, y + 0.2 * side), 15))
    yield from settled()
    second = pixels(document)
    assert differing(first, second, document.width(), 4)[0] > 100, "the second stroke changed nothing"
    assert history()[len(steps):] == ["Neural stroke", "Neural stroke"], history()[len(steps):]
    for _take, wanted, what in ((undo, first, "undo of the second"), (undo, before, "undo of both"),
                                (redo, first, "redo of the first"), (redo, second, "redo of both")):
        _take()
        yield from settled()
        assert pixels(document) == wanted, f"{what} is another picture"
    controller().straight = False
    yield from closed(document)


def _quick_strokes() -> Steps:
    """The second begins before the first is in its layer; both are there, and each is a step."""
    document = opened()
    face = yield from _begun(document, 0.08)
    before = pixels(document)
    steps = history()
    _short(face, -0.42)
    _short(face, 0.2)
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"] * 2, history()[len(steps):]
    both = pixels(document)
    undo()
    yield from settled()
    one = pixels(document)
    assert one not in (before, both), "one undo is not one stroke"
    undo()
    yield from settled()
    assert pixels(document) == before, "undo of both left pixels changed"
    controller().straight = False
    yield from closed(document)


def _one_lands_under_the_pen() -> Steps:
    """The first goes into its layer while the second is painted: the second is whole."""
    document = opened()
    face = yield from _begun(document)
    steps = history()
    _short(face, 0.2)
    rest = stroke(_hair(face))
    for _step in range(10):
        yield next(rest)
    yield from until(lambda: history()[len(steps):] == ["Neural stroke"], 20.0, "the first does not go into its layer")
    yield from rest
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"] * 2, history()[len(steps):]
    both = document.projection(0, 0, document.width(), document.height())
    undo()
    yield from settled()
    one = document.projection(0, 0, document.width(), document.height())
    # Fair where it ended.
    x, y, side = face
    at = QPoint(int(x + 0.25 * side), int(y - 0.42 * side))
    tell(f"the second stroke's end: {one.pixelColor(at).name()} became {both.pixelColor(at).name()}")
    assert one.pixelColor(at) != both.pixelColor(at), "the second stroke ended where the first went into its layer"
    controller().straight = False
    yield from closed(document)


def _keeps_to_the_selection() -> Steps:
    document = opened()
    face = yield from _begun(document)
    before = pixels(document)
    selection = Selection()
    selection.select(0, 0, int(face[0]), document.height(), 255)
    document.setSelection(selection)
    yield 0.3
    yield from stroke(_hair(face))
    yield from settled()
    count, (_left, _top, right, _bottom) = differing(before, pixels(document), document.width(), 4)
    assert count > 200, f"only {count} pixels changed"
    assert right <= int(face[0]), f"it changed pixels up to {right}, outside of the selection"
    controller().straight = False
    yield from closed(document)


def _other_spaces() -> Steps:
    """16 bits, floats and grey are painted in their own depth."""
    for space in (("RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc"), ("RGBA", "F32", "sRGB-elle-V2-g10.icc"),
                  ("GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc")):
        document = created(QImage(PHOTO), *space)
        face = yield from _begun(document)
        before = pixels(document)
        yield from stroke(_hair(face, 12))
        yield from settled()
        after = pixels(document)
        assert after != before, f"{space}: nothing changed; {docker().notice.sentence()}"
        undo()
        yield from settled()
        assert pixels(document) == before, f"{space}: undo left pixels changed"
        redo()
        yield from settled()
        assert pixels(document) == after, f"{space}: redo is another picture"
        controller().straight = False
        yield from closed(document)


def _refuses_and_says_why() -> Steps:
    document = opened()
    face = yield from _begun(document)
    before, steps = pixels(document), history()
    photo = document.topLevelNodes()[0]
    photo.setLocked(True)
    yield from stroke(_hair(face, 5))
    assert "locked" in docker().notice.sentence(), docker().notice.sentence()
    photo.setLocked(False)
    yield from stroke(line((face[0], 3.0 * face[2] + face[1]), (face[0], 3.1 * face[2] + face[1]), 5))
    yield from until(lambda: "no face under the pen" in docker().notice.sentence(), 20.0, "a stroke beside the face was taken")
    yield from settled()
    assert pixels(document) == before and history() == steps
    # And then it paints again.
    yield from stroke(_hair(face, 12))
    yield from settled()
    assert pixels(document) != before and docker().notice.sentence() == "", docker().notice.sentence()
    controller().straight = False
    yield from closed(document)


def _given_up() -> Steps:
    """Undo under the pen, and a document that is closed under it, leave nothing; no step before it is undone, and none redone."""
    document = opened()
    face = yield from _begun(document)
    steps = history()
    yield from _given_up_by(document, face, "edit_undo")
    yield from stroke(_hair(face, 12))
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"], history()[len(steps):]
    yield from _given_up_by(document, face, "edit_undo")
    undo()
    yield from settled()
    yield from _given_up_by(document, face, "edit_redo", "edit_undo")
    redo()
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"], "what could be redone is lost"
    half = stroke(_hair(face), pause=0.04)
    yield from _partly(half)
    half.close()
    document.setModified(False)
    document.close()
    yield from until(lambda: not controller().direct.working, 10.0, "the stroke goes on without its document")
    controller().straight = False


def _given_up_by(document: Any, face: Tuple[float, float, float], *names: str) -> Steps:
    """Keys that are pressed under the pen, undo as the last of them."""
    before, there = pixels(document), history()
    half = stroke(_hair(face), pause=0.04)
    yield from _partly(half)
    for name in names:
        assert controller().direct.working, f"the stroke was given up before {name}"
        by_keys(name)(lambda: None)
    yield from half
    yield from settled()
    assert not controller().direct.working, "undo does not give the stroke up"
    assert pixels(document) == before and history() == there, "a stroke that was given up left something, or took something"


def _short(face: Tuple[float, float, float], y: float) -> None:
    """A stroke that is worked out still."""
    x, side = face[0], face[2]
    y = face[1] + y * side
    stroke_at_once([(x - 0.1 * side, y), (x + 0.1 * side, y)])
    _is_worked_out()


def _is_worked_out() -> None:
    assert controller().direct.working, "the stroke is in its layer already: nothing is tested"


def _taken_back() -> Steps:
    """Undo when the pen was lifted and the stroke is not in its layer yet: that stroke goes, and no step before it; the first
    of an image too, and where Krita has nothing left to undo. What Krita can redo stays."""
    document = opened()
    face = yield from _begun(document)
    steps = history()
    yield from _taken_back_in_all_ways(document, face)
    engine = controller().direct._live
    yield from stroke(_hair(face))
    yield from settled()
    first = pixels(document)
    yield from _taken_back_in_all_ways(document, face)
    undo()
    yield from settled()
    assert history() == steps, history()
    yield from _taken_back_in_all_ways(document, face)
    _short(face, 0.2)
    by_keys("edit_redo")(lambda: None)
    assert history() == steps and controller().direct.working, "redo does something while a stroke is worked out"
    controller().take_back(document)
    yield from settled()
    redo()
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"], history()[len(steps):]
    assert controller().direct._live is engine, "the engine began anew"
    for way in (_right_click, _released_beside):
        _short(face, 0.2)
        way(bar_button("edit_undo"))
        assert controller().direct.working, f"{way.__name__} takes a stroke back"
        controller().take_back(document)
    # Of two strokes the second.
    _short(face, 0.2)
    _short(face, 0.3)
    undo()
    yield from settled()
    assert history()[len(steps):] == ["Neural stroke"] * 2, history()[len(steps):]
    # A second press, at once, is a step of Krita's, which composes what was shown.
    half = stroke(_hair(face), pause=0.04)
    yield from _partly(half)
    undo()
    undo()
    assert history()[len(steps):] == ["Neural stroke"], history()[len(steps):]
    yield from half
    yield from settled()
    assert pixels(document) == first, "a stroke that was taken back, and one that was undone, left something"
    by_button("edit_undo")(lambda: None)
    yield from settled()
    assert history() == steps, history()
    controller().straight = False
    yield from closed(document)


def _taken_back_in_all_ways(document: Any, face: Tuple[float, float, float]) -> Steps:
    there, before = history(), pixels(document)
    for how, by in WAYS:
        _short(face, 0.2)
        by("edit_undo")(_is_worked_out)
        assert not controller().direct.working, f"undo by {how} does not take back a stroke that is worked out"
        yield from settled()
        assert history() == there, f"undo by {how} left {history()}, not {there}"
        assert pixels(document) == before, f"a stroke that was taken back by {how} left something"


def _right_click(button: Any) -> None:
    QtTest.QTest.mouseClick(button, Qt.MouseButton.RightButton)


def _released_beside(button: Any) -> None:
    QtTest.QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QtTest.QTest.mouseRelease(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))


if shim.loaded():
    test_paints = _paints
    test_quick_strokes = _quick_strokes
    test_one_lands_under_the_pen = _one_lands_under_the_pen
    test_keeps_to_the_selection = _keeps_to_the_selection
    test_other_spaces = _other_spaces
    test_refuses_and_says_why = _refuses_and_says_why
    test_given_up = _given_up
    test_taken_back = _taken_back
