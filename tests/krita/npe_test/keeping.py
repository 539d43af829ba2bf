# SPDX-License-Identifier: MIT OR Apache-2.0
"""What stays: edits in .kra files that are opened again and gone on with, baked layers, before and after, reset."""

from __future__ import annotations

import os
from typing import Any, Callable

from krita import Krita

from npe_brush import layers, model_box

from .person import (OUT, Steps, closed, color, controller, differing, docker, history, in_face, line, opened, painted_hair,
                     pixels, settled, shot, shows, started, stroke, undo, until)

tell: Callable[[str], Any] = print


def _painted(document: Any) -> Steps:
    """A session with hair painted on the canvas."""
    yield from started(document)
    yield from painted_hair(document)


def _kept(document: Any) -> Any:
    """What the document keeps of the edit."""
    found = layers.find(document, document.activeNode())
    return found[0] if found is not None else None


def test_save_open_go_on() -> Steps:
    document = opened()
    yield from _painted(document)
    controller().set_attribute("smile", 1.5)
    yield from settled()
    yield from until(lambda: _kept(document) is not None and _kept(document).saved.base > 0, 10.0,
                     "the strokes were not kept")
    painted = pixels(document)
    path = os.path.join(OUT, "kept.kra")
    document.setBatchmode(True)
    assert document.saveAs(path), "the document was not saved"
    yield from closed(document)

    document = opened(path)
    yield 0.5
    assert pixels(document) == painted, "the saved image is another one"
    document.setActiveNode(document.nodeByName("Paint here"))
    yield from started(document)
    yield from settled()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"going on changed {count} pixels before anything was painted"
    docker().press_canvas()
    color(90, 30, 30)
    Krita.instance().activeWindow().activeView().setBrushSize(0.08 * controller().frame.side)
    yield from stroke(line(in_face(-0.12, 0.2), in_face(0.12, 0.2), 12))
    yield from settled()
    docker().press_canvas()
    more = pixels(document)
    assert differing(painted, more, document.width(), 4)[0] > 300, "a stroke after opening changed nothing"
    undo()
    yield from settled()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"undo after opening left {count} pixels changed"
    yield from closed(document)


def test_before_reset_bake() -> Steps:
    document = opened()
    before = pixels(document)
    yield from _painted(document)
    painted = pixels(document)
    docker().press_before()
    yield from shows(document, before, "“Before” does not show the photo")
    docker().press_before()
    yield from shows(document, painted, "after “Before” the result is not back")
    controller().show_paint(True)
    yield from until(lambda: pixels(document) != painted, 10.0, "“Show paint” shows nothing")
    shot("paint")
    controller().show_paint(False)
    yield from shows(document, painted, "the paint does not hide again")
    steps = len(history())
    controller().reset()
    yield from settled()
    assert pixels(document) == before, "reset left pixels changed"
    for _step in range(len(history()) - steps):
        undo()
        yield 0.2
    yield from settled()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"undo of the reset left {count} pixels"
    baked = pixels(document)
    controller().bake()
    yield from until(lambda: not controller().running, 10.0, "baking did not end the session")
    yield 0.8
    names = [node.name() for node in document.topLevelNodes()]
    assert names[-1] == "Neural Brush" and document.topLevelNodes()[-1].type() == "paintlayer", names
    assert pixels(document) == baked, "the baked layer shows something else"
    # And on from the baked layer.
    document.setActiveNode(document.topLevelNodes()[-1])
    yield from started(document)
    yield from settled()
    assert [node.type() for node in document.topLevelNodes()] == ["paintlayer", "grouplayer"]
    count, _rect = differing(baked, pixels(document), document.width(), 4)
    assert count < 300, f"going on from the baked layer changed {count} pixels"
    yield from closed(document)


def test_sliders_tiles_sample() -> Steps:
    document = opened()
    before = pixels(document)
    yield from started(document)
    own = controller()
    own.set_attribute("smile", 2.0)
    yield from settled()
    smiling = pixels(document)
    assert differing(before, smiling, document.width(), 4)[0] > 500, "the slider changed nothing"
    own.undo_change()
    yield from settled()
    assert pixels(document) == before, "undo of a slider left pixels changed"
    own.redo_change()
    yield from settled()
    assert pixels(document) == smiling
    own.paint_latents(2.5, 2.5, 2.0, 3.0)
    yield from settled()
    assert pixels(document) != smiling, "painting on the latents changed nothing"
    own.sample(7)
    yield from settled()
    shot("sample")
    own.reset()
    yield from settled()
    assert pixels(document) == before, "reset left pixels changed"
    yield from closed(document)


def test_from_nothing() -> Steps:
    """A blank canvas, a face that does not exist, another one, a stroke on it."""
    document = Krita.instance().createDocument(700, 900, "blank", "RGBA", "U8", "", 72.0)
    Krita.instance().activeWindow().addView(document)
    yield 0.5
    before = pixels(document)
    docker().press_start()
    yield from until(lambda: "From nothing" in docker().notice.sentence(), 30.0, "a blank image was not explained")
    assert controller().portrait_from_nothing(11)
    yield from until(lambda: controller().layers is not None, 30.0)
    yield from settled()
    shot("nothing")
    first = pixels(document)
    count, (left, top, right, bottom) = differing(before, first, document.width(), 4)
    assert count > 250_000, "there is no portrait"
    assert left < 20 and right > 680 and 40 < top < 80 and bottom < 780, f"the portrait is at {left}, {top}, {right}, {bottom}"
    # Its edge is soft.
    corner = 4 * (60 * document.width() + 10)
    assert first[corner:corner + 4] == before[corner:corner + 4], "the portrait's corner is not blank"
    groups = len(document.topLevelNodes())
    last = controller().last
    assert docker().press_nothing() == "Random face"
    yield from until(lambda: controller().last is not last, 30.0, "no other face came")
    yield from settled()
    shot("nothing-another")
    portrait = pixels(document)
    assert differing(first, portrait, document.width(), 4)[0] > 100_000, "there is no other face"
    assert len(document.topLevelNodes()) == groups, "another face made other layers"
    docker().press_canvas()
    color(70, 30, 20)
    Krita.instance().activeWindow().activeView().setBrushSize(0.12 * controller().frame.side)
    yield from stroke(line(in_face(-0.22, -0.36), in_face(0.22, -0.36), 15))
    yield from settled()
    shot("nothing-hair")
    assert differing(portrait, pixels(document), document.width(), 4)[0] > 500
    undo()
    yield from settled()
    count, rect = differing(portrait, pixels(document), document.width(), 4)
    assert count == 0, f"undo left {count} pixels in {rect}"
    docker().press_canvas()
    yield from closed(document)
    assert docker().controller.from_nothing is False


def test_from_nothing_drawn() -> Steps:
    """The same with the model for drawn faces: a smile is painted onto one."""
    path = os.path.join(model_box.FOLDER, "anime.safetensors")
    if not os.path.exists(path):
        tell(f"SKIPPED drawn faces: {path} is not there")
        return
    document = Krita.instance().createDocument(600, 600, "blank", "RGBA", "U8", "", 72.0)
    Krita.instance().activeWindow().addView(document)
    yield 0.5
    controller().load(path, "auto")
    assert controller().portrait_from_nothing(4)
    yield from until(lambda: controller().layers is not None, 30.0)
    yield from settled()
    assert "anime" in docker().model.truth(), docker().model.truth()
    portrait = pixels(document)
    docker().press_canvas()
    color(200, 60, 70)
    Krita.instance().activeWindow().activeView().setBrushSize(0.05 * controller().frame.side)
    yield from stroke(line(in_face(-0.1, 0.24), in_face(0.1, 0.24), 12))
    yield from settled()
    shot("drawn")
    count, _rect = differing(portrait, pixels(document), document.width(), 4)
    assert count > 100, f"a mouth was painted and {count} pixels changed"
    yield from until(lambda: _kept(document) is not None, 10.0, "the strokes were not kept")
    assert _kept(document).model == path, _kept(document).model
    docker().press_canvas()
    yield from closed(document)
    controller().load(None, "auto")
