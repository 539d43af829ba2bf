# SPDX-License-Identifier: MIT OR Apache-2.0
"""npe_brush.api, as a person's script uses it, and the model for drawn faces."""

from __future__ import annotations

import json
import os
from typing import Any, Callable

from krita import Krita

from npe_brush import api

from .person import OUT, PHOTO, QByteArray, Steps, closed, controller, differing, docker, pixels, settled, started

tell: Callable[[str], Any] = print

_STROKES = json.dumps({
    "format": "npe-strokes", "version": 1, "units": "face",
    "operations": [{"kind": "stroke", "color": [0.94, 0.75, 0.24],
                    "dabs": [[0.25, 0.1, 0.08, 0.5, 1], [0.5, 0.06, 0.08, 0.5, 1], [0.75, 0.1, 0.08, 0.5, 1]]}],
})


def test_edit_without_a_window() -> Steps:
    document = Krita.instance().openDocument(PHOTO)
    before = pixels(document)
    faces = api.find_faces(document)
    assert len(faces) >= 1, faces
    layer = api.edit(document, _STROKES, document.topLevelNodes()[0])
    after = pixels(document)
    assert differing(before, after, document.width(), 4)[0] > 500, "the strokes changed nothing"
    mask = api.view(document, "mask", layer)
    assert mask.width() > 8 and not mask.isNull()
    mask.save(os.path.join(OUT, "mask-view.png"))
    layer.remove()
    document.waitForDone()
    document.refreshProjection()
    assert pixels(document) == before, "without the layer the photo is not as it was"
    yield 0.1
    document.setModified(False)
    document.close()


def test_paint_layer() -> Steps:
    document = Krita.instance().openDocument(PHOTO)
    before = pixels(document)
    photo = document.topLevelNodes()[0]
    face = api.find_faces(document, photo)[0]
    paint = document.createNode("paint", "paintlayer")
    side = int(0.3 * face.side)
    paint.setPixelData(QByteArray(b"\x3c\xbe\xf0\xff" * (side * side)), int(face.cx - side / 2),
                       int(face.cy - 0.45 * face.side), side, side)
    layer = api.paint_layer(document, paint, photo)
    assert differing(before, pixels(document), document.width(), 4)[0] > 500, "the paint changed nothing"
    assert layer.type() == "paintlayer"
    for wrong in (lambda: api.paint_layer(document, paint, photo, mode="sideways"), lambda: api.view(document, "soul"),
                  lambda: api.edit(document, "{}", photo), lambda: api.edit(document, _STROKES, photo,
                                                                            model="/no/such.safetensors")):
        try:
            wrong()
        except (api.Refused, api.NpeError) as e:
            assert len(str(e)) > 20, str(e)
        else:
            raise AssertionError("something wrong was accepted")
    yield 0.1
    document.setModified(False)
    document.close()


def test_edit_then_the_docker() -> Steps:
    """What a script made can be gone on with by hand."""
    from .person import opened
    document = opened()
    yield 0.5
    layer = api.edit(document, _STROKES, document.topLevelNodes()[0])
    painted = pixels(document)
    document.setActiveNode(layer)
    yield from started(document)
    yield from settled()
    count, _rect = differing(painted, pixels(document), document.width(), 4)
    assert count < 300, f"going on changed {count} pixels"
    controller().set_attribute("smile", 2.0)
    yield from settled()
    assert pixels(document) != painted
    assert docker().notice.sentence() == "", docker().notice.sentence()
    yield from closed(document)
