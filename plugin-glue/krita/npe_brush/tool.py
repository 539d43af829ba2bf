# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Neural Brush in Krita's toolbox: a small C++ library (`shim`) that is built for one version of Krita.

Where it is there and fits, strokes of the tool go to the controller of the active window, and pixels are written by
`ToolScreen`. Where it is not, nothing is missing but the tool: `register` says why, the canvas brush does the same, and
`way` is what the docker says of it.
"""

from __future__ import annotations

import atexit
import os
from typing import Any, List, Optional, Tuple

from krita import Krita

from npe_shared import errors, log
from npe_shared.words import _

from . import controller, screen, shim
from .qt import QEvent, QObject, QToolButton

#: Of the tool and of its action.
ID = "NpeNeuralBrush"
_BEGIN, _MOVE, _END, _CANCEL = range(4)


#: The callbacks must live as long as the library calls them.
_callbacks: List[Any] = []
#: Why the tool is not in the toolbox.
_missing = ""
#: The controller whose stroke is being painted: it is told the end, whatever window is active then.
_painting: Optional[controller.Controller] = None


def registered() -> bool:
    """Whether the tool is in the toolbox."""
    return shim.loaded()


def way() -> Tuple[str, str]:
    """How painting goes in this Krita, in a line, and why there is no tool ("" where there is one)."""
    if registered():
        return _("The toolbox tool is there; its library writes the layers."), ""
    if os.path.exists(shim.path()):
        return _("The toolbox tool does not fit this Krita: Krita's Python writes the layers, and you paint with “Paint on the "
                 "canvas” or on the layer “Paint here”."), _missing
    return _("The toolbox tool is not installed: Krita's Python writes the layers, and you paint with “Paint on the canvas” or "
             "on the layer “Paint here”."), _missing


def without(sentence: str) -> None:
    """Notes why `register` did not do it."""
    global _missing
    _missing = sentence


def register() -> None:
    """Puts the tool into the toolbox, and has sessions write through it. Raises Refused if it can't be used here."""
    library = shim.opened(shim.path(), Krita.instance().version())
    _callbacks[:] = [shim.LISTENER(_on_event), shim.PANEL(_on_panel)]
    shim.check(library, library.npe_tool_register(_("Neural Brush").encode(), *_callbacks))
    shim.use(library)
    atexit.register(library.npe_tool_unregister)
    screen.use(shim.ToolScreen)
    log.info("the tool is in the toolbox: %s", shim.path())


def translate() -> None:
    """Says in the person's language what menus and the list of keys say of the tool; npe_brush.action is English."""
    action = Krita.instance().action(ID)
    if action is not None:
        action.setText(_("Neural Brush Tool"))
        action.setIconText(_("Neural Brush Tool"))
        action.setWhatsThis(_("Paint a colour on a face: the face grows into it."))


class Tip(QObject):
    """The tip of the tool's button: Krita takes it from npe_brush.action anew whenever a tool is chosen, so it is put right when it
    is to be seen."""

    def watch(self, window: Any) -> None:
        """The toolbox of a QMainWindow of Krita's that is complete."""
        for button in window.findChildren(QToolButton, ID):
            button.installEventFilter(self)

    def eventFilter(self, button: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.ToolTip:
            said = button.toolTip()
            key = said[said.rfind(" ("):] if said.endswith(")") else ""
            button.setToolTip(_("Neural Brush Tool: paint a colour on a face, and the face grows into it") + key)
        return False


def _on_event(event: Any) -> int:
    """Called by the library on Krita's interface thread; nothing may be raised into it."""
    try:
        return int(_told(event.contents))
    except Exception as e:  # noqa: BLE001 - told instead
        log.error("the tool: %s", errors.sentence(e))
        return 0


def _told(event: shim.Event) -> bool:
    global _painting
    at = (event.x, event.y, event.pressure, event.xtilt, event.ytilt)
    if event.kind == _BEGIN:
        own = controller.active()
        began = own is not None and own.tool_stroke_begin(*at)
        _painting = own if began else None
        if not began:
            _show_docker()
        return began
    if _painting is None:
        return False
    if event.kind == _MOVE:
        _painting.tool_stroke_move(*at)
        return True
    ended, _painting = _painting, None
    if event.kind == _END:
        ended.tool_stroke_end(*at)
    else:
        ended.tool_stroke_cancel()
    return True


def _show_docker() -> None:
    """It says why nothing was painted, and what goes on."""
    from .extension import docker_of
    docker = docker_of(None)
    if docker is not None and not docker.isVisible():
        docker.setVisible(True)


def _on_panel(widget: int) -> None:
    try:
        from .tool_panel import fill
        fill(widget)
    except Exception as e:  # noqa: BLE001 - the tool works without its page
        log.error("the tool's options: %s", errors.sentence(e))
