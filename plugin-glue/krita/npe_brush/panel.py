# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller tells, and to whom: the docker, or nobody."""

from __future__ import annotations

from typing import List

from npe_shared import npe
from npe_shared.told import Opened, Result


class Panel:
    """What a controller tells the docker. Override what is wanted."""

    def state(self, text: str, busy: bool = False) -> None:
        """A line about what is going on."""

    def progress(self, done: float) -> None:
        """How far long work is, 0 to 1."""

    def failed(self, sentence: str) -> None:
        """Something did not work."""

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        """The faces of the source; which one was taken, -1: none."""

    def opened(self, opened: Opened) -> None:
        """A face is ready to be painted on."""

    def changed(self, result: Result) -> None:
        """The result is on the canvas."""

    def viewed(self, view: int, picture: npe.Image) -> None:
        """A small picture that was asked for."""

    def ended(self, text: str) -> None:
        """The session is over."""
