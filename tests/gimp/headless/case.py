# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests inside GIMP share: the procedures, pixels, and the command whose results theirs are compared with.

NPE_TEST_PHOTO is an 8-bit sRGB photo of a face, NPE_COMMAND the npe command, NPE_TEST_OUT a folder for files.
"""

from __future__ import annotations

import json
import operator
import os
import subprocess
import tempfile
import unittest
from typing import Any, List, NamedTuple, Optional, Tuple

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

PHOTO = os.environ["NPE_TEST_PHOTO"]
COMMAND = os.environ["NPE_COMMAND"]
OUT = os.environ["NPE_TEST_OUT"]
PLUGIN = os.path.join(Gimp.directory(), "plug-ins", "neural-brush")
QUIET = Gimp.RunMode.NONINTERACTIVE

#: Strokes for any face: black on the forehead, white on the mouth.
FOREHEAD = {"kind": "stroke", "color": [0.08, 0.07, 0.06],
            "dabs": [[0.41, 0.2, 0.06, 0.5, 1], [0.5, 0.19, 0.06, 0.5, 1], [0.59, 0.2, 0.06, 0.5, 1]]}
MOUTH = {"kind": "stroke", "color": [1.0, 1.0, 1.0], "dabs": [[0.46, 0.71, 0.025, 0.5, 1], [0.54, 0.71, 0.025, 0.5, 1]]}


class Frame(NamedTuple):
    """A square in a photo."""

    cx: float
    cy: float
    side: float
    angle: float

    def text(self) -> str:
        return ",".join(map(repr, self))


def image_of(path: str = PHOTO) -> Gimp.Image:
    return Gimp.file_load(QUIET, Gio.File.new_for_path(path))


def read(drawable: Gimp.Drawable, babl: str = "R'G'B' u8", rect: Optional[Tuple[int, int, int, int]] = None) -> bytes:
    x, y, width, height = rect or (0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(Gegl.Rectangle.new(x, y, width, height), 1.0, babl, Gegl.AbyssPolicy.NONE)


def write(drawable: Gimp.Drawable, rect: Tuple[int, int, int, int], pixel: bytes, babl: str = "R'G'B'A u8") -> None:
    """Fills a rectangle."""
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(*rect), babl, pixel * (rect[2] * rect[3]))
    buffer.flush()
    drawable.update(*rect)


def seen(image: Gimp.Image, babl: str = "R'G'B' u8") -> bytes:
    """What the person sees of an image, in sRGB."""
    copy = image.duplicate()
    try:
        return read(copy.flatten(), babl)
    finally:
        copy.delete()


def difference(a: bytes, b: bytes) -> int:
    """The largest of two pictures of 8 bits."""
    assert len(a) == len(b), (len(a), len(b))
    return max(map(abs, map(operator.sub, a, b)))


def frame_of(layer: Gimp.Layer) -> Frame:
    """Where a result layer's face is, in pixels of its photo."""
    data = json.loads(bytes(layer.get_parasite("npe-edit").get_data()).rstrip(b"\0"))
    cx, cy, side, angle = data["frame"]
    return Frame(cx + data["region"][0], cy + data["region"][1], side, angle)


class Case(unittest.TestCase):
    """A test with its own folder, whose images are deleted afterwards."""

    found: Optional[Frame] = None

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(dir=OUT, prefix=self.id().split(".")[-1] + "-")

    def tearDown(self) -> None:
        for image in Gimp.get_images():
            image.delete()

    def file(self, name: str, text: str) -> Gio.File:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return Gio.File.new_for_path(path)

    def strokes(self, *operations: Any, **fields: Any) -> Gio.File:
        """A stroke file for any face."""
        return self.file("strokes.json", json.dumps({"format": "npe-strokes", "version": 1, "units": "face",
                                                     "operations": operations, **fields}))

    def call(self, name: str, image: Gimp.Image, drawables: List[Gimp.Drawable], **arguments: Any) -> Gimp.ValueArray:
        config = Gimp.get_pdb().lookup_procedure("plug-in-npe-" + name).create_config()
        config.set_property("run-mode", QUIET)
        config.set_property("image", image)
        config.set_core_object_array("drawables", drawables)
        for argument, value in arguments.items():
            config.set_property(argument.replace("_", "-"), value)
        return config.get_procedure().run(config)

    def done(self, name: str, image: Gimp.Image, drawable: Gimp.Drawable, **arguments: Any) -> Gimp.Layer:
        """A call that works; its layer."""
        answer = self.call(name, image, [drawable], **arguments)
        self.assertEqual(answer.index(0), Gimp.PDBStatusType.SUCCESS, Gimp.get_pdb().get_last_error())
        return answer.index(1)

    def face(self) -> Frame:
        """Where the procedures find the photo's face; looked for once."""
        if Case.found is None:
            image = image_of()
            Case.found = frame_of(self.done("stroke-file", image, image.get_layers()[0], file=self.strokes()))
            image.delete()
        return Case.found

    def refused(self, name: str, image: Gimp.Image, drawables: List[Gimp.Drawable], **arguments: Any) -> str:
        """A call that does not work and changes nothing; its sentence."""
        before = [layer.get_id() for layer in image.get_layers()], seen(image)
        answer = self.call(name, image, drawables, **arguments)
        # Of this call: another one would overwrite it.
        sentence = Gimp.get_pdb().get_last_error()
        self.assertIn(answer.index(0), (Gimp.PDBStatusType.EXECUTION_ERROR, Gimp.PDBStatusType.CALLING_ERROR))
        self.assertEqual(([layer.get_id() for layer in image.get_layers()], seen(image)), before)
        self.assertNotIn("Traceback", sentence)
        self.assertNotIn("A defect", sentence)
        return sentence

    def command(self, image: Gimp.Image, *options: str) -> bytes:
        """What `npe edit` makes of an image, 8-bit sRGB."""
        before, after = (os.path.join(self.folder, name) for name in ("before.png", "after.png"))
        self.export(image, before)
        subprocess.run([COMMAND, "edit", before, "-o", after, "--force", *options], check=True, capture_output=True, text=True)
        return read(image_of(after).get_layers()[0])

    def export(self, image: Gimp.Image, path: str) -> None:
        """As an sRGB picture, in colour or grey, of what is seen: of 8 bits if the image is just that, else of 16, as other
        numbers lie between those of 8 bits."""
        copy = image.duplicate()
        plain_image = image.get_precision() == Gimp.Precision.U8_NON_LINEAR and image.get_color_profile() is None
        precision, depth = (Gimp.Precision.U8_NON_LINEAR, "u8") if plain_image else (Gimp.Precision.U16_NON_LINEAR, "u16")
        layer = copy.flatten()
        kind, babl = (Gimp.ImageType.GRAY_IMAGE, "Y' ") if layer.is_gray() else (Gimp.ImageType.RGB_IMAGE, "R'G'B' ")
        picture = Gimp.Image.new_with_precision(copy.get_width(), copy.get_height(), copy.get_base_type(), precision)
        plain = Gimp.Layer.new(picture, "", copy.get_width(), copy.get_height(), kind, 100.0, Gimp.LayerMode.NORMAL)
        buffer = plain.get_buffer()
        buffer.set(Gegl.Rectangle.new(0, 0, plain.get_width(), plain.get_height()), babl + depth,
                   read(layer, babl + depth))
        buffer.flush()
        picture.insert_layer(plain, None, 0)
        Gimp.file_save(QUIET, picture, Gio.File.new_for_path(path), None)
        picture.delete()
        copy.delete()

    def reopened(self, image: Gimp.Image) -> Gimp.Image:
        """Saved as XCF, closed, and opened again."""
        file = Gio.File.new_for_path(os.path.join(self.folder, "kept.xcf"))
        Gimp.file_save(QUIET, image, file, None)
        image.delete()
        return Gimp.file_load(QUIET, file)

    def assertSame(self, a: bytes, b: bytes, most: int = 0) -> None:
        self.assertLessEqual(difference(a, b), most, "levels of 255 that two pictures differ by")

    def assertClose(self, a: bytes, b: bytes) -> None:
        """The same colours from photos or strokes that differ by rounding: the solver makes a little more of that here and there, or ends a
        step sooner, and half a step of 8-bit Adobe RGB is up to 2 levels of sRGB. Colours of another profile differ by tens."""
        far = sum(abs(p - q) > 2 for p, q in zip(a, b))
        self.assertLess(far, 0.01 * len(a), f"of {len(a)} bytes, {far} differ by more than 2 levels of 255")
        self.assertSame(a, b, 10)
