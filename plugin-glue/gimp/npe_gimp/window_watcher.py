# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the canvas window is told by its session."""

from __future__ import annotations

from typing import List

from gi.repository import Gimp

from npe_shared import npe
from npe_shared.told import Opened, Result


class Watcher:
    """All on the main thread; nothing happens unless it is overridden."""

    def state(self, text: str, busy: bool) -> None:
        """A line about what is going on."""

    def progress(self, done: float) -> None:
        """How far long work is."""

    def failed(self, sentence: str) -> None:
        """Something did not work; "": what was said before does not hold any more."""

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        """The faces of the layer, and which was taken; -1 for none of them."""

    def goes_on(self, sentence: str) -> bool:
        """Asks whether an edit is to be gone on with although its photo is another one; else it is begun anew."""
        return True

    def opened(self, opened: Opened, frame: npe.Frame) -> None:
        """A face is ready to be painted on; the frame is in pixels of the layer."""

    def changed(self, result: Result, rect: npe.Rect) -> None:
        """The scene's change is another one, in a rectangle of the layer."""

    def photo_changed(self) -> None:
        """The scene's photo is another one."""

    def viewed(self, view: int, picture: npe.Image) -> None:
        """A small picture."""

    def applied(self, layer: Gimp.Layer) -> None:
        """The edit is in the image; the session is over."""

    def gone(self, sentence: str) -> None:
        """The image or the layer is not there any more: nothing can be applied."""
