# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tool's page in Krita's tool options: the little of the docker that one wants at hand while painting.

It shows what the docker of its window has, and moves the docker's own controls; so there is one truth.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from npe_shared.words import _

from .extension import docker_of
from .qt import QComboBox, QLabel, QPushButton, QTimer, QVBoxLayout, QWidget, wrapped
from .widgets import Slider

#: Milliseconds between two looks at the docker while the page is seen.
_LOOK = 300

#: Python's side of the pages that Krita has, by the address of what they are in: it would be gone otherwise, and they
#: would answer to nothing.
_pages: Dict[int, Tuple[QWidget, QWidget]] = {}


def fill(pointer: int) -> None:
    """Puts the page into a QWidget of Krita's that has an empty layout; `pointer` is its address."""
    outer, page = wrapped(pointer, QWidget), ToolPanel()
    outer.layout().setContentsMargins(0, 0, 0, 0)
    outer.layout().addWidget(page)
    outer.layout().addStretch(1)
    _pages[pointer] = (outer, page)
    outer.destroyed.connect(lambda: _pages.pop(pointer, None))


class ToolPanel(QWidget):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._docker: Optional[Any] = docker_of(None)
        self._into = QComboBox()
        self._into.addItems([_("Into its own layer"), _("Into the active layer")])
        self._into.setToolTip(_("Where strokes go. Its own layer lies over the photo, which stays as it is, and everything "
                                "painted can be changed later. Into the active layer they go as with Krita's brushes."))
        self._into.activated.connect(self._chose_into)
        self._mode = QComboBox()
        self._mode.activated.connect(self._chose_mode)
        self._strength = Slider(_("Strength"), _("How far a stroke goes towards its colour. For strokes from now on."),
                                0.0, 1.0, 0.0, 2, self._moved_strength, percent=True)
        self._state = QLabel()
        self._state.setWordWrap(True)
        show = QPushButton(_("Open the docker"))
        show.setToolTip(_("Shows the docker “Neural Brush”: the face, the model, and all else."))
        show.clicked.connect(self._show_docker)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 4, 4, 4)
        for widget in (self._into, self._mode, self._strength, show, self._state):
            box.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK)
        self._look()

    def _look(self) -> None:
        """Takes over what the docker shows."""
        self._docker = self._docker or docker_of(None)
        docker = self._docker
        if docker is None or (self._mode.count() and not self.isVisible()):
            return
        if self._mode.count() == 0:
            self._mode.addItems([docker.mode.itemText(i) for i in range(docker.mode.count())])
            self._mode.setToolTip(docker.mode.toolTip())
        if not self._mode.view().isVisible():
            self._mode.setCurrentIndex(docker.mode.currentIndex())
        self._into.setCurrentIndex(int(docker.controller.straight))
        self._strength.take(docker.settings.strength.value())
        self._mode.setEnabled(docker.mode.isEnabled())
        self._strength.setEnabled(docker.settings.isEnabled())
        said = docker.notice.sentence() or (docker.state() if docker.is_busy() else "")
        self._state.setText(said)
        self._state.setVisible(bool(said))

    def _chose_into(self, index: int) -> None:
        if self._docker is not None:
            self._docker.controller.straight = index == 1

    def _chose_mode(self, index: int) -> None:
        if self._docker is not None:
            self._docker.mode.setCurrentIndex(index)
            self._docker.mode.activated.emit(index)

    def _moved_strength(self, value: float) -> None:
        if self._docker is not None:
            self._docker.settings.strength.put(value)

    def _show_docker(self) -> None:
        if self._docker is not None:
            self._docker.setVisible(True)
            self._docker.raise_()
