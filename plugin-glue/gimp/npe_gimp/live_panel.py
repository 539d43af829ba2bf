# SPDX-License-Identifier: MIT OR Apache-2.0
"""The panel of Paint Live: a small window that stays above GIMP's while the person paints."""

from __future__ import annotations

import os
import random
from typing import List, Optional

from gi.repository import Gdk, Gimp, GLib, Gtk

from npe_shared import errors, log, npe
from npe_shared.panel import Panel
from npe_shared.told import Opened, Result
from npe_shared.words import _

from . import help_page, menu, photo_box
from .controls import GAP, AttributesBox, ModelBox, Notice, SettingsBox, StateBox
from .controls_pictures import LatentsBox, ViewsBox
from .live_session import Session

#: What the pictures show: what the network sees and thinks.
VIEWS = (npe.VIEW_ORIGINAL, npe.VIEW_GENERATED, npe.VIEW_MASK)


class PanelWindow(Gtk.Window, Panel):
    """Begins a session at once; when that is over, another one can be begun on the layer selected then."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        super().__init__(title=_("Neural Brush"), role="neural-brush-live", resizable=False, border_width=8)
        self.set_keep_above(True)
        menu.give_icon(self)
        self._image = image
        self._session: Optional[Session] = None
        self._latents = 0
        self._model: "tuple[Optional[str], str]" = (None, "auto")
        self._closing = False
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        self.add(column)
        self._state, self._notice = StateBox(), Notice()
        folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "models")
        self._models = ModelBox(folder, self._load, self._may_lose)
        self._settings = SettingsBox(lambda settings: self._with(lambda s: s.set_settings(settings)))
        self._attributes = AttributesBox(lambda name, value: self._with(lambda s: s.set_attribute(name, value)))
        self._views = ViewsBox(VIEWS, len(VIEWS), 84)
        self._tiles = LatentsBox(lambda x, y, r, v: self._with(lambda s: s.paint_latents(x, y, r, v)), 150)
        for widget in (self._face_row(), self._views, self._settings, self._attributes, self._see_row()):
            column.pack_start(widget, False, False, 0)
        column.pack_start(self._more(), False, False, 0)
        for widget in (self._notice, self._state, self._buttons()):
            column.pack_start(widget, False, False, 0)
        self.connect("delete-event", self._close)
        self.connect("key-press-event", self._pressed)
        self.show_all()
        self._begin(layer)

    # Building.

    def _face_row(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=GAP)
        self._faces = Gtk.ComboBoxText(tooltip_text=_("Which of the faces in the photo. What was painted on the one before "
                                                      "stays as a layer."))
        self._faces.get_accessible().set_name(_("Face"))
        self._faces_handler = self._faces.connect("changed", self._face_chosen)
        self._from_selection = Gtk.Button(label=_("S_election"), use_underline=True, tooltip_text=_(
            "Takes the square around the selection as the face: from above the hair to below the chin."))
        self._from_selection.connect("clicked", lambda _b: self._selection_chosen())
        row.pack_start(Gtk.Label(label=_("Face"), xalign=0.0, width_chars=7), False, False, 0)
        row.pack_start(self._faces, True, True, 0)
        row.pack_start(self._from_selection, False, False, 0)
        return row

    def _see_row(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=GAP, homogeneous=True)
        self._before = Gtk.ToggleButton(label=_("Be_fore"), use_underline=True, tooltip_text=_("Shows the photo as it was."))
        self._before.connect("toggled", lambda b: self._with(lambda s: s.show_before(b.get_active())))
        self._paint = Gtk.ToggleButton(label=_("Show _paint"), use_underline=True, tooltip_text=_(
            "Shows what you have painted over what comes of it."))
        self._paint.connect("toggled", lambda b: self._with(lambda s: s.show_paint(b.get_active())))
        for button in (self._before, self._paint):
            row.pack_start(button, True, True, 0)
        return row

    def _more(self) -> Gtk.Widget:
        more = Gtk.Expander(label=_("_More"), use_underline=True)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        row = Gtk.Box(spacing=GAP, homogeneous=True)
        for label, tooltip, action in (
                (_("Ra_ndom face"), _("Puts another face, made up by the network, in place of the photo's."),
                 lambda s: s.sample(random.getrandbits(32))),
                (_("_Undo"), _("Takes back the last slider, tile or random face. What you painted is GIMP's to undo."),
                 Session.undo_change),
                (_("Re_do"), _("Does again what was undone here."), Session.redo_change)):
            button = Gtk.Button(label=label, use_underline=True, tooltip_text=tooltip)
            button.connect("clicked", lambda _b, action=action: self._with(action))
            row.pack_start(button, True, True, 0)
        page = Gtk.Button(label=_("_Help"), use_underline=True, tooltip_text=_("Opens the help page (F1)."))
        page.connect("clicked", lambda _b: self._help())
        row.pack_start(page, True, True, 0)
        for widget in (self._models, row, self._tiles):
            column.pack_start(widget, False, False, 0)
        more.add(column)
        return more

    def _buttons(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=GAP, homogeneous=True)
        self._start = Gtk.Button(label=_("_Start"), use_underline=True, tooltip_text=_("Begins again on the layer that is selected."),
                                 no_show_all=True)
        self._start.connect("clicked", lambda _b: self._start_again())
        self._ends: List[Gtk.Button] = []
        for label, tooltip, action in (
                (_("_Cancel"), _("Leaves the image as it was."), Session.cancel),
                (_("_Reset"), _("Back to the photo; the paint is removed (GIMP can undo that)."), Session.reset),
                (_("_Bake"), _("Keeps the result as an ordinary layer, in one step that GIMP can undo."), Session.bake)):
            button = Gtk.Button(label=label, use_underline=True, tooltip_text=tooltip)
            button.connect("clicked", lambda _b, action=action: self._with(action))
            row.pack_start(button, True, True, 0)
            self._ends.append(button)
        row.pack_start(self._start, True, True, 0)
        return row

    def _help(self) -> None:
        try:
            help_page.show()
        except errors.Refused as e:
            self.failed(str(e))

    def _pressed(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        if event.keyval == Gdk.KEY_F1:
            self._help()
            return True
        return False

    # The session.

    def _begin(self, layer: Gimp.Layer) -> None:
        self._notice.take("")
        self._release()
        try:
            self._session = Session(self._image, layer, self, self._model)
        except Exception as e:  # noqa: BLE001 - the person must read a sentence, whatever it was
            self.failed(errors.sentence(e))
            self.ended("")
            return
        self._session.set_views(*VIEWS, npe.VIEW_LATENTS)
        for button in self._ends:
            button.show()
        self._start.hide()

    def _start_again(self) -> None:
        if not self._image.is_valid():
            self.destroy()
            return
        layers = self._image.get_selected_layers()
        if len(layers) != 1 or layers[0].is_group():
            self.failed(_("Select one layer: the one with the photo."))
            return
        self._begin(layers[0])

    def _with(self, action: "object") -> None:
        """Does something to the session, if there is one."""
        if self._session is None:
            return
        try:
            action(self._session)  # type: ignore[operator]
        except Exception as e:  # noqa: BLE001 - as above; GIMP may have closed what it is about
            self.failed(errors.sentence(e))

    def _load(self, path: Optional[str], device: str) -> None:
        if self._session is None:
            self._model = (path, device)
        self._with(lambda s: s.load(path, device))

    def _may_lose(self) -> bool:
        """Asks before another model takes what is not on the guide."""
        if self._session is None or not self._session.changed_base():
            return True
        question = Gtk.MessageDialog(transient_for=self, modal=True, message_type=Gtk.MessageType.QUESTION,
                                     buttons=Gtk.ButtonsType.OK_CANCEL, text=_("Take another model or device?"))
        question.format_secondary_text(_("With another model, sliders, tiles, random faces, and what was baked before are lost; "
                                         "what is painted on the guide is followed anew."))
        answer = question.run()
        question.destroy()
        return answer == Gtk.ResponseType.OK

    def goes_on(self, sentence: str) -> bool:
        return photo_box.goes_on(self, sentence)

    def _face_chosen(self, combo: Gtk.ComboBoxText) -> None:
        index = combo.get_active()
        if index >= 0:
            self._release()
            self._with(lambda s: s.choose_face(index))

    def _selection_chosen(self) -> None:
        self._release()
        with self._faces.handler_block(self._faces_handler):
            # None of the list any more, so that each can be chosen again.
            self._faces.set_active(-1)
        self._with(Session.choose_selection)

    def _release(self) -> None:
        """Neither the photo as it was nor the paint is shown to begin with."""
        for toggle in (self._before, self._paint):
            toggle.set_active(False)

    def _close(self, _window: Gtk.Window, _event: object) -> bool:
        if self._session is None:
            return False
        # What was painted last may still be on its way; the session ends when it has landed.
        self._closing = True
        self._with(Session.close)
        return True

    # What the session tells.

    def state(self, text: str, busy: bool = False) -> None:
        self._state.take(text, busy)

    def progress(self, done: float) -> None:
        self._state.progress(done)

    def failed(self, sentence: str) -> None:
        self._notice.take(sentence)
        # Whatever was asked for, this is what runs.
        self._models.take(*self._model)

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        with self._faces.handler_block(self._faces_handler):
            self._faces.remove_all()
            for i in range(len(faces)):
                self._faces.append_text(_("{number} of {count}, {side:.0f} pixels").format(
                    number=i + 1, count=len(faces), side=faces[i].side))
            self._faces.set_active(chosen)
        self._faces.set_sensitive(len(faces) > 1)

    def opened(self, opened: Opened) -> None:
        self._notice.take("")
        self._latents = opened.model.latents
        if self._session is not None:
            self._model = self._session.model
        self._models.take(*self._model, opened.model, opened.session)
        self._settings.take(opened.settings)
        self._attributes.take(opened.attributes)
        log.info("a face of %.0f pixels; model %s on %s", opened.frame.side, opened.model.name, opened.session.device)

    def changed(self, result: Result) -> None:
        self._attributes.take(result.attributes)

    def viewed(self, view: int, picture: npe.Image) -> None:
        if view == npe.VIEW_LATENTS:
            self._tiles.take(picture, self._latents)
        else:
            self._views.take(view, picture)

    def ended(self, text: str) -> None:
        self._session = None
        if self._closing or not self._image.is_valid():
            # Not inside the session's own call.
            GLib.idle_add(lambda: self.destroy() and False)
            return
        self._state.take(text)
        for button in self._ends:
            button.hide()
        self._start.show()
