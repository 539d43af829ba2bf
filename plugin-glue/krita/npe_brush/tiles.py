# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network's views side by side, and its latents as tiles to paint on."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from npe_shared import npe
from npe_shared.views import view_name
from npe_shared.words import _

from .qt import QGridLayout, QLabel, QSizePolicy, Qt, QVBoxLayout, QWidget, position
from .widgets import Picture, Slider


class ViewsBox(QWidget):
    """Views side by side."""

    def __init__(self, views: Sequence[int], columns: int) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 0, 4)
        grid.setSpacing(4)
        self._pictures: Dict[int, Picture] = {}
        for i, view in enumerate(views):
            name, what = view_name(view)
            picture = Picture(smooth=view != npe.VIEW_LATENTS)
            picture.setToolTip(what)
            picture.setAccessibleName(name)
            caption = QLabel(name)
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            caption.setToolTip(what)
            font = caption.font()
            font.setPointSizeF(0.85 * font.pointSizeF())
            caption.setFont(font)
            cell = QVBoxLayout()
            cell.setSpacing(1)
            cell.addWidget(picture)
            cell.addWidget(caption)
            cell.addStretch(1)
            grid.addLayout(cell, i // columns, i % columns)
            grid.setColumnStretch(i % columns, 1)
            # The longest name must not make its column the widest.
            caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._pictures[view] = picture

    def take(self, view: int, picture: Optional[npe.Image]) -> None:
        """A picture of FORMAT_RGB_U8; those of other views are left alone."""
        if view in self._pictures:
            self._pictures[view].take(picture)


class _Tiles(Picture):
    """The picture that is painted on."""

    def __init__(self, painted: Callable[[float, float, Any], None], ended: Callable[[], None]) -> None:
        super().__init__(smooth=False)
        self._painted, self._ended = painted, ended

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        self._ended()
        self._at(event)

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        self._at(event)

    def _at(self, event: Any) -> None:
        place, at = self.place(), position(event)
        self._painted((at.x() - place.x()) / place.width(), (at.y() - place.y()) / place.height(), event.buttons())
        event.accept()


class LatentsBox(QWidget):
    """The latent tiles to paint on: the left button makes a tile more positive (red), the right one more negative
    (blue), the middle one neutral."""

    def __init__(self, painted: Callable[[float, float, float, float], None]) -> None:
        """`painted` is told the place and the radius in tiles, and the value: what Edit.paint_latents takes."""
        super().__init__()
        self._told = painted
        self._rows = self._columns = 0
        self._last: Optional[Tuple[int, int]] = None
        self._tiles = _Tiles(self._paint, self._begin)
        self._tiles.setToolTip(_("Paint on what the network knows of the face: the left button makes tiles red "
                                 "(positive), the right one blue (negative), the middle one white (zero)."))
        self._tiles.setAccessibleName(_("Latent tiles"))
        self._radius = Slider(_("Tile brush"), _("Radius of the brush on the tiles, in tiles."), 0.5, 5.0, 1.0, 1,
                              lambda _value: None)
        self._value = Slider(_("Tile value"), _("What is painted: latents are about −3 to 3."), 0.1, 4.0, 2.0, 1,
                             lambda _value: None)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 0, 0, 4)
        box.setSpacing(2)
        for widget in (self._tiles, self._radius, self._value):
            box.addWidget(widget)

    def take(self, picture: Optional[npe.Image], latents: int) -> None:
        """The picture of VIEW_LATENTS, and how many latents the model has."""
        self._columns = max(1, math.isqrt(max(latents - 1, 0)) + 1)
        self._rows = -(-latents // self._columns)
        self._tiles.take(picture)

    def _begin(self) -> None:
        self._last = None

    def _paint(self, across: float, down: float, buttons: Any) -> None:
        x, y = across * self._columns, down * self._rows
        tile = (int(x), int(y))
        # Each tile that is passed is one thing to undo, not each move of the mouse.
        if not (0.0 <= x < self._columns and 0.0 <= y < self._rows) or tile == self._last:
            return
        self._last = tile
        value = self._value.value()
        if buttons & Qt.MouseButton.RightButton:
            value = -value
        elif buttons & Qt.MouseButton.MiddleButton:
            value = 0.0
        elif not buttons & Qt.MouseButton.LeftButton:
            return
        self._told(x, y, self._radius.value(), value)
