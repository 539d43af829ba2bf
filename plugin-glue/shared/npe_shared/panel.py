# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an edit tells the person, and through whom: a panel of the editor's, or nobody."""

from __future__ import annotations

from typing import List, Optional

from . import npe
from .told import Opened, Result


class Panel:
    """All on the host's own thread. Override what is wanted."""

    def state(self, text: str, busy: bool = False) -> None:
        """A line about what is going on."""

    def progress(self, done: float) -> None:
        """How far long work is, 0 to 1."""

    def failed(self, sentence: str) -> None:
        """Something did not work."""

    def put_back(self, path: Optional[str], device: str) -> None:
        """A model or device that was asked for can't be used: this is what the next face is opened with."""

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        """The faces of the source; which one was taken, -1: none."""

    def goes_on(self, sentence: str) -> bool:
        """Asks whether an edit is to be gone on with although its photo is another one; else it is begun anew."""
        return True

    def opened(self, opened: Opened) -> None:
        """A face is ready to be painted on."""

    def ready(self, opened: Opened) -> None:
        """Strokes can be painted, and this is what makes them; there is no session."""

    def changed(self, result: Result) -> None:
        """The result is on the canvas."""

    def viewed(self, view: int, picture: npe.Image) -> None:
        """A small picture that was asked for."""

    def ended(self, text: str) -> None:
        """The session is over."""
