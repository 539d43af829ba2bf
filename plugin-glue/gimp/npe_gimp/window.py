# SPDX-License-Identifier: MIT OR Apache-2.0
"""Neural Brush…: the procedure that opens the window with its own canvas. The window is in `window_main`, what it does
to the image in `window_session`."""

from __future__ import annotations

from typing import Callable, Dict

from gi.repository import Gimp, Gio

from npe_shared import errors
from npe_shared.words import _

from . import menu


def make(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    run = menu.opener("The canvas window is for a person at the screen; a script calls plug-in-npe-stroke-file", show)
    procedure = Gimp.ImageProcedure.new(plugin, name, Gimp.PDBProcType.PLUGIN, run, None)
    procedure.set_image_types("RGB*, GRAY*, INDEXED*")
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
    procedure.set_menu_label(_("Neural _Brush…"))
    procedure.set_icon_file(Gio.File.new_for_path(menu.ICON))
    procedure.add_menu_path(menu.PATH)
    procedure.set_documentation(
        _("Paint on a face in a window of its own; what you paint becomes real"),
        _("Opens a window with a canvas, the network's views and its latent tiles. Apply adds one layer over the "
          "selected one, in one step of undo; a layer that was made so can be opened and painted on again. For scripts "
          "there are the procedures plug-in-npe-stroke-file and plug-in-npe-paint-layer."), name)
    return procedure


TABLE: Dict[str, Callable[[Gimp.PlugIn, str], Gimp.Procedure]] = {"plug-in-npe-window": make}


def show(image: Gimp.Image, layer: Gimp.Layer) -> bool:
    """Opens the window and returns when it is closed: whether the edit was applied."""
    import gi
    gi.require_version("Gtk", "3.0")
    gi.require_version("GimpUi", "3.0")
    try:
        gi.require_foreign("cairo")
    except ImportError as e:
        raise errors.Refused(_("This window draws with cairo, and Python's package for it is not installed "
                               "(python3-gi-cairo in Debian and Ubuntu). Install it, or use Paint Live. ({error})"
                               ).format(error=e)) from e
    from gi.repository import GimpUi, Gtk
    GimpUi.init("neural-brush")
    from .window_main import CanvasWindow
    window = CanvasWindow(image, layer)
    window.connect("destroy", lambda _window: Gtk.main_quit())
    window.begin()
    Gtk.main()
    return window.applied_layer is not None
