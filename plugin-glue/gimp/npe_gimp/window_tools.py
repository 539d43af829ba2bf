# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controls of the canvas window alone: the brush, the choice of a face, and the row of tools above the canvas."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Tuple

from gi.repository import Gegl, Gimp, GimpUi, Gtk

from npe_shared import npe
from npe_shared.words import _

from . import pixels
from .canvas_view import Brush
from .controls import GAP, Slider


class BrushBox(Gtk.Box):
    """What a stroke is painted with."""

    def __init__(self, changed: Callable[[Brush], None]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        self._changed = changed
        self._picking = False
        self._button = GimpUi.ColorButton.new(_("Colour of the neural brush"), 48, 24, Gimp.context_get_foreground(),
                                              GimpUi.ColorAreaType.FLAT)
        self._button.set_update(True)
        self._button.set_tooltip_text(_("What the face gets under the brush. Ctrl-click on the photo picks it there."))
        self._button.get_accessible().set_name(_("Colour"))
        self._picker = Gtk.ToggleButton(tooltip_text=_("The next click on the photo picks the colour there."))
        self._picker.add(Gtk.Image.new_from_icon_name("gimp-color-picker-gray", Gtk.IconSize.BUTTON))
        self._picker.get_accessible().set_name(_("Pick a colour"))
        self._picker.connect("toggled", lambda _button: self._tell())
        self._mode = Gtk.ComboBoxText(tooltip_text=_("What a stroke does."))
        self._mode.get_accessible().set_name(_("Mode"))
        for name in (_("Colour"), _("Lighten"), _("Darken"), _("Restore the photo")):
            self._mode.append_text(name)
        self._mode.set_active(npe.MODE_COLOR)
        self._mode.connect("changed", lambda _mode: self._tell())
        row = Gtk.Box(spacing=GAP)
        row.pack_start(self._button, False, False, 0)
        row.pack_start(self._picker, False, False, 0)
        row.pack_start(self._mode, True, True, 0)
        self.pack_start(row, False, False, 0)
        self._size = Slider(_("Size"), _("Diameter of the brush in pixels of the photo ([ and ])."), 1.0, 500.0, 40.0,
                            0, lambda _value: self._tell(), 2.0)
        self._hardness = Slider(_("Hardness (%)"), _("100 has a sharp edge, 0 is soft from the middle on."), 0.0, 100.0,
                                50.0, 0, lambda _value: self._tell())
        self.pack_start(self._size, False, False, 0)
        self.pack_start(self._hardness, False, False, 0)
        row = Gtk.Box(spacing=GAP)
        row.pack_start(Gtk.Label(label=_("Pen pressure:")), False, False, 0)
        self._pressure: List[Gtk.CheckButton] = []
        for label, tooltip in ((_("Size"), _("A pen pressed lightly paints a smaller dab.")),
                               (_("Opacity"), _("A pen pressed lightly paints a weaker dab."))):
            check = Gtk.CheckButton(label=label, tooltip_text=tooltip, active=True)
            check.connect("toggled", lambda _check: self._tell())
            row.pack_start(check, False, False, 0)
            self._pressure.append(check)
        self.pack_start(row, False, False, 0)

    def brush(self) -> Brush:
        return Brush(0.5 * self._size.value(), 0.01 * self._hardness.value(), *(c.get_active() for c in self._pressure))

    def color(self) -> Tuple[float, float, float]:
        """sRGB."""
        return pixels.srgb(self._button.get_color())

    def mode(self) -> int:
        """One of MODE_..."""
        return self._mode.get_active()

    def picking(self) -> bool:
        """Whether the next click is to pick a colour."""
        return self._picker.get_active()

    def stop_picking(self) -> None:
        self._picker.set_active(False)

    def take_side(self, side: float, size: Optional[float]) -> None:
        """Of the frame: brushes up to its half make sense. `size` is a new diameter, None leaves the present one."""
        self._size.limit(1.0, max(8.0, round(0.5 * side)))
        if size is not None:
            self._size.take(max(1.0, round(size)))
        self._tell()

    def take_color(self, color: Tuple[float, float, float]) -> None:
        """One that was picked, sRGB."""
        red, green, blue = (round(255 * value) for value in color)
        self._button.set_color(Gegl.Color.new(f"#{red:02x}{green:02x}{blue:02x}"))
        self._mode.set_active(npe.MODE_COLOR)
        self.stop_picking()

    def grow(self, factor: float) -> None:
        size = self._size.value()
        self._size.move(max(size + 1, round(size * factor)) if factor > 1.0 else min(size - 1, round(size * factor)))

    def _tell(self) -> None:
        self._button.set_sensitive(self.mode() == npe.MODE_COLOR)
        self._changed(self.brush())


class FaceBox(Gtk.Box):
    """Which face, or a square drawn by hand."""

    def __init__(self, chosen: Callable[[int], None], drawing: Callable[[bool], None],
                 selection: Callable[[], None]) -> None:
        super().__init__(spacing=GAP)
        self._face = -1
        self._combo = Gtk.ComboBoxText(tooltip_text=_("The face that is painted on. A click on another one in the "
                                                      "photo chooses it too."))
        self._combo.get_accessible().set_name(_("Face"))
        self._handler = self._combo.connect("changed", lambda combo: chosen(combo.get_active()))
        self._draw = Gtk.ToggleButton(label=_("Draw"), tooltip_text=_(
            "Draw a square around the face on the photo, from above the hair to below the chin."))
        self._drawer = self._draw.connect("toggled", lambda button: drawing(button.get_active()))
        around = Gtk.Button(label=_("Selection"),
                            tooltip_text=_("Takes the square around GIMP's selection as the face."))
        around.connect("clicked", lambda _button: selection())
        self.pack_start(self._combo, True, True, 0)
        self.pack_start(self._draw, False, False, 0)
        self.pack_start(around, False, False, 0)

    def face(self) -> int:
        """Which is painted on, -1: a square drawn by hand."""
        return self._face

    def take(self, faces: List[npe.Frame], chosen: int) -> None:
        with self._combo.handler_block(self._handler):
            self._combo.remove_all()
            for i, face in enumerate(faces):
                self._combo.append_text(_("Face {number} of {count}, {side:.0f} px").format(
                    number=i + 1, count=len(faces), side=face.side))
        self._combo.set_sensitive(bool(faces))
        self.take_face(chosen)

    def take_face(self, face: int) -> None:
        self._face = face
        self.put_back()

    def put_back(self) -> None:
        """Shows again what was taken last."""
        with self._combo.handler_block(self._handler):
            self._combo.set_active(self._face)

    def take_drawing(self, drawing: bool) -> None:
        with self._draw.handler_block(self._drawer):
            self._draw.set_active(drawing)


class Tools(Gtk.Box):
    """The row above the canvas."""

    def __init__(self, window: Any) -> None:
        super().__init__(spacing=GAP)
        from .window_session import Session
        self._undo = self._button("edit-undo", _("Undo"), _("Takes back the last stroke or change (Ctrl+Z)."),
                                  lambda: window.act(Session.undo))
        self._redo = self._button("edit-redo", _("Redo"), _("Does again what was undone (Ctrl+Y)."),
                                  lambda: window.act(Session.redo))
        self._gap()
        self._button("zoom-out", _("Zoom out"), _("Smaller (−)"), lambda: window.zoom(0.5 ** 0.5))
        self._zoom = Gtk.Label(width_chars=6, tooltip_text=_("How large the photo is shown. The wheel zooms at the "
                                                             "pointer; the middle button, or the space key held, moves "
                                                             "the photo."))
        self.pack_start(self._zoom, False, False, 0)
        self._button("zoom-in", _("Zoom in"), _("Larger (+)"), lambda: window.zoom(2 ** 0.5))
        self._button("zoom-fit-best", _("Whole photo"), _("All of the photo (0)"), lambda: window.zoom_to("fit"))
        self._button("zoom-original", _("Original size"), _("One pixel of the photo on one of the screen (1)"),
                     lambda: window.zoom_to("1"))
        self._button("avatar-default", _("Face"), _("The face (2)"), lambda: window.zoom_to("face"))
        self._gap()
        self._before = Gtk.ToggleButton(label=_("Before"), tooltip_text=_("Shows the photo as it was; so does the key "
                                                                          "X while it is held."))
        self._handler = self._before.connect("toggled", lambda button: window.show_before(button.get_active()))
        self.pack_start(self._before, False, False, 0)
        self._changes = []
        for label, tooltip, action in (
                (_("Reset"), _("Back to the photo; can be undone."), Session.reset),
                (_("Random face"), _("Puts another face, made up by the network, in place of the photo's; can be "
                                     "undone."), Session.sample)):
            button = Gtk.Button(label=label, tooltip_text=tooltip)
            button.connect("clicked", lambda _button, action=action: window.act(action))
            self.pack_end(button, False, False, 0)
            self._changes.append(button)

    def _button(self, icon: str, name: str, tooltip: str, action: Callable[[], None]) -> Gtk.Button:
        button = Gtk.Button(tooltip_text=tooltip, relief=Gtk.ReliefStyle.NONE, focus_on_click=False)
        button.add(Gtk.Image.new_from_icon_name(icon, Gtk.IconSize.BUTTON))
        button.get_accessible().set_name(name)
        button.connect("clicked", lambda _button: action())
        self.pack_start(button, False, False, 0)
        return button

    def _gap(self) -> None:
        self.pack_start(Gtk.Separator(orientation=Gtk.Orientation.VERTICAL), False, False, 2)

    def take_levels(self, undo: int, redo: int, ready: bool) -> None:
        """How often undo and redo will find something."""
        self._undo.set_sensitive(undo > 0)
        self._redo.set_sensitive(redo > 0)
        for button in self._changes:
            button.set_sensitive(ready)

    def take_zoom(self, zoom: float) -> None:
        percent = 100.0 * zoom
        self._zoom.set_text(f"{percent:.0f} %" if percent >= 10.0 else f"{percent:.1f} %")

    def take_before(self, before: bool) -> None:
        with self._before.handler_block(self._handler):
            self._before.set_active(before)
