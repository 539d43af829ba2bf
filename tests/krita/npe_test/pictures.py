# SPDX-License-Identifier: MIT OR Apache-2.0
"""The picture of the docker for the documentation; run by name only."""

from __future__ import annotations

import os
from typing import Any, Callable

from krita import Krita

from .binding import QtWidgets
from .person import OUT, Steps, closed, color, controller, docker, in_face, line, opened, settled, shot, started, stroke

tell: Callable[[str], Any] = print


def test_docker() -> Steps:
    own = docker()
    document = opened()
    yield 1.0
    window = Krita.instance().activeWindow().qwindow()
    for dock in window.findChildren(QtWidgets.QDockWidget):
        # The painter's usual ones, and room for ours.
        dock.setVisible(dock.objectName() in ("ToolBox", "npe_brush_docker"))
    yield 0.5
    yield from started(document)
    own.unfold("sliders", "views", "model")
    own.press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.1 * controller().frame.side)
    color(232, 178, 70)
    yield from stroke(line(in_face(-0.14, -0.36), in_face(0.0, -0.42), 12)
                      + line(in_face(0.0, -0.42), in_face(0.14, -0.36), 12))
    yield from settled()
    controller().set_attribute("smile", 1.0)
    yield from settled()
    yield 0.5
    shot("docker")
    own.widget().widget().grab().save(os.path.join(OUT, "docker-all.png"))
    own.press_canvas()
    yield from closed(document)
