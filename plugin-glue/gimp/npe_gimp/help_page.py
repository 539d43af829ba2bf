# SPDX-License-Identifier: MIT OR Apache-2.0
"""The help page, in the person's browser and language."""

from __future__ import annotations

import os

from gi.repository import Gio, GLib

from npe_shared.errors import Refused
from npe_shared.words import _


def page() -> str:
    """Where it is."""
    # A translation names its own page, which lies beside this one.
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "help", _("index.html"))


def show() -> None:
    """Opens it. Raises Refused where that can't be."""
    path = page()
    if not os.path.exists(path):
        raise Refused(_("The help page {page} is missing. Install again: npe install gimp").format(page=path))
    try:
        Gio.AppInfo.launch_default_for_uri(Gio.File.new_for_path(path).get_uri(), None)
    except GLib.Error as e:
        raise Refused(_("No browser shows the help page {page}: {error}").format(page=path, error=e.message)) from None
