# SPDX-License-Identifier: MIT OR Apache-2.0
"""What passes between `live.Live` and its host: the guide, what is kept, what is opened, results, and who is told of them."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import npe


class Guide(NamedTuple):
    """What is painted on the guide: small RGBA pixels, and the rectangle of the photo that they cover."""

    image: npe.Image
    placement: npe.Placement
    mode: int = npe.MODE_COLOR


class Saved(NamedTuple):
    """An edit as it is kept in a document."""

    #: All that was done (npe-strokes), the guide's parts last.
    strokes: str
    #: How many operations of it are the base's.
    base: int

    def count(self) -> int:
        """How many operations there are in all."""
        return len(json.loads(self.strokes)["operations"])

    def base_strokes(self) -> str:
        """The strokes of the base alone."""
        return self._part(slice(self.base))

    def guide_strokes(self) -> str:
        """The guide's parts alone, "" if there are none."""
        return self._part(slice(self.base, None)) if self.count() > self.base else ""

    def settings(self, otherwise: npe.Settings) -> npe.Settings:
        """Those of the last stroke: a guide is followed on with the settings it was painted with, and not solved anew."""
        for operation in reversed(json.loads(self.strokes)["operations"]):
            if "settings" in operation:
                known = {name: operation["settings"][name] for name in ("strength", "freedom", "steps")
                         if name in operation["settings"]}
                return otherwise._replace(**known)
        return otherwise

    def _part(self, which: slice) -> str:
        file = json.loads(self.strokes)
        file["operations"] = file["operations"][which]
        return json.dumps(file)


class Opened(NamedTuple):
    """A photo is ready to be edited."""

    #: Where its face is, in the pixels of the image that was opened.
    frame: npe.Frame
    model: npe.ModelInfo
    session: npe.SessionInfo
    settings: npe.Settings
    #: Sliders and where they stand.
    attributes: Dict[str, float]
    #: What runs: the model's file (None: the one inside the library) and the device, as they were asked for.
    path: Optional[str]
    device: str


class Result(NamedTuple):
    """What the host draws: the change as a layer, inside `rect` (photo pixels); nothing of it is left outside."""

    rect: npe.Rect
    #: Rows without gaps, of the format that `open` was given; empty if the rectangle is.
    pixels: bytearray
    #: From the wish to here, in seconds.
    seconds: float
    attributes: Dict[str, float]
    #: How often undo and redo of the base will find something.
    undo_levels: Tuple[int, int]
    #: What `Listener.decoded` made of it.
    prepared: Any = None


class Listener:
    """What the host is told, always on its own thread. Override what is wanted."""

    def busy(self, what: str) -> None:
        """Work has begun: a few words for the person; "" when there is nothing to do."""

    def progress(self, done: float) -> None:
        """How far long work is, 0 to 1."""

    def found(self, faces: List[npe.Frame]) -> None:
        """The answer to `find`: the faces, largest first, or none."""

    def opened(self, opened: Opened) -> None:
        """A photo is ready."""

    def decoded(self, result: Result) -> Any:
        """On the engine's thread, before `result`: for what takes long and needs nothing of the host's."""

    def elsewhere(self) -> None:
        """After `retouch`: there are faces, but none where the edited one was."""

    def result(self, result: Result) -> None:
        """The picture has changed."""

    def viewed(self, view: int, picture: npe.Image) -> None:
        """One of the views that were asked for, anew after each change."""

    def saved(self, saved: Saved) -> None:
        """The answer to `save`."""

    def failed(self, sentence: str) -> None:
        """Something did not work; the edit is as it was before it."""
