# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is painted on the guides, as the small picture that the engine follows.

Krita tells nobody that something was painted, so the layers are looked at again and again; a look must be cheap at any
size of the image. Of each layer only so many rows are read. The active layer is looked at each time, of the others one
in turn: an undo may change any of them.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from npe_shared import frames, npe
from npe_shared.told import Guide

from . import pixels
from .qt import QImage, QPainter, QRect, QRectF, Qt
from .screen import erases
from .strokes import Stroke


class _Seen:
    """One layer as it was at the last look."""

    def __init__(self) -> None:
        self.rows: Optional[bytes] = None
        self.picture: Optional[QImage] = None


class GuideReader:
    """Looks at the guides inside a region of the image."""

    def __init__(self, region: npe.Rect) -> None:
        scale = min(1.0, frames.GUIDE_SIDE / max(region.width, region.height))
        self.region = region
        #: Of the small picture.
        self.width, self.height = max(8, round(region.width * scale)), max(8, round(region.height * scale))
        self._seen: Dict[str, _Seen] = {}
        self._order: Tuple[Tuple[str, bool], ...] = ()
        self._turn = 0

    def look(self, guides: List[Any], active: str) -> bool:
        """Whether anything differs from the last look; `active` is the unique id of the layer that is being painted
        on."""
        shown = [(guide, guide.uniqueId().toString()) for guide in guides if guide.visible()]
        order = tuple((own, erases(guide)) for guide, own in shown)
        changed = order != self._order
        self._order = order
        self._seen = {own: self._seen.get(own) or _Seen() for own, _takes in order}
        self._turn = (self._turn + 1) % max(1, len(shown))
        for i, (guide, own) in enumerate(shown):
            seen = self._seen[own]
            if seen.picture is None or own == active or i == self._turn:
                changed = self._read(guide, seen) or changed
        return changed

    def forget(self) -> None:
        """The next look finds all changed."""
        self._seen, self._order = {}, ()

    def picture(self) -> QImage:
        """All guides over each other, ARGB32_Premultiplied."""
        whole = QImage(self.width, self.height, QImage.Format.Format_ARGB32_Premultiplied)
        whole.fill(0)
        painter = QPainter(whole)
        for own, takes in self._order:
            layer = self._seen[own].picture
            if layer is not None:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut if takes else
                                           QPainter.CompositionMode.CompositionMode_SourceOver)
                painter.drawImage(0, 0, layer)
        painter.end()
        return whole

    def placement(self, origin: npe.Rect) -> npe.Placement:
        """Where the picture lies, for an edit whose photo begins at `origin`."""
        return npe.Placement(self.region.x - origin.x, self.region.y - origin.y, self.region.width, self.region.height)

    def _read(self, guide: Any, seen: _Seen) -> bool:
        if guide.colorModel() != "RGBA" or guide.colorDepth() != "U8" or not pixels.is_srgb(guide.colorProfile()):
            return self._read_converted(guide, seen)
        r = self.region
        # Three rows for each of the small picture's keep thin strokes; small regions are read whole.
        step = max(1, r.height // (3 * self.height))
        count = -(-r.height // step)
        if step == 1:
            rows = pixels.taken(guide.projectionPixelData(r.x, r.y, r.width, r.height))
        else:
            rows = b"".join(pixels.taken(guide.projectionPixelData(r.x, r.y + i * step, r.width,
                                                                   1)) for i in range(count))
        if rows == seen.rows:
            return False
        seen.rows = rows
        picture = QImage(rows, r.width, count, 4 * r.width, QImage.Format.Format_ARGB32)
        seen.picture = picture.scaled(self.width, self.height, Qt.AspectRatioMode.IgnoreAspectRatio,
                                      Qt.TransformationMode.SmoothTransformation).convertToFormat(
                                          QImage.Format.Format_ARGB32_Premultiplied)
        return True

    def _read_converted(self, guide: Any, seen: _Seen) -> bool:
        """A layer that the person has added in the document's own colour space: as Krita shows it, small."""
        bounds = guide.bounds()
        picture = QImage(self.width, self.height, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(0)
        if bounds.width() > 0 and bounds.height() > 0:
            x, y = self.width / self.region.width, self.height / self.region.height
            small = guide.thumbnail(max(1, round(bounds.width() * x)), max(1, round(bounds.height() * y)))
            painter = QPainter(picture)
            painter.drawImage(QRectF((bounds.x() - self.region.x) * x, (bounds.y() - self.region.y) * y,
                                     bounds.width() * x, bounds.height() * y), small,
                              QRectF(QRect(0, 0, small.width(), small.height())))
            painter.end()
        if picture == seen.picture:
            return False
        seen.picture = picture
        return True


class Sketch:
    """What is painted while the pen is down: the guides as they were, and what is drawn of a stroke so far."""

    def __init__(self, reader: GuideReader, stroke: Stroke) -> None:
        self._reader, self._stroke, self._drawn = reader, stroke, 0
        self._picture = reader.picture()

    def guide(self, origin: npe.Rect, mode: int) -> Guide:
        """As it is now, for an edit whose photo begins at `origin`."""
        region = self._reader.region
        painter = QPainter(self._picture)
        painter.scale(self._reader.width / region.width, self._reader.height / region.height)
        painter.translate(-region.x, -region.y)
        self._drawn = self._stroke.draw(painter, self._drawn)
        painter.end()
        return Guide(pixels.rgba(self._picture), self._reader.placement(origin), mode)
