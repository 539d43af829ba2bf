# SPDX-License-Identifier: MIT OR Apache-2.0
"""A stroke of the neural brush on Krita's canvas: from points with pressure to paint for the guide.

Dabs are soft circles. The same ones are drawn small while the pen is down, for the engine, and once large when it is
lifted, for the layer that Krita keeps and undoes.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from npe_shared import npe

from .qt import QColor, QImage, QPainter, QPointF, QRadialGradient, QRect, QRectF, Qt

#: Of a layer's stroke: longer ones are drawn at this and enlarged, which soft edges hide.
_LARGEST = 1024
#: Between two dabs, in radii.
_SPACING = 0.25
#: The part of a dab that is all colour.
_CORE = 0.6


class Brush(NamedTuple):
    """What the person has chosen in Krita."""

    color: QColor
    #: Diameter in pixels of the image, at full pressure.
    size: float
    erase: bool = False


class _Dab(NamedTuple):
    x: float
    y: float
    radius: float
    alpha: float


class Stroke:
    """The dabs of one stroke, in pixels of the image."""

    def __init__(self, brush: Brush) -> None:
        self.brush = brush
        self._dabs: List[_Dab] = []
        self._left = 0.0
        self._last: Optional[_Dab] = None

    def add(self, x: float, y: float, pressure: float) -> None:
        """The pen has moved here. Pressure, 0 to 1, makes the brush larger and its paint denser."""
        pressure = min(max(pressure, 0.0), 1.0)
        radius = max(0.5, 0.5 * self.brush.size * (0.35 + 0.65 * pressure))
        dab = _Dab(x, y, radius, 0.25 + 0.75 * pressure)
        last, self._last = self._last, dab
        if last is None:
            self._dabs.append(dab)
            self._left = _SPACING * radius
            return
        length = ((x - last.x) ** 2 + (y - last.y) ** 2) ** 0.5
        at = self._left
        while at <= length:
            t = at / length if length > 0.0 else 1.0
            between = _Dab(*(a + t * (b - a) for a, b in zip(last, dab)))
            self._dabs.append(between)
            at += _SPACING * between.radius
        self._left = at - length

    def bounds(self) -> npe.Rect:
        """Whole pixels around all of it; empty if there is nothing."""
        if not self._dabs:
            return npe.Rect(0, 0, 0, 0)
        left = int(min(d.x - d.radius for d in self._dabs)) - 1
        top = int(min(d.y - d.radius for d in self._dabs)) - 1
        right = int(max(d.x + d.radius for d in self._dabs)) + 2
        bottom = int(max(d.y + d.radius for d in self._dabs)) + 2
        return npe.Rect(left, top, right - left, bottom - top)

    def draw(self, painter: QPainter, since: int = 0) -> int:
        """Draws the dabs from one on; answers how many there are, to go on from next time."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.brush.erase:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        for dab in self._dabs[since:]:
            painter.setBrush(_gradient(dab, self.brush.color))
            painter.drawEllipse(QPointF(dab.x, dab.y), dab.radius, dab.radius)
        return len(self._dabs)

    def picture(self, rect: npe.Rect) -> QImage:
        """The paint inside a rectangle of the image, ARGB32. An eraser's shows in black what it takes away."""
        scale = min(1.0, _LARGEST / max(rect.width, rect.height))
        picture = QImage(max(1, round(rect.width * scale)), max(1, round(rect.height * scale)),
                         QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(0)
        painter = QPainter(picture)
        painter.scale(picture.width() / rect.width, picture.height() / rect.height)
        painter.translate(-rect.x, -rect.y)
        shown = Stroke(self.brush._replace(erase=False))
        shown._dabs = self._dabs
        shown.draw(painter)
        painter.end()
        if scale < 1.0:
            picture = picture.scaled(rect.width, rect.height, Qt.AspectRatioMode.IgnoreAspectRatio,
                                     Qt.TransformationMode.SmoothTransformation)
        return picture.convertToFormat(QImage.Format.Format_ARGB32)


def _gradient(dab: _Dab, color: QColor) -> QRadialGradient:
    gradient = QRadialGradient(QPointF(dab.x, dab.y), dab.radius)
    inner, outer = QColor(color), QColor(color)
    inner.setAlphaF(dab.alpha)
    outer.setAlphaF(0.0)
    gradient.setColorAt(0.0, inner)
    gradient.setColorAt(_CORE, inner)
    gradient.setColorAt(1.0, outer)
    return gradient


def bits(picture: QImage) -> bytes:
    """Pixels of an ARGB32 picture: what Krita's RGBA U8 layers hold."""
    data = picture.constBits()
    data.setsize(picture.bytesPerLine() * picture.height())
    return bytes(data)


def over(below: bytes, rect: npe.Rect, picture: QImage, erase: bool) -> bytes:
    """A stroke's picture over (or, erasing, out of) the pixels that an RGBA U8 layer has in its rectangle."""
    base = QImage(below, rect.width, rect.height, 4 * rect.width, QImage.Format.Format_ARGB32).convertToFormat(
        QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(base)
    if erase:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    painter.drawImage(QRect(0, 0, rect.width, rect.height), picture)
    painter.end()
    return bits(base.convertToFormat(QImage.Format.Format_ARGB32))


def scaled_rect(rect: npe.Rect) -> QRectF:
    """For Qt."""
    return QRectF(rect.x, rect.y, rect.width, rect.height)
