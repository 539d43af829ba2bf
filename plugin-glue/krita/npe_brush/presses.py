# SPDX-License-Identifier: MIT OR Apache-2.0
"""Undo and redo that are pressed while Krita draws what the plug-in wrote: they wait until it has.

Krita ignores both, and says nothing, while parts of the image wait to be composed: its undo stack tries to lock the image
(`KisImage::tryBarrierLock`) and leaves it at that. Where people paint by themselves that is a moment after their own stroke.
A session has the image composed again and again, a while after the stroke, and takes the press away from them.
"""

from __future__ import annotations

import time
from typing import Any, List

from krita import Krita

from npe_shared import errors, log

from .controller import Controller
from .qt import QEvent, QMenu, QObject, QToolBar, QToolButton, position

#: Seconds that a press waits at most. What takes longer is most likely a tool of Krita's in the middle of something.
_PATIENCE = 1.0
_UNDO, _REDO = "edit_undo", "edit_redo"


class Presses(QObject):
    """Looks at the keys, the menu's items and the toolbar's buttons of a window's undo and redo."""

    def __init__(self, parent: QObject, controller: Controller) -> None:
        super().__init__(parent)
        self._controller = controller
        #: Whether the last press has waited in vain; the next ones do not.
        self._in_vain = False

    def hook(self) -> None:
        """To the active window; again is no harm."""
        for name in (_UNDO, _REDO):
            action = Krita.instance().action(name)
            for watched in [] if action is None else [action, *_pressed_on(action)]:
                watched.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        if event.type() not in (QEvent.Type.Shortcut, QEvent.Type.MouseButtonRelease):
            return False
        try:
            return self._pressed(_chosen(watched, event))
        except Exception as e:  # noqa: BLE001 - Qt can't hear of it
            log.error("undo or redo: %s", errors.sentence(e))
            return False

    def _pressed(self, name: str) -> bool:
        """Whether Krita need not hear of it."""
        own, document = self._controller, Krita.instance().activeDocument()
        if document is None or name not in (_UNDO, _REDO):
            return False
        if name == _UNDO and own.direct.take_back(document):
            return True
        if own.straight or own.running and document == own.document:
            self._wait(document)
        return False

    def _wait(self, document: Any) -> None:
        began = time.monotonic()
        while not document.tryBarrierLock():
            if self._in_vain or time.monotonic() - began > _PATIENCE:
                self._in_vain = True
                return
            time.sleep(0.002)
        document.unlock()
        self._in_vain = False


def _chosen(watched: Any, event: Any) -> str:
    """The name of the action that keys, a toolbar's button or a menu's item mean."""
    if isinstance(watched, QMenu):
        action = watched.actionAt(position(event).toPoint())
    else:
        action = watched.defaultAction() if isinstance(watched, QToolButton) else watched
    return "" if action is None else action.objectName()


def _pressed_on(action: Any) -> List[Any]:
    """The widgets that an action is chosen with."""
    found: List[Any] = []
    # One name in Qt 6, another one in Qt 5.
    for place in (action.associatedObjects if hasattr(action, "associatedObjects") else action.associatedWidgets)():
        if isinstance(place, QToolBar):
            found.append(place.widgetForAction(action))
        elif isinstance(place, QMenu):
            found.append(place)
    return found
