# SPDX-License-Identifier: MIT OR Apache-2.0
"""The part of the canvas window's test that runs inside GIMP, as a batch: opens images, calls the procedure as a
person's menu does, and tells what is in the image. `window.py` asks through files in NPE_TEST_OUT and does what the
person does. """

import json
import os
import sys
import time
import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

OUT = os.environ["NPE_TEST_OUT"]
PLUGIN = os.path.join(Gimp.directory(), "plug-ins", "neural-brush")
sys.path.insert(0, PLUGIN)

from npe_gimp import edits, pixels  # noqa: E402
from npe_shared import npe  # noqa: E402

image = None


def load(path, grey=False, deep=False, offset=None, select=None):
    """Opens a photo and shows it; `offset` moves its layer, `select` is a rectangle to select."""
    global image
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    if deep:
        image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    if grey:
        image.convert_grayscale()
    if offset:
        image.get_layers()[0].set_offsets(*offset)
    if select:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *select)
    image.clean_all()
    Gimp.Display.new(image)
    return look("loaded")


def window(layer=0):
    """Neural Brush… on a layer, counted from the top. Answers when the window is closed."""
    chosen = image.get_layers()[layer]
    image.set_selected_layers([chosen])
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-npe-window")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [chosen])
    status = procedure.run(config).index(0)
    return {"status": status.value_nick, "error": Gimp.get_pdb().get_last_error()}


def look(name):
    """What is in the image; what is seen of it goes into OUT/name.rgb."""
    if not image.is_valid():
        return {"valid": False}
    seen = Gimp.Layer.new_from_visible(image, image, "seen")
    size = (seen.get_width(), seen.get_height())
    with open(os.path.join(OUT, name + ".rgb"), "wb") as file:
        file.write(seen.get_buffer().get(Gegl.Rectangle.new(0, 0, *size), 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE))
    seen.delete()
    layers = []
    for layer in image.get_layers():
        kept = edits.kept(layer)
        _ok, x, y = layer.get_offsets()
        layers.append({"name": layer.get_name(), "x": x, "y": y, "width": layer.get_width(),
                       "height": layer.get_height(), "mask": layer.get_mask() is not None,
                       "operations": kept.saved.count() if kept else None})
    return {"valid": True, "size": size, "layers": layers, "dirty": image.is_dirty(),
            "selected": [layer.get_name() for layer in image.get_selected_layers()],
            "channels": len(image.get_channels()), "selection": not Gimp.Selection.is_empty(image)}


def hidden():
    """Which layers are hidden, from the top."""
    return [not layer.get_visible() for layer in image.get_layers()]


def replay(layer=0):
    """Does the strokes of a result layer again, without the window: is the layer just that, and where is it?"""
    result = image.get_layers()[layer]
    kept = edits.kept(result)
    source = edits.source_of(result, image)
    kind = pixels.kind(image, source)
    model = npe.Model()
    edit = npe.Edit(model, pixels.photo(source, kept.region, kind), kept.frame)
    edit.load_strokes(kept.saved.strokes)
    rect = edit.changed_rect()
    whole = npe.Rect(0, 0, result.get_width(), result.get_height())
    # A stroke that can hardly be seen changes nothing.
    there = rect.empty or pixels.read(result, rect, kind.layer) == bytes(edit.decode_change(rect, kind.layer_format))
    everything = pixels.read(result, whole, kind.layer)
    pixel, row = npe.pixel_bytes(kind.layer_format), npe.pixel_bytes(kind.layer_format) * whole.width
    outside = 0
    for y in range(whole.height):
        line = everything[y * row:(y + 1) * row]
        if rect.y <= y < rect.y + rect.height:
            line = line[:rect.x * pixel] + line[(rect.x + rect.width) * pixel:]
        outside += len(line) - line.count(0)
    return {"same": there, "outside": outside, "rect": list(rect), "region": list(kept.region),
            "frame": list(kept.frame)}


def say(answer):
    with open(os.path.join(OUT, "answer.part"), "w") as file:
        json.dump(answer, file)
    os.rename(os.path.join(OUT, "answer.part"), os.path.join(OUT, "answer.json"))


def main():
    say({"value": "ready"})
    asked = os.path.join(OUT, "asked.json")
    while True:
        if not os.path.exists(asked):
            time.sleep(0.05)
            continue
        with open(asked) as file:
            question = json.load(file)
        os.remove(asked)
        if question["call"] == "end":
            return
        try:
            answer = {"value": globals()[question["call"]](**question["with"])}
        except Exception:
            answer = {"failed": traceback.format_exc()}
        say(answer)


main()
