# SPDX-License-Identifier: MIT OR Apache-2.0
"""How pixels get into Krita's layers, onto its canvas and into its undo: what pure Python can do of it, and what a
better way must offer.

What was tried with Krita 5.2.9:

- `Node.setPixelData` writes without a step of undo and does not show it. `Document.refreshProjection` shows it, but
  does the whole image while Krita waits: 1.3 s at 8000×6000. `setBlendingMode` refreshes one layer, but is a step of
  undo each time. A shape's `updateAbsolute` refreshes just a rectangle of the image, in the background and without
  undo: so a vector layer with an invisible rectangle lies beside the result.
- A node is added in a step of undo, each one, and `addChildNode` waits until Krita has composed the whole image: half a
  second at 8000×6000, which Krita itself takes for a new layer too. A group that is not in the image yet is filled without
  that; a stroke can't do without. (Put together in a document that nobody sees and copied into this one, layers are one
  step; but Krita crashed when such a group came into another group.)
- No call paints into a layer with undo. Adding a layer that is painted already is one step of undo: so a stroke that is
  painted on the canvas becomes a small layer of its own among the guides. (A layer that is merged down would be two
  steps and a new layer.)
"""

from __future__ import annotations

import time
from typing import Any, Callable, List, NamedTuple, Optional, Protocol, Tuple

from npe_shared import npe
from npe_shared.words import _

from . import pixels
from .pieces import Answer, Work
from .qt import QByteArray, QImage, QRectF, QTimer
from .strokes import bits


#: Model, depth and profile, as Krita names them.
Space = Tuple[str, str, str]


def erases(guide: Any) -> bool:
    """Whether what is on a guide takes away the paint below it. A stroke of the eraser is marked by "inherit alpha":
    setting the blending mode would be a step of undo of its own."""
    return guide.inheritAlpha() or guide.blendingMode() == "erase"


class Made(NamedTuple):
    """Layers that were put into a document."""

    group: Any
    result: Any
    guide: Any


class Screen(Protocol):
    """What the controller needs of Krita's layers. All rectangles are in pixels of the image; all on the main
    thread."""

    #: When Krita was last given something to compose; 0 at first.
    drawn_at: float

    def make(self, document: Any, source: Optional[Any], space: Space) -> Answer:
        """Puts the layers of an edit over a source (None: over everything), in as few steps of undo as it can: a `Made`. A
        selection limits the result, and so do the source's own transparency masks; each of these is a step. In pieces."""

    def prepare(self, document: Any, group: Any) -> Work:
        """A session goes on with the layers in this group. May add a layer of its own to it; in pieces."""

    def write(self, document: Any, node: Any, rect: npe.Rect, pixels: bytes) -> None:
        """Pixels in the layer's own colour space, rows without gaps, without a step of undo, and onto the canvas."""

    def refresh(self, document: Any, rect: npe.Rect) -> None:
        """Composes a part of the canvas again."""

    def add_stroke(self, document: Any, group: Any, guide: Any, rect: npe.Rect, picture: QImage, erase: bool) -> None:
        """Puts a stroke (ARGB32, as large as the rectangle) among the guides, in one step of undo."""


class PythonScreen:
    """The way that works in any Krita from 5.2 on."""

    def __init__(self) -> None:
        self._layer: Optional[Any] = None
        self.drawn_at = 0.0

    def make(self, document: Any, source: Optional[Any], space: Space) -> Answer:
        group = document.createGroupLayer(_("Neural Brush"))
        result = document.createNode(_("Neural Brush result"), "paintlayer")
        if pixels.space_of(result) != space:
            result.setColorSpace(*space)
        # Krita composes the whole image for each layer that is added, and waits for that: so all come into the group while it is not
        # in the image yet.
        group.addChildNode(result, None)
        yield
        yield from self.prepare(document, group)
        guide = add_guide(document, group)
        result.setLocked(True)
        yield
        parent = document.rootNode() if source is None else source.parentNode()
        top = document.rootNode().childNodes()
        parent.addChildNode(group, source if source is not None else top[-1] if top else None)
        yield
        add_masks(document, source, group)
        return Made(group, result, guide)

    def prepare(self, document: Any, group: Any) -> Work:
        layers = [child for child in group.childNodes() if child.type() == "vectorlayer"]
        if not layers:
            layer = document.createVectorLayer(_("Neural Brush: keep, it refreshes the canvas"))
            children = group.childNodes()
            group.addChildNode(layer, children[0] if children else None)
            yield
            # As small as can be: Krita draws all of it.
            side = 72.0 / document.xRes()
            layer.addShapesFromSvg(f'<svg width="{side}pt" height="{side}pt" viewBox="0 0 1 1"><rect x="0" y="0" width="1" height="1" '
                                   'fill="none" stroke="none"/></svg>')
            yield
            layer.setLocked(True)
            layers = [layer]
        self._layer = layers[0]

    def write(self, document: Any, node: Any, rect: npe.Rect, pixels: bytes) -> None:
        node.setPixelData(QByteArray(pixels), rect.x, rect.y, rect.width, rect.height)
        self.refresh(document, rect)

    def refresh(self, document: Any, rect: npe.Rect) -> None:
        self.drawn_at = time.monotonic()
        # The person may have undone or deleted it. Shapes are asked for anew: one that is kept may point at nothing
        # later.
        alive = self._layer is not None and document.nodeByUniqueID(self._layer.uniqueId()) is not None
        shapes: List[Any] = self._layer.shapes() if self._layer is not None and alive else []
        if not shapes:
            document.refreshProjection()
            return
        x, y = 72.0 / document.xRes(), 72.0 / document.yRes()
        shapes[0].updateAbsolute(QRectF((rect.x - 1) * x, (rect.y - 1) * y, (rect.width + 2) * x,
                                        (rect.height + 2) * y))

    def add_stroke(self, document: Any, group: Any, guide: Any, rect: npe.Rect, picture: QImage, erase: bool) -> None:
        self.drawn_at = time.monotonic()
        layer = document.createNode(_("Neural stroke"), "paintlayer")
        if pixels.space_of(layer) != pixels.space_of(guide):
            layer.setColorSpace(*pixels.space_of(guide))
        layer.setPixelData(QByteArray(bits(picture)), rect.x, rect.y, rect.width, rect.height)
        layer.setOpacity(guide.opacity())
        if erase:
            layer.setInheritAlpha(True)
        children, active = group.childNodes(), document.activeNode()
        group.addChildNode(layer, children[-1] if children else None)
        if active is not None:
            # Krita makes a new layer the active one, a moment later.
            QTimer.singleShot(60, lambda: document.setActiveNode(active))


def add_guide(document: Any, group: Any) -> Any:
    """A new guide on top of a group. Always 8-bit sRGB, whatever the document has."""
    guide = document.createNode(_("Paint here"), "paintlayer")
    if not (guide.colorModel() == "RGBA" and guide.colorDepth() == "U8" and pixels.is_srgb(guide.colorProfile())):
        guide.setColorSpace("RGBA", "U8", pixels.SRGB)
    guide.setOpacity(0)
    group.addChildNode(guide, group.childNodes()[-1])
    return guide


def add_masks(document: Any, source: Optional[Any], group: Any) -> None:
    """The group has the masks: a layer's own would be applied only when Krita itself finds the layer changed. A step of undo each:
    in a group that is not in the image yet they would do nothing."""
    selection = document.selection()
    if selection is not None and selection.width() > 0 and selection.height() > 0:
        mask = document.createTransparencyMask(_("Selection"))
        mask.setSelection(selection)
        group.addChildNode(mask, None)
    for child in source.childNodes() if source is not None else []:
        if child.type() == "transparencymask" and child.visible():
            group.addChildNode(child.duplicate(), None)


_kind: Callable[[], Screen] = PythonScreen


def use(kind: Callable[[], Screen]) -> None:
    """What sessions that begin from now on write through."""
    global _kind
    _kind = kind


def best() -> Screen:
    """The best way that there is in this Krita."""
    return _kind()
