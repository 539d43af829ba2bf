# SPDX-License-Identifier: MIT OR Apache-2.0
"""The docker "Neural Brush": all that a person sees of it beside the canvas."""

from __future__ import annotations

import functools
import random
from typing import Any, List, Optional

from krita import DockWidget, Krita

from npe_shared import npe
from npe_shared.panel import Panel
from npe_shared.told import Opened, Result
from npe_shared.words import _

from . import tool
from .canvas import CanvasBrush
from .controller import Controller
from .model_box import ModelBox
from .presses import Presses
from .qt import QComboBox, QFrame, QLabel, QMessageBox, QProgressBar, QPushButton, QScrollArea, QSizePolicy, Qt, QTimer
from .tiles import LatentsBox, ViewsBox
from .widgets import AttributesBox, Notice, Section, SettingsBox, column, row

_VIEWS = (npe.VIEW_ORIGINAL, npe.VIEW_GENERATED, npe.VIEW_RESULT, npe.VIEW_RECONSTRUCTION, npe.VIEW_DELTA,
          npe.VIEW_MASK)


def _button(text: str, tooltip: str, icon: str = "", checkable: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.setCheckable(checkable)
    # Krita's keys are for the canvas.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    if icon:
        button.setIcon(Krita.instance().icon(icon))
    _make_room(button, text, bool(icon))
    return button


def _make_room(button: QPushButton, text: str, icon: bool) -> None:
    """A button is as wide as its text at least."""
    width = button.fontMetrics().boundingRect(text).width() + (button.iconSize().width() if icon else 0) + 14
    button.setMinimumWidth(width)


class DockerPanel(Panel):
    """Tells the docker what the controller tells."""

    def __init__(self, docker: "NeuralBrushDocker") -> None:
        self._docker = docker

    def state(self, text: str, busy: bool = False) -> None:
        self._docker.take_state(text, busy)

    def progress(self, done: float) -> None:
        self._docker.take_progress(done)

    def failed(self, sentence: str) -> None:
        self._docker.notice.take(sentence)

    def put_back(self, path: Optional[str], device: str) -> None:
        self._docker.model.put_back(path, device)

    def found(self, faces: List[npe.Frame], chosen: int) -> None:
        self._docker.take_faces(faces, chosen)

    def opened(self, opened: Opened) -> None:
        self._docker.take_opened(opened)

    def goes_on(self, sentence: str) -> bool:
        return self._docker.asks_to_go_on(sentence)

    def ready(self, opened: Opened) -> None:
        self._docker.take_ready(opened)

    def changed(self, result: Result) -> None:
        self._docker.take_result(result)

    def viewed(self, view: int, picture: npe.Image) -> None:
        self._docker.take_view(view, picture)

    def ended(self, text: str) -> None:
        self._docker.take_ended(text)


def _gone(controller: Controller, *_docker: Any) -> None:
    controller.panel = controller.direct.panel = Panel()
    controller.close()


class NeuralBrushDocker(DockWidget):
    """One for each window of Krita."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(_("Neural Brush"))
        self.controller = Controller(DockerPanel(self))
        self.controller.direct.panel = self.controller.panel
        self.canvas_brush = CanvasBrush(self.controller, lambda sentence: self.notice.take(sentence))
        self._presses = Presses(self, self.controller)
        # Krita deletes the docker with its window, maybe in the middle of a session.
        self.destroyed.connect(functools.partial(_gone, self.controller))
        self._latents, self._tip = 0, tool.Tip(self)
        self.notice = Notice()
        self._build()
        self._enable(False)
        self.take_state(_("Select the layer with a photo of a face, then press Start."), False)

    def canvasChanged(self, _canvas: Any) -> None:  # noqa: N802 - Krita's name
        # Krita's own filter comes to a new canvas a moment later.
        QTimer.singleShot(300, self._hook)

    def _hook(self) -> None:
        self.canvas_brush.hook()
        self._presses.hook()
        window = Krita.instance().activeWindow()
        if window is not None and tool.registered():
            self._tip.watch(window.qwindow())

    # Building.

    def _build(self) -> None:
        controller = self.controller
        self._start, self._nothing = _button(_("Start"), ""), _button(_("From nothing"), "")
        self._start.clicked.connect(self._pressed_start)
        self._nothing.clicked.connect(lambda: self._go(lambda: controller.portrait_from_nothing(self._seed())))
        self._source = QComboBox()
        self._source.addItems([_("Active layer"), _("All visible layers")])
        self._source.setToolTip(_("Where the photo is."))
        self._faces = QComboBox()
        self._faces.setToolTip(_("The faces that were found, largest first."))
        self._faces.activated.connect(controller.choose_face)
        self._selection = _button(_("Selection"), _("Takes the square around the selection as the face's frame: from "
                                                    "above the hair to below the chin."))
        self._selection.clicked.connect(lambda: self._go(controller.choose_selection))
        self._state = QLabel()
        self._state.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setMaximumHeight(6)
        self._bar.setTextVisible(False)
        self._bar.hide()
        self._ready_to_start()
        self._on_canvas = _button(_("Paint on the canvas"), _(
            "Takes the pen over the canvas: strokes with Krita's colour and brush size, whatever tool and layer are "
            "active. Each stroke is one step of undo."), "krita_tool_freehand", True)
        self._on_canvas.setToolTip(self._on_canvas.toolTip() + "\n" + tool.way()[0])
        self._on_canvas.toggled.connect(self.canvas_brush.set_on)
        self.mode = QComboBox()
        for mode, name in ((npe.MODE_COLOR, _("Colour")), (npe.MODE_LIGHTEN, _("Lighten")),
                           (npe.MODE_DARKEN, _("Darken")),
                           (npe.MODE_RESTORE, _("Restore"))):
            self.mode.addItem(name, mode)
        self.mode.setToolTip(_("What paint means: take its colour; grow lighter or darker by it; become the photo "
                               "again."))
        self.mode.activated.connect(lambda index: controller.set_mode(self.mode.itemData(index)))
        self._before = _button(_("Before"), _("Shows the photo as it was."), "", True)
        self._before.toggled.connect(controller.show_before)
        self._paint = _button(_("Show paint"), _("Shows what you painted over what comes of it."), "", True)
        self._paint.toggled.connect(controller.show_paint)
        self._sample = _button(_("Random face"), _("Puts another face, made up by the network, in place of the "
                                                   "photo's."))
        self._sample.clicked.connect(lambda: controller.sample(self._seed()))
        self._undo = _button(_("Undo"), _("Takes back a slider, a tile or a random face. Strokes are undone by "
                                          "Krita (Ctrl+Z)."),
                             "edit-undo")
        self._redo = _button(_("Redo"), _("Does again what Undo took back."), "edit-redo")
        self._undo.clicked.connect(controller.undo_change)
        self._redo.clicked.connect(controller.redo_change)
        self._reset = _button(_("Reset"), _("Back to the photo: empties the guides and moves all sliders to 0."))
        self._reset.clicked.connect(controller.reset)
        self._bake = _button(_("Bake"), _("Keeps the result as an ordinary layer, and ends."))
        self._bake.clicked.connect(controller.bake)
        self.settings = SettingsBox(controller.set_settings)
        self._attributes = AttributesBox(controller.set_attribute)
        self._views = ViewsBox(_VIEWS, 3)
        self._tiles = LatentsBox(controller.paint_latents)
        self.model = ModelBox(self._load)
        self._live = column(self._on_canvas, self.mode, row(self._before, self._paint), row(self._reset, self._bake))
        self._sections = {
            "brush": Section(_("Brush"), _("How strokes act."), self.settings, True),
            "sliders": Section(_("Sliders"), _("What the model can change by name."), column(
                self._sample, row(self._undo, self._redo), self._attributes), False),
            "views": Section(_("Views"), _("What the network sees."), self._views, False, self._wanted),
            "tiles": Section(_("Latent tiles"), _("Paint in what the network knows."), self._tiles, False,
                             self._wanted),
            "model": Section(_("Model and device"), _("Which network, and what computes it."), self.model, False),
        }
        whole = column(row(self._start, self._nothing), self._source, row(self._faces, self._selection), self._state,
                       self._bar, self.notice, self._live, *self._sections.values(), margin=6)
        whole.layout().addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(210)
        scroll.setWidget(whole)
        for combo in (self._source, self._faces, self.mode):
            combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(scroll)

    def _enable(self, on: bool) -> None:
        for widget in (self.mode, self._before, self._paint, self._reset, self._bake, self._sample, self._undo,
                       self._redo, self.settings, self._attributes, self._tiles):
            widget.setEnabled(on)

    # What the person does.

    @staticmethod
    def _seed() -> int:
        return random.randrange(1 << 31)

    def press_start(self) -> None:
        """As the button does."""
        self._start.click()

    def press_canvas(self) -> None:
        self._on_canvas.click()

    def press_before(self) -> None:
        self._before.click()

    def press_paint(self) -> None:
        self._paint.click()

    def pressed(self) -> bool:
        """Whether it shows something else than the result alone."""
        return bool(self._before.isChecked() or self._paint.isChecked())

    def choose_face(self, index: int) -> None:
        """As a person chooses one of those that were found."""
        self._faces.setCurrentIndex(index)
        self._faces.activated.emit(index)

    def press_nothing(self) -> str:
        """Answers what the button said."""
        said = str(self._nothing.text())
        self._nothing.click()
        return said

    def press_selection(self) -> None:
        self._selection.click()

    def _pressed_start(self) -> None:
        if self.controller.running:
            self.controller.stop()
        else:
            self._go(lambda: self.controller.start(self._source.currentIndex() == 1))

    def _go(self, begin: Any) -> None:
        self.notice.take("")
        self._faces.clear()
        if begin():
            self._running()

    def _running(self) -> None:
        self._offer(_("Stop"), "media-playback-stop", _("Ends; the layers stay, and you can go on later."))

    def _ready_to_start(self) -> None:
        self._offer(_("Start"), "media-playback-start",
                    _("Finds the face in the active layer and puts layers over it to paint on. Press it on a layer of an earlier "
                      "edit to go on with that."))

    def _offer(self, text: str, icon: str, tip: str) -> None:
        self._start.setText(text)
        self._start.setIcon(Krita.instance().icon(icon))
        self._start.setToolTip(tip)
        _make_room(self._start, max(_("Start"), _("Stop"), key=len), True)
        self._offer_nothing()

    def _offer_nothing(self) -> None:
        """A face that does not exist, or another one."""
        again = self.controller.from_nothing
        self._nothing.setText(_("Random face") if again else _("From nothing"))
        self._nothing.setToolTip(_("Another random face in place of this one. What you painted stays.") if again else
                                 _("Paints a portrait of nobody: puts a random face into the image, as large as the "
                                   "image, to paint on."))

    def _load(self, path: Optional[str], device: str) -> None:
        self.notice.take("")
        self.controller.load(path, device)

    def unfold(self, *names: str) -> None:
        """Opens sections: brush, sliders, views, tiles, model."""
        for name in names:
            self._sections[name].unfold()

    def _wanted(self, _unfolded: bool) -> None:
        """Views cost time, so only those that are seen are asked for."""
        views = list(_VIEWS) if self._sections["views"].unfolded else []
        if self._sections["tiles"].unfolded:
            views.append(npe.VIEW_LATENTS)
        self.controller.set_views(*views)

    # What the controller tells.

    def take_state(self, text: str, busy: bool) -> None:
        self._state.setText(text)
        self._busy(busy)

    def state(self) -> str:
        """What it says about what is going on."""
        return str(self._state.text())

    def is_busy(self) -> bool:
        """Whether it shows that work goes on."""
        return not self._bar.isHidden()

    def _busy(self, busy: bool) -> None:
        if busy:
            # No length is known until progress is told.
            self._bar.setRange(0, 0)
        self._bar.setVisible(busy)

    def take_progress(self, done: float) -> None:
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(1000 * min(max(done, 0.0), 1.0)))
        self._bar.setVisible(done < 1.0)

    def take_faces(self, faces: List[npe.Frame], chosen: int) -> None:
        self._faces.clear()
        self._faces.addItems([_("Face {number}").format(number=i + 1) for i in range(len(faces))])
        self._faces.setCurrentIndex(chosen)
        self._faces.setEnabled(len(faces) > 1)
        self._release()

    def take_opened(self, opened: Opened) -> None:
        self._latents = opened.model.latents
        self.settings.take(opened.settings)
        self._attributes.take(opened.attributes)
        self.model.take(opened)
        self._enable(True)
        self._running()
        self.notice.take("")
        self.take_state(_("Paint with any brush on “Paint here”: what you paint becomes real."), False)

    def take_ready(self, opened: Opened) -> None:
        """Strokes of the tool go straight into a layer: there is no session to stop, but how they act can be set."""
        if not self.settings.isEnabled():
            self.settings.take(self.controller.direct.settings or opened.settings)
            self.mode.setEnabled(True)
        self.model.take(opened)

    def _release(self) -> None:
        """Another face begins as it is, or none."""
        for button in (self._before, self._paint):
            button.blockSignals(True)
            button.setChecked(False)
            button.blockSignals(False)

    def asks_to_go_on(self, sentence: str) -> bool:
        """Whether to do again on the photo of now what was painted; else the edit begins anew."""
        box = QMessageBox(QMessageBox.Icon.Question, _("The photo has changed"), sentence, parent=self)
        box.setInformativeText(_("Going on does again on it what was painted. Starting anew hides the earlier result."))
        go_on = box.addButton(_("_Go on").replace("_", "&"), QMessageBox.ButtonRole.YesRole)
        box.addButton(_("Start _anew").replace("_", "&"), QMessageBox.ButtonRole.NoRole)
        box.setDefaultButton(go_on)
        box.exec()
        return box.clickedButton() is go_on

    def take_result(self, result: Result) -> None:
        self._attributes.take(result.attributes)
        self._undo.setEnabled(result.undo_levels[0] > 0)
        self._redo.setEnabled(result.undo_levels[1] > 0)

    def take_view(self, view: int, picture: npe.Image) -> None:
        if view == npe.VIEW_LATENTS:
            self._tiles.take(picture, self._latents)
        else:
            self._views.take(view, picture)

    def take_ended(self, text: str) -> None:
        self._release()
        self._faces.setEnabled(False)
        self._ready_to_start()
        self._enable(False)
        self.take_state(text or _("Select the layer with a photo of a face, then press Start."), False)
