# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the person does in GIMP meanwhile: the pen, the selection."""

from __future__ import annotations

from typing import List, Optional

from gi.repository import Gimp

from npe_shared import npe


def pen_down() -> bool:
    """Whether they are in the middle of a stroke, as far as the display tells."""
    from gi.repository import Gdk
    display = Gdk.Display.get_default()
    if display is None:
        return False
    root = display.get_default_screen().get_root_window()
    mask = root.get_device_position(display.get_default_seat().get_pointer())[-1]
    return bool(mask & Gdk.ModifierType.BUTTON1_MASK)


def selection(image: Gimp.Image, layer: Gimp.Layer) -> Optional[npe.Rect]:
    """The selection's bounds in pixels of a layer, which may lie beside it; None if nothing is selected."""
    _ok, some, x1, y1, x2, y2 = Gimp.Selection.bounds(image)
    _ok, x, y = layer.get_offsets()
    return npe.Rect(x1 - x, y1 - y, x2 - x1, y2 - y1) if some else None


def first_face(faces: List[npe.Frame], selected: Optional[npe.Rect]) -> int:
    """Which of the faces of a layer is meant: the largest, or the largest one in what is selected if there is one; -1 if there is
    none."""
    if selected is not None:
        for i, face in enumerate(faces):
            if 0 <= face.cx - selected.x < selected.width and 0 <= face.cy - selected.y < selected.height:
                return i
    return 0 if faces else -1
