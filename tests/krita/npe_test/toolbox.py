# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Neural Brush of the toolbox: that it is there, that it paints, that Krita undoes it, and what happens when things
go wrong under it. Without the shim (libnpe_krita_tool.so) there is only one test: that it is said."""

from __future__ import annotations

import gc
import os
import struct
import tempfile
from typing import Any, Callable

from krita import Krita

from npe_brush import shim
from npe_brush import tool as events
from npe_shared import log

from .gaps import Gaps
from .person import (TOOL, Steps, closed, color, controller, differing, docker, half_a_stroke, history, in_face, line,
                     opened, opens_the_docker, pixels, redo, settled, shot, started, stroke, stroke_at_once, tool, tool_button,
                     tool_options, under_the_pen, undo, until)

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print


def _told_of_no_tool() -> Steps:
    """All that can be tested where the shim was not built."""
    assert Krita.instance().action(TOOL) is None, "there is an action without a tool"
    with open(log.path(), encoding="utf-8") as file:
        assert "without the tool" in file.read(), "the log does not say why there is no tool"
    said = docker().notice.sentence()
    way, why = docker().model.way()
    assert "Krita's Python" in way and shim.path() in why, f"the docker says {way!r} because of {why!r}"
    if os.path.exists(shim.path()):
        assert shim.path() in said and "Krita" in said, f"the docker says {said!r} of a tool that does not fit"
    else:
        assert said == "", f"nobody has built a tool, and the docker says {said!r}"
    yield 0.0


def _is_in_the_toolbox() -> Steps:
    document = opened()
    yield 0.5
    assert docker().model.way() == ("The toolbox tool is there; its library writes the layers.", ""), docker().model.way()
    button = tool_button()
    assert not button.icon().isNull(), "the tool has no icon"
    assert "Neural Brush" in button.toolTip(), button.toolTip()
    action = Krita.instance().action(TOOL)
    assert action.shortcut().toString() == "N", f"its key is {action.shortcut().toString()!r}"
    tool()
    yield 0.3
    assert button.isChecked(), "its action does not choose it"
    Krita.instance().action("KritaShape/KisToolBrush").trigger()
    yield 0.2
    assert not button.isChecked(), "another tool does not leave it"
    button.click()
    yield 0.3
    assert button.isChecked(), "a click does not choose it"
    yield from closed(document)


def _paints() -> Steps:
    document = opened()
    before = pixels(document)
    yield from started(document)
    tool()
    view = Krita.instance().activeWindow().activeView()
    view.canvas().setRotation(15)
    view.setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    yield 0.3
    steps = history()
    gaps = Gaps()
    yield from (yield from under_the_pen(document, line(in_face(-0.3, -0.3), in_face(0.14, -0.44), 40), lambda t: 0.3 + 0.7 * t))
    yield from settled()
    tell(f"longest gap while painting with the tool: {gaps.stop()}; 99 of 100 below {gaps.typical():.0f} ms; from "
         f"the pen to the layer {1000 * controller().latency:.0f} ms")
    after = pixels(document)
    count, (left, top, right, bottom) = differing(before, after, document.width(), 4)
    r = controller().region
    assert count > 500, f"only {count} pixels changed"
    assert left >= r.x and top >= r.y and right <= r.x + r.width and bottom <= r.y + r.height, "it changed far pixels"
    assert history()[len(steps):] == ["Neural stroke"], history()[len(steps):]
    guide = controller().layers.guides()
    assert len(guide) == 1, f"a stroke made layers: {[g.name() for g in guide]}"
    bounds = guide[0].bounds()
    centre = in_face(-0.06, -0.37)
    assert abs(bounds.center().x() - centre[0]) < 0.1 * controller().frame.side, f"the paint is at {bounds}"
    assert abs(bounds.center().y() - centre[1]) < 0.1 * controller().frame.side, f"the paint is at {bounds}"
    # Pressure: the stroke grows to the right.
    heights = [_height(guide[0], in_face(x, -0.42)[0]) for x in (-0.27, 0.1)]
    assert heights[1] > 1.3 * heights[0], f"pressure has no effect: {heights} pixels high at its ends"
    tool_options()
    yield 0.6
    shot("tool")
    color(70, 40, 30)
    yield from stroke(line(in_face(-0.1, 0.2), in_face(0.1, 0.2), 20))
    yield from settled()
    both = pixels(document)
    assert both != after, "the second stroke changed nothing"
    undo()
    yield from settled()
    assert pixels(document) == after, "undo of the second stroke is not the first"
    undo()
    yield from settled()
    assert pixels(document) == before, "undo of both strokes left pixels changed"
    redo()
    yield from settled()
    assert pixels(document) == after, "redo of the first stroke is not the first"
    redo()
    yield from settled()
    assert pixels(document) == both, "redo of the second stroke is not the second"
    view.canvas().setRotation(0)
    yield from closed(document)


def _height(guide: Any, x: float) -> int:
    """How many pixels of a column of a guide are painted."""
    bounds = guide.bounds()
    column = bytes(guide.pixelData(int(x), bounds.y(), 1, bounds.height()))
    return sum(1 for alpha in column[3::4] if alpha > 20)


def _shows_its_options() -> Steps:
    document = opened()
    yield from started(document)
    tool()
    dock = tool_options()
    yield from opens_the_docker(dock)
    # What Python alone holds is gone after this.
    gc.collect()
    panel = yield from opens_the_docker(dock)
    page = panel.parentWidget()
    page._chose_mode(1)
    page._strength.put(0.35)
    yield from until(lambda: controller().mode == 1, 10.0, "the mode is another one")
    yield from until(lambda: abs(docker().settings.strength.value() - 0.35) < 0.01, 10.0, "the strength is another one")
    assert (page._strength.text(), docker().settings.strength.text()) == ("35 %", "35 %"), "strength is not in percent"
    docker().setVisible(False)
    panel.click()
    yield 0.2
    assert docker().isVisible(), "the docker does not open"
    shot("tool_options")
    yield from closed(document)


def _begins_by_itself() -> Steps:
    """A first stroke finds the face; no engine is started before."""
    document = opened()
    yield 0.5
    tool()
    yield from stroke(line((200, 100), (240, 100), 5))
    yield from settled()
    assert controller().running and controller().layers is not None, "the first stroke started nothing"
    yield from closed(document)


def _closed_under_the_stroke() -> Steps:
    document = opened()
    yield from started(document)
    tool()
    yield 0.2
    yield from half_a_stroke()
    assert events._painting is not None, "no stroke is being painted"
    document.setModified(False)
    document.close()
    yield from until(lambda: events._painting is None, 10.0, "the stroke was not given up with its document")
    yield from until(lambda: not controller().running, 10.0, "the session goes on without its document")
    # And a new one works.
    document = opened()
    yield from started(document)
    tool()
    before = pixels(document)
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 20))
    yield from settled()
    assert pixels(document) != before, "no stroke can be painted any more"
    yield from closed(document)


def _another_tool_under_the_stroke() -> Steps:
    document = opened()
    yield from started(document)
    tool()
    color(240, 190, 60)
    yield 0.2
    steps = history()
    yield from half_a_stroke()
    Krita.instance().action("KritaShape/KisToolBrush").trigger()
    yield 0.3
    yield from settled()
    assert events._painting is None, "the stroke goes on under another tool"
    assert history()[len(steps):] == ["Neural stroke"], f"what was painted is not kept: {history()[len(steps):]}"
    yield from closed(document)


def _saved_under_the_stroke() -> Steps:
    document = opened()
    yield from started(document)
    tool()
    color(240, 190, 60)
    yield 0.2
    yield from half_a_stroke()
    with tempfile.TemporaryDirectory() as folder:
        document.setBatchmode(True)
        assert document.saveAs(os.path.join(folder, "stroke.kra")), "it does not save"
        yield 0.5
        assert os.path.getsize(os.path.join(folder, "stroke.kra")) > 10_000
    yield from settled()
    yield from closed(document)


def _keeps_to_the_selection() -> Steps:
    """Paint goes onto the guide through the selection, and an eraser takes it away again."""
    from krita import Selection
    document = opened()
    yield from started(document)
    tool()
    view = Krita.instance().activeWindow().activeView()
    view.setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    middle, top = map(int, in_face(0.0, -0.42))
    left, height = middle - int(0.4 * controller().frame.side), int(0.3 * controller().frame.side)
    selection = Selection()
    selection.select(left, top - height // 2, middle - left, height, 255)
    document.setSelection(selection)
    yield 0.3
    across = line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 30)
    yield from stroke(across)
    yield from settled()
    guide = controller().layers.guides()[0]
    bounds = guide.bounds()
    painted = bytes(guide.pixelData(bounds.x(), bounds.y(), bounds.width(), bounds.height()))
    width = bounds.width()
    right = [i for i in range(len(painted) // 4) if painted[4 * i + 3] and bounds.x() + i % width >= middle]
    assert any(painted[3::4]), "nothing was painted inside the selection"
    assert not right, f"{len(right)} pixels were painted outside of the selection"
    document.setSelection(None)
    view.setCurrentBlendingMode("erase")
    yield 0.2
    yield from stroke(across, lambda t: 1.0)
    yield from stroke(across, lambda t: 1.0)
    yield from settled()
    view.setCurrentBlendingMode("normal")
    left_over = bytes(guide.pixelData(left, top - 2, middle - left, 4))
    assert max(left_over[3::4]) < 20, "the eraser leaves paint"
    assert history()[-1] == "Neural stroke", history()[-1]
    yield from closed(document)


def _paints_into_any_guide() -> Steps:
    """Two quick strokes, one after the other, into a guide of another colour space: the second must not lose the first."""
    document = opened()
    yield from started(document)
    tool()
    guide = controller().layers.guides()[0]
    guide.setColorSpace("RGBA", "F32", "sRGB-elle-V2-g10.icc")
    document.waitForDone()
    view = Krita.instance().activeWindow().activeView()
    view.setBrushSize(0.1 * controller().frame.side)
    color(240, 190, 60)
    yield 0.2
    stroke_at_once(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 6))
    stroke_at_once(line(in_face(-0.2, -0.3), in_face(0.2, -0.3), 6))
    yield from settled()
    assert guide.colorDepth() == "F32"
    for x, y in ((0.0, -0.42), (0.0, -0.3)):
        px, py = map(int, in_face(x, y))
        red, green, blue, alpha = struct.unpack("<4f", bytes(guide.pixelData(px, py, 1, 1)))
        assert alpha > 0.5, f"no paint at {x}, {y}"
        # 240, 190, 60 in linear light.
        assert abs(red - 0.871) < 0.02 and abs(green - 0.515) < 0.02 and abs(blue - 0.045) < 0.02, (red, green, blue)
    yield from closed(document)


if events.registered():
    test_is_in_the_toolbox = _is_in_the_toolbox
    test_paints = _paints
    test_shows_its_options = _shows_its_options
    test_begins_by_itself = _begins_by_itself
    test_closed_under_the_stroke = _closed_under_the_stroke
    test_another_tool_under_the_stroke = _another_tool_under_the_stroke
    test_saved_under_the_stroke = _saved_under_the_stroke
    test_keeps_to_the_selection = _keeps_to_the_selection
    test_paints_into_any_guide = _paints_into_any_guide
else:
    test_told_of_no_tool = _told_of_no_tool
