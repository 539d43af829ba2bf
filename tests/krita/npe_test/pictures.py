# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pictures of the docker and of the tool for the documentation; run by name only."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from krita import Krita

from npe_brush import shim

from .binding import QtWidgets
from .person import (Steps, closed, color, controller, docker, in_face, line, opened, settled, shot, started, stroke, tool,
                     tool_options)

tell: Callable[[str], Any] = print


def _only(*names: str) -> Steps:
    """A large window with these of the dockers."""
    window = Krita.instance().activeWindow().qwindow()
    window.showMaximized()
    for dock in window.findChildren(QtWidgets.QDockWidget):
        dock.setVisible(dock.objectName() in names)
    yield 1.0


def _arc(width: float, top: float, high: float) -> "list[Tuple[float, float]]":
    return [in_face(width * t, top - high * (1 - t * t)) for t in (i / 20 - 1 for i in range(41))]


def test_docker() -> Steps:
    own = docker()
    document = opened()
    yield from _only("ToolBox", "npe_brush_docker")
    yield from started(document)
    own.unfold("sliders", "views", "model")
    own.press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.12 * controller().frame.side)
    color(190, 120, 40)
    yield from stroke(_arc(0.2, -0.33, 0.08))
    yield from stroke(line(in_face(-0.15, -0.44), in_face(0.15, -0.44), 20))
    yield from settled()
    controller().set_attribute("smile", 1.0)
    yield from settled()
    yield 0.5
    shot("docker")
    own.press_canvas()
    yield from closed(document)


def _tool() -> Steps:
    document = opened()
    yield from _only("ToolBox", "sharedtooldocker", "KisLayerBox")
    yield from started(document)
    tool()
    tool_options()
    Krita.instance().activeWindow().activeView().setBrushSize(0.13 * controller().frame.side)
    color(42, 28, 20)
    yield from stroke(_arc(0.24, -0.30, 0.10))
    yield from stroke(line(in_face(-0.2, -0.45), in_face(0.2, -0.45), 40))
    yield from settled()
    yield 0.5
    shot("tool")
    yield from closed(document)


if shim.loaded():
    test_tool = _tool
