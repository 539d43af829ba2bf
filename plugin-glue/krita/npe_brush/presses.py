# SPDX-License-Identifier: MIT OR Apache-2.0
"""Undo and redo that are pressed while Krita draws what the plug-in wrote: they wait until it has.

Krita ignores both, and says nothing, while parts of the image wait to be composed: its undo stack tries to lock the image
(`KisImage::tryBarrierLock`) and leaves it at that. Where people paint by themselves that is a moment after their own stroke.
A session has the image composed for a while after the pen was lifted, which takes the press away from them.

A stroke under the pen, or one that is not in its layer yet (`direct`), is no step of Krita's: undo takes it back and redo is
nothing, and Krita does not hear of them. The action of undo is enabled while an image is open, with no step to undo too.
"""

from __future__ import annotations

import os
import time
from typing import Any, List, Optional

from krita import Krita

from npe_shared import errors, log

from .controller import Controller
from .qt import QEvent, QMenu, QObject, Qt, QTimer, QToolBar, QToolButton, position

#: Seconds that a press waits at most. What takes longer is most likely a tool of Krita's in the middle of something.
PATIENCE = 1.0
#: Seconds for which Krita may compose what the plug-in drew.
_COMPOSES = 5.0
_UNDO, _REDO = "edit_undo", "edit_redo"


class Presses(QObject):
    """Looks at the keys, the menu's items and the toolbar's buttons of a window's undo and redo."""

    def __init__(self, parent: QObject, controller: Controller) -> None:
        super().__init__(parent)
        self._controller = controller
        #: When Krita was last seen with nothing to compose.
        self._idle_at = 0.0
        #: Seconds that the last press has waited.
        self.waited = 0.0

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
            action = _chosen(watched, event)
            if action is None or action.objectName() not in (_UNDO, _REDO) or not self._pressed(action.objectName()):
                return False
            if event.type() == QEvent.Type.Shortcut:
                return True
            # The button must come up, and the menus close, as Qt has them do.
            _mute(action)
        except Exception as e:  # noqa: BLE001 - Qt can't hear of it
            log.error("undo or redo: %s", errors.sentence(e))
        return False

    def _pressed(self, name: str) -> bool:
        """Whether Krita need not hear of it."""
        own, document = self._controller, Krita.instance().activeDocument()
        self.waited = 0.0
        if document is None:
            return False
        if own.paints(document):
            if name == _UNDO:
                own.take_back(document)
            return True
        drawn_at = max(own.drawn_at(document), own.direct.drawn_at(document))
        if drawn_at > self._idle_at and time.monotonic() - drawn_at < _COMPOSES:
            self._wait(document)
        return False

    def _wait(self, document: Any) -> None:
        began = time.monotonic()
        while not document.tryBarrierLock():
            self.waited = time.monotonic() - began
            if self.waited > PATIENCE:
                return
            time.sleep(0.002)
        document.unlock()
        self._idle_at = time.monotonic()


def _chosen(watched: Any, event: Any) -> Optional[Any]:
    """The action that keys, a toolbar's button or a menu's item are about to trigger."""
    if event.type() == QEvent.Type.Shortcut:
        action = watched
    elif isinstance(watched, QMenu):
        # Only Windows minds the button there.
        action = watched.actionAt(position(event).toPoint()) if _left(event) or os.name != "nt" else None
        if action != watched.activeAction():
            return None
    elif isinstance(watched, QToolButton):
        on = _left(event) and watched.isDown() and watched.rect().contains(position(event).toPoint())
        action = watched.defaultAction() if on else None
    else:
        return None
    return action if action is not None and action.isEnabled() else None


def _left(event: Any) -> bool:
    return bool(event.button() == Qt.MouseButton.LeftButton)


def _mute(action: Any) -> None:
    """Has nobody hear of an action until what is being pressed has triggered it."""
    def heard() -> None:
        try:
            action.blockSignals(False)
            # What was not told meanwhile, such as that it is enabled.
            action.changed.emit()
        except RuntimeError:
            # Its window was closed.
            pass

    action.blockSignals(True)
    QTimer.singleShot(0, heard)


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
