# SPDX-License-Identifier: MIT OR Apache-2.0
"""Procedures for scripts and batches: a stroke file, a painted layer, a path, a view.

All run without a window in gimp-console, repeat with Ctrl+F, and take one step of undo. npe's settings are arguments; what
was done is kept with the result layer, which Paint Live, the window, and these procedures go on from.
"""

from __future__ import annotations

import json
from typing import List, Optional

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib  # noqa: E402

from npe_shared import npe  # noqa: E402
from npe_shared.errors import Refused  # noqa: E402
from npe_shared.words import _  # noqa: E402

from . import batch_common as common, batch_view, pixels  # noqa: E402
from .batch_common import FLAGS  # noqa: E402

SETTINGS = ["strength", "freedom", "detail", "locality", "mask", "attributes"]
ENGINE = ["frame", "model", "device"]

MODES = {"color": npe.MODE_COLOR, "lighten": npe.MODE_LIGHTEN, "darken": npe.MODE_DARKEN, "restore": npe.MODE_RESTORE}


# A stroke file.

def _make_stroke_file(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    widgets = ["file", "frame", "settings-of-file", *SETTINGS, "model", "device", "new-layer"]
    procedure = common.image_procedure(plugin, name, _("Apply Stroke File"), _("Apply Stroke _File…"), _stroke_file, widgets)
    procedure.set_documentation(
        _("Does the strokes of a file on a face"),
        _("Applies a stroke file (npe-strokes version 1, as “npe edit --save-strokes” writes it) to the face in the "
          "selected layer. Strokes in units of the face land at the same place of any face; strokes in pixels of a "
          "photo are moved to it, and on a photo of the same size the file's own frame is taken if a face is there. On "
          "a result layer of the Neural Brush the strokes are done after those that it keeps."), name)
    procedure.add_file_argument("file", _("Stroke _file"), _("The stroke file, JSON"), Gimp.FileChooserAction.ANY, False,
                                None, FLAGS)
    procedure.add_boolean_argument("settings-of-file", _("Settings of the f_ile"),
                                   _("TRUE: strength, freedom, detail, locality and mask are as the file says, and "
                                     "the arguments of these names do not count. FALSE: they replace the file's."), True,
                                   FLAGS)
    common.add_stroke_arguments(procedure)
    common.add_engine_arguments(procedure)
    common.add_result_argument(procedure)
    return procedure


def _read(file: Optional[Gio.File]) -> str:
    if file is None:
        raise Refused(_("No stroke file was named; give one as “file”."))
    try:
        return bytes(file.load_contents(None)[1]).decode()
    except GLib.Error as e:
        raise Refused(_("The stroke file {file} can't be read: {error}").format(
            file=file.get_parse_name(), error=e.message)) from None
    except UnicodeDecodeError as e:
        raise Refused(_("The stroke file {file} can't be read: {error}").format(
            file=file.get_parse_name(), error=e)) from None


def own_frame(text: str, width: int, height: int) -> Optional[npe.Frame]:
    """Where a stroke file's own photo has its face, if it is of this size and in pixels. What is wrong in the file npe
    says."""
    try:
        strokes = json.loads(text)
        photo, frame = strokes["photo"], strokes["frame"]
        if strokes.get("units", "photo") != "photo" or (photo["width"], photo["height"]) != (width, height):
            return None
        return npe.Frame(*(float(frame[key]) for key in ("cx", "cy", "side", "angle")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def with_settings(text: str, settings: npe.Settings) -> str:
    """A stroke file with these settings in place of its own. What is wrong in the file npe says."""
    try:
        strokes = json.loads(text)
        strokes["blend"] = {"mask": settings.mask, "detail": settings.detail, "locality": settings.locality}
        for operation in strokes["operations"]:
            if operation["kind"] in ("stroke", "paint"):
                operation["settings"] = {**operation.get("settings", {}), "strength": settings.strength,
                                         "freedom": settings.freedom}
        return json.dumps(strokes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text


def _stroke_file(image: Gimp.Image, drawables: List[Gimp.Drawable], config: Gimp.ProcedureConfig) -> Gimp.Layer:
    text = _read(config.get_property("file"))
    layer = common.one_layer(drawables)
    opened = common.open_edit(image, layer, config, own_frame(text, layer.get_width(), layer.get_height()))
    if config.get_property("settings-of-file"):
        common.set_attributes(opened.edit, config.get_property("attributes") or "")
    else:
        common.set_up(opened, config)
        text = with_settings(text, opened.edit.settings())
    opened.edit.load_strokes(text, common.progress)
    return common.put(image, opened, config.get_property("new-layer"))


# A painted layer.

def _make_paint_layer(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    widgets = ["source", "mode", "frame", *SETTINGS, "model", "device", "new-layer"]
    procedure = common.image_procedure(plugin, name, _("Layer as Strokes"), _("_Layer as Strokes…"), _paint_layer, widgets)
    procedure.set_documentation(
        _("Takes a painted layer as strokes on the photo below it"),
        _("The selected layer is what was painted: its alpha is the brush, its colours are what the face gets there. "
          "It has an effect on the photo in the layer below it, or in the one that “source” names, and is hidden "
          "afterwards. Its opacity and mode do not count."), name)
    procedure.add_layer_argument("source", _("_Photo"), _("The layer with the photo; none is the one below the painted "
                                                          "layer"), True, FLAGS)
    _add_mode(procedure)
    common.add_stroke_arguments(procedure)
    common.add_engine_arguments(procedure)
    common.add_result_argument(procedure)
    return procedure


def _add_mode(procedure: Gimp.Procedure) -> None:
    choice = Gimp.Choice.new()
    for number, (mode, label) in enumerate((("color", _("Colour")), ("lighten", _("Lighten")), ("darken", _("Darken")),
                                            ("restore", _("Restore")))):
        choice.add(mode, number, label, "")
    procedure.add_choice_argument("mode", _("_Mode"), _("\"color\" pulls to the brush's colour, \"lighten\" and "
                                                        "\"darken\" to what is there made lighter or darker, "
                                                        "\"restore\" back to the photo"), choice, "color", FLAGS)


def below(image: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """The layer below another, in its group. Raises Refused."""
    parent = layer.get_parent()
    siblings = parent.get_children() if parent is not None else image.get_layers()
    position = image.get_item_position(layer) + 1
    if position >= len(siblings):
        raise Refused(_("No layer lies below “{layer}”. Select the painted layer, with the photo's layer below it, or "
                        "name the photo's layer as “source”.").format(layer=layer.get_name()))
    return siblings[position]


def _paint_layer(image: Gimp.Image, drawables: List[Gimp.Drawable], config: Gimp.ProcedureConfig) -> Gimp.Layer:
    painted = common.one_layer(drawables)
    source = config.get_property("source") or below(image, painted)
    if source == painted:
        raise Refused(_("“{layer}” is both the painted layer and the photo; name another layer as “source”.").format(
            layer=painted.get_name()))
    if not painted.has_alpha():
        raise Refused(_("The layer “{layer}” has no alpha channel, so all of it would be the brush. Select the painted "
                        "layer, or add one: Layer ▸ Transparency ▸ Add Alpha Channel.").format(layer=painted.get_name()))
    if painted.get_mask() is not None:
        raise Refused(_("The painted layer “{layer}” has a layer mask. Apply it first: Layer ▸ Mask ▸ Apply Layer Mask.")
                      .format(layer=painted.get_name()))
    pixels.kind(image, painted)
    opened = common.open_edit(image, source, config)
    common.set_up(opened, config)
    _ok, x, y = opened.source.get_offsets()
    _ok, left, top = painted.get_offsets()
    left, top = left - x - opened.region.x, top - y - opened.region.y
    # Beside the painted layer's edges there is nothing: transparent.
    region = opened.region
    data = pixels.read(painted, npe.Rect(-left, -top, region.width, region.height), "R'G'B'A u8")
    opened.edit.paint(npe.Image(data, region.width, region.height, npe.FORMAT_RGBA_U8),
                      MODES[config.get_property("mode")], common.progress)
    return common.put(image, opened, config.get_property("new-layer"), painted)


# A path.

def _make_stroke_path(plugin: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    widgets = ["color", "radius", "hardness", "mode", "frame", *SETTINGS, "model", "device", "new-layer"]
    procedure = common.image_procedure(plugin, name, _("Stroke along Path"), _("Stroke along _Path…"), _stroke_path, widgets)
    procedure.set_documentation(
        _("Brushes along a path"),
        _("Brushes along the strokes of a path, one after the other, on the face in the selected layer. Without a path "
          "the one that is selected in the image is taken."), name)
    procedure.add_path_argument("path", _("_Path"), _("The path; none is the selected one"), True, FLAGS)
    procedure.add_color_argument("color", _("Colo_ur"), _("What the face gets under the brush"), False,
                                 Gegl.Color.new("black"), FLAGS)
    procedure.add_double_argument("radius", _("Ra_dius"), _("Radius of the brush in pixels; 0 is 6 % of the face "
                                                            "frame's side"), 0.0, 10000.0, 0.0, FLAGS)
    procedure.add_double_argument("hardness", _("_Hardness"), _("0 (soft from the centre on) to 1 (a sharp edge)"), 0.0, 1.0,
                                  0.5, FLAGS)
    _add_mode(procedure)
    common.add_stroke_arguments(procedure)
    common.add_engine_arguments(procedure)
    common.add_result_argument(procedure)
    return procedure


def _stroke_path(image: Gimp.Image, drawables: List[Gimp.Drawable], config: Gimp.ProcedureConfig) -> Gimp.Layer:
    path = config.get_property("path") or next(iter(image.get_selected_paths()), None)
    if path is None:
        raise Refused(_("The image has no selected path. Draw one with the path tool, or give one as “path”."))
    layer = common.one_layer(drawables)
    opened = common.open_edit(image, layer, config)
    common.set_up(opened, config)
    frame = opened.edit.frame()
    radius = config.get_property("radius") or 0.06 * frame.side
    _ok, x, y = opened.source.get_offsets()
    color = pixels.srgb(config.get_property("color"))
    strokes = path.get_strokes()
    if not strokes:
        raise Refused(_("The path “{path}” is empty.").format(path=path.get_name()))
    for stroke in strokes:
        # Half a pixel is finer than any network sees.
        flat, closed = path.stroke_interpolate(stroke, 0.5)
        points = list(zip(flat[::2], flat[1::2]))
        if closed and points:
            points.append(points[0])
        dabs = [npe.Dab(px - x - opened.region.x, py - y - opened.region.y, radius, config.get_property("hardness"))
                for px, py in points]
        if dabs:
            opened.edit.stroke(dabs, color, MODES[config.get_property("mode")], common.progress)
    return common.put(image, opened, config.get_property("new-layer"))


TABLE = {
    "plug-in-npe-stroke-file": _make_stroke_file,
    "plug-in-npe-paint-layer": _make_paint_layer,
    "plug-in-npe-stroke-path": _make_stroke_path,
    **batch_view.TABLE,
}
