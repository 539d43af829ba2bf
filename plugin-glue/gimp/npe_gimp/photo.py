# SPDX-License-Identifier: MIT OR Apache-2.0
"""The part of a layer that is painted over: as it was read, and whether it still is so. Main thread only."""

from __future__ import annotations

from typing import Optional

from gi.repository import Gimp

from npe_shared import npe

from . import pixels


class Photo:
    """A region of a layer, in the layer's pixels."""

    def __init__(self, source: Gimp.Layer, region: npe.Rect, kind: pixels.Kind) -> None:
        self.region = region
        #: Of the pixels that were read last, to know them again in another session.
        self.digest = ""
        self._source, self._kind = source, kind
        #: As it was taken, and as it was at the last look.
        self._taken: Optional[bytes] = None
        self._seen: Optional[bytes] = None

    def _fingerprint(self) -> Optional[bytes]:
        return pixels.fingerprint(self._source, self.region)

    def take(self) -> None:
        """What is there now is not a change any more."""
        self._taken = self._seen = self._fingerprint()

    def read(self) -> npe.Image:
        """The pixels of now, which are taken."""
        self.take()
        self.digest = pixels.digest(self._source, self.region)
        return pixels.photo(self._source, self.region, self._kind)

    def changed(self) -> bool:
        """Whether it looks other than it was taken, and did so at the last look too: the person is not in the middle of it."""
        now = self._fingerprint()
        if self._taken is None:
            # GIMP had no answer when it was to be taken.
            self._taken = self._seen = now
        if now is None or now != self._seen:
            self._seen = now
            return False
        return now != self._taken

    def is_other(self) -> bool:
        """Whether any pixel is not as it was read: what `changed`, which looks at a small picture, can't see too."""
        return pixels.digest(self._source, self.region) != self.digest
