# SPDX-License-Identifier: MIT OR Apache-2.0
"""Puts what was painted in the canvas window into the image: a layer over the source, in one step of undo."""

from __future__ import annotations

from typing import Optional

from gi.repository import Gimp

from npe_shared import npe
from npe_shared.errors import Refused
from npe_shared.words import _

from . import edits, masks, pixels


def apply(image: Gimp.Image, source: Gimp.Layer, old: Optional[Gimp.Layer], kind: pixels.Kind, change: bytes,
          kept: edits.Kept, aside: Optional[Gimp.Layer] = None) -> Gimp.Layer:
    """Adds the result layer, of the size of `kept.region`, with the change (of `kind.layer`) and what it was made of.
    `old` is the result layer that the edit went on from: the new one takes its place, with its name, mask, opacity and
    mode. Else a selection becomes the layer's mask, and what the source's own mask hides stays hidden. `aside` is a result
    of another photo, which is hidden. Raises Refused."""
    if image.get_floating_sel() is not None:
        raise Refused(_("The image has a floating selection. Anchor it (Layer ▸ Anchor Layer), then apply again."))
    region = kept.region
    image.undo_group_start()
    try:
        if old is not None:
            layer = Gimp.Layer.copy(old)
            _check(image.insert_layer(layer, old.get_parent(), image.get_item_position(old)))
            if (layer.get_width(), layer.get_height()) != (region.width, region.height):
                _resize(layer, source, region)
            name = old.get_name()
            _check(image.remove_layer(old))
            layer.set_name(name)
        else:
            layer = Gimp.Layer.new(image, _("Neural Brush"), region.width, region.height, kind.layer_type, 100.0,
                                   Gimp.LayerMode.NORMAL)
            layer.fill(Gimp.FillType.TRANSPARENT)
            _check(image.insert_layer(layer, source.get_parent(), image.get_item_position(edits.top_of(source, image))))
            _ok, x, y = source.get_offsets()
            layer.set_offsets(x + region.x, y + region.y)
            masks.give(layer, source, image)
        locked = layer.get_lock_content()
        if locked:
            # A copy of a locked layer is locked too.
            layer.set_lock_content(False)
        # No step of undo of its own: undone and done again is the layer with what is in it.
        pixels.write(layer, npe.Rect(0, 0, region.width, region.height), kind.layer, change)
        edits.keep(layer, kept, undoable=True)
        if aside is not None and aside.is_valid():
            aside.set_visible(False)
        image.set_selected_layers([layer])
    finally:
        image.undo_group_end()
    Gimp.displays_flush()
    return layer


def _check(done: bool) -> None:
    if not done:
        raise Refused(_("GIMP did not take the layer: {reason}").format(reason=Gimp.get_pdb().get_last_error()))


def _resize(layer: Gimp.Layer, source: Gimp.Layer, region: npe.Rect) -> None:
    """Back to the region's place, where the person cropped or enlarged it."""
    _ok, x, y = layer.get_offsets()
    _ok, source_x, source_y = source.get_offsets()
    layer.resize(region.width, region.height, x - (source_x + region.x), y - (source_y + region.y))
