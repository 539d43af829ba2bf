# SPDX-License-Identifier: MIT OR Apache-2.0
"""Painting on a portrait, in both ways: with Krita's own brush on the guide, and on the canvas itself."""

from __future__ import annotations

import time
from typing import Any, Callable, Generator, List, Tuple

from krita import Krita

from npe_brush import presses, shim
from npe_brush.qt import QImage
from npe_shared import npe

from .binding import QtCore
from .gaps import Gaps
from .person import (PHOTO, WAYS, Steps, brush_tool, by_keys, closed, color, controller, created, differing, docker, history, in_face,
                     line, opened, painted_hair, pixels, redo, settled, shot, started, stroke, tool, under_the_pen, undo)

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print


def _check_region(document: Any, before: bytes, after: bytes, what: str) -> None:
    """Something has changed, and only inside the frame's surroundings."""
    count, (left, top, right, bottom) = differing(before, after, document.width(), 4)
    r = controller().region
    assert count > 500, f"{what}: only {count} pixels changed"
    assert left >= r.x and top >= r.y and right <= r.x + r.width and bottom <= r.y + r.height, (
        f"{what}: pixels {left}–{right} × {top}–{bottom} changed, outside of the face's region {r}")


def test_brush_on_the_guide() -> Steps:
    document = opened()
    before = pixels(document)
    # Krita is busy with showing the image at first.
    yield 1.5
    gaps = Gaps()
    yield from started(document)
    tell(f"longest gap of the interface while loading: {gaps.stop()}")
    assert pixels(document) == before, "the photo changed before anything was painted"
    brush_tool()
    Krita.instance().activeWindow().activeView().setBrushSize(0.12 * controller().frame.side)
    color(240, 190, 60)
    steps = history()
    gaps = Gaps()
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 40))
    yield from settled()
    tell(f"longest gap while painting on the guide: {gaps.stop()}; 99 of 100 below {gaps.typical():.0f} ms; "
         f"from the guide to the layer {1000 * controller().latency:.0f} ms")
    assert max(gaps.work) < 50, f"the interface's thread computed {max(gaps.work):.0f} ms at a time"
    shot("guide")
    after = pixels(document)
    _check_region(document, before, after, "a stroke on the guide")
    assert len(history()) == len(steps) + 1, f"one stroke made the steps {history()[len(steps):]}"
    undo()
    yield from settled()
    assert pixels(document) == before, "undo left pixels changed"
    redo()
    yield from settled()
    assert pixels(document) == after, "redo brought something else"
    yield from closed(document)


def test_brush_on_the_canvas() -> Steps:
    document = opened()
    before = pixels(document)
    yield from started(document)
    view = Krita.instance().activeWindow().activeView()
    view.canvas().setRotation(20)
    view.setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    docker().press_canvas()
    yield 0.3
    steps = history()
    gaps = Gaps()
    yield from (yield from under_the_pen(document, line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 40), lambda t: 0.3 + 0.7 * t))
    yield from settled()
    tell(f"longest gap while painting on the canvas: {gaps.stop()}; 99 of 100 below {gaps.typical():.0f} ms; "
         f"from the pen to the layer {1000 * controller().latency:.0f} ms")
    assert max(gaps.work) < 50, f"the interface's thread computed {max(gaps.work):.0f} ms at a time"
    shot("canvas")
    first = pixels(document)
    _check_region(document, before, first, "a stroke on the canvas")
    assert len(history()) == len(steps) + 1, f"one stroke made the steps {history()[len(steps):]}"
    color(60, 40, 30)
    yield from stroke(line(in_face(-0.1, 0.2), in_face(0.1, 0.2), 20))
    yield from settled()
    second = pixels(document)
    assert second != first, "the second stroke changed nothing"
    undo()
    yield from settled()
    assert pixels(document) == first, "undo of the second stroke is not the first"
    undo()
    yield from settled()
    assert pixels(document) == before, "undo of both strokes left pixels changed"
    redo()
    yield from settled()
    redo()
    yield from settled()
    count, _rect = differing(pixels(document), second, document.width(), 4)
    assert count < 200, f"redo of both strokes brought {count} other pixels"
    docker().press_canvas()
    view.canvas().setRotation(0)
    yield from closed(document)


def test_quick_undo_and_redo() -> Steps:
    """Two steps of undo at once, then two of redo: all ends in the same pictures, to the bit."""
    document = opened()
    before = pixels(document)
    yield from started(document)
    docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.12 * controller().frame.side)
    color(60, 40, 30)
    yield from stroke(line(in_face(-0.25, -0.40), in_face(0.25, -0.40), 20))
    yield from settled()
    color(250, 250, 245)
    yield from stroke(line(in_face(-0.1, 0.2), in_face(0.1, 0.2), 15))
    yield from settled()
    both, steps = pixels(document), len(history())
    for take, wanted, left, what in ((undo, before, steps - 2, "undos"), (redo, both, steps, "redos"),
                                     (undo, before, steps - 2, "undos, again"), (redo, both, steps, "redos, again")):
        take()
        # As quick as a key repeats; the engine is at the first then.
        yield 0.06
        take()
        yield from settled()
        assert len(history()) == left, f"two quick {what} left {len(history())} steps in Krita's history, not {left}"
        count, rect = differing(pixels(document), wanted, document.width(), 4)
        assert count == 0, f"two quick {what} end with {count} other pixels in {rect}"
    docker().press_canvas()
    yield from closed(document)


def test_undo_and_redo_while_krita_draws() -> Steps:
    """Krita ignores both while the image waits to be composed, which results make it do: with keys, button and menu alike, no
    press is lost to them."""
    document = created(QImage(PHOTO).scaledToWidth(2400), "RGBA", "U8", "")
    _make_heavy(document)
    yield from started(document)
    before = pixels(document)
    yield from painted_hair(document)
    after, steps = pixels(document), len(history())
    # Of the image, so that it takes less than a press waits on a slow machine too.
    share = 1.0
    for how, by in WAYS:
        for what, press, wanted, left in (("undo", by("edit_undo"), before, steps - 1), ("redo", by("edit_redo"), after, steps)):
            for _try in range(8):
                docker()._presses.waited = 0.0
                press(lambda: _kept_busy(document, share))
                waited = docker()._presses.waited
                if 0.0 < waited < presses.PATIENCE:
                    break
                assert waited or len(history()) == left, f"{what} by {how} was lost, and did not wait"
                # Krita was done before the click came, or took longer than a press waits: once more.
                share = share / 2 if waited else min(1.0, 2 * share)
                yield from settled()
                if len(history()) == left:
                    (redo if what == "undo" else undo)()
                    yield from settled()
            else:
                raise AssertionError(f"{what} by {how} never waits until Krita is done: nothing is tested")
            assert len(history()) == left, f"{what} by {how} did nothing after {waited:.2f} s, because Krita was drawing"
            yield from settled()
            assert pixels(document) == wanted, f"{what} by {how} left another picture"
    yield from closed(document)


def _make_heavy(document: Any) -> None:
    """Krita composes all of the image for some hundred milliseconds, longer than a click takes: layers that no one sees, below
    the photo."""
    for _layer in range(4):
        photo = document.topLevelNodes()[-1]
        copy = photo.duplicate()
        photo.setBlendingMode("saturation")
        document.rootNode().addChildNode(copy, photo)
    document.setActiveNode(document.topLevelNodes()[-1])
    document.waitForDone()


def _kept_busy(document: Any, share: float) -> None:
    """Has Krita compose a share of the image. The plug-in's vector layer tells of itself after a while, and needs the interface for
    it."""
    end = time.monotonic() + 10.0
    while time.monotonic() < end:
        controller().screen.refresh(document, npe.Rect(0, 0, document.width(), int(share * document.height())))
        heard = time.monotonic() + 0.5
        while time.monotonic() < heard:
            QtCore.QCoreApplication.processEvents()
            # Not the first look: what the vector layer draws of itself is done in a moment.
            if not any(_idle(document) for _look in range(5)):
                return
    raise AssertionError("Krita is done at once: nothing is tested")


def _idle(document: Any) -> bool:
    time.sleep(0.002)
    if not document.tryBarrierLock():
        return False
    document.unlock()
    return True


def _with_hair() -> Generator[float, None, Tuple[Any, bytes, bytes, List[str]]]:
    """A session with one stroke in it: the document, its pixels before and after that, and Krita's history."""
    document = opened()
    yield from started(document)
    before = pixels(document)
    yield from painted_hair(document)
    return document, before, pixels(document), history()


def test_undo_and_redo_under_the_pen() -> Steps:
    """Undo takes back the stroke under the pen, and no step before it; redo is nothing then."""
    document, before, after, steps = yield from _with_hair()
    mouth = line(in_face(-0.1, 0.2), in_face(0.1, 0.2), 20)
    color(60, 40, 30)
    for brush, choose, leave in _BRUSHES:
        choose()
        yield 0.3
        for how, by in WAYS[:2]:
            rest = yield from under_the_pen(document, mouth)
            by("edit_undo")(lambda: None)
            assert history() == steps, f"{brush}: undo by {how} under the pen left {history()}, not {steps}"
            yield from rest
            yield from settled()
            assert history() == steps, f"{brush}: a stroke that was taken back by {how} made {history()} of {steps}"
            assert pixels(document) == after, f"{brush}: a stroke that was taken back by {how} left something"
        undo()
        yield from settled()
        rest = yield from under_the_pen(document, mouth)
        for name in ("edit_redo", "edit_undo"):
            by_keys(name)(lambda: None)
            assert history() == steps[:-1], f"{brush}: {name} under the pen left {history()}, not {steps[:-1]}"
        yield from rest
        yield from settled()
        assert pixels(document) == before, f"{brush}: a stroke that was taken back where there is something to redo left something"
        redo()
        yield from settled()
        assert history() == steps and pixels(document) == after, f"{brush}: what could be redone is lost"
        leave()
    yield from closed(document)


#: The neural brushes of a session: how they are chosen, and left.
_BRUSHES = [("the canvas", lambda: docker().press_canvas(), lambda: docker().press_canvas())]
if shim.loaded():
    _BRUSHES.append(("the tool", tool, brush_tool))


def test_the_canvas_is_left_under_the_pen() -> Steps:
    """The stroke is given up then; the next undo is of the step before."""
    document, before, after, steps = yield from _with_hair()
    docker().press_canvas()
    color(60, 40, 30)
    rest = yield from under_the_pen(document, line(in_face(-0.1, 0.2), in_face(0.1, 0.2), 20))
    docker().press_canvas()
    yield from rest
    yield from settled()
    assert history() == steps, f"a stroke whose brush was left made {history()} of {steps}"
    count, rect = differing(pixels(document), after, document.width(), 4)
    assert count == 0, f"a stroke whose brush was left left {count} pixels in {rect}"
    undo()
    yield from settled()
    assert history() == steps[:-1] and pixels(document) == before, f"undo left {history()}, not {steps[:-1]}"
    yield from closed(document)


def test_undo_and_redo_under_a_brush_of_kritas() -> Steps:
    """Krita ignores both then, and so it is with paint on the guide."""
    document = opened()
    yield from started(document)
    brush_tool()
    Krita.instance().activeWindow().activeView().setBrushSize(0.12 * controller().frame.side)
    color(240, 190, 60)
    for name in ("edit_undo", "edit_redo"):
        steps = history()
        half = stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 20))
        for _step in range(10):
            yield next(half)
        docker()._presses.waited = -1.0
        by_keys(name)(lambda: None)
        assert docker()._presses.waited >= 0.0, f"{name} under the pen did not arrive"
        assert history() == steps, f"{name} under the pen left {history()}, not {steps}"
        yield from half
        yield from settled()
        assert len(history()) == len(steps) + 1, f"after {name} under the pen the stroke made {history()} of {steps}"
        # Something to redo.
        undo()
        yield from settled()
    yield from closed(document)


def test_eraser_on_the_canvas() -> Steps:
    """Krita's eraser takes paint away again: the photo comes back there."""
    document = opened()
    before = pixels(document)
    yield from started(document)
    view = Krita.instance().activeWindow().activeView()
    docker().press_canvas()
    view.setBrushSize(0.1 * controller().frame.side)
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.15, -0.4), in_face(0.15, -0.4), 15))
    yield from settled()
    painted = pixels(document)
    assert painted != before
    steps = history()
    view.setCurrentBlendingMode("erase")
    view.setBrushSize(0.3 * controller().frame.side)
    yield from stroke(line(in_face(-0.25, -0.4), in_face(0.25, -0.4), 15))
    yield from settled()
    assert pixels(document) == before, "the eraser left paint"
    assert len(history()) == len(steps) + 1, f"erasing made the steps {history()[len(steps):]}"
    undo()
    yield from settled()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"undo of the eraser left {count} pixels"
    view.setCurrentBlendingMode("normal")
    docker().press_canvas()
    yield from closed(document)
