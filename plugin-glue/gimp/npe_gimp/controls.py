# SPDX-License-Identifier: MIT OR Apache-2.0
"""The controls that Paint Live and the canvas window have in common: sliders, model and device, state, errors.

Each is a box that is told what to show through `take` and tells what the person did through the functions it was made
with; `take` itself tells nothing. The small pictures are in `controls_pictures`.
"""

from __future__ import annotations

import os
from typing import Callable, Dict, List, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import GimpUi, Gtk, Pango  # noqa: E402

from npe_shared import npe  # noqa: E402
from npe_shared.words import _  # noqa: E402

#: Space between controls, and around groups of them.
GAP = 6


class Slider(Gtk.Box):
    """A named number, as GIMP's own sliders look."""

    def __init__(self, label: str, tooltip: str, lower: float, upper: float, value: float, digits: int,
                 changed: Callable[[float], None], curve: float = 1.0) -> None:
        """A `curve` over 1 gives the small values more of the way."""
        super().__init__()
        step = 10.0 ** -digits
        self._adjustment = Gtk.Adjustment(value=value, lower=lower, upper=upper, step_increment=step,
                                          page_increment=10 * step)
        self._scale = GimpUi.SpinScale.new(self._adjustment, label, digits)
        self._scale.set_gamma(curve)
        self._scale.set_tooltip_text(tooltip)
        self._scale.get_accessible().set_name(label)
        # A wheel over a panel scrolls the panel; values changed by the way would not be noticed.
        self._scale.connect("scroll-event", _scroll_panel)
        self.pack_start(self._scale, True, True, 0)
        self._changed = changed
        self._handler = self._adjustment.connect("value-changed", lambda a: self._changed(a.get_value()))

    def value(self) -> float:
        return self._adjustment.get_value()

    def take(self, value: float) -> None:
        """Shows a value and tells nobody."""
        with self._adjustment.handler_block(self._handler):
            self._adjustment.set_value(value)

    def move(self, value: float) -> None:
        """Moves as by hand."""
        self._adjustment.set_value(value)

    def limit(self, lower: float, upper: float) -> None:
        """Other bounds; a value outside of them is moved."""
        self._adjustment.set_lower(lower)
        self._adjustment.set_upper(upper)


def _scroll_panel(widget: Gtk.Widget, _event: object) -> bool:
    widget.stop_emission_by_name("scroll-event")
    return False


class SettingsBox(Gtk.Box):
    """How strokes act and how the change is shown."""

    def __init__(self, changed: Callable[[npe.Settings], None]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        self._settings: Optional[npe.Settings] = None
        self._changed = changed
        self._sliders: Dict[str, Slider] = {}
        self._add("strength", _("Strength"), _("How far a stroke goes towards its colour. For strokes from now on."))
        self._add("freedom", _("Freedom"), _("How far the face may leave the one in the photo: more for large changes "
                                             "such as new hair, less for fine ones. For strokes from now on."))
        self._add("detail", _("Detail"), _("How much of the photo's own fine detail (pores, strands of hair) stays "
                                           "where the face has changed."))
        self._add("locality", _("Locality"), _("How closely the change keeps to where you painted. At 0 the whole face "
                                               "may follow."))
        self._add("mask", _("Mask gain"), _("How readily small changes are taken into the photo. At 0 nothing is "
                                            "shown."), 800.0)
        self.set_sensitive(False)

    def _add(self, name: str, label: str, tooltip: str, upper: float = 100.0) -> None:
        self._sliders[name] = Slider(label + " (%)", tooltip, 0.0, upper, 0.0, 0,
                                     lambda percent: self._moved(name, percent / 100.0), 2.0 if upper > 100.0 else 1.0)
        self.pack_start(self._sliders[name], False, False, 0)

    def take(self, settings: npe.Settings) -> None:
        self._settings = settings
        for name, slider in self._sliders.items():
            slider.take(100.0 * getattr(settings, name))
        self.set_sensitive(True)

    def _moved(self, name: str, value: float) -> None:
        if self._settings is not None:
            self._settings = self._settings._replace(**{name: value})  # type: ignore[arg-type]
            self._changed(self._settings)


def attribute_label(name: str) -> str:
    """What a person reads for an attribute of a model."""
    if name == "smile":
        return _("Smile")
    if name.startswith("pc") and name[2:].isdigit():
        return _("Direction {number}").format(number=name[2:])
    return name.replace("_", " ").capitalize()


class AttributesBox(Gtk.Box):
    """Sliders of what a model can change by name; not shown where it has none."""

    def __init__(self, moved: Callable[[str, float], None]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2, no_show_all=True)
        self._moved = moved
        self._sliders: Dict[str, Slider] = {}

    def take(self, values: Dict[str, float]) -> None:
        """Where they stand; other names than before make other sliders."""
        if list(values) != list(self._sliders):
            self._build(list(values))
        for name, value in values.items():
            self._sliders[name].take(value)
        self.set_visible(bool(values))

    def _build(self, names: List[str]) -> None:
        for child in self.get_children():
            child.destroy()
        self._sliders = {name: self._slider(name) for name in names}
        named = [name for name in names if not name.startswith("pc")]
        unnamed = [name for name in names if name.startswith("pc")]
        for name in sorted(named, key=lambda name: name != "smile"):
            self.pack_start(self._sliders[name], False, False, 0)
        if unnamed:
            more = Gtk.Expander(label=_("More directions"))
            more.set_tooltip_text(_("The directions in which the faces that the model was trained on differ most. They "
                                    "have no names: try them."))
            inner = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
            for name in unnamed:
                inner.pack_start(self._sliders[name], False, False, 0)
            more.add(inner)
            self.pack_start(more, False, False, 0)
        for child in self.get_children():
            child.show_all()

    def _slider(self, name: str) -> Slider:
        return Slider(attribute_label(name), _("0 is as in the photo; 1 or −1 is one typical step from there."), -5.0,
                      5.0, 0.0, 2, lambda value: self._moved(name, value))


#: The devices that can be asked for.
_DEVICES = ("auto", "cpu", "cuda", "cpu-torch")


class ModelBox(Gtk.Box):
    """Which network, and what computes it."""

    def __init__(self, folder: str, chosen: Callable[[Optional[str], str], None],
                 confirm: Optional[Callable[[], bool]] = None) -> None:
        """`folder` is where models are offered from (*.safetensors). `chosen` is told the file (None: the built-in one)
        and the device; `confirm` is asked before, and its False puts all back."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        self._chosen, self._confirm = chosen, confirm
        self._now: Tuple[Optional[str], str] = (None, "auto")
        self._model, self._device = Gtk.ComboBoxText(), Gtk.ComboBoxText()
        self._fill(folder)
        devices = {"auto": _("Best device"), "cpu": _("Processor"), "cuda": _("Graphics card (CUDA)"),
                   "cpu-torch": _("Processor, libtorch")}
        for device in _DEVICES:
            self._device.append(device, devices[device])
        for combo, label, tooltip in (
                (self._model, _("Model"), _("The network that makes the face. What was painted with one model can't be "
                                            "taken over to another.")),
                (self._device, _("Device"), _("What computes it. The graphics card needs an NVIDIA card and libtorch; "
                                              "below stands what is really used."))):
            combo.set_tooltip_text(tooltip)
            combo.get_accessible().set_name(label)
            # A long name of a file must not widen the panel.
            for cell in combo.get_cells():
                cell.set_property("ellipsize", Pango.EllipsizeMode.MIDDLE)
            line = Gtk.Box(spacing=GAP)
            caption = Gtk.Label(label=label, xalign=0.0, width_chars=7)
            line.pack_start(caption, False, False, 0)
            line.pack_start(combo, True, True, 0)
            self.pack_start(line, False, False, 0)
        self._truth = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=30, selectable=False)
        self._truth.get_style_context().add_class("dim-label")
        self.pack_start(self._truth, False, False, 0)
        self._handlers = [combo.connect("changed", self._changed) for combo in (self._model, self._device)]
        self._put_back()

    def _fill(self, folder: str) -> None:
        self._model.append("", _("Built-in: faces"))
        try:
            files = sorted(name for name in os.listdir(folder) if name.endswith(".safetensors"))
        except OSError:
            files = []
        for name in files:
            self._model.append(os.path.join(folder, name), name[:-len(".safetensors")])
        self._model.append("other", _("Other…"))

    def take(self, path: Optional[str], device: str, model: Optional[npe.ModelInfo] = None,
             session: Optional[npe.SessionInfo] = None) -> None:
        """What was asked for, and once it is loaded what it is and runs on."""
        self._now = (path, device)
        self._put_back()
        if model is not None and session is not None:
            memory = _(", {gib:.0f} GiB").format(gib=session.device_memory / 2**30) if session.is_cuda else ""
            self._truth.set_text(_("{name}, {size}×{size}, on {device}{memory}").format(
                name=model.name, size=model.image_size, device=session.device, memory=memory))
            self._truth.set_tooltip_text(_("Trained on: {trained_on}\nLicence: {licence}").format(
                trained_on=model.trained_on, licence=model.licence))

    def _put_back(self) -> None:
        path, device = self._now
        for combo, handler in zip((self._model, self._device), self._handlers):
            combo.handler_block(handler)
        if not self._model.set_active_id(path or ""):
            self._model.insert(1, path or "", os.path.basename(path or ""))
            self._model.set_active_id(path or "")
        self._device.set_active_id(device)
        for combo, handler in zip((self._model, self._device), self._handlers):
            combo.handler_unblock(handler)

    def _changed(self, _combo: Gtk.ComboBoxText) -> None:
        path: Optional[str] = self._model.get_active_id() or None
        device = self._device.get_active_id() or "auto"
        if path == "other":
            path = self._ask_for_file()
            if path is None:
                self._put_back()
                return
        if (path, device) == self._now:
            return
        if self._confirm is not None and not self._confirm():
            self._put_back()
            return
        self._now = (path, device)
        self._put_back()
        self._chosen(path, device)

    def _ask_for_file(self) -> Optional[str]:
        top = self.get_toplevel()
        chooser = Gtk.FileChooserNative.new(_("Open a model"), top if isinstance(top, Gtk.Window) else None,
                                            Gtk.FileChooserAction.OPEN, None, None)
        for name, pattern in ((_("Models (*.safetensors)"), "*.safetensors"), (_("All files"), "*")):
            kind = Gtk.FileFilter()
            kind.set_name(name)
            kind.add_pattern(pattern)
            chooser.add_filter(kind)
        answer = chooser.run()
        path = chooser.get_filename()
        chooser.destroy()
        return path if answer == Gtk.ResponseType.ACCEPT else None


class StateBox(Gtk.Box):
    """A line about what is going on, with a spinner while something is and a bar while that takes long."""

    def __init__(self) -> None:
        super().__init__(spacing=GAP)
        self._spinner = Gtk.Spinner()
        self._label = Gtk.Label(xalign=0.0, ellipsize=Pango.EllipsizeMode.END)
        self._label.get_accessible().set_name(_("State"))
        self._bar = Gtk.ProgressBar(no_show_all=True, valign=Gtk.Align.CENTER)
        self.pack_start(self._spinner, False, False, 0)
        self.pack_start(self._label, True, True, 0)
        self.pack_start(self._bar, False, False, 0)

    def take(self, text: str, busy: bool = False) -> None:
        self._label.set_text(text)
        self._label.set_tooltip_text(text)
        self._spinner.set_property("active", busy)
        if not busy:
            self._bar.hide()

    def progress(self, done: float) -> None:
        """Of long work, 0 to 1; the next `take` that is not busy ends it."""
        self._bar.set_fraction(min(max(done, 0.0), 1.0))
        self._bar.set_visible(done < 1.0)


class Notice(Gtk.InfoBar):
    """A sentence that stays until it is closed or another one comes."""

    def __init__(self) -> None:
        super().__init__(no_show_all=True, show_close_button=True)
        self._label = Gtk.Label(xalign=0.0, wrap=True, selectable=True, max_width_chars=60)
        self._label.show()
        self.get_content_area().pack_start(self._label, True, True, 0)
        self.connect("response", lambda bar, _answer: bar.hide())
        self.connect("close", lambda bar: bar.hide())

    def take(self, sentence: str, kind: Gtk.MessageType = Gtk.MessageType.ERROR) -> None:
        """Shows it; an empty sentence hides the bar."""
        # npe's sentences are made to stand behind a colon.
        self._label.set_text(sentence[:1].upper() + sentence[1:])
        self.set_message_type(kind)
        self.set_visible(bool(sentence))

    def sentence(self) -> str:
        """What it shows, "" if nothing."""
        return self._label.get_text() if self.get_visible() else ""
