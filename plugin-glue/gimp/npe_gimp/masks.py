# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layer masks of result layers: a result shows where its photo does, and only inside the selection it was made with."""

from __future__ import annotations

from gi.repository import Gimp


def give(layer: Gimp.Layer, source: Gimp.Layer, image: Gimp.Image) -> None:
    """Gives a new result layer, in its place in the image, the mask that the selection and the source's own mask make
    together; none where there is neither. Within an undo group."""
    selected = not Gimp.Selection.is_empty(image)
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
