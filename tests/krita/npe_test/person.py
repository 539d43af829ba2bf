# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person does in Krita, and what they see: documents, the docker, a pen with pressure, the canvas."""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Generator, Iterator, List, Tuple

from krita import Krita

from npe_brush import extension
from npe_brush.qt import QByteArray, QColor, QEvent, QImage, QPoint, QPointF, Qt, QToolButton
from npe_brush.view import canvas_widget, to_image

from .binding import QtCore, QtGui, QtTest, QtWidgets
from .gaps import Looking

Steps = Iterator[float]
PHOTO = os.environ.get("NPE_TEST_PHOTO", "")
#: A picture of a drawn face; "" if none is at hand.
DRAWN = os.environ.get("NPE_TEST_DRAWN", "")
OUT = os.environ.get("NPE_TEST_OUT", "")
_NONE, _LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
#: A pen as Qt 6 wants one; Qt 5 has none.
_TABLET: Any = None
if hasattr(QtGui, "QPointingDevice"):
    _TABLET = QtGui.QPointingDevice(
        "pen", 1, QtGui.QInputDevice.DeviceType.Stylus, QtGui.QPointingDevice.PointerType.Pen,
        QtGui.QInputDevice.Capability.Position | QtGui.QInputDevice.Capability.Pressure, 1, 3)
#: The tool's id in Krita.
TOOL = "NpeNeuralBrush"


def docker() -> Any:
    found = extension.docker_of(None)
    assert found is not None, "there is no docker"
    found.setVisible(True)
    found.raise_()
    return found


def controller() -> Any:
    return docker().controller


def until(what: Callable[[], Any], seconds: float = 30.0, why: str = "") -> Steps:
    """Lets Krita work until something is so."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            said = docker().notice.sentence()
            raise AssertionError(f"{why or 'it did not happen'} in {seconds:.0f} s; the docker says: {said!r}")
        yield 0.02


def opened(path: str = "") -> Any:
    """A photo in a view."""
    document = Krita.instance().openDocument(path or PHOTO)
    assert document is not None, f"{path or PHOTO} does not open"
    Krita.instance().activeWindow().addView(document)
    Krita.instance().setActiveDocument(document)
    return document


def created(picture: QImage, model: str, depth: str, profile: str) -> Any:
    """A document of some colour space with a picture on its lowest layer."""
    document = Krita.instance().createDocument(picture.width(), picture.height(), "test", "RGBA", "U8",
                                               "sRGB-elle-V2-srgbtrc.icc", 72.0)
    picture = picture.convertToFormat(QImage.Format.Format_ARGB32)
    bits = picture.constBits()
    bits.setsize(picture.bytesPerLine() * picture.height())
    node = document.topLevelNodes()[0]
    node.setPixelData(QByteArray(bytes(bits)), 0, 0, picture.width(), picture.height())
    if (model, depth, profile) != ("RGBA", "U8", ""):
        assert document.setColorSpace(model, depth, profile), (model, depth, profile)
    document.refreshProjection()
    document.waitForDone()
    Krita.instance().activeWindow().addView(document)
    Krita.instance().setActiveDocument(document)
    document.setActiveNode(node)
    return document


def closed(document: Any) -> Steps:
    """Closes it without asking. Not within 0.1 s of a change of layers: Krita 5.2.9 shows that in its Layers docker then, and falls
    over an image that is closed (`KisNodeModel::processUpdateQueue`)."""
    if controller().running:
        controller().close()
    yield 0.4
    document.setModified(False)
    document.close()
    yield 0.3


def cleared() -> None:
    """Closes all, as after a test that failed."""
    own = docker()
    own.controller.close()
    own.notice.take("")
    if own.canvas_brush.on:
        own.press_canvas()
    for document in Krita.instance().documents():
        document.setModified(False)
        document.close()


def started(document: Any) -> Steps:
    """Presses Start and waits for the face."""
    yield 0.3
    docker().press_start()
    yield from until(lambda: controller().frame is not None and controller().layers is not None, 60.0,
                     "no face was opened")
    yield 0.3


def settled() -> Steps:
    """Waits until the engine has nothing to do and all is drawn."""
    quiet = time.monotonic()
    end = quiet + 40.0
    last, looks = None, 0
    # Where the machine has much to do, time alone passes between two looks.
    while time.monotonic() - quiet < 0.7 or looks < 20:
        assert time.monotonic() < end, "the engine does not come to rest"
        now = (controller().last, docker().is_busy(), controller()._pieces.busy, controller().direct.working)
        looks += 1
        if now != last or any(now[1:]):
            last, quiet, looks = now, time.monotonic(), 0
        yield 0.03
    document = controller().document
    if document is not None:
        with Looking():
            document.waitForDone()
    yield 0.4


def pixels(document: Any) -> bytes:
    """All of the image as it is seen."""
    with Looking():
        document.waitForDone()
        return bytes(document.pixelData(0, 0, document.width(), document.height()))


def shows(document: Any, wanted: bytes, why: str) -> Steps:
    """Waits until the image is seen so."""
    yield from until(lambda: pixels(document) == wanted, 10.0, why)


def differing(a: bytes, b: bytes, width: int, each: int) -> Tuple[int, Tuple[int, int, int, int]]:
    """How many pixels differ, and the rectangle (left, top, right, bottom) around them."""
    assert len(a) == len(b)
    count, left, top, right, bottom = 0, width, -1, 0, 0
    row = width * each
    for y in range(len(a) // row):
        one, two = a[y * row:(y + 1) * row], b[y * row:(y + 1) * row]
        if one == two:
            continue
        top, bottom = (y if top < 0 else top), y + 1
        for x in range(width):
            if one[x * each:(x + 1) * each] != two[x * each:(x + 1) * each]:
                count += 1
                left, right = min(left, x), max(right, x + 1)
    return count, (left, max(top, 0), right, bottom)


def color(red: int, green: int, blue: int) -> None:
    """Picks a colour as a person does."""
    from krita import ManagedColor
    view = Krita.instance().activeWindow().activeView()
    view.setForeGroundColor(ManagedColor.fromQColor(QColor(red, green, blue), view.canvas()))


def brush_tool() -> None:
    Krita.instance().action("KritaShape/KisToolBrush").trigger()


class Pen:
    """A tablet's pen over the active view's canvas; points are pixels of the image."""

    def __init__(self) -> None:
        window = Krita.instance().activeWindow()
        self._canvas = canvas_widget(window)
        self._canvas.setFocus()
        self._from_image, ok = to_image(window.activeView()).inverted()
        assert ok

    def hover(self, x: float, y: float) -> None:
        self._tell(QEvent.Type.TabletMove, x, y, 0.0, _NONE, _NONE)

    def press(self, x: float, y: float, pressure: float) -> None:
        self._tell(QEvent.Type.TabletPress, x, y, pressure, _LEFT, _LEFT)

    def move(self, x: float, y: float, pressure: float) -> None:
        self._tell(QEvent.Type.TabletMove, x, y, pressure, _NONE, _LEFT)

    def lift(self, x: float, y: float) -> None:
        self._tell(QEvent.Type.TabletRelease, x, y, 0.0, _LEFT, _NONE)

    def _tell(self, kind: Any, x: float, y: float, pressure: float, button: Any, buttons: Any) -> None:
        on = self._from_image.map(QPointF(x, y))
        everywhere = QPointF(self._canvas.mapToGlobal(on.toPoint()))
        keys = Qt.KeyboardModifier.NoModifier
        if _TABLET is not None:
            event = QtGui.QTabletEvent(kind, _TABLET, on, everywhere, pressure, 0.0, 0.0, 0.0, 0.0, 0.0, keys, button, buttons)
        else:
            event = QtGui.QTabletEvent(kind, on, everywhere, QtGui.QTabletEvent.Stylus, QtGui.QTabletEvent.Pen, pressure, 0, 0, 0.0,
                                       0.0, 0, keys, 1, button, buttons)
        QtCore.QCoreApplication.sendEvent(self._canvas, event)


def stroke(points: List[Tuple[float, float]], pressure: Callable[[float], float] = lambda t: 0.8,
           pause: float = 0.02) -> Steps:
    """Draws with a pen through points in pixels of the image."""
    pen = Pen()
    yield 0.05
    pen.hover(*points[0])
    yield pause
    pen.press(*points[0], pressure(0.0))
    for i, point in enumerate(points[1:]):
        yield pause
        pen.move(*point, pressure(i / len(points)))
    yield pause
    pen.lift(*points[-1])
    yield 0.1


def stroke_at_once(points: List[Tuple[float, float]]) -> None:
    """The same, so quick that nothing is done meanwhile: no result is there before the pen is lifted."""
    pen = Pen()
    pen.hover(*points[0])
    pen.press(*points[0], 0.8)
    for point in points[1:]:
        pen.move(*point, 0.8)
    pen.lift(*points[-1])


def under_the_pen(document: Any, points: List[Tuple[float, float]],
                  pressure: Callable[[float], float] = lambda t: 0.8) -> Generator[float, None, Steps]:
    """A stroke up to where something of it is seen; answers what is left of it."""
    before, rest = _seen(document), stroke(points, pressure)
    for _step in range(len(points) // 2):
        yield next(rest)
    yield from until(lambda: _seen(document) != before, 20.0, "nothing is seen before the pen is lifted")
    return rest


def _seen(document: Any) -> bytes:
    """All of the image as far as it is composed: Krita ends a stroke of its tools when it is to wait for the rest."""
    with Looking():
        return bytes(document.pixelData(0, 0, document.width(), document.height()))


def line(a: Tuple[float, float], b: Tuple[float, float], count: int = 25) -> List[Tuple[float, float]]:
    return [(a[0] + (b[0] - a[0]) * i / (count - 1), a[1] + (b[1] - a[1]) * i / (count - 1)) for i in range(count)]


def in_face(x: float, y: float) -> Tuple[float, float]:
    """A point of the frame, -0.5 to 0.5 from its centre, in pixels of the image."""
    own = controller()
    return (own.region.x + own.frame.cx + x * own.frame.side, own.region.y + own.frame.cy + y * own.frame.side)


def painted_hair(document: Any) -> Steps:
    """A stroke of fair hair on the canvas, in a session that was started."""
    docker().press_canvas()
    Krita.instance().activeWindow().activeView().setBrushSize(0.14 * controller().frame.side)
    color(240, 190, 60)
    yield from stroke(line(in_face(-0.25, -0.42), in_face(0.25, -0.42), 15))
    yield from settled()
    docker().press_canvas()


def history() -> List[str]:
    """What Krita's undo history lists up to now."""
    for dock in Krita.instance().activeWindow().qwindow().findChildren(QtWidgets.QDockWidget):
        if dock.objectName() == "History":
            view = dock.findChildren(QtWidgets.QListView)[0]
            model = view.model()
            return [model.index(i, 0).data() for i in range(view.currentIndex().row() + 1)]
    raise AssertionError("Krita has no undo history docker")


def undo() -> None:
    """Ctrl+Z."""
    _keys("edit_undo")


def redo() -> None:
    """Ctrl+Shift+Z."""
    _keys("edit_redo")


def _keys(name: str) -> None:
    # What Qt tells an action whose keys were pressed; it asks nobody who has the focus, but whether it is enabled.
    action = Krita.instance().action(name)
    assert action.isEnabled(), f"the keys of {name} do nothing: it is disabled"
    QtCore.QCoreApplication.sendEvent(action, QtGui.QShortcutEvent(action.shortcut(), 0))


#: Presses an action; what is to happen right before that is done then.
Press = Callable[[Callable[[], Any]], None]


def by_keys(name: str) -> Press:
    """Real ones, which Krita's window must have the focus for."""
    def press(before: Callable[[], Any]) -> None:
        canvas = canvas_widget(Krita.instance().activeWindow())
        canvas.setFocus()
        before()
        QtTest.QTest.keySequence(canvas, Krita.instance().action(name).shortcut())
    return press


def place(name: str, kind: type) -> Tuple[Any, Any]:
    """An action, and a widget of a kind that it is in."""
    action = Krita.instance().action(name)
    for widget in (action.associatedObjects if hasattr(action, "associatedObjects") else action.associatedWidgets)():
        if isinstance(widget, kind):
            return action, widget
    raise AssertionError(f"{name} is in no {kind.__name__}")


def bar_button(name: str) -> Any:
    """An action's button in a toolbar."""
    action, bar = place(name, QtWidgets.QToolBar)
    return bar.widgetForAction(action)


def by_button(name: str) -> Press:
    def press(before: Callable[[], Any]) -> None:
        button = bar_button(name)
        before()
        QtTest.QTest.mouseClick(button, _LEFT)
        assert not button.isDown(), f"the button of {name} stays down"
    return press


def by_item(name: str) -> Press:
    def press(before: Callable[[], Any]) -> None:
        action, menu = place(name, QtWidgets.QMenu)
        menu.popup(QPoint(50, 50))
        before()
        QtTest.QTest.mouseClick(menu, _LEFT, Qt.KeyboardModifier.NoModifier, menu.actionGeometry(action).center())
        assert not menu.isVisible(), f"the menu with {name} stays open"
    return press


#: How an action can be pressed.
WAYS = (("keys", by_keys), ("the toolbar's button", by_button), ("the menu's item", by_item))


def tool() -> Any:
    """Chooses the Neural Brush of the toolbox as its key does; answers its button."""
    action = Krita.instance().action(TOOL)
    assert action is not None, "Krita knows no action of the tool"
    action.trigger()
    return tool_button()


def tool_button() -> Any:
    for button in Krita.instance().activeWindow().qwindow().findChildren(QToolButton):
        if button.objectName() == TOOL:
            return button
    raise AssertionError("the toolbox has no button of the tool")


def tool_options() -> Any:
    """The page of the tool options."""
    for dock in Krita.instance().activeWindow().qwindow().findChildren(QtWidgets.QDockWidget):
        if dock.objectName() == "sharedtooldocker":
            dock.setVisible(True)
            dock.raise_()
            return dock
    raise AssertionError("Krita has no tool options")


def opens_the_docker(dock: Any) -> Generator[float, None, Any]:
    """The tool's page comes into the tool options after a while; answers a button of it."""
    def found() -> List[Any]:
        return [button for button in dock.findChildren(QtWidgets.QPushButton) if button.text() == "Open the docker"]
    yield from until(found, 10.0, "the tool's page is empty")
    return found()[0]


def half_a_stroke() -> Steps:
    """The pen goes down and moves, and is not lifted."""
    whole = stroke(line(in_face(-0.2, -0.4), in_face(0.2, -0.4), 30))
    for _step in range(20):
        yield next(whole)
    whole.close()


def shot(name: str) -> None:
    """A picture of the window."""
    Krita.instance().activeWindow().qwindow().grab().save(os.path.join(OUT, name + ".png"))
