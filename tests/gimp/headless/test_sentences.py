# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person is told when something is missing or wrong: a sentence with the value and what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import unittest

from case import FOREHEAD, PLUGIN, Case, image_of
from gi.repository import Gegl, Gimp, Gio

LIBRARY = os.path.join(PLUGIN, "libnpe.so")


class Files(Case):
    def refusal(self, **arguments: object) -> str:
        image = image_of()
        return self.refused("stroke-file", image, image.get_layers(), **arguments)

    def test_no_file(self) -> None:
        self.assertIn("No stroke file", self.refusal())

    def test_missing(self) -> None:
        self.assertIn("/no/such/strokes.json", self.refusal(file=Gio.File.new_for_path("/no/such/strokes.json")))

    def test_not_text(self) -> None:
        path = os.path.join(self.folder, "strokes.json")
        with open(path, "wb") as file:
            file.write(b"\xff\xfe\x00")
        self.assertIn(path, self.refusal(file=Gio.File.new_for_path(path)))

    def test_not_json(self) -> None:
        for settings in (True, False):
            self.assertIn("stroke file can't be read", self.refusal(file=self.file("x.json", "no JSON"), settings_of_file=settings))

    def test_another_version(self) -> None:
        self.assertIn("version 9", self.refusal(file=self.strokes(FOREHEAD, version=9)))

    def test_another_model(self) -> None:
        file = self.strokes(FOREHEAD, model={"name": "clouds", "sha256": "0" * 64})
        self.assertIn("clouds", self.refusal(file=file))

    def test_missing_model(self) -> None:
        self.assertIn("/no/such/model.safetensors", self.refusal(
            file=self.strokes(FOREHEAD), model=Gio.File.new_for_path("/no/such/model.safetensors")))

    def test_damaged_model(self) -> None:
        self.assertIn("damaged.safetensors", self.refusal(
            file=self.strokes(FOREHEAD), model=self.file("damaged.safetensors", "no model at all")))

    def test_unknown_device(self) -> None:
        self.assertIn("abacus", self.refusal(file=self.strokes(FOREHEAD), device="abacus"))

    def test_unknown_attribute(self) -> None:
        self.assertIn("wings", self.refusal(file=self.strokes(FOREHEAD), attributes="wings=1"))


class Photos(Case):
    def test_no_face(self) -> None:
        image = Gimp.Image.new(300, 200, Gimp.ImageBaseType.RGB)
        layer = Gimp.Layer.new(image, "clouds", 300, 200, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
        layer.fill(Gimp.FillType.WHITE)
        image.insert_layer(layer, None, 0)
        self.assertIn("No face was found in the layer “clouds”", self.refused("stroke-file", image, [layer], file=self.strokes(FOREHEAD)))

    def test_too_small(self) -> None:
        image = Gimp.Image.new(100, 100, Gimp.ImageBaseType.RGB)
        layer = Gimp.Layer.new(image, "dot", 7, 100, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
        layer.fill(Gimp.FillType.WHITE)
        image.insert_layer(layer, None, 0)
        self.assertIn("7×100", self.refused("stroke-file", image, [layer], file=self.strokes(FOREHEAD)))

    def test_a_channel(self) -> None:
        image = image_of()
        channel = Gimp.Channel.new(image, "channel", 10, 10, 50.0, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        self.assertIn("select one layer", self.refused("stroke-file", image, [channel], file=self.strokes(FOREHEAD)))


class Libraries(Case):
    """Without the library, or with another one in its place. GIMP starts the plug-in anew for each call."""

    def setUp(self) -> None:
        super().setUp()
        self.aside = LIBRARY + ".aside"
        os.rename(LIBRARY, self.aside)

    def tearDown(self) -> None:
        os.replace(self.aside, LIBRARY)
        super().tearDown()

    def refusal(self) -> str:
        image = image_of()
        sentence = self.refused("stroke-file", image, image.get_layers(), file=self.strokes(FOREHEAD))
        self.assertIn("npe install", sentence)
        return sentence

    def build(self, source: str) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            raise unittest.SkipTest("SKIPPED: no C compiler (cc)")
        subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", LIBRARY], input=source, text=True, check=True)

    def test_missing(self) -> None:
        self.assertIn(LIBRARY, self.refusal())

    def test_damaged(self) -> None:
        with open(LIBRARY, "w", encoding="utf-8") as file:
            file.write("no library")
        self.assertIn("can't be opened", self.refusal())

    def test_of_another_version(self) -> None:
        self.build('const char *npe_version(void) { return "0.0.9"; }')
        sentence = self.refusal()
        self.assertIn("0.0.9", sentence)
        self.assertIn("0.1", sentence)

    def test_older(self) -> None:
        self.build('const char *npe_version(void) { return "0.1.0"; }')
        self.assertIn("lacks npe_", self.refusal())

    def test_another_library(self) -> None:
        self.build("int nothing(void) { return 0; }")
        self.assertIn("no npe library", self.refusal())


class Documentation(Case):
    def test_every_argument_is_explained(self) -> None:
        pdb = Gimp.get_pdb()
        for name in ("stroke-file", "paint-layer", "stroke-path", "decode-view"):
            procedure = pdb.lookup_procedure("plug-in-npe-" + name)
            self.assertGreater(len(procedure.get_help()), 100)
            self.assertTrue(procedure.get_blurb())
            for argument in procedure.get_arguments():
                self.assertTrue(argument.get_blurb(), f"{name}: {argument.get_name()}")

    def test_the_defaults_are_those_of_npe(self) -> None:
        image = image_of()
        frame = self.face()
        path = Gimp.Path.new(image, "line")
        image.insert_path(path, None, 0)
        path.bezier_stroke_lineto(path.bezier_stroke_new_moveto(frame.cx - 10, frame.cy), frame.cx + 10, frame.cy)
        layer = self.done("stroke-path", image, image.get_layers()[0], path=path)
        kept = json.loads(bytes(layer.get_parasite("npe-edit").get_data()).rstrip(b"\0"))["strokes"]
        file = self.strokes({**FOREHEAD})
        plain = self.done("stroke-file", image, image.get_layers()[-1], file=file)
        own = json.loads(bytes(plain.get_parasite("npe-edit").get_data()).rstrip(b"\0"))["strokes"]
        self.assertEqual(kept["blend"], own["blend"])
        self.assertEqual(kept["operations"][0]["settings"], own["operations"][0]["settings"])
