# SPDX-License-Identifier: MIT OR Apache-2.0
"""The two layers of Paint Live: the guide that is painted on, and the result under it. They come and go in one step of undo
each; the result's pixels are written without any.

The guide's opacity is 0: what is seen is the result, not the paint.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, List, Optional, Tuple

from gi.repository import Gimp

from npe_shared import npe
from npe_shared.errors import Refused
from npe_shared.words import _

from . import edits, masks, pixels

#: Opacity of the guide where the person wants to see the paint, in percent.
SHOWN_PAINT = 45.0


@contextmanager
def one_step(image: Gimp.Image) -> Iterator[None]:
    """What is done within is one step of undo."""
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()
        Gimp.displays_flush()


class Pair:
    """A guide and a result over a source. Both cover the same region of it, and have its coordinates."""

    def __init__(self, image: Gimp.Image, source: Gimp.Layer, kind: pixels.Kind, region: npe.Rect,
                 found: Optional[edits.Found] = None) -> None:
        """Takes the layers that an earlier session left and makes the others. The guide is what the person's brush is on
        afterwards. Raises Refused."""
        result, guide, self.kept = (None, None, None) if found is None else (found.result, found.guide, found.kept)
        if image.get_floating_sel() is not None:
            raise Refused(_("The image has a floating selection. Anchor it (Layer ▸ Anchor Layer), then start again."))
        self.image, self.source, self.region = image, source, region
        self.whole = npe.Rect(0, 0, region.width, region.height)
        self._kind = kind
        self._size = (source.get_width(), source.get_height())
        self._place = tuple(source.get_offsets()[1:])
        #: What the layers that were there held before.
        self._before: List[Tuple[Gimp.Layer, bytes]] = [
            (layer, pixels.read(layer, self.whole, kind.layer)) for layer in (result, guide) if layer is not None]
        #: Layers that were not.
        self._made: List[Gimp.Layer] = []
        # An empty step of undo would be in the person's way.
        if result is None or guide is None:
            with one_step(image):
                result = result or self._new_result()
                guide = guide or self._new_guide(result)
        self.result, self.guide, self.name = result, guide, result.get_name()
        if self.trouble():
            raise Refused(self.trouble())
        image.set_selected_layers([guide])
        Gimp.displays_flush()

    def _new_result(self) -> Gimp.Layer:
        result = self._new(_("Neural Brush"), 100.0)
        self._insert(result, edits.top_of(self.source, self.image))
        masks.give(result, self.source, self.image)
        return result

    def _new_guide(self, result: Gimp.Layer) -> Gimp.Layer:
        guide = self._new(_("Neural Brush: paint here"), 0.0)
        self._insert(guide, result)
        edits.mark_guide(guide, result)
        return guide

    def _new(self, name: str, opacity: float) -> Gimp.Layer:
        layer = Gimp.Layer.new(self.image, name, self.region.width, self.region.height, self._kind.layer_type, opacity,
                               Gimp.LayerMode.NORMAL)
        layer.fill(Gimp.FillType.TRANSPARENT)
        self._made.append(layer)
        return layer

    def _insert(self, layer: Gimp.Layer, below: Gimp.Layer) -> None:
        """Above another layer, in its group."""
        if not self.image.insert_layer(layer, below.get_parent(), self.image.get_item_position(below)):
            raise Refused(_("GIMP did not take the layer: {reason}").format(reason=Gimp.get_pdb().get_last_error()))
        _ok, x, y = self.source.get_offsets()
        layer.set_offsets(x + self.region.x, y + self.region.y)

    def alive(self) -> bool:
        """Whether both layers are in the image: the person may have undone or deleted them, or closed the image."""
        return self.image.is_valid() and self.guide.is_valid() and self.result.is_valid()

    def trouble(self) -> str:
        """Why the engine's pixels do not fit the layers any more, "" if they do: the person may have moved, scaled, cropped
        or converted them."""
        if not self.source.is_valid():
            return _("The layer of the photo is gone. Undo that, or bake what there is.")
        _ok, x, y = self.source.get_offsets()
        place = (x + self.region.x, y + self.region.y)
        if self._place != (x, y) and all(tuple(layer.get_offsets()[1:]) == (
                self._place[0] + self.region.x, self._place[1] + self.region.y) for layer in (self.guide, self.result)):
            return _("The layer “{layer}” was moved. Undo that, or cancel and start again.").format(
                layer=self.source.get_name())
        for layer in (self.guide, self.result):
            if (layer.get_width(), layer.get_height()) != self.whole[2:] or tuple(layer.get_offsets()[1:]) != place:
                return _("The layer “{layer}” was moved or has another size now. Undo that, or cancel and start again.").format(
                    layer=layer.get_name())
        if (self.source.get_width(), self.source.get_height()) != self._size:
            return _("The layer “{layer}” has another size now. Undo that, or cancel and start again.").format(
                layer=self.source.get_name())
        if pixels.kind(self.image, self.source) != self._kind:
            return _("The image has another mode, precision or profile now. Undo that, or cancel and start again.")
        return ""

    def put(self, rect: npe.Rect, data: bytes) -> None:
        """Pixels of the result. Raises Refused."""
        pixels.write(self.result, rect, self._kind.layer, data)
        Gimp.displays_flush()

    def put_nothing(self) -> None:
        """Makes the result transparent, so that the photo is seen."""
        self.put(self.whole, bytes(self.whole.width * self.whole.height * npe.pixel_bytes(self._kind.layer_format)))

    def show_paint(self, shown: bool) -> None:
        """Not a step of undo: what can be done again must stay so."""
        opacity = SHOWN_PAINT if shown else 0.0
        if self.guide.get_opacity() != opacity:
            with edits.no_step(self.image):
                self.guide.set_opacity(opacity)
            Gimp.displays_flush()

    def empty_guide(self) -> None:
        """Takes all paint away; the person can undo it."""
        with one_step(self.image):
            # `fill` can't be undone, and `edit_clear` would leave what lies outside of a selection.
            selected = None if Gimp.Selection.is_empty(self.image) else Gimp.Selection.save(self.image)
            if selected is not None:
                Gimp.Selection.none(self.image)
            self.guide.edit_clear()
            if selected is not None:
                self.image.select_item(Gimp.ChannelOps.REPLACE, selected)
                self.image.remove_channel(selected)
                self.image.set_selected_layers([self.guide])

    def bake(self) -> None:
        """Leaves the result as an ordinary layer."""
        with one_step(self.image):
            self.image.remove_layer(self.guide)
            self.image.set_selected_layers([self.result])

    def take_back(self) -> bool:
        """Leaves the image as it was: what was made is removed, what was there has its pixels again. False if a guide that was
        there is gone: once it was baked, only GIMP's undo brings it back."""
        with one_step(self.image):
            for layer in self._made:
                if layer.is_valid():
                    self.image.remove_layer(layer)
            left = [(layer, held) for layer, held in self._before if layer.is_valid()]
            for layer, held in left:
                pixels.write(layer, self.whole, self._kind.layer, held)
            self.image.set_selected_layers([left[0][0] if left else self.source])
        if self.kept is not None and self.result.is_valid():
            edits.keep(self.result, self.kept)
        return len(left) == len(self._before)
