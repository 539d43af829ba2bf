# SPDX-License-Identifier: MIT OR Apache-2.0
"""A view of an edit, such as its mask, as a layer where the face is or as an image of its own."""

from __future__ import annotations

import math
from typing import List

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gimp  # noqa: E402

from npe_shared import npe  # noqa: E402
from npe_shared.words import _  # noqa: E402

from . import batch_common as common, pixels  # noqa: E402
from .batch_common import FLAGS  # noqa: E402

VIEWS = {"original": npe.VIEW_ORIGINAL, "reconstruction": npe.VIEW_RECONSTRUCTION, "generated": npe.VIEW_GENERATED,
         "delta": npe.VIEW_DELTA, "error": npe.VIEW_ERROR, "mask": npe.VIEW_MASK, "latents": npe.VIEW_LATENTS,
         "result": npe.VIEW_RESULT}


def _labels() -> "dict[str, str]":
    return {"original": _("Original"), "reconstruction": _("Reconstruction"), "generated": _("Generated"),
            "delta": _("Delta"), "error": _("Error"), "mask": _("Mask"), "latents": _("Latents"), "result": _("Result")}


def _make(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    widgets = ["view", "destination", "attributes", "frame", "model", "device"]
    title = _("Neural View")
    procedure = common.image_procedure(plugin, name, title, _("Neural _View…"), _decode_view, widgets)
    procedure.set_documentation(
        _("Shows what the network sees and makes of a face"),
        _("Decodes a view of the face in the selected layer. On a result layer of the Neural Brush it is a view of the "
          "edit that is kept there, with its settings. As a layer it is stretched over the face's frame (the latents "
          "are tiles and not a picture of the face, but stand there too); as an image it has the network's own size. "
          "The views show 8-bit sRGB."), name)
    choice = Gimp.Choice.new()
    for number, (view, label) in enumerate(_labels().items()):
        choice.add(view, number, label, "")
    procedure.add_choice_argument(
        "view", _("_View"), _("\"original\" is the photo in the frame as the network sees it, \"reconstruction\" how "
                              "it reconstructs it, \"generated\" the face of the present latents, \"delta\" generated "
                              "minus reconstruction, \"error\" original minus reconstruction, \"mask\" where the "
                              "change is taken, \"latents\" the latents as tiles, \"result\" the result in the frame"), choice, "mask", FLAGS)
    destination = Gimp.Choice.new()
    destination.add("layer", 0, _("A layer over the face"), "")
    destination.add("image", 1, _("A new image"), "")
    procedure.add_choice_argument("destination", _("_As"), _("\"layer\": above the photo, on its face; \"image\": a "
                                                             "new image of the network's size"), destination, "layer", FLAGS)
    common.add_attributes_argument(procedure)
    common.add_engine_arguments(procedure)
    procedure.add_layer_return_value("layer", _("Layer"), _("The layer with the view, in this image or in the new one"), False,
                                     FLAGS)
    return procedure


def _decode_view(image: Gimp.Image, drawables: List[Gimp.Drawable], config: Gimp.ProcedureConfig) -> Gimp.Layer:
    opened = common.open_edit(image, common.one_layer(drawables), config)
    common.set_attributes(opened.edit, config.get_property("attributes") or "")
    name = config.get_property("view")
    picture = opened.edit.view(VIEWS[name], npe.FORMAT_RGBA_U8)
    title = _labels()[name]
    if config.get_property("destination") == "image":
        return _as_image(picture, title)
    image.undo_group_start()
    try:
        layer = _as_layer(image, opened, picture, title)
    finally:
        image.undo_group_end()
    Gimp.displays_flush()
    return layer


def _layer(image: Gimp.Image, picture: npe.Image, title: str) -> Gimp.Layer:
    kind = Gimp.ImageType.GRAYA_IMAGE if image.get_base_type() == Gimp.ImageBaseType.GRAY else Gimp.ImageType.RGBA_IMAGE
    layer = Gimp.Layer.new(image, title, picture.width, picture.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    pixels.write(layer, npe.Rect(0, 0, picture.width, picture.height), "R'G'B'A u8", bytes(picture.data))
    return layer


def _as_image(picture: npe.Image, title: str) -> Gimp.Layer:
    image = Gimp.Image.new(picture.width, picture.height, Gimp.ImageBaseType.RGB)
    image.undo_disable()
    layer = _layer(image, picture, title)
    image.insert_layer(layer, None, 0)
    image.undo_enable()
    return layer


def _as_layer(image: Gimp.Image, opened: common.Opened, picture: npe.Image, title: str) -> Gimp.Layer:
    layer = _layer(image, picture, title)
    above = opened.result or opened.source
    image.insert_layer(layer, above.get_parent(), image.get_item_position(above))
    frame = opened.edit.frame()
    side = max(1, round(frame.side))
    layer.scale(side, side, True)
    _ok, x, y = opened.source.get_offsets()
    cx, cy = x + opened.region.x + frame.cx, y + opened.region.y + frame.cy
    layer.set_offsets(round(cx - side / 2), round(cy - side / 2))
    if abs(frame.angle) > 0.01:
        layer = layer.transform_rotate(math.radians(frame.angle), False, cx, cy)
    image.set_selected_layers([layer])
    return layer


TABLE = {"plug-in-npe-decode-view": _make}
