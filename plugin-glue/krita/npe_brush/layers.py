# SPDX-License-Identifier: MIT OR Apache-2.0
"""The layers of an edit in a Krita document, and what the document keeps of it.

Above the layer with the photo stands a group "Neural Brush": the *result*, which is locked, and the *guides* that the
person paints on with any brush of Krita's. Guides are invisible by their opacity, not by their eye, so that they can be
painted on: what is seen is the result. Strokes that were made on the canvas itself lie there as guides too.

The strokes are an annotation of the document, saved in .kra files, one for each result by its unique id.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Tuple

from krita import Selection

from npe_shared import document as documents
from npe_shared import log, npe
from npe_shared.document import Kept
from npe_shared.errors import Refused
from npe_shared.words import _

from . import pixels
from .pieces import Answer
from .qt import QBrush, QByteArray, QColor, QImage, QPainter, QPointF, QRadialGradient, QTimer
from .screen import Screen, add_guide

#: Annotations are called this and the unique id of the result layer.
ANNOTATION = "npe-edit"
#: Opacity of the guides where the person wants to see the paint, of 255.
SHOWN_PAINT = 115
#: Where a portrait from nothing begins to fade out, from its middle to its edge.
_OVAL = 0.78


class Layers(NamedTuple):
    """Those of one edit."""

    group: Any
    result: Any

    def guides(self) -> List[Any]:
        """What is painted on, the lowest first."""
        own = self.result.uniqueId()
        return [child for child in self.group.childNodes() if child.type() == "paintlayer" and child.uniqueId() != own]

    def alive(self, document: Any) -> bool:
        """Whether they are in the image: the person may have undone or deleted them."""
        return (document.nodeByUniqueID(self.group.uniqueId()) is not None
                and document.nodeByUniqueID(self.result.uniqueId()) is not None)


def create(document: Any, source: Optional[Any], kind: pixels.Kind, screen: Screen) -> Answer:
    """Puts the group over a source (None: over everything), and makes its guide what the person's brush is on: `Layers`. In
    pieces."""
    made = yield from screen.make(document, source, kind.space)
    activate(document, made.guide)
    return Layers(made.group, made.result)


def soft_oval(frame: npe.Frame) -> Any:
    """A selection that fades out towards the edge of a frame: around a portrait without a photo there is nothing to go over
    into."""
    side = int(frame.side)
    picture = QImage(side, side, QImage.Format.Format_Grayscale8)
    picture.fill(0)
    fade = QRadialGradient(QPointF(0.5 * side, 0.5 * side), 0.5 * side)
    for at, grey in ((_OVAL, 255), (0.5 * (_OVAL + 1.0), 128), (1.0, 0)):
        fade.setColorAt(at, QColor(grey, grey, grey))
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), QBrush(fade))
    painter.end()
    data = picture.constBits()
    data.setsize(picture.bytesPerLine() * side)
    rows, line = bytes(data), picture.bytesPerLine()
    selection = Selection()
    selection.setPixelData(QByteArray(b"".join(rows[y * line:y * line + side] for y in range(side))),
                           int(frame.cx - 0.5 * frame.side), int(frame.cy - 0.5 * frame.side), side, side)
    return selection


def activate(document: Any, node: Any) -> None:
    """Makes it what the person's brush is on. Krita makes a new layer the active one, a moment after it was added."""
    document.setActiveNode(node)
    QTimer.singleShot(60, lambda: document.setActiveNode(node))


def clear_guides(document: Any, layers: Layers) -> None:
    """A new empty guide in place of all the others."""
    old = layers.guides()
    document.setActiveNode(add_guide(document, layers.group))
    for guide in old:
        guide.remove()


def keep(document: Any, result: Any, kept: Kept) -> None:
    """Attaches what the document keeps of an edit."""
    document.setAnnotation(_key(result), "Neural Brush", QByteArray(documents.written(kept)))


def kept(document: Any, result: Any) -> Optional[Kept]:
    """What is kept of a result, None if nothing is or it can't be read (the log then says why)."""
    if _key(result) not in document.annotationTypes():
        return None
    try:
        return documents.read(pixels.taken(document.annotation(_key(result))))
    except ValueError as e:
        log.error("the annotation of layer %r can't be read: %s", result.name(), e)
        return None


def clipped(rect: npe.Rect, to: npe.Rect) -> npe.Rect:
    """What two rectangles have in common; empty if they have nothing."""
    x, y = max(rect.x, to.x), max(rect.y, to.y)
    right, bottom = min(rect.x + rect.width, to.x + to.width), min(rect.y + rect.height, to.y + to.height)
    return npe.Rect(x, y, max(0, right - x), max(0, bottom - y)) if right > x and bottom > y else npe.Rect(0, 0, 0, 0)


def _key(result: Any) -> str:
    return ANNOTATION + "/" + result.uniqueId().toString()


def find(document: Any, node: Any) -> Optional[Tuple[Kept, Optional[Layers]]]:
    """The edit to go on with where a layer is active: the one whose group it is or is in, the one that was baked into
    it (which has no layers then), or else the one whose photo it is and that is not hidden."""
    source = node.uniqueId().toString()
    within: List[str] = []
    up = node
    while up is not None and up.parentNode() is not None:
        within.append(up.uniqueId().toString())
        up = up.parentNode()
    nearest: Optional[Tuple[Kept, Layers]] = None
    for group in _groups(document.rootNode()):
        for result in group.childNodes():
            own = kept(document, result) if result.type() == "paintlayer" else None
            if own is None:
                continue
            if group.uniqueId().toString() in within:
                return own, Layers(group, result)
            if own.source == source and group.visible():
                nearest = own, Layers(group, result)
    baked = kept(document, node) if node.type() == "paintlayer" else None
    return nearest if baked is None else (baked, None)


def with_pixels(node: Any) -> Any:
    """The layer that is meant where a mask is active; a layer that holds or shows pixels. Raises Refused."""
    while node.type().endswith("mask") and node.parentNode() is not None:
        node = node.parentNode()
    if node.type() in ("filterlayer", "filllayer"):
        raise Refused(_("The layer “{layer}” has no picture of its own. Select the layer with the photo, or choose "
                        "“All visible”.").format(layer=node.name()))
    return node


def _groups(node: Any) -> List[Any]:
    found: List[Any] = []
    for child in node.childNodes():
        if child.type() == "grouplayer":
            found.append(child)
            found += _groups(child)
    return found


def source_of(document: Any, own: Kept) -> Tuple[bool, Optional[Any]]:
    """The layer that an edit is of: whether it is still there, and which (None: everything)."""
    if own.source == "":
        return True, None
    for node in _all(document.rootNode()):
        if node.uniqueId().toString() == own.source:
            return True, node
    return False, None


def _all(node: Any) -> List[Any]:
    found: List[Any] = []
    for child in node.childNodes():
        found.append(child)
        found += _all(child)
    return found


def bake(document: Any, layers: Layers) -> Any:
    """Makes the result an ordinary layer in place of the group; two steps of undo. Answers the layer."""
    layer = layers.result.duplicate()
    layer.setLocked(False)
    layer.setName(_("Neural Brush"))
    layer.setOpacity(255)
    for child in layers.group.childNodes():
        if child.type() == "transparencymask":
            layer.addChildNode(child.duplicate(), None)
    layers.group.parentNode().addChildNode(layer, layers.group)
    layers.group.remove()
    document.setActiveNode(layer)
    return layer
