# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Krita loads: the docker, the actions, the tool where its shim is there; a sentence where Krita is too old."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from krita import DockWidget, DockWidgetFactory, DockWidgetFactoryBase, Extension, Krita

from npe_shared import errors, log
from npe_shared.words import _

from .qt import QLabel, Qt

#: The oldest Krita that has what is needed (View.flakeToImageTransform).
OLDEST = (5, 2)


def version(text: str) -> Tuple[int, int]:
    """The numbers of a version such as "5.2.9" or "6.0.0-prealpha (git 1234)"."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


class NeuralBrush(Extension):
    """Actions that can have shortcuts, and the end of all at quit."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        notifier.applicationClosing.connect(_close_all)

    def setup(self) -> None:
        """Krita's."""

    def createActions(self, window: Any) -> None:  # noqa: N802 - Krita's name
        for name, text, tip, do in _ACTIONS:
            action = window.createAction(name, text, "tools/scripts")
            action.setToolTip(tip)
            action.triggered.connect(_doing(window, do))


def _doing(window: Any, do: Callable[[Any], None]) -> Callable[..., None]:
    def triggered(*_checked: Any) -> None:
        docker = docker_of(window)
        if docker is not None:
            docker.setVisible(True)
            do(docker)
    return triggered


# Krita takes what npe_brush.action says, in English, where nothing else is set.
_ACTIONS: Tuple[Tuple[str, str, str, Callable[[Any], None]], ...] = (
    ("npe_brush_start", _("Neural Brush: start or stop"),
     _("Finds the face in the active layer and puts layers over it to paint on; ends that again"),
     lambda docker: docker.press_start()),
    ("npe_brush_canvas", _("Neural Brush: paint on the canvas"),
     _("Takes the pen over the canvas, whatever tool is chosen"), lambda docker: docker.press_canvas()),
    ("npe_brush_before", _("Neural Brush: before and after"), _("Shows the photo as it was, and back"),
     lambda docker: docker.press_before()),
)


def _dockers() -> List[Any]:
    from .docker import NeuralBrushDocker
    found: Dict[int, Any] = {}
    for window in Krita.instance().windows():
        for docker in window.dockers():
            if isinstance(docker, NeuralBrushDocker):
                found[id(docker)] = docker
    return list(found.values())


def docker_of(window: Optional[Any]) -> Optional[Any]:
    """The docker of a window, or of the active one."""
    from .docker import NeuralBrushDocker
    window = window or Krita.instance().activeWindow()
    for docker in window.dockers() if window is not None else []:
        if isinstance(docker, NeuralBrushDocker):
            return docker
    return None


def _close_all() -> None:
    """Krita quits: no engine may work any more when Python goes."""
    for docker in _dockers():
        try:
            docker.controller.close()
            docker.canvas_brush.set_on(False)
        except Exception:  # noqa: BLE001 - nothing may keep Krita from quitting
            log.exception("closing")


class TooOld(DockWidget):
    """The docker's place in a Krita that can't have it."""

    sentence = ""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(_("Neural Brush"))
        label = QLabel(self.sentence)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setMargin(8)
        self.setWidget(label)

    def canvasChanged(self, _canvas: Any) -> None:  # noqa: N802 - Krita's name
        """Krita's."""


def too_old(version: str) -> str:
    """What is said in a Krita that is too old."""
    return _("The Neural Brush needs Krita {oldest} or newer; this is Krita {version}. Get a newer one from "
             "krita.org.").format(oldest=".".join(map(str, OLDEST)), version=version)


def register() -> None:
    """Adds all to this Krita."""
    krita = Krita.instance()
    log.start("krita")
    log.info("Krita %s, pid %d", krita.version(), os.getpid())
    if version(krita.version()) < OLDEST:
        TooOld.sentence = too_old(krita.version())
        log.error("%s", TooOld.sentence)
        _add_docker(TooOld)
        return
    from . import controller, docker
    krita.addExtension(NeuralBrush(krita))
    _add_docker(docker.NeuralBrushDocker)
    controller.set_active(lambda: getattr(docker_of(None), "controller", None))
    _load_tool()


def _add_docker(kind: Any) -> None:
    Krita.instance().addDockWidgetFactory(DockWidgetFactory("npe_brush_docker",
                                                            DockWidgetFactoryBase.DockPosition.DockRight
                                                            if hasattr(DockWidgetFactoryBase, "DockPosition") else
                                                            DockWidgetFactoryBase.DockRight, kind))


def _load_tool() -> None:
    """The tool of the toolbox, where it was built for this Krita; without it the canvas brush does the same."""
    from . import shim, tool
    try:
        tool.register()
        # A window has the actions of Krita's tools once it is complete.
        Krita.instance().notifier().windowCreated.connect(tool.translate)
    except Exception as e:  # noqa: BLE001 - the docker works without it
        sentence = errors.sentence(e)
        log.error("without the tool: %s", sentence)
        tool.without(sentence)
        if os.path.exists(shim.path()):
            # Someone built it and will look for it.
            Krita.instance().notifier().windowCreated.connect(lambda: _notice(sentence))


def _notice(sentence: str) -> None:
    for docker in _dockers():
        docker.notice.take(sentence)
