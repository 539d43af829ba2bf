# SPDX-License-Identifier: MIT OR Apache-2.0
"""What goes wrong, and what is said then."""

from __future__ import annotations

import os
from typing import Any, Callable

from krita import Krita

from npe_brush import extension, layers, shim

from .person import (OUT, Steps, closed, color, controller, differing, docker, in_face, line, opened, pixels, redo, settled,
                     started, stroke, tool, undo, until)

tell: Callable[[str], Any] = print


def test_closed_while_busy() -> Steps:
    document = opened()
    yield from started(document)
    docker().press_canvas()
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15), pause=0.0)
    # See `closed`.
    yield 0.4
    controller().sample(3)
    document.setModified(False)
    document.close()
    yield from until(lambda: not controller().running, 10.0, "the session did not end with its image")
    docker().press_canvas()
    assert "closed" in docker().state(), docker().state()
    yield 0.5
    # And again with the face being looked for.
    document = opened()
    yield 0.3
    docker().press_start()
    document.setModified(False)
    document.close()
    yield from until(lambda: not controller().running, 30.0, "the search did not end with its image")
    yield 0.3


def test_missing_model() -> Steps:
    document = opened()
    yield from started(document)
    before = pixels(document)
    docker().model.choose("/nowhere/at-all.safetensors")
    assert docker().model.shown()[0] == "/nowhere/at-all.safetensors", docker().model.shown()
    yield from until(lambda: docker().notice.sentence(), 20.0, "nothing was said of a model that is not there")
    said = docker().notice.sentence()
    assert "at-all.safetensors" in said and "Traceback" not in said, said
    assert pixels(document) == before
    assert controller().model is None, controller().model
    assert docker().model.shown() == (None, "auto"), f"the docker shows {docker().model.shown()}"
    # The model that was there goes on.
    docker().notice.take("")
    docker().press_canvas()
    color(240, 190, 60)
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15))
    yield from settled()
    painted = pixels(document)
    assert painted != before, "nothing can be painted after a model was not found"
    docker().press_canvas()
    yield from until(lambda: kept_of(document) is not None and kept_of(document).saved.count() > 0, 10.0,
                     "the strokes were not kept")
    path = os.path.join(OUT, "missing-model.kra")
    document.setBatchmode(True)
    assert document.saveAs(path), "the document was not saved"
    yield from closed(document)
    document = opened(path)
    yield 0.5
    document.setActiveNode(document.nodeByName("Paint here"))
    assert kept_of(document).model == "", f"the document names {kept_of(document).model!r}"
    yield from started(document)
    yield from settled()
    assert docker().notice.sentence() == "", docker().notice.sentence()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"going on changed {count} pixels"
    yield from closed(document)


def kept_of(document: Any) -> Any:
    """What the document keeps of the edit."""
    found = layers.find(document, document.activeNode())
    return found[0] if found is not None else None


def test_missing_model_before_start() -> Steps:
    """A choice that can't be loaded, with no session: the first Start says so, the next one works."""
    for path, device in (("/nowhere/at-all.safetensors", "auto"), (None, "cuda:63")):
        document = opened()
        yield 0.3
        controller().load(path, device)
        docker().model.put_back(path, "auto")
        docker().press_start()
        yield from until(lambda: docker().notice.sentence(), 40.0, f"nothing was said of {path or device}")
        yield from until(lambda: not controller().running, 10.0, "a session goes on without a model")
        assert docker().model.shown() == (None, "auto"), f"the docker shows {docker().model.shown()}"
        yield from started(document)
        assert controller().model is None and docker().notice.sentence() == "", docker().notice.sentence()
        yield from closed(document)


def test_stop_under_a_failing_model() -> Steps:
    """Stop while a model that is not there is looked for: what was painted is kept."""
    document = opened()
    yield from started(document)
    docker().press_canvas()
    color(240, 190, 60)
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15))
    docker().press_canvas()
    docker().model.choose("/nowhere/at-all.safetensors")
    docker().press_start()
    yield from until(lambda: not controller().running, 20.0, "Stop did not end the session")
    assert kept_of(document).model == "" and kept_of(document).saved.count() > 0, kept_of(document)
    yield from closed(document)


def _missing_model_straight() -> Steps:
    """The same for strokes straight into the layer."""
    from npe_brush import api
    document = opened()
    yield 0.5
    face = api.find_faces(document, document.topLevelNodes()[0])[0]
    before = pixels(document)
    tool()
    controller().straight = True
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * face.side)
    color(240, 190, 60)
    docker().model.choose("/nowhere/at-all.safetensors")
    across = line((face.cx - 0.25 * face.side, face.cy - 0.42 * face.side), (face.cx + 0.25 * face.side, face.cy - 0.42 * face.side), 15)
    yield from stroke(across)
    yield from until(lambda: docker().notice.sentence(), 20.0, "nothing was said of a model that is not there")
    yield from settled()
    assert docker().model.shown() == (None, "auto"), f"the docker shows {docker().model.shown()}"
    assert pixels(document) == before
    yield from stroke(across)
    yield from settled()
    assert pixels(document) != before and docker().notice.sentence() == "", docker().notice.sentence()
    assert controller().model is None
    controller().straight = False
    yield from closed(document)


if shim.loaded():
    test_missing_model_straight = _missing_model_straight


def test_missing_device() -> Steps:
    """CUDA is asked for where there is none: the docker says so, or what is really used."""
    document = opened()
    yield from started(document)
    controller().load(None, "cuda")
    yield from until(lambda: docker().notice.sentence() or "CUDA" in docker().model.truth(), 40.0)
    tell(f"CUDA: {docker().notice.sentence() or docker().model.truth()}")
    controller().load(None, "auto")
    yield from settled()
    yield from closed(document)


def test_nothing_open() -> Steps:
    yield 0.3
    docker().press_start()
    yield 0.2
    assert "No image is open" in docker().notice.sentence(), docker().notice.sentence()


def test_layers_undone() -> Steps:
    """The person undoes the session's own layers, and brings them back."""
    document = opened()
    yield from started(document)
    for _step in range(8):
        undo()
        yield 0.1
    yield from until(lambda: "gone" in docker().state(), 10.0, "nothing was said of layers that are gone")
    for _step in range(8):
        redo()
        yield 0.1
    yield from settled()
    before = pixels(document)
    docker().press_canvas()
    color(240, 190, 60)
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15))
    yield from settled()
    assert pixels(document) != before, "nothing can be painted on layers that were brought back"
    docker().press_canvas()
    yield from closed(document)


def test_old_krita() -> Steps:
    """The version guard, by what it looks at; the sentence is shown in the docker's place."""
    for text, numbers in (("5.2.9", (5, 2)), ("5.1.5", (5, 1)), ("6.0.0-prealpha (git 1a2b)", (6, 0)),
                          ("what", (0, 0))):
        assert extension.version(text) == numbers, text
    extension.TooOld.sentence = extension.too_old("5.1.5")
    place = extension.TooOld()
    assert "5.1.5" in place.widget().text() and "5.2" in place.widget().text(), place.widget().text()
    place.deleteLater()
    yield 0.0
