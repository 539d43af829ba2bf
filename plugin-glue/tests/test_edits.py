# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is kept in an image: which layers belong together, and strokes in parasites, damaged ones too."""

from __future__ import annotations

import json
import unittest

from mock_gi import Image, ImageType, Layer, Parasite, Precision, Profile
from npe_gimp import edits, pixels
from npe_shared import npe
from npe_shared.told import Saved

STROKES = '{"format": "npe-strokes", "version": 1, "operations": [{"kind": "reset"}, {"kind": "reset"}]}'


def kept(source: int) -> edits.Kept:
    return edits.Kept(source, npe.Rect(3, 4, 500, 400), npe.Frame(200.5, 180.25, 300.0, -3.5), Saved(STROKES, 1),
                      "m.safetensors")


class Parasites(unittest.TestCase):
    def test_there_and_back(self) -> None:
        layer = Layer()
        edits.keep(layer, kept(7))
        again = edits.kept(layer)
        assert again is not None
        self.assertEqual(again._replace(saved=Saved("", 0)), kept(7)._replace(saved=Saved("", 0)))
        self.assertEqual((json.loads(again.saved.strokes), again.saved.base), (json.loads(STROKES), 1))
        self.assertEqual(json.loads(again.saved.base_strokes())["operations"], [{"kind": "reset"}])
        self.assertEqual(again.saved.count(), 2)

    def test_undoable_only_where_asked(self) -> None:
        layer = Layer()
        for undoable, flags in ((False, 1), (True, 3)):
            edits.keep(layer, kept(7), undoable=undoable)
            self.assertEqual(layer.parasites[edits.PARASITE].flags, flags)

    def test_none(self) -> None:
        self.assertIsNone(edits.kept(Layer()))

    def test_damaged(self) -> None:
        layer = Layer()
        edits.keep(layer, kept(7))
        whole = layer.parasites[edits.PARASITE].data
        good = json.loads(whole)
        damaged = [b"", b"\xff\xfe", whole[:-20], b"[]", b"3", b"null"]
        # Documents of before have no digest of the photo.
        damaged += [json.dumps({k: v for k, v in good.items() if k != name}).encode() for name in good if name != "photo"]
        damaged += [json.dumps({**good, name: value}).encode() for name, value in (
            ("format", "other"), ("version", 2), ("source", "x"), ("region", [1, 2, 3]), ("region", None),
            ("frame", ["a", 0, 0, 0]), ("frame", [1, 2, 3, 4, 5]), ("base", None))]
        for data in damaged:
            with self.subTest(data[:60]), self.assertLogs("npe", "ERROR") as logged:
                layer.attach_parasite(Parasite.new(edits.PARASITE, 3, data))
                self.assertIsNone(edits.kept(layer))
                self.assertIn("can't be read", logged.output[0])

    def test_a_trailing_nul_is_fine(self) -> None:
        layer = Layer()
        edits.keep(layer, kept(7))
        layer.parasites[edits.PARASITE].data += b"\0"
        self.assertIsNotNone(edits.kept(layer))


class Layers(unittest.TestCase):
    def setUp(self) -> None:
        self.guide, self.result, self.source = Layer("guide"), Layer("result"), Layer("photo")
        self.image = Image(Layer("group", children=[self.guide, self.result, self.source]), Layer("other"))
        edits.keep(self.result, kept(self.source.get_tattoo()))
        edits.mark_guide(self.guide, self.result)

    def test_source_of(self) -> None:
        for layer in (self.guide, self.result, self.source):
            self.assertIs(edits.source_of(layer, self.image), self.source)
        other = self.image.get_layers()[1]
        self.assertIs(edits.source_of(other, self.image), other)

    def test_find(self) -> None:
        for layer in (self.guide, self.result, self.source):
            found = edits.find(self.image, layer, self.source)
            assert found is not None
            self.assertEqual((found.result, found.guide), (self.result, self.guide))
        other = self.image.get_layers()[1]
        self.assertIsNone(edits.find(self.image, other, other))

    def test_source_is_gone(self) -> None:
        self.image.layers[0].children.remove(self.source)
        self.assertIsNone(edits.source_of(self.result, self.image))
        self.assertIsNone(edits.source_of(self.guide, self.image))

    def test_result_is_gone(self) -> None:
        self.image.layers[0].children.remove(self.result)
        self.assertIsNone(edits.source_of(self.guide, self.image))

    def test_a_damaged_mark(self) -> None:
        self.guide.attach_parasite(Parasite.new(edits.GUIDE_PARASITE, 3, b"no number"))
        with self.assertLogs("npe", "ERROR"):
            self.assertIsNone(edits.result_of(self.guide, self.image))


class Kinds(unittest.TestCase):
    def test_formats(self) -> None:
        srgb, adobe = Profile("GIMP built-in sRGB"), Profile("Compatible with Adobe RGB (1998)")
        for kind, precision, profile, photo, layer in (
                (ImageType.RGB_IMAGE, Precision.U8_NON_LINEAR, None, "R'G'B' u8", "R'G'B'A u8"),
                (ImageType.RGBA_IMAGE, Precision.U8_PERCEPTUAL, srgb, "R'G'B'A u8", "R'G'B'A u8"),
                (ImageType.GRAY_IMAGE, Precision.U16_NON_LINEAR, None, "Y' u16", "Y'A u16"),
                (ImageType.GRAYA_IMAGE, Precision.U8_LINEAR, None, "Y'A float", "Y'A float"),
                (ImageType.RGB_IMAGE, Precision.FLOAT_LINEAR, None, "R'G'B' float", "R'G'B'A float"),
                (ImageType.RGB_IMAGE, Precision.U8_NON_LINEAR, adobe, "R'G'B' float", "R'G'B'A float"),
                (ImageType.RGB_IMAGE, Precision.U16_NON_LINEAR, Profile("sRGB linear", True), "R'G'B' float",
                 "R'G'B'A float")):
            drawable = Layer(kind=kind)
            found = pixels.kind(Image(drawable, precision=precision, profile=profile), drawable)
            self.assertEqual((found.photo, found.layer), (photo, layer))
            for babl, format in ((found.photo, found.photo_format), (found.layer, found.layer_format)):
                channels = {"Y'": 1, "Y'A": 2, "R'G'B'": 3, "R'G'B'A": 4}[babl.split()[0]]
                size = {"u8": 1, "u16": 2, "float": 4}[babl.split()[1]]
                self.assertEqual((format & 15, npe.pixel_bytes(format)), (channels, channels * size))

    def test_indexed(self) -> None:
        drawable = Layer(kind=ImageType.INDEXED_IMAGE)
        with self.assertRaises(pixels.UnsuitableImage) as refused:
            pixels.kind(Image(drawable), drawable)
        self.assertIn("Image ▸ Mode ▸ RGB", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
