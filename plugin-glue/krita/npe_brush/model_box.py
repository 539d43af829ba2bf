# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which network, what computes it, and what writes the layers."""

from __future__ import annotations

import os
from typing import Callable, Optional, Tuple

from npe_shared.told import Opened
from npe_shared.words import _

from . import tool
from .qt import QComboBox, QFileDialog, QGridLayout, QLabel, QSizePolicy, Qt, QWidget

#: Where models are offered from.
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")
_OTHER = "other"


class ModelBox(QWidget):
    """Tells which model (None: the built-in one) and device were chosen, and shows what is really used."""

    def __init__(self, chosen: Callable[[Optional[str], str], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._now: Tuple[Optional[str], str] = (None, "auto")
        self._model, self._device = QComboBox(), QComboBox()
        self._model.addItem(_("Built-in: faces"), "")
        try:
            files = sorted(name for name in os.listdir(FOLDER) if name.endswith(".safetensors"))
        except OSError:
            files = []
        for name in files:
            self._model.addItem(name[:-len(".safetensors")], os.path.join(FOLDER, name))
        self._model.addItem(_("Other…"), _OTHER)
        for device, label in (("auto", _("Best device")), ("cpu", _("Processor")), ("cuda", _("Graphics card (CUDA)")),
                              ("cpu-torch", _("Processor, libtorch"))):
            self._device.addItem(label, device)
        self._truth = QLabel(_("Nothing is loaded yet."))
        self._truth.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 0, 4)
        grid.setSpacing(2)
        for i, (label, combo, tooltip) in enumerate((
                (_("Model"), self._model, _("The network that makes the face. What was painted with one model can't be "
                                            "taken over to another.")),
                (_("Device"), self._device, _("What computes it. The graphics card needs an NVIDIA card and libtorch; "
                                              "below stands what is really used.")))):
            combo.setToolTip(tooltip)
            combo.setAccessibleName(label)
            combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            # A long name of a file must not widen the docker.
            combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            combo.activated.connect(self._activated)
            grid.addWidget(QLabel(label), i, 0)
            grid.addWidget(combo, i, 1)
        grid.addWidget(self._truth, 2, 0, 1, 2)
        line, why = tool.way()
        self._way = QLabel(line)
        self._way.setWordWrap(True)
        self._way.setToolTip(why)
        grid.addWidget(self._way, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def take(self, opened: Opened) -> None:
        """What runs."""
        model, session = opened.model, opened.session
        self.put_back(opened.path, opened.device)
        memory = _(", {gib:.0f} GiB").format(gib=session.device_memory / 2**30) if session.is_cuda else ""
        self._truth.setText(_("{name}, {size}×{size}, on {device}{memory}").format(
            name=model.name, size=model.image_size, device=session.device, memory=memory))
        self._truth.setToolTip(_("Trained on: {trained_on}\nLicence: {licence}").format(
            trained_on=model.trained_on, licence=model.licence))

    def put_back(self, path: Optional[str], device: str) -> None:
        """What the next face is opened with, in place of what was chosen."""
        self._now = (path, device)
        self._show(path, device)

    def choose(self, path: Optional[str], device: str = "auto") -> None:
        """As a person chooses; None is the built-in one."""
        self._show(path, device)
        self._model.activated.emit(self._model.currentIndex())

    def shown(self) -> Tuple[Optional[str], str]:
        """The model and the device that are shown as chosen."""
        return self._model.currentData() or None, str(self._device.currentData())

    def truth(self) -> str:
        """What is shown of what is really used."""
        return self._truth.text()

    def way(self) -> Tuple[str, str]:
        """What is shown of how painting goes, and why."""
        return self._way.text(), self._way.toolTip()

    def _show(self, path: Optional[str], device: str) -> None:
        at = self._model.findData(path or "")
        if at < 0:
            self._model.insertItem(1, os.path.basename(path or ""), path)
            at = 1
        self._model.setCurrentIndex(at)
        self._device.setCurrentIndex(self._device.findData(device))

    def _activated(self, _index: int) -> None:
        path: Optional[str] = self._model.currentData() or None
        if path == _OTHER:
            path = QFileDialog.getOpenFileName(self, _("Open a model"), "", _("Models (*.safetensors)"))[0] or None
            if path is None:
                self._show(*self._now)
                return
        wanted = (path, str(self._device.currentData()))
        if wanted != self._now:
            self.put_back(*wanted)
            self._chosen(*wanted)
