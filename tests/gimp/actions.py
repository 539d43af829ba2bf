# SPDX-License-Identifier: MIT OR Apache-2.0
"""GIMP's search for actions, as a person uses it who does not know the menu."""

from __future__ import annotations

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "editors"))
import desk  # noqa: E402


def act(window: str, name: str) -> None:
    """Does an action, named as in the menu, in one of GIMP's windows."""
    desk.activate(window)
    desk.keys("slash")
    desk.window("Search Actions", 20)
    time.sleep(0.3)
    desk.text(name)
    time.sleep(0.8)
    desk.keys("Return")
    time.sleep(0.3)
