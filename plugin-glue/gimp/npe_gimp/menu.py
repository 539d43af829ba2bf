# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the procedures are in GIMP's menus, and which layer they are called on."""

from __future__ import annotations

from typing import Sequence

from gi.repository import Gimp

from npe_shared.errors import Refused
from npe_shared.words import _

PATH = "<Image>/Filters/" + _("Neural Brush")


def one_layer(drawables: Sequence[Gimp.Drawable]) -> Gimp.Layer:
    """The layer that is selected, also where its mask is what is being edited. Raises Refused."""
    layer = drawables[0] if len(drawables) == 1 else None
    if isinstance(layer, Gimp.LayerMask):
        layer = Gimp.Layer.from_mask(layer)
    if not isinstance(layer, Gimp.Layer) or layer.is_group():
        raise Refused(_("Select one layer: the one with the photo."))
    return layer
