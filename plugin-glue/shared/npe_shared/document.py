# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a document keeps of an edit, as JSON, the same in every editor: the strokes (npe-strokes v1), which part of which
layer they are about, and which model made them.
"""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple, Union

from . import npe
from .told import Saved


class Kept(NamedTuple):
    """An edit as it is in a document."""

    #: The layer with the photo, by what the editor keeps for good: GIMP's tattoo, Krita's unique id ("": all layers).
    source: Union[int, str]
    #: The part of the source, in its pixels, that the strokes' coordinates are about.
    region: npe.Rect
    #: Within the region.
    frame: npe.Frame
    saved: Saved
    #: The model's file, "" for the one inside the library.
    model: str
    #: The `digest` of the photo that the strokes were painted on, "" where it was not noted.
    photo: str = ""

    def is_of(self, photo: str) -> bool:
        """Whether a photo with this digest is the one that was painted on, as far as is known."""
        return not self.photo or self.photo == photo


def digest(pixels: npe.Buffer) -> str:
    """Tells a photo from another one: of the region as 8-bit sRGB with alpha, rows without gaps."""
    return hashlib.sha256(pixels).hexdigest()


def written(kept: Kept) -> bytes:
    """As it goes into the document."""
    return json.dumps({
        "format": "npe-edit", "version": 1, "source": kept.source, "region": list(kept.region),
        "frame": list(kept.frame), "model": kept.model, "photo": kept.photo, "base": kept.saved.base,
        "strokes": json.loads(kept.saved.strokes),
    }).encode()


def read(data: bytes) -> Kept:
    """What `written` wrote. Raises ValueError, which says what is wrong with it."""
    try:
        file = json.loads(data.rstrip(b"\0").decode())
        if file["format"] != "npe-edit" or file["version"] != 1:
            raise ValueError(f"format {file['format']!r} version {file['version']!r}, known is 'npe-edit' 1")
        source = file["source"]
        return Kept(source if isinstance(source, str) else int(source), npe.Rect(*map(int, file["region"])),
                    npe.Frame(*map(float, file["frame"])), Saved(json.dumps(file["strokes"]), int(file["base"])),
                    str(file["model"]), str(file.get("photo", "")))
    except (KeyError, TypeError) as e:
        raise ValueError(f"something is missing or of another kind: {e!r}") from None
