# SPDX-License-Identifier: MIT OR Apache-2.0
"""The photo of an edit: the part of a source that is painted over, as it was read, and whether it still is so."""

from __future__ import annotations

import threading
from typing import Any, Callable, List, Optional

from npe_shared import document as documents
from npe_shared import npe

from . import pixels
from .pieces import Answer

#: Rows that are looked at each time.
_ROWS = 48


class Photo:
    """A region of a source: a layer, or None for all that is visible. Main thread only."""

    def __init__(self, document: Any, source: Optional[Any], region: npe.Rect) -> None:
        """Raises Refused for a colour space that can't be edited."""
        self.source, self.region = source, region
        self.space = pixels.space_of(source or document)
        self.kind = pixels.kind(self.space)
        self._document = document
        self._raw = bytearray()
        self._digest: List[str] = []
        self._turn = 0
        #: The rows that differed at the last look.
        self._other: Optional[bytes] = None

    def read(self, progress: Callable[[float], None]) -> Answer:
        """The pixels of now for npe, in pieces."""
        raw = yield from pixels.region(self._document, self.source, self.region)
        self._raw, self._other, digest = raw, None, []
        self._digest = digest
        # For a large one a tenth of a second.
        threading.Thread(target=lambda: digest.append(documents.digest(raw)), name="npe digest", daemon=True).start()
        data = raw
        if self.kind.converted:
            whole = self.region.width * self.region.height * npe.pixel_bytes(self.kind.format)
            for data in pixels.convert(raw, self.region.width, self.region.height, self.space, self.kind):
                progress(len(data) / whole)
                yield
        return npe.Image(data, self.region.width, self.region.height, self.kind.format)

    def digest(self) -> Answer:
        """Tells this photo from another one, or from itself in another colour space."""
        while not self._digest:
            yield
        return self.known_digest()

    def known_digest(self) -> str:
        """The same, "" where it is not known yet."""
        return f"{self.space[0]} {self.space[1]} {self._digest[0]}" if self._digest else ""

    def is_of(self, kept: str) -> bool:
        """Whether this is the photo with a digest, as far as that is known; call it when `digest` has answered."""
        return not kept.startswith(f"{self.space[0]} {self.space[1]} ") or kept == self.known_digest()

    def changed(self) -> bool:
        """Looks at some rows, others each time: whether they are not as they were read, and were so twice in a row (the
        person is not in the middle of it). A millisecond at any size. All that is visible holds the result too, so that is
        not looked at."""
        if self.source is None or not self._raw:
            return False
        if pixels.space_of(self.source) != self.space:
            return True
        read, r = pixels.reader(self._document, self.source), self.region
        row = r.width * pixels.pixel_bytes(self.space)
        step = max(1, r.height // _ROWS)
        rows = range(self._turn % step, r.height, step)
        now = b"".join(read(r.x, r.y + y, r.width, 1) for y in rows)
        if now == b"".join(self._raw[y * row:(y + 1) * row] for y in rows):
            self._other, self._turn = None, self._turn + 1
            return False
        settled, self._other = now == self._other, now
        return settled

    def is_other(self) -> Answer:
        """Whether any pixel is not as it was read, in pieces."""
        if self.source is None:
            return False
        now = yield from pixels.region(self._document, self.source, self.region)
        return now != self._raw or pixels.space_of(self.source) != self.space
