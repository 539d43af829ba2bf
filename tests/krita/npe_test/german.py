# SPDX-License-Identifier: MIT OR Apache-2.0
"""German: chosen in Krita, where the environment asks for English. All that is the plug-in's is said in it, and has room."""

from __future__ import annotations

import glob
import gettext
import os
from typing import Any, Callable, Dict, Iterator, List, Tuple

from krita import Krita

import npe_brush
from npe_brush import shim

from .binding import QtCore, QtGui, QtWidgets
from .person import TOOL, Steps, brush_tool, closed, docker, opened, settled, shot, started, tool, tool_button, tool_options

tell: Callable[[str], Any] = print


def _translations() -> Dict[str, str]:
    found = glob.glob(os.path.join(os.path.dirname(npe_brush.__file__), "locale", "de", "LC_MESSAGES", "npe.mo"))
    assert found, "the German texts are not installed"
    with open(found[0], "rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)


def _texts(whole: Any) -> Iterator[Tuple[str, str]]:
    """What a widget and all in it say, and of what kind the widget is."""
    for widget in [whole, *whole.findChildren(QtWidgets.QWidget)]:
        kind = type(widget).__name__
        yield widget.toolTip(), kind
        if isinstance(widget, (QtWidgets.QLabel, QtWidgets.QAbstractButton)):
            yield widget.text(), kind
        if isinstance(widget, QtWidgets.QComboBox):
            for i in range(widget.count()):
                yield widget.itemText(i), kind


def _english(whole: Any) -> List[str]:
    """What is said in English although there is a translation."""
    known = {text: said for text, said in _translations().items() if text and said != text}
    return [f"{kind}: {line}" for text, kind in _texts(whole) for line in text.split("\n") if line in known]


def _cut(whole: Any) -> List[str]:
    """What has not enough room in its widget."""
    found = []
    for widget in whole.findChildren(QtWidgets.QWidget):
        if isinstance(widget, (QtWidgets.QLabel, QtWidgets.QAbstractButton)) and widget.isVisible() and widget.text() \
                and not (isinstance(widget, QtWidgets.QLabel) and widget.wordWrap()):
            wanted = widget.fontMetrics().boundingRect(widget.text()).width()
            if isinstance(widget, QtWidgets.QPushButton) and not widget.icon().isNull():
                wanted += widget.iconSize().width()
            if wanted > widget.width():
                found.append(f"{widget.text()!r} wants {wanted} pixels and has {widget.width()}")
    return found


def test_docker() -> Steps:
    own = docker()
    document = opened()
    yield 0.5
    said = [text for text, _kind in _texts(own)]
    assert "Starten" in said and own.windowTitle() == "Neuronaler Pinsel", f"{own.windowTitle()!r}: {said}"
    yield from started(document)
    own.unfold("sliders", "views", "tiles", "model")
    yield from settled()
    assert _english(own) == [], _english(own)
    assert _cut(own) == [], _cut(own)
    inner = own.widget().widget()
    assert inner.minimumSizeHint().width() <= own.widget().viewport().width(), (
        f"the docker wants {inner.minimumSizeHint().width()} pixels and shows {own.widget().viewport().width()}")
    shot("german")
    yield from closed(document)


def test_actions() -> Steps:
    for name, text, tip in (
            ("npe_brush_start", "Neuronaler Pinsel: starten oder beenden", "Findet das Gesicht"),
            ("npe_brush_canvas", "Neuronaler Pinsel: auf der Leinwand malen", "Nimmt den Stift"),
            ("npe_brush_before", "Neuronaler Pinsel: vorher und nachher", "Zeigt das Foto")):
        action = Krita.instance().action(name)
        assert action.text() == text and action.toolTip().startswith(tip), f"{action.text()!r}, {action.toolTip()!r}"
    yield 0.0


def _tool() -> Steps:
    document = opened()
    yield 0.5
    action = Krita.instance().action(TOOL)
    said = (action.text(), action.iconText(), action.whatsThis())
    assert said == ("Neuronaler Pinsel", "Neuronaler Pinsel", "Malen Sie eine Farbe auf ein Gesicht: Es wächst hinein."), said
    # Krita tells the tip anew when a tool is chosen.
    for choose in (tool, brush_tool, tool):
        choose()
        yield 0.3
        button = tool_button()
        at = button.rect().center()
        QtWidgets.QApplication.sendEvent(button, QtGui.QHelpEvent(QtCore.QEvent.Type.ToolTip, at, button.mapToGlobal(at)))
        assert button.toolTip() == "Neuronaler Pinsel: Malen Sie eine Farbe auf ein Gesicht, und es wächst hinein (N)", button.toolTip()
    page = tool_options()
    yield 0.5
    assert "In die aktive Ebene" in [text for text, _kind in _texts(page)]
    assert _english(page) == [], _english(page)
    assert _cut(page) == [], _cut(page)
    shot("german-tool")
    yield from closed(document)


if shim.loaded():
    test_tool = _tool
