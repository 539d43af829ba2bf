# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the procedures for scripts and batches share: their arguments, an edit on a layer, and the result in the
image."""

from __future__ import annotations

import json
from typing import Any, Callable, List, NamedTuple, Optional

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402

from npe_shared import errors, frames, log, npe  # noqa: E402
from npe_shared.errors import Refused  # noqa: E402
from npe_shared.told import Saved  # noqa: E402
from npe_shared.words import _  # noqa: E402

from . import edits, masks, menu, pixels  # noqa: E402

FLAGS = GObject.ParamFlags.READWRITE



def add_engine_arguments(procedure: Gimp.Procedure) -> None:
    """Where the face is, and which network runs where."""
    choice = Gimp.Choice.new()
    choice.add("automatic", 0, _("The largest face found"), "")
    choice.add("selection", 1, _("The square around the selection"), "")
    procedure.add_choice_argument(
        "frame", _("_Face"), _("Where the face is: \"automatic\" is the largest face found in the layer; \"selection\" "
                               "is the smallest square around the selection, which should reach from above the hair to "
                               "below the chin. A result layer keeps the frame it has."), choice, "automatic", FLAGS)
    procedure.add_file_argument(
        "model", _("Mo_del"), _("The model file; none is the model inside the library, or that of the result layer"),
        Gimp.FileChooserAction.ANY, True, None, FLAGS)
    procedure.add_string_argument(
        "device", _("_Device"), _("Where the network runs: auto, cpu, cuda, cuda:N or cpu-torch"), "auto", FLAGS)


def add_stroke_arguments(procedure: Gimp.Procedure) -> None:
    """How strokes act and how the change is shown. The defaults are npe's."""
    for name, nick, blurb, most, value in (
            ("strength", _("_Strength"), _("How far towards its colour a stroke goes, 0 to 1"), 1.0, 1.0),
            ("freedom", _("F_reedom"), _("How far the face may leave the one in the photo, 0 to 1"), 1.0, 0.5),
            ("detail", _("D_etail"), _("How much of the photo's own detail stays in changed places, 0 to 1"), 1.0, 0.3),
            ("locality", _("_Locality"), _("How much the change is confined to the surroundings of the strokes, 0 to 1"),
             1.0, 0.8),
            ("mask", _("Mas_k"), _("Gain on the mask through which the change is seen, 0 to 8"), 8.0, 2.0)):
        procedure.add_double_argument(name, nick, blurb, 0.0, most, value, FLAGS)
    add_attributes_argument(procedure)


def add_attributes_argument(procedure: Gimp.Procedure) -> None:
    """Sliders of the model."""
    procedure.add_string_argument(
        "attributes", _("_Attributes"), _("Sliders of the model to move before the strokes, such as "
                                          "\"smile=1.5;pc1=-1\"; each -5 to 5, 0 is as in the photo"), "", FLAGS)


def add_result_argument(procedure: Gimp.Procedure) -> None:
    """Where the result goes, and the layer that is answered."""
    procedure.add_boolean_argument(
        "new-layer", _("As a _new layer"), _("TRUE: the change becomes a layer of its own above the photo, which keeps "
                                             "its strokes. FALSE: it is merged into the layer. A result layer is "
                                             "changed itself."), True, FLAGS)
    procedure.add_layer_return_value("layer", _("Layer"), _("The layer with the result"), False, FLAGS)


class Opened(NamedTuple):
    """An edit on a layer."""

    edit: npe.Edit
    kind: pixels.Kind
    #: The layer with the photo.
    source: Gimp.Layer
    #: The part of the source that the edit is about.
    region: npe.Rect
    #: The model's file, "" for the one inside the library.
    model: str
    #: The result layer that is gone on from, if one was given.
    result: Optional[Gimp.Layer]


def one_layer(drawables: List[Gimp.Drawable]) -> Gimp.Layer:
    """The layer that a procedure was called on. Raises Refused."""
    if len(drawables) != 1 or not isinstance(drawables[0], Gimp.Layer):
        raise Refused(_("{count} drawables are selected, or one that is no layer; select one layer.").format(
            count=len(drawables)))
    return drawables[0]


def progress(done: float) -> bool:
    Gimp.progress_update(done)
    return True


def open_edit(image: Gimp.Image, layer: Gimp.Layer, config: Gimp.ProcedureConfig,
              own_frame: Optional[npe.Frame] = None) -> Opened:
    """Starts an edit on a layer with a photo, or goes on from a result layer. `own_frame`, in pixels of the source, is
    taken if a face stands there or none is found. Raises Refused, NpeError, LibraryError."""
    source = edits.photo_of(layer, image)
    kept = edits.kept(layer)
    found = edits.find(image, layer, source) if kept is not None else None
    if layer.get_parasite(edits.GUIDE_PARASITE) is not None or found is not None and found.guide is not None:
        raise Refused(_("The layer “{layer}” is being painted on with Paint Live. Bake it first, or select another "
                        "layer.").format(layer=layer.get_name()))
    kind = pixels.kind(image, source)
    file = config.get_property("model")
    path = file.get_path() if file is not None else (kept.model if kept is not None else "") or None
    model = npe.Model(path, config.get_property("device"), progress)
    try:
        if kept is not None:
            edit = npe.Edit(model, pixels.photo(source, kept.region, kind), kept.frame)
            edit.load_strokes(kept.saved.strokes, progress)
            return Opened(edit, kind, source, kept.region, path or "", layer)
        whole = npe.Rect(0, 0, source.get_width(), source.get_height())
        if config.get_property("frame") == "selection":
            frame, rough = frames.around(_selection(image, source)), False
        else:
            frame, rough = _face(model, source, whole, own_frame)
        region = frames.region_of(frame, whole.width, whole.height)
        photo = pixels.photo(source, region, kind)
        frame = frames.moved(frame, -region.x, -region.y)
        if rough:
            frame = frames.exact(model, photo, frame)
        return Opened(npe.Edit(model, photo, frame), kind, source, region, path or "", None)
    finally:
        model.close()


def _selection(image: Gimp.Image, source: Gimp.Layer) -> npe.Rect:
    _ok, some, left, top, right, bottom = Gimp.Selection.bounds(image)
    if not some:
        raise Refused(_("Nothing is selected. Draw a square around the face with the rectangle selection, from above "
                        "the hair to below the chin, then try again."))
    _ok, x, y = source.get_offsets()
    return npe.Rect(left - x, top - y, right - left, bottom - top)


def _face(model: npe.Model, source: Gimp.Layer, whole: npe.Rect,
          own: Optional[npe.Frame]) -> "tuple[npe.Frame, bool]":
    """The frame, and whether it comes from a shrunk picture."""
    picture, placement = pixels.small(source, whole, pixels.SEARCH_SIDE)
    faces = [pixels.enlarged(face, picture, placement) for face in model.find_faces(picture)]
    if own is not None and (not faces or frames.near(own, faces)):
        return own, False
    if not faces:
        raise Refused(_("No face was found in the layer “{layer}”. Select a square around the face, from above the hair to "
                        "below the chin, and take the selection as the face: “frame” is “selection”.").format(
                            layer=source.get_name()))
    # The largest, as npe chooses where it is given no frame.
    return faces[0], placement.width != picture.width


def set_up(opened: Opened, config: Gimp.ProcedureConfig) -> None:
    """Settings and attributes, before the strokes."""
    names = ("strength", "freedom", "mask", "detail", "locality")
    opened.edit.set_settings(opened.edit.settings()._replace(**{name: config.get_property(name) for name in names}))
    set_attributes(opened.edit, config.get_property("attributes") or "")


def set_attributes(edit: npe.Edit, text: str) -> None:
    """Moves sliders as "smile=1.5;pc1=-1" says."""
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise Refused(_("“{part}” is no attribute; give names and numbers, such as smile=1.5;pc1=-1.").format(part=part))
        edit.set_attribute(name.strip(), number)


def put(image: Gimp.Image, opened: Opened, new_layer: bool, hide: Optional[Gimp.Layer] = None) -> Gimp.Layer:
    """The result in the image, in one step of undo; answers its layer. `hide` is a layer that would cover it."""
    strokes = opened.edit.strokes()
    saved = Saved(strokes, len(json.loads(strokes)["operations"]))
    kept = edits.Kept(opened.source.get_tattoo(), opened.region, opened.edit.frame(), saved, opened.model,
                      pixels.digest(opened.source, opened.region))
    image.undo_group_start()
    try:
        if opened.result is not None:
            layer = opened.result
            _merge_change(opened, layer)
            edits.keep(layer, kept, undoable=True)
        elif new_layer:
            layer = _insert(image, opened, kept)
        else:
            layer = opened.source
            _merge_result(opened)
        if hide is not None:
            hide.set_visible(False)
    finally:
        image.undo_group_end()
    Gimp.displays_flush()
    return layer


def _insert(image: Gimp.Image, opened: Opened, kept: edits.Kept) -> Gimp.Layer:
    """The change as a layer above the photo: as large as the region, so that it can be gone on from."""
    layer = Gimp.Layer.new(image, _("Neural Brush"), opened.region.width, opened.region.height, opened.kind.layer_type,
                           100.0, Gimp.LayerMode.NORMAL)
    layer.fill(Gimp.FillType.TRANSPARENT)
    changed = opened.edit.changed_rect()
    if not changed.empty:
        data = opened.edit.decode_change(changed, opened.kind.layer_format)
        pixels.write(layer, changed, opened.kind.layer, bytes(data))
    edits.keep(layer, kept)
    image.insert_layer(layer, opened.source.get_parent(), image.get_item_position(edits.top_of(opened.source, image)))
    _ok, x, y = opened.source.get_offsets()
    layer.set_offsets(x + opened.region.x, y + opened.region.y)
    masks.give(layer, opened.source, image)
    image.set_selected_layers([layer])
    return layer


def _merge(layer: Gimp.Layer, rect: npe.Rect, babl: str, data: bytes) -> None:
    """Pixels into a part of a layer, through the selection, as a step of undo."""
    if layer.is_group():
        raise Refused(_("“{layer}” is a group of layers, which has no pixels of its own. Select a layer in it, or take "
                        "the result as a new layer.").format(layer=layer.get_name()))
    if layer.get_lock_content():
        raise Refused(_("The pixels of the layer “{layer}” are locked. Unlock them in the layers dock, or take the "
                        "result as a new layer.").format(layer=layer.get_name()))
    some, x, y, width, height = layer.mask_intersect()
    if not some:
        raise Refused(_("The selection lies outside of the layer “{layer}”, so nothing of it may change. Select "
                        "something else, or nothing.").format(layer=layer.get_name()))
    # All that is selected is merged: outside of the change it must be what is there.
    all_of_it = pixels.rectangle(npe.Rect(x, y, width, height))
    shadow = layer.get_shadow_buffer()
    layer.get_buffer().copy(all_of_it, Gegl.AbyssPolicy.NONE, shadow, all_of_it)
    shadow.set(pixels.rectangle(rect), babl, data)
    shadow.flush()
    layer.merge_shadow(True)
    layer.update(x, y, width, height)


def _merge_result(opened: Opened) -> None:
    changed = opened.edit.changed_rect()
    if changed.empty:
        return
    rect = changed._replace(x=changed.x + opened.region.x, y=changed.y + opened.region.y)
    _merge(opened.source, rect, opened.kind.photo, bytes(opened.edit.decode(changed, opened.kind.photo_format)))


def _merge_change(opened: Opened, layer: Gimp.Layer) -> None:
    """The change into its layer, which a person may have moved or cut."""
    _ok, x, y = opened.source.get_offsets()
    _ok, left, top = layer.get_offsets()
    left, top = left - x - opened.region.x, top - y - opened.region.y
    part = intersection(npe.Rect(0, 0, opened.region.width, opened.region.height),
                        (left, top, left + layer.get_width(), top + layer.get_height()))
    if part is None:
        raise Refused(_("The layer “{layer}” was moved away from its photo. Move it back, or select the layer with the "
                        "photo.").format(layer=layer.get_name()))
    data = opened.edit.decode_change(part, opened.kind.layer_format)
    _merge(layer, part._replace(x=part.x - left, y=part.y - top), opened.kind.layer, bytes(data))


def intersection(rect: npe.Rect, edges: "tuple[int, int, int, int]") -> Optional[npe.Rect]:
    """The part of a rectangle within left, top, right and bottom, which may be negative."""
    left, top = max(rect.x, edges[0]), max(rect.y, edges[1])
    right, bottom = min(rect.x + rect.width, edges[2]), min(rect.y + rect.height, edges[3])
    return npe.Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None


#: What a procedure does; answers the layer it made or changed, in this image or in a new one.
Work = Callable[[Gimp.Image, List[Gimp.Drawable], Gimp.ProcedureConfig], Gimp.Layer]


def runner(title: str, work: Work, widgets: List[str]) -> Callable[..., Gimp.ValueArray]:
    """The function that GIMP calls: asks the person where there is one, works, and says what was wrong."""

    def run(procedure: Gimp.Procedure, run_mode: Gimp.RunMode, image: Gimp.Image, drawables: List[Gimp.Drawable],
            config: Gimp.ProcedureConfig, _data: Any) -> Gimp.ValueArray:
        if run_mode == Gimp.RunMode.INTERACTIVE and not _asked(procedure, config, title, widgets):
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
        log.info("%s", procedure.get_name())
        Gimp.progress_init(title)
        try:
            layer = work(image, drawables, config)
        except Exception as e:  # noqa: BLE001 - the person gets a sentence, the log the rest
            said = errors.sentence(e)
            log.error("%s: %s", procedure.get_name(), said)
            return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR,
                                               GLib.Error.new_literal(Gimp.PlugIn.error_quark(), said, 0))
        finally:
            Gimp.progress_end()
        if run_mode != Gimp.RunMode.NONINTERACTIVE and layer.get_image() != image:
            Gimp.Display.new(layer.get_image())
        values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
        values.remove(1)
        values.insert(1, GObject.Value(layer.__gtype__, layer))
        return values

    return run


def image_procedure(plugin: Gimp.PlugIn, name: str, title: str, label: str, work: Work,
                    widgets: List[str]) -> Gimp.Procedure:
    """A procedure on one layer, in the menu; `widgets` are the arguments that its window asks for."""
    procedure = Gimp.ImageProcedure.new(plugin, name, Gimp.PDBProcType.PLUGIN, runner(title, work, widgets), None)
    # Indexed images too: the person hears why not, instead of a grey entry.
    procedure.set_image_types("*")
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
    procedure.set_menu_label(label)
    procedure.add_menu_path(menu.PATH)
    return procedure


def _asked(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, title: str, widgets: List[str]) -> bool:
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi
    GimpUi.init("neural-brush")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, title)
    for name in set(widgets) & {"strength", "freedom", "detail", "locality", "mask"}:
        dialog.get_scale_entry(name, 1.0)
    # GIMP makes none for arguments of any file; if they were of files to open, it would refuse a missing one without
    # its name.
    for name in [name for name in ("file", "model") if name in widgets]:
        chooser = GimpUi.FileChooser.new(Gimp.FileChooserAction.OPEN, config.find_property(name).nick, None,
                                         config.get_property(name))
        chooser.set_tooltip_text(config.find_property(name).blurb)
        chooser.bind_property("file", config, name, GObject.BindingFlags.BIDIRECTIONAL)
        dialog.get_content_area().pack_start(chooser, False, False, 0)
        chooser.show_all()
    dialog.fill([name for name in widgets if name not in ("file", "model")])
    try:
        return bool(dialog.run())
    finally:
        dialog.destroy()
