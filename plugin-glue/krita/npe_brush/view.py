# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where Krita shows an image: its canvas, and from its pixels to the image's."""

from __future__ import annotations

from typing import Any, Optional

from krita import Krita

from npe_shared import npe

from .qt import QMdiArea, QRectF, QTransform, QWidget

_CANVASES = ("KisOpenGLCanvas2", "KisQPainterCanvas")


def canvas_widget(window: Any) -> Optional[QWidget]:
    """The widget that shows the image of a window's active view."""
    area = window.qwindow().findChild(QMdiArea) if window is not None else None
    sub = area.activeSubWindow() if area is not None else None
    for widget in sub.findChildren(QWidget) if sub is not None else []:
        if widget.metaObject().className() in _CANVASES:
            return widget
    return None


def to_image(view: Any) -> QTransform:
    """From pixels of the canvas widget to pixels of the image, under any zoom, rotation and mirroring."""
    back, _ok = view.flakeToCanvasTransform().inverted()
    return back * view.flakeToImageTransform()


def visible(document: Any) -> Optional[npe.Rect]:
    """The part of a document that the active view shows; None if it shows another one."""
    window = Krita.instance().activeWindow()
    view, canvas = (window.activeView(), canvas_widget(window)) if window is not None else (None, None)
    if view is None or canvas is None or view.document() != document:
        return None
    shown = to_image(view).mapRect(QRectF(canvas.rect()))
    left, top = max(0, int(shown.left())), max(0, int(shown.top()))
    return npe.Rect(left, top, max(0, int(shown.right()) + 1 - left), max(0, int(shown.bottom()) + 1 - top))
