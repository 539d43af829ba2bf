# SPDX-License-Identifier: MIT OR Apache-2.0
"""Paint Live: the procedure and its panel. What it does to the image is in `live_session`.

The panel runs in a process of its own that GIMP starts for it and forgets: GIMP goes on while it is open, and lives on if
it fails. So nothing has to run from GIMP's start on.
"""

from __future__ import annotations

import os
from typing import Callable, Dict

from gi.repository import Gimp, Gio

from npe_shared import errors
from npe_shared.words import _

from . import menu

#: Says which process has a panel open on an image.
OPEN_PARASITE = "npe-live-process"


def make(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    run = menu.opener("Paint Live is for a person at the screen; a script calls plug-in-npe-paint-layer", show)
    procedure = Gimp.ImageProcedure.new(plugin, name, Gimp.PDBProcType.PLUGIN, run, None)
    procedure.set_image_types("RGB*, GRAY*, INDEXED*")
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
    procedure.set_menu_label(_("Paint _Live"))
    procedure.set_icon_file(Gio.File.new_for_path(menu.ICON))
    procedure.add_menu_path(menu.PATH)
    procedure.set_documentation(
        _("Paint on a face with GIMP's own brushes; what you paint becomes real"),
        _("Finds the face in the selected layer, adds a guide layer to paint on and a result layer that follows it live, and "
          "opens a small panel. For scripts there is plug-in-npe-paint-layer."), name)
    return procedure


TABLE: Dict[str, Callable[[Gimp.PlugIn, str], Gimp.Procedure]] = {"plug-in-npe-paint-live": make}


def _is_open(image: Gimp.Image) -> bool:
    mark = image.get_parasite(OPEN_PARASITE)
    if mark is None:
        return False
    try:
        process, own = map(int, bytes(mark.get_data()).rstrip(b"\0").decode().split())
        # A copy of the image has the mark too.
        if own != image.get_id():
            return False
        os.kill(process, 0)
        return True
    except (ValueError, OSError):
        # Left by a process that is no more.
        return False


def show(image: Gimp.Image, layer: Gimp.Layer) -> bool:
    """Opens the panel and returns when it is closed. Raises Refused if one is open."""
    if _is_open(image):
        raise errors.Refused(_("Paint Live is open for this image already; its panel may be behind another window."))
    import gi
    gi.require_version("Gdk", "3.0")
    gi.require_version("Gtk", "3.0")
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi, Gtk

    from .live_panel import PanelWindow
    GimpUi.init("neural-brush")
    image.attach_parasite(Gimp.Parasite.new(OPEN_PARASITE, 0, f"{os.getpid()} {image.get_id()}".encode()))
    window = PanelWindow(image, layer)
    window.connect("destroy", lambda _window: Gtk.main_quit())
    try:
        Gtk.main()
    finally:
        if image.is_valid():
            image.detach_parasite(OPEN_PARASITE)
    return True
