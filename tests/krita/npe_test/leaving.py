# SPDX-License-Identifier: MIT OR Apache-2.0
"""Krita quits in the middle of things: run alone, Krita's exit status is what counts."""

from __future__ import annotations

from typing import Any, Callable

from krita import Krita

from npe_brush import tool

from .person import Steps, color, controller, docker, half_a_stroke, in_face, line, opened, started, stroke

tell: Callable[[str], Any] = print


def test_quit_while_painting() -> Steps:
    document = opened()
    yield from started(document)
    docker().press_canvas()
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 20))
    # The engine is still at it, and the session goes on.
    controller().sample(5)
    document.setModified(False)


def test_quit_under_a_stroke_of_the_tool() -> Steps:
    """The pen is down in Krita's toolbox tool, where there is one."""
    if not tool.registered():
        return
    document = opened()
    yield from started(document)
    Krita.instance().action("NpeNeuralBrush").trigger()
    yield 0.3
    yield from half_a_stroke()
    document.setModified(False)
