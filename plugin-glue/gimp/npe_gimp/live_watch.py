# SPDX-License-Identifier: MIT OR Apache-2.0
"""Looks at what the person does to the layers of Paint Live, and has the engine follow: paint on the guide, a photo that is
retouched, layers that are moved or gone.

libgimp has no signals, so this is polled: a fingerprint of the guide costs a millisecond.
"""

from __future__ import annotations

from typing import Optional

from npe_shared import frames
from npe_shared.live import Live
from npe_shared.panel import Panel
from npe_shared.told import Guide
from npe_shared.words import _

from . import person, pixels
from .live_layers import Pair
from .photo import Photo

#: Looks at the guide between two at the photo, which changes seldom.
PHOTO = 8


class Watch:
    """Of one face, from when it is opened."""

    def __init__(self, live: Live, panel: Panel, photo: Photo) -> None:
        self.photo = photo
        #: Why the layers can't be followed as they are now; "" if they can.
        self.trouble = ""
        #: Whether one of the layers is not there, as after an undo of how they came.
        self.gone = False
        self._live, self._panel = live, panel
        #: Of the guide as it was looked at last.
        self._print: Optional[bytes] = None
        self._looks = 0

    def forget(self) -> None:
        """The next look takes the guide for another one."""
        self._print = None

    def look(self, pair: Pair) -> bool:
        """Has the engine follow what is new. Whether the guide is as it was."""
        if not pair.alive():
            if not self.gone:
                self.gone = True
                self._panel.state(_("The guide or the result layer is gone. Redo (Ctrl+Y) brings it back; or start again."))
            return False
        if self.gone:
            self.gone, self._print = False, None
        trouble = pair.trouble()
        if trouble != self.trouble:
            # What is on the canvas may be of another place by now.
            self.trouble, self._print = trouble, None
            self._panel.failed(trouble)
        if trouble:
            return False
        self._looks += 1
        # A photo that is retouched meanwhile is taken anew: what was painted is done again on it.
        if self._looks % PHOTO == 0 and self.photo.changed() and not person.pen_down():
            self._live.retouch(self.photo.read())
        now = pixels.fingerprint(pair.guide, pair.whole)
        if now is None or now == self._print:
            return True
        self._print = now
        self._live.set_guide(Guide(*pixels.small(pair.guide, pair.whole, frames.GUIDE_SIDE)))
        return False

    def look_closely(self, pair: Pair) -> None:
        """At all pixels of the photo: what its small picture does not show."""
        if pair.alive() and not self.trouble and self.photo.is_other():
            self._live.retouch(self.photo.read())
