# SPDX-License-Identifier: MIT OR Apache-2.0
"""The modules of the Qt that the plug-in found in this Krita, for what it does not need itself."""

from __future__ import annotations

import importlib
import sys

from npe_brush import qt

QtCore, QtGui, QtWidgets = (sys.modules[kind.__module__] for kind in (qt.QObject, qt.QColor, qt.QWidget))
QtTest = importlib.import_module(qt.QObject.__module__.replace("QtCore", "QtTest"))
