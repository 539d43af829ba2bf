# SPDX-License-Identifier: MIT OR Apache-2.0
"""A session in an editor that is made up (mock_editor), on a Qt that is real: every module is imported, the docker and the tool's
page are built, hair is painted with a pen, Krita's undo is played, and all ends. NPE_TEST_QT is the binding, PyQt5 or PyQt6.
Run by test_krita_qt, in a process of its own: only one Qt goes into one."""

from __future__ import annotations

import os
import pkgutil
import sys
import time
from typing import Any, Callable

BINDING = os.environ["NPE_TEST_QT"]
# The other one must not be taken.
sys.modules[{"PyQt5": "PyQt6", "PyQt6": "PyQt5"}[BINDING]] = None  # type: ignore[assignment]

import places  # noqa: E402

if BINDING == "PyQt6":
    from PyQt6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
    from PyQt6.QtWidgets import QApplication
else:
    from PyQt5.QtGui import QTabletEvent
    from PyQt5.QtWidgets import QApplication

application = QApplication([])

import mock_editor  # noqa: E402
import mock_krita  # noqa: E402
from npe_brush import qt  # noqa: E402
from npe_brush.qt import QEvent, QPointF, Qt  # noqa: E402


def until(what: Callable[[], Any], why: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"{why}; the docker says {docker.notice.sentence()!r}, {docker.state()!r}"
        application.processEvents()
        time.sleep(0.005)


def rest() -> None:
    """Until nothing goes on any more."""
    quiet = time.monotonic()
    while time.monotonic() - quiet < 0.6:
        application.processEvents()
        if docker.is_busy() or docker.controller._pieces.busy:
            quiet = time.monotonic()
        time.sleep(0.005)


def pen(kind: Any, x: float, y: float, pressure: float) -> None:
    """An event of a tablet, as each Qt makes it."""
    at, button = QPointF(x, y), Qt.MouseButton.LeftButton
    none, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    one = none if kind == QEvent.Type.TabletMove else button
    held = none if kind == QEvent.Type.TabletRelease else button
    if BINDING == "PyQt6":
        event = QTabletEvent(kind, device, at, at, pressure, 0.0, 0.0, 0.0, 0.0, 0.0, plain, one, held)
    else:
        event = QTabletEvent(kind, at, at, QTabletEvent.Stylus, QTabletEvent.Pen, pressure, 0, 0, 0.0, 0.0, 0, plain, 1, one,
                             held)
    application.sendEvent(window.canvas, event)
    application.processEvents()


if BINDING == "PyQt6":
    device = QPointingDevice("pen", 1, QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen,
                             QInputDevice.Capability.Position | QInputDevice.Capability.Pressure, 1, 3)

for module in pkgutil.iter_modules([mock_krita.PACKAGE]):
    __import__("npe_brush." + module.name)
from npe_brush import controller, docker as dockers, extension, tool_panel  # noqa: E402

places.library()
photo = places.astronaut()
pixels = bytearray()
for i in range(0, len(photo.data), 3):
    pixels += bytes((photo.data[i + 2], photo.data[i + 1], photo.data[i], 255))
document = mock_editor.Document(bytes(pixels), photo.width, photo.height)
window = mock_editor.Krita.window = mock_editor.Window(document)

extension.register()
own = mock_editor.Krita.extensions[-1]
own.createActions(window)
docker = dockers.NeuralBrushDocker()
window.docks.append(docker)
window.main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docker)
docker.unfold("sliders", "views", "tiles", "model")
docker.canvasChanged(None)
outer = qt.QWidget()
qt.QVBoxLayout(outer)
tool_panel.fill(qt.sip.unwrapinstance(outer))
application.processEvents()
assert outer.layout().count() > 1, "the tool's page is empty"

docker.press_start()
until(lambda: docker.controller.layers is not None and docker.controller.frame is not None, "no face was opened")
rest()
face, region = docker.controller.frame, docker.controller.region
result = docker.controller.layers.result
assert not any(result.pixels), "there is a result before anything was painted"
assert "faces" in docker.model.truth(), docker.model.truth()

docker.press_canvas()
docker.canvas_brush.hook()
across = [(region.x + face.cx + 0.01 * i * face.side, region.y + face.cy - 0.42 * face.side) for i in range(-20, 21, 2)]
pen(QEvent.Type.TabletPress, *across[0], 0.8)
for at in across[1:]:
    pen(QEvent.Type.TabletMove, *at, 0.8)
pen(QEvent.Type.TabletRelease, *across[-1], 0.0)
rest()
strokes = [node for node in docker.controller.layers.group.childNodes() if node.name() == "Neural stroke"]
assert len(strokes) == 1, f"one stroke made {len(strokes)} layers"
assert any(result.pixels[3::4]), f"nothing came of the stroke: {docker.notice.sentence()}"
# Krita's undo takes the stroke's layer away.
strokes[0].remove()
rest()
assert not any(result.pixels[3::4]), "without the stroke its result stays"

# The docker's own: a slider, a sample, a tile, views.
docker.controller.set_attribute("smile", 1.5)
rest()
assert any(result.pixels[3::4]), "the slider changed nothing"
docker.controller.undo_change()
docker.controller.paint_latents(2.5, 2.5, 2.0, 3.0)
rest()
assert docker._views._pictures[dockers.npe.VIEW_RESULT]._image is not None, "no view is shown"
docker.grab()
docker.controller.stop()
until(lambda: not docker.controller.running, "the session does not end")
assert docker.notice.sentence() == "", docker.notice.sentence()
assert document.annotations, "the strokes are not kept"
mock_editor.Krita.told.applicationClosing.emit()
assert controller.active() is docker.controller
# Krita's window goes, and what is in it.
qt.sip.delete(outer)
qt.sip.delete(window.main)
print(f"a session on {BINDING} {qt.QLibraryInfo.__module__}: done")
