# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the plug-in is for, from end to end, with the toolbox tool where it was built and on the canvas without it: a tablet paints
hair onto a portrait and a smile onto a drawn face; what is saved is looked at, and Krita's undo history."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any, Callable, Generator, List, Tuple

from krita import InfoObject, Krita

from npe_brush import model_box, shim
from npe_brush.view import canvas_widget, to_image

from .binding import QtGui
from .gaps import Gaps, Looking
from .person import (DRAWN, OUT, Pen, QImage, QPointF, Qt, Steps, closed, color, controller, created, differing,
                     docker, history, in_face, line, opened, pixels, redo, settled, shot, started, stroke, tool, undo, until)

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print

_WAY = "with the tool" if shim.loaded() else "without the tool"
_FILES = "tool" if shim.loaded() else "canvas"


def _armed(size: float) -> Steps:
    """The neural brush in the person's hand, so large in sides of the face's frame."""
    if shim.loaded():
        tool()
    else:
        docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(size * controller().frame.side)
    yield 0.3


def _disarmed() -> None:
    if docker().canvas_brush.on:
        docker().press_canvas()


def _seen_at(x: float, y: float) -> "Tuple[int, int, int]":
    """The colour on the screen, at a point of the image: what the eye sees, the canvas and all that lies over it."""
    with Looking():
        window = Krita.instance().activeWindow()
        canvas = canvas_widget(window)
        at = canvas.mapToGlobal(to_image(window.activeView()).inverted()[0].map(QPointF(x, y)).toPoint())
        grabbed = QtGui.QGuiApplication.primaryScreen().grabWindow(0, at.x(), at.y(), 1, 1).toImage().pixelColor(0, 0)
        return grabbed.red(), grabbed.green(), grabbed.blue()


def _apart(a: Tuple[int, ...], b: Tuple[int, ...]) -> int:
    return max(abs(one - other) for one, other in zip(a, b))


def _latencies(spots: List[Tuple[float, float]]) -> Generator[float, None, List[float]]:
    """Dabs, one after the other, each a stroke. Answers how long each took from the pen's touch to the screen, in milliseconds;
    one that changes hardly anything is left out."""
    times, pen = [], Pen()
    for x, y in spots:
        pen.hover(x, y)
        yield 0.3
        before, began = _seen_at(x, y), time.monotonic()
        pen.press(x, y, 0.9)
        seen = None
        while time.monotonic() - began < 5.0 and seen is None:
            yield 0.003
            seen = time.monotonic() - began if _apart(before, _seen_at(x, y)) >= 2 else None
        pen.lift(x, y)
        yield from settled()
        if seen is not None:
            times.append(1000.0 * seen)
    return times


def _look(document: Any, name: str) -> QImage:
    """What is saved as a picture for others, read again."""
    path = os.path.join(OUT, name + ".png")
    document.setBatchmode(True)
    assert document.exportImage(path, InfoObject()), f"{path} was not written"
    picture = QImage(path).convertToFormat(QImage.Format.Format_RGB888)
    assert (picture.width(), picture.height()) == (document.width(), document.height()), path
    return picture


def _bytes(picture: QImage) -> bytes:
    """Rows without gaps."""
    each = 3 * picture.width()
    bits = picture.constBits()
    bits.setsize(picture.bytesPerLine() * picture.height())
    whole = bytes(bits)
    return b"".join(whole[y * picture.bytesPerLine():y * picture.bytesPerLine() + each] for y in range(picture.height()))


def _mean(picture: QImage, left: Tuple[float, float], right: Tuple[float, float]) -> Tuple[float, float, float]:
    """The colour between two corners, on the average."""
    found = [picture.pixelColor(x, y) for x in range(int(left[0]), int(right[0]), 2)
             for y in range(int(left[1]), int(right[1]), 2)]
    return (statistics.mean(c.red() for c in found), statistics.mean(c.green() for c in found),
            statistics.mean(c.blue() for c in found))


def _changed_inside(before: QImage, after: QImage) -> Tuple[int, int, int, int]:
    """Where two pictures differ, which must be in the face's region; outside of that not one bit may."""
    count, (left, top, right, bottom) = differing(_bytes(before), _bytes(after), before.width(), 3)
    r = controller().region
    assert count > 300, f"only {count} pixels changed"
    assert left >= r.x and top >= r.y and right <= r.x + r.width and bottom <= r.y + r.height, (
        f"pixels {left}–{right} × {top}–{bottom} changed, outside of the face's region {r}")
    return left, top, right, bottom


def _back_and_forth(document: Any, pictures: List[bytes], each: int) -> Steps:
    """Undo of stroke after stroke, and redo; `pictures` is before all of them and after each."""
    width = document.width()
    for wanted in reversed(pictures[:-1]):
        undo()
        yield from settled()
        count, rect = differing(pixels(document), wanted, width, each)
        assert count == 0, f"undo of a stroke left {count} pixels in {rect}"
    for wanted in pictures[1:]:
        redo()
        yield from settled()
        count, rect = differing(pixels(document), wanted, width, each)
        assert count == 0, f"redo of a stroke brought {count} other pixels in {rect}"


def _two_strokes_hold(what: str, name: str, document: Any, before: QImage, pictures: List[bytes], steps: List[str],
                      gaps: Gaps) -> Generator[float, None, QImage]:
    """After two strokes that stand in `pictures`: a step of undo each, every pixel back and forth, and what is saved differs in the
    face's region alone. Answers that."""
    tell(f"{what}, {_WAY}: longest gap while painting {gaps.stop()}; 99 of 100 below {gaps.typical():.0f} ms")
    assert len(history()) == len(steps) + 2, f"two strokes made the steps {history()[len(steps):]}"
    shot(f"closing-{_FILES}-{what}")
    yield from _back_and_forth(document, pictures, 4)
    after = _look(document, f"{name}-{_FILES}")
    assert document.saveAs(os.path.join(OUT, f"{name}-{_FILES}.kra")), "the document was not saved"
    _changed_inside(before, after)
    return after


def test_hair_onto_a_portrait() -> Steps:
    document = opened()
    yield 1.5
    before = _look(document, "portrait-before")
    gaps = Gaps()
    yield from started(document)
    tell(f"hair, {_WAY}: longest gap of the interface while the face is opened {gaps.stop()}")
    yield from _armed(0.13)
    shot("closing-" + _FILES + "-before")
    color(42, 28, 20)
    pictures, steps = [pixels(document)], history()
    gaps = Gaps()
    times = yield from _latencies([in_face(x, -0.33 - 0.05 * (1 - (x / 0.2) ** 2)) for x in (-0.16, -0.08, 0.0, 0.08, 0.16)])
    dabs = len(history()) - len(steps)
    assert dabs == 5, f"five dabs made the steps {history()[len(steps):]}"
    assert len(times) >= 3, f"only {len(times)} of 5 dabs were seen"
    tell(f"hair, {_WAY}: from a dab to the screen {statistics.median(times):.0f} ms (median of {len(times)}, "
         f"{min(times):.0f} to {max(times):.0f}); longest gap {gaps.stop()}")
    for dab in range(dabs):
        undo()
        assert len(history()) == len(steps) + dabs - dab - 1, f"undo number {dab + 1} left {history()[len(steps):]}"
        yield 0.1
    yield from settled()
    assert pixels(document) == pictures[0], "undo of the dabs left pixels changed"
    # And now as one paints: along the hairline, and once more above it.
    gaps, steps = Gaps(), history()
    arc = [in_face(0.24 * t, -0.30 - 0.10 * (1 - t * t)) for t in (i / 20 - 1 for i in range(41))]
    yield from stroke(arc, lambda t: 0.4 + 0.6 * min(1.0, 4 * t * (1.2 - t)))
    yield from settled()
    pictures.append(pixels(document))
    yield from stroke(line(in_face(-0.2, -0.45), in_face(0.2, -0.45), 40), lambda t: 0.7)
    yield from settled()
    pictures.append(pixels(document))
    after = yield from _two_strokes_hold("hair", "portrait", document, before, pictures, steps, gaps)
    place = in_face(-0.12, -0.40), in_face(0.12, -0.30)
    was, now = _mean(before, *place), _mean(after, *place)
    assert sum(now) < sum(was) - 3 * 25, f"the forehead was {was} and is {now}: no dark hair"
    tell(f"hair, {_WAY}: the forehead's mean colour {tuple(map(round, was))} became {tuple(map(round, now))}")
    _disarmed()
    yield from closed(document)


def test_smile_onto_a_drawn_face() -> Steps:
    """The drawn face is a picture where one is at hand, else one that the model makes up; its mouth is below the middle."""
    path = os.path.join(model_box.FOLDER, "anime.safetensors")
    if not os.path.exists(path):
        tell("SKIPPED smile: the model anime is not installed")
        return
    if DRAWN:
        picture = QImage(DRAWN).scaled(512, 512, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        document = created(picture, "RGBA", "U8", "")
        docker().model.choose(path)
        from krita import Selection
        selection = Selection()
        selection.select(0, 0, picture.width(), picture.height(), 255)
        document.setSelection(selection)
        yield 0.5
        docker().press_selection()
    else:
        document = Krita.instance().createDocument(512, 512, "drawn", "RGBA", "U8", "", 72.0)
        Krita.instance().activeWindow().addView(document)
        yield 0.5
        docker().model.choose(path)
        controller().portrait_from_nothing(9)
    yield from until(lambda: controller().frame is not None and controller().layers is not None, 60.0, "no face was opened")
    yield from settled()
    assert "anime" in docker().model.truth(), docker().model.truth()
    before = _look(document, "drawn-before")
    yield from _armed(0.036)
    pictures, steps = [pixels(document)], history()
    x, y = (-0.01, 0.135) if DRAWN else (-0.05, 0.15)
    gaps = Gaps()
    color(153, 26, 31)
    yield from stroke([in_face(x + 0.09 * t, y + 0.035 * (1 - t * t)) for t in (i / 12 - 1 for i in range(25))], lambda t: 0.9)
    yield from settled()
    pictures.append(pixels(document))
    color(115, 15, 20)
    Krita.instance().activeWindow().activeView().setBrushSize(0.026 * controller().frame.side)
    yield from stroke([in_face(x + 0.06 * t, y + 0.005 + 0.028 * (1 - t * t)) for t in (i / 12 - 1 for i in range(25))],
                      lambda t: 0.9)
    yield from settled()
    pictures.append(pixels(document))
    after = yield from _two_strokes_hold("smile", "drawn", document, before, pictures, steps, gaps)
    place = in_face(x - 0.05, y + 0.01), in_face(x + 0.05, y + 0.04)
    was, now = _mean(before, *place), _mean(after, *place)
    redder = (now[0] - (now[1] + now[2]) / 2) - (was[0] - (was[1] + was[2]) / 2)
    assert redder > 30, f"the mouth was {was} and is {now}: no red"
    tell(f"smile, {_WAY}: the mouth's mean colour {tuple(map(round, was))} became {tuple(map(round, now))}")
    _disarmed()
    yield from closed(document)
    docker().model.choose(None)
