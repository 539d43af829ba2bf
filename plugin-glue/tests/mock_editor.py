# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Krita of one window, one view and one document with real pixels, on a Qt that is really there: as much as a session needs from
the docker to the layers. Import it before anything of npe_brush."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Optional

import mock_krita

# The real one: mock_krita has put a stand-in there.
del sys.modules["npe_brush.qt"]

from npe_brush import qt  # noqa: E402

#: Of the same binding, what the plug-in itself does not need.
_widgets, _gui = sys.modules[qt.QWidget.__module__], sys.modules[qt.QColor.__module__]
if not hasattr(_gui, "QAction"):
    # Where Qt 5 has it.
    _gui = _widgets


class Node(mock_krita.Node):
    """A layer of 8-bit sRGB as large as its document, or a group."""

    def __init__(self, document: "Document", name: str, kind: str) -> None:
        document.made += 1
        super().__init__(f"{{{document.made}}}", kind)
        self.document, self.text, self.shown, self.alpha, self.locks, self.inherits = document, name, True, 255, False, False
        self.pixels = bytearray(4 * document.width() * document.height()) if kind == "paintlayer" else bytearray()
        self.forms: List[Any] = []

    def name(self) -> str:
        return self.text

    def visible(self) -> bool:
        return self.shown

    def setVisible(self, shown: bool) -> None:  # noqa: N802 - Krita's names, here and below
        self.shown = shown

    def opacity(self) -> int:
        return self.alpha

    def setOpacity(self, alpha: int) -> None:  # noqa: N802
        self.alpha = alpha

    def locked(self) -> bool:
        return self.locks

    def setLocked(self, locks: bool) -> None:  # noqa: N802
        self.locks = locks

    def inheritAlpha(self) -> bool:  # noqa: N802
        return self.inherits

    def setInheritAlpha(self, inherits: bool) -> None:  # noqa: N802
        self.inherits = inherits

    def blendingMode(self) -> str:  # noqa: N802
        return "normal"

    def colorModel(self) -> str:  # noqa: N802
        return "RGBA"

    def colorDepth(self) -> str:  # noqa: N802
        return "U8"

    def colorProfile(self) -> str:  # noqa: N802
        return "sRGB-elle-V2-srgbtrc.icc"

    def addChildNode(self, child: "Node", above: Optional["Node"]) -> bool:  # noqa: N802
        at = len(self.children) if above is None else 1 + next(i for i, n in enumerate(self.children) if n.own == above.own)
        self.children.insert(at, child)
        child.parent = self
        return True

    def remove(self) -> bool:
        self.parent.children.remove(self)
        self.parent = None
        return True

    def bounds(self) -> Any:
        return qt.QRect(0, 0, self.document.width(), self.document.height())

    def _rows(self, x: int, y: int, width: int, height: int) -> List[slice]:
        each = 4 * self.document.width()
        return [slice(row * each + 4 * x, row * each + 4 * (x + width)) for row in range(y, y + height)]

    def pixelData(self, x: int, y: int, width: int, height: int) -> Any:  # noqa: N802
        return qt.QByteArray(b"".join(bytes(self.pixels[part]) for part in self._rows(x, y, width, height)))

    projectionPixelData = pixelData

    def setPixelData(self, data: Any, x: int, y: int, width: int, height: int) -> None:  # noqa: N802
        data = bytes(data)
        assert len(data) == 4 * width * height, "another count of bytes than of pixels"
        for i, part in enumerate(self._rows(x, y, width, height)):
            self.pixels[part] = data[4 * i * width:4 * (i + 1) * width]

    def thumbnail(self, width: int, height: int) -> Any:
        w, h = self.document.width(), self.document.height()
        return qt.QImage(bytes(self.pixels), w, h, 4 * w, qt.QImage.Format.Format_ARGB32).scaled(width, height)

    def addShapesFromSvg(self, _svg: str) -> List[Any]:  # noqa: N802
        self.forms = [mock_krita.Anything()]
        return self.forms

    def shapes(self) -> List[Any]:
        return self.forms


class Document(mock_krita.Document):
    """One with a photo: rows of blue, green, red, alpha."""

    def __init__(self, photo: bytes, width: int, height: int) -> None:
        super().__init__()
        self.size, self.made = (width, height), 0
        self.root = Node(self, "root", "grouplayer")
        self.photo = Node(self, "photo", "paintlayer")
        self.photo.pixels[:] = photo
        self.root.addChildNode(self.photo, None)
        self.active = self.photo

    def width(self) -> int:
        return self.size[0]

    def height(self) -> int:
        return self.size[1]

    def xRes(self) -> float:  # noqa: N802
        return 72.0

    yRes = xRes

    def activeNode(self) -> Node:  # noqa: N802
        return self.active

    def setActiveNode(self, node: Node) -> None:  # noqa: N802
        self.active = node

    def topLevelNodes(self) -> List[Node]:  # noqa: N802
        return list(self.root.children)

    def createNode(self, name: str, kind: str) -> Node:  # noqa: N802
        return Node(self, name, kind)

    def createGroupLayer(self, name: str) -> Node:  # noqa: N802
        return Node(self, name, "grouplayer")

    def createVectorLayer(self, name: str) -> Node:  # noqa: N802
        return Node(self, name, "vectorlayer")

    def selection(self) -> None:
        return None

    def refreshProjection(self) -> None:  # noqa: N802
        """There is nothing to compose."""

    waitForDone = refreshProjection


class KisQPainterCanvas(qt.QWidget):
    """Qt names it as Krita's canvas is named."""


class _Color:
    def colorForCanvas(self, _canvas: Any) -> Any:  # noqa: N802
        return qt.QColor(240, 190, 60)


class View:
    """An image of as many pixels as the canvas has."""

    def __init__(self, window: "Window") -> None:
        self.window = window

    def document(self) -> Document:
        return self.window.document

    def canvas(self) -> Any:
        return self.window.canvas

    def flakeToImageTransform(self) -> Any:  # noqa: N802
        return qt.QTransform()

    flakeToCanvasTransform = flakeToImageTransform

    def foregroundColor(self) -> _Color:  # noqa: N802
        return _Color()

    def brushSize(self) -> float:  # noqa: N802
        return 30.0

    def currentBlendingMode(self) -> str:  # noqa: N802
        return "normal"


class Window:
    """Krita's one window, with the image in it."""

    def __init__(self, document: Document) -> None:
        self.document, self.docks = document, []  # type: ignore[var-annotated]
        self.main = _widgets.QMainWindow()
        area = qt.QMdiArea()
        self.main.setCentralWidget(area)
        frame = qt.QWidget()
        self.canvas = KisQPainterCanvas(frame)
        self.canvas.resize(*document.size)
        area.addSubWindow(frame).show()
        self.main.resize(document.width() + 400, document.height() + 100)
        self.main.show()

    def qwindow(self) -> Any:
        return self.main

    def activeView(self) -> View:  # noqa: N802
        return View(self)

    def dockers(self) -> List[Any]:
        return self.docks

    def createAction(self, _name: str, text: str, _menu: str) -> Any:  # noqa: N802
        return _gui.QAction(text, self.main)


class Notifier(qt.QObject):
    applicationClosing, windowCreated = qt.pyqtSignal(), qt.pyqtSignal()

    def setActive(self, _active: bool) -> None:  # noqa: N802
        """Krita's."""


class Krita(mock_krita.Krita):
    """The application, with a window where one was opened."""

    window: Optional[Window] = None
    told = Notifier()
    actions: Dict[str, Any] = {}

    def action(self, name: str) -> Any:
        """One that nothing comes of."""
        if name not in self.actions:
            self.actions[name] = _gui.QAction(name)
            self.actions[name].setObjectName(name)
        return self.actions[name]

    def activeWindow(self) -> Optional[Window]:  # noqa: N802
        return self.window

    def windows(self) -> List[Window]:
        return [self.window] if self.window is not None else []

    def activeDocument(self) -> Optional[Document]:  # noqa: N802
        return self.window.document if self.window is not None else None

    def documents(self) -> List[Document]:
        return [window.document for window in self.windows()]

    def notifier(self) -> Notifier:
        return self.told

    def icon(self, _name: str) -> Any:
        return qt.QIcon()


class Extension(qt.QObject):
    def __init__(self, _parent: Krita) -> None:
        super().__init__()


class DockWidget(_widgets.QDockWidget):
    """As Krita's, it begins without a title."""


sys.modules["krita"].__dict__.update(Krita=Krita, DockWidget=DockWidget, Extension=Extension)
