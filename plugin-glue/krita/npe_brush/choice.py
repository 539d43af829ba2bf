# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which model and device: what was asked for, and what runs. The two differ until a face was opened with a choice; one that
fails is taken back, so that nothing is kept or begun with it."""

from __future__ import annotations

from typing import Optional, Tuple

from npe_shared.told import Opened


class Choice:
    """A model's file (None: the one inside the library) and a device, twice. A session and the strokes straight into a layer
    share one, as the person has one place to choose."""

    def __init__(self) -> None:
        #: For the next face.
        self.asked: Tuple[Optional[str], str] = (None, "auto")
        #: What a face was opened with last.
        self.runs = self.asked

    def opened(self, opened: Opened) -> bool:
        """A face was opened; answers whether with something else than before."""
        before, self.runs = self.runs, (opened.path, opened.device)
        return self.runs != before

    def take_back(self) -> bool:
        """The engine failed: gives up what was asked for if no face was opened with it. Answers whether it did."""
        before, self.asked = self.asked, self.runs
        return self.asked != before
