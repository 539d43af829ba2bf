# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window: puts the canvas, the controls and a session together, and knows the keys."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Optional, Tuple

from gi.repository import Gdk, Gimp, GimpUi, Gtk

from npe_shared import errors, frames, log, npe
from npe_shared.told import Opened, Result
from npe_shared.words import _

from . import help_page, menu, photo_box
from .canvas import Canvas, Hand
from .canvas_view import Brush
from .controls import GAP, AttributesBox, ModelBox, Notice, SettingsBox, StateBox
from .controls_pictures import LatentsBox, ViewsBox
from .window_session import Session
from .window_tools import BrushBox, FaceBox, Tools
from .window_watcher import Watcher

#: The small pictures under the canvas.
VIEWS = (npe.VIEW_ORIGINAL, npe.VIEW_RECONSTRUCTION, npe.VIEW_GENERATED, npe.VIEW_DELTA, npe.VIEW_MASK, npe.VIEW_RESULT)
#: The brush's size at first, as a share of the frame's side.
BRUSH = 0.06
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class CanvasWindow(Gtk.Window, Watcher, Hand):
    """See the module. Raises errors.Refused for a layer that can't be edited."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        super().__init__(title=_("Neural Brush – {image}").format(image=image.get_name()), role="neural-brush-window")
        menu.give_icon(self)
        self.applied_layer: Optional[Gimp.Layer] = None
        self._latents = 0
        self._frame: Optional[npe.Frame] = None
        self._sized = False
        self._session = Session(image, layer, self)
        self._canvas = Canvas(self._session.scene, self)
        self._notice, self._state = Notice(), StateBox()
        self._brush = BrushBox(self._brush_changed)
        self._faces = FaceBox(self._face_chosen, self._draw_frame, self._frame_selection)
        self._tools = Tools(self)
        self._settings = SettingsBox(self._do(Session.set_settings))
        self._attributes = AttributesBox(self._do(Session.set_attribute))
        self._tiles = LatentsBox(self._do(Session.paint_latents), 200)
        self._models = ModelBox(os.path.join(_HERE, "models"), self._load, self._may_lose)
        self._views = ViewsBox(VIEWS, len(VIEWS), 88)
        self._build()
        self.connect("delete-event", self._closed)
        self.connect("key-press-event", self._key)
        self.connect("key-release-event", self._key_up)
        self._show_state(_("Loading…"), True)
        self._allow()

    def begin(self) -> None:
        """Shows it and looks for the face."""
        screen = self.get_screen()
        place = screen.get_display().get_monitor(0).get_workarea()
        self.set_default_size(min(1280, int(0.92 * place.width)), min(860, int(0.9 * place.height)))
        GimpUi.window_set_transient(self)
        self.show_all()
        self._canvas.grab()
        self._session.set_views(*VIEWS, npe.VIEW_LATENTS)
        self._session.start()

    # Building.

    def _build(self) -> None:
        panel = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP, border_width=8)
        panel.pack_start(self._faces, False, False, 0)
        for name, box, opened in ((_("Brush"), self._brush, True), (_("Stroke and blend"), self._settings, True),
                                  (_("Face"), self._attributes, True), (_("Latent tiles"), self._tiles, False),
                                  (_("Model and device"), self._models, False)):
            group = Gtk.Expander(expanded=opened)
            caption = Gtk.Label(label=f"<b>{name}</b>", use_markup=True)
            group.set_label_widget(caption)
            box.set_margin_start(4)
            box.set_margin_top(4)
            group.add(box)
            panel.pack_start(group, False, False, 0)
        side = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        side.set_size_request(290, -1)
        side.add(panel)
        work = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        work.pack_start(self._tools, False, False, 0)
        # Over the canvas: what is painted on must not move away under the pen.
        over = Gtk.Overlay()
        over.add(self._canvas)
        self._notice.set_valign(Gtk.Align.START)
        over.add_overlay(self._notice)
        work.pack_start(over, True, True, 0)
        views = Gtk.Expander(label=_("Views"), expanded=True)
        views.add(self._views)
        work.pack_start(views, False, False, 0)
        middle = Gtk.Box(spacing=GAP)
        middle.pack_start(work, True, True, 0)
        middle.pack_start(Gtk.Separator(orientation=Gtk.Orientation.VERTICAL), False, False, 0)
        middle.pack_start(side, False, False, 0)
        all_of_it = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP, border_width=8)
        all_of_it.pack_start(middle, True, True, 0)
        all_of_it.pack_start(self._bottom(), False, False, 0)
        self.add(all_of_it)

    def _bottom(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=GAP)
        help_button = Gtk.Button.new_with_mnemonic(_("_Help"))
        help_button.set_tooltip_text(_("Opens the help page (F1)."))
        help_button.connect("clicked", lambda _button: self.help())
        cancel = Gtk.Button.new_with_mnemonic(_("_Cancel"))
        cancel.set_tooltip_text(_("Closes the window and leaves the image as it is (Esc)."))
        cancel.connect("clicked", lambda _button: self.cancel())
        self._apply = Gtk.Button.new_with_mnemonic(_("_Apply"))
        self._apply.set_tooltip_text(_("Adds the result to the image as a layer of its own, in one step of undo "
                                       "(Ctrl+Enter)."))
        self._apply.get_style_context().add_class("suggested-action")
        self._apply.connect("clicked", lambda _button: self.apply())
        row.pack_start(help_button, False, False, 0)
        row.pack_start(self._state, True, True, GAP)
        row.pack_end(self._apply, False, False, 0)
        row.pack_end(cancel, False, False, 0)
        return row

    # What the person does.

    def _do(self, action: Callable[..., Any]) -> Callable[..., None]:
        """Something of the session, whose errors become sentences."""
        def done(*values: Any) -> None:
            try:
                action(self._session, *values)
            except Exception as e:  # noqa: BLE001 - the person must read a sentence, whatever it was
                self.failed(errors.sentence(e))
        return done

    def act(self, action: Callable[[Session], Any]) -> None:
        """A thing to undo, unless a stroke is being drawn at this moment."""
        if not self._canvas.painting():
            self._do(action)()

    def apply(self) -> None:
        self._canvas.finish()
        if self._apply.get_sensitive():
            self._do(Session.apply)()
            self._allow()

    def cancel(self) -> None:
        """Closes; asks first if something would be lost."""
        self._canvas.finish()
        if self._session.dirty() and not self._ask(_("Close without applying?"),
                                                   _("What you have painted here is lost."),
                                                   _("_Close without applying")):
            return
        self._session.close()
        self.destroy()

    def _closed(self, _window: Gtk.Window, _event: Gdk.Event) -> bool:
        self.cancel()
        return True

    def help(self) -> None:
        try:
            help_page.show()
        except errors.Refused as e:
            self.failed(str(e))

    def show_before(self, before: bool) -> None:
        self._canvas.show_before(before)
        self._tools.take_before(before)

    def zoom(self, factor: float) -> None:
        self._canvas.zoom(factor)

    def zoom_to(self, what: str) -> None:
        """"fit", "face" or "1"."""
        view = self._canvas.view
        if what == "face" and self._frame is not None:
            view.fit_frame(self._frame)
        elif what != "1":
            view.fit()
        else:
            view.zoom_to(1.0, 0.5 * view.width, 0.5 * view.height)
        self._canvas.look()

    def _ask(self, question: str, consequence: str, yes: str) -> bool:
        dialog = Gtk.MessageDialog(transient_for=self, modal=True, message_type=Gtk.MessageType.QUESTION, text=question,
                                   secondary_text=consequence)
        dialog.add_button(_("_Go on painting"), Gtk.ResponseType.CANCEL)
        dialog.add_button(yes, Gtk.ResponseType.OK)
        dialog.set_default_response(Gtk.ResponseType.CANCEL)
        answer = dialog.run()
        dialog.destroy()
        return answer == Gtk.ResponseType.OK

    def _may_lose(self) -> bool:
        """Before something that starts the edit anew."""
        return not self._session.dirty() or self._ask(_("Start anew?"), _("What you have painted here is lost."),
                                                      _("_Start anew"))

    def _face_chosen(self, face: int) -> None:
        if self._may_lose():
            self._faces.take_face(face)
            self._stop_framing()
            self._do(Session.choose)(face)
        else:
            self._faces.put_back()

    def _draw_frame(self, drawing: bool) -> None:
        self._canvas.framing = drawing
        self._show_state("", False)

    def _frame_selection(self) -> None:
        bounds = self._session.selection()
        if bounds is None:
            self.failed(_("Nothing is selected in GIMP. Select the face there, from above the hair to below the chin; "
                          "or draw the square here."))
        else:
            self.framed(frames.around(bounds))

    def _load(self, path: Optional[str], device: str) -> None:
        self._do(Session.load)(path, device)
        self._allow()

    def _brush_changed(self, brush: Brush) -> None:
        self._canvas.set_brush(brush)
        self._canvas.picking = self._brush.picking()

    # What the hand on the canvas does.

    def stroked(self, dabs: List[npe.Dab], first: bool, last: bool) -> None:
        color, mode = self._brush.color(), self._brush.mode()
        self._canvas.trail = color if mode == npe.MODE_COLOR else (
            {npe.MODE_LIGHTEN: 1.0, npe.MODE_DARKEN: 0.0}.get(mode, 0.5),) * 3
        self._do(Session.stroke)(dabs, color, mode, first, last)

    def missed(self) -> None:
        self._state.take(_("Paint inside the dashed square: it is all that the network sees."))

    def picked(self, color: Tuple[float, float, float]) -> None:
        self._brush.take_color(color)
        self._canvas.picking = False

    def framed(self, frame: npe.Frame) -> None:
        self._stop_framing()
        if self._may_lose():
            self._faces.take_face(-1)
            self._do(Session.choose_frame)(frame)

    def chose(self, face: int) -> None:
        self._face_chosen(face)

    def looked(self) -> None:
        view = self._canvas.view
        self._tools.take_zoom(view.zoom)
        self._session.look_at(*view.to_photo(0, 0), *view.to_photo(view.width, view.height))

    def _stop_framing(self) -> None:
        self._faces.take_drawing(False)
        self._canvas.framing = False

    # What the session tells.

    def state(self, text: str, busy: bool) -> None:
        self._show_state(text, busy)

    def _show_state(self, text: str, busy: bool) -> None:
        if not text:
            if self._canvas.framing:
                text = _("Drag a square around the face, from above the hair to below the chin.")
            elif self._session.ready():
                text = _("Paint on the face. Ctrl-click picks a colour, X shows the photo before, [ and ] size the "
                         "brush.")
        self._state.take(text, busy)

    def progress(self, done: float) -> None:
        self._state.progress(done)

    def failed(self, sentence: str) -> None:
        self._notice.take(sentence)
        self._models.take(self._session.model, self._session.device)
        self._allow()

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        self._faces.take(faces, chosen)
        if not faces:
            self._faces.take_drawing(True)
            self._canvas.framing = True
        self._canvas.take_frames(None, faces)

    def goes_on(self, sentence: str) -> bool:
        return photo_box.goes_on(self, sentence)

    def opened(self, opened: Opened, frame: npe.Frame) -> None:
        faces = list(self._session.faces)
        chosen = self._faces.face()
        if 0 <= chosen < len(faces):
            # The exact frame instead of the one from the small picture.
            faces[chosen] = frame
        log.info("a face of %.0f pixels at %.0f, %.0f; model %s on %s", frame.side, frame.cx, frame.cy,
                 opened.model.name, opened.session.device)
        self._frame = frame
        self._latents = opened.model.latents
        self._stop_framing()
        self._canvas.take_frames(frame, faces)
        self._canvas.changed()
        self.looked()
        self._brush.take_side(frame.side, None if self._sized else BRUSH * frame.side)
        self._sized = True
        self._settings.take(opened.settings)
        self._attributes.take(opened.attributes)
        self._models.take(self._session.model, self._session.device, opened.model, opened.session)
        self._allow()
        self._show_state("", False)

    def changed(self, result: Result, rect: npe.Rect) -> None:
        self._canvas.changed(rect)
        self._attributes.take(result.attributes)
        self._allow()

    def photo_changed(self) -> None:
        self._canvas.changed()

    def viewed(self, view: int, picture: npe.Image) -> None:
        if view == npe.VIEW_LATENTS:
            self._tiles.take(picture, self._latents)
        else:
            self._views.take(view, picture)

    def applied(self, layer: Gimp.Layer) -> None:
        self.applied_layer = layer
        self.destroy()

    def gone(self, sentence: str) -> None:
        log.info("%s", sentence)
        self._notice.take(sentence)
        self._allow()

    def _allow(self) -> None:
        """What can be done now."""
        ready = self._session.ready()
        self._canvas.ready = ready
        undo, redo = self._session.levels
        self._tools.take_levels(undo if ready else 0, redo if ready else 0, ready)
        self._apply.set_sensitive(ready and self._session.dirty())
        for box in (self._attributes, self._tiles):
            box.set_sensitive(ready)

    # The keys.

    def _key(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        key = Gdk.keyval_name(event.keyval) or ""
        control = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        shift = bool(event.state & Gdk.ModifierType.SHIFT_MASK)
        typing = isinstance(self.get_focus(), Gtk.Editable)
        if control:
            action = {"z": Session.redo if shift else Session.undo, "y": Session.redo}.get(key.lower())
            if action is not None:
                self.act(action)
            elif key in ("Return", "KP_Enter"):
                self.apply()
            else:
                return False
            return True
        if key == "Escape":
            if self._canvas.framing and self._session.ready():
                self._stop_framing()
                self._show_state("", False)
            elif self._brush.picking():
                self._brush.stop_picking()
            else:
                self.cancel()
            return True
        if key == "F1":
            self.help()
            return True
        if typing:
            return False
        known = {"bracketleft": lambda: self._brush.grow(1 / 1.15), "bracketright": lambda: self._brush.grow(1.15),
                 "plus": lambda: self.zoom(2 ** 0.5), "equal": lambda: self.zoom(2 ** 0.5),
                 "KP_Add": lambda: self.zoom(2 ** 0.5), "minus": lambda: self.zoom(0.5 ** 0.5),
                 "KP_Subtract": lambda: self.zoom(0.5 ** 0.5), "0": lambda: self.zoom_to("fit"),
                 "1": lambda: self.zoom_to("1"), "2": lambda: self.zoom_to("face"),
                 "x": lambda: self.show_before(True), "X": lambda: self.show_before(True),
                 "space": lambda: self._canvas.hold_space(True)}.get(key)
        if known is None:
            return False
        known()
        return True

    def _key_up(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        key = Gdk.keyval_name(event.keyval) or ""
        if key in ("x", "X"):
            self.show_before(False)
        elif key == "space":
            self._canvas.hold_space(False)
        return False
