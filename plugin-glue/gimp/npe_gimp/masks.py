# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layer masks of result layers: a result shows where its photo does, and only inside the selection it was made with."""

from __future__ import annotations

from gi.repository import Gimp

from npe_shared.errors import Refused
from npe_shared.words import _


def give(layer: Gimp.Layer, source: Gimp.Layer, image: Gimp.Image) -> None:
    """Gives a new result layer, in its place in the image, the mask that the selection and the source's own mask make
    together; none where there is neither. Within an undo group. Raises Refused."""
    _give(layer, source, image)
    # The person goes on with the layer, not with its mask.
    layer.set_edit_mask(False)


def _give(layer: Gimp.Layer, source: Gimp.Layer, image: Gimp.Image) -> None:
    selected = not Gimp.Selection.is_empty(image)
    if selected:
        _ok, _some, left, top, right, bottom = Gimp.Selection.bounds(image)
        _ok, x, y = layer.get_offsets()
        if right <= x or bottom <= y or left >= x + layer.get_width() or top >= y + layer.get_height():
            raise Refused(_("The selection does not touch the face, so nothing of the result would be seen. Select nothing "
                            "(Select ▸ None), or something of the face."))
    mask = source.get_mask() if source.get_mask() is not None and source.get_apply_mask() else None
    if mask is None:
        if selected:
            layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
        return
    # A selection can be cut with a mask, and a mask be made of it; two masks can't be joined otherwise without reading
    # them.
    before = Gimp.Selection.save(image) if selected else None
    image.select_item(Gimp.ChannelOps.INTERSECT if selected else Gimp.ChannelOps.REPLACE, mask)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    if before is not None:
        image.select_item(Gimp.ChannelOps.REPLACE, before)
        image.remove_channel(before)
    else:
        Gimp.Selection.none(image)
