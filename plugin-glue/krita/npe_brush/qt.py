# SPDX-License-Identifier: MIT OR Apache-2.0
"""Qt as this Krita has it: PyQt5, or PyQt6 in Krita 6."""

from __future__ import annotations

import sys
from typing import Any

# Krita's module brings the binding of the Qt that Krita is built with. Both may be installed, and the other one would bring its
# own Qt into the process.
import krita  # noqa: F401

if "PyQt6.QtCore" in sys.modules:
    from PyQt6 import sip
    from PyQt6.QtCore import (QByteArray, QEvent, QLibraryInfo, QLocale, QObject, QPoint, QPointF, QRect, QRectF, QSize,
                              Qt, QTimer, QUuid, pyqtSignal)
    from PyQt6.QtGui import QBrush, QColor, QIcon, QImage, QPainter, QPainterPath, QPen, QPixmap, QRadialGradient, QTransform
    from PyQt6.QtWidgets import (QApplication, QCheckBox, QComboBox, QFileDialog, QFrame, QGridLayout, QHBoxLayout,
                                 QLabel, QMdiArea, QMenu, QMessageBox, QProgressBar, QPushButton, QScrollArea, QSizePolicy,
                                 QSlider, QSpinBox, QToolBar, QToolButton, QVBoxLayout, QWidget)
else:
    from PyQt5 import sip
    from PyQt5.QtCore import (QByteArray, QEvent, QLibraryInfo, QLocale, QObject, QPoint, QPointF, QRect, QRectF, QSize,
                              Qt, QTimer, QUuid, pyqtSignal)
    from PyQt5.QtGui import QBrush, QColor, QIcon, QImage, QPainter, QPainterPath, QPen, QPixmap, QRadialGradient, QTransform
    from PyQt5.QtWidgets import (QApplication, QCheckBox, QComboBox, QFileDialog, QFrame, QGridLayout, QHBoxLayout,
                                 QLabel, QMdiArea, QMenu, QMessageBox, QProgressBar, QPushButton, QScrollArea, QSizePolicy,
                                 QSlider, QSpinBox, QToolBar, QToolButton, QVBoxLayout, QWidget)

__all__ = ["QApplication", "QBrush", "QByteArray", "QCheckBox", "QColor", "QComboBox", "QEvent", "QFileDialog", "QFrame",
           "QGridLayout", "QHBoxLayout", "QIcon", "QImage", "QLabel", "QLibraryInfo", "QLocale", "QMdiArea", "QMenu",
           "QMessageBox", "QObject", "QPainter", "QPainterPath", "QPen", "QPixmap", "QPoint", "QPointF", "QProgressBar",
           "QPushButton", "QRadialGradient", "QRect", "QRectF", "QScrollArea", "QSize", "QSizePolicy", "QSlider", "QSpinBox",
           "QTimer", "QToolBar", "QToolButton", "QTransform", "QUuid", "QVBoxLayout", "QWidget", "Qt", "position", "pyqtSignal",
           "wrapped"]


def position(event: object) -> QPointF:
    """Where a mouse or tablet event is, in pixels of its widget: one name in Qt 6, two in Qt 5."""
    for name in ("position", "posF", "localPos"):
        if hasattr(event, name):
            return QPointF(getattr(event, name)())
    raise TypeError(f"{type(event).__name__} has no position")


def wrapped(pointer: int, kind: type) -> Any:
    """The object of Qt's at an address."""
    return sip.wrapinstance(pointer, kind)
