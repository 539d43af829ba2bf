# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Krita plug-in's logic without Krita: versions, colour spaces, which layers belong together, strokes."""

from __future__ import annotations

import os
import tempfile
import unittest

import mock_krita
from mock_krita import Document, Krita, Node
from npe_brush import extension, layers, pixels, strokes
from npe_shared import npe
from npe_shared.document import Kept
from npe_shared.errors import Refused
from npe_shared.told import Saved

STROKES = '{"format": "npe-strokes", "version": 1, "operations": [{"kind": "reset"}]}'


def kept(source: str) -> Kept:
    return Kept(source, npe.Rect(3, 4, 500, 400), npe.Frame(200.5, 180.25, 300.0, -3.5), Saved(STROKES, 1),
                "m.safetensors")


class Versions(unittest.TestCase):
    def test_numbers(self) -> None:
        for text, numbers in (("5.2.9", (5, 2)), ("5.3.4", (5, 3)), ("6.0.0-prealpha (git 1a2b)", (6, 0)),
                              ("", (0, 0))):
            self.assertEqual(extension.version(text), numbers)

    def test_too_old(self) -> None:
        with tempfile.TemporaryDirectory() as cache:
            os.environ["XDG_CACHE_HOME"] = cache
            self.addCleanup(setattr, Krita, "running", Krita.running)
            Krita.running = "5.1.5"
            Krita.dockers.clear()
            Krita.extensions.clear()
            extension.register()
        # The docker's place is taken by the sentence, and nothing else of the plug-in is loaded.
        self.assertEqual(len(Krita.dockers), 1)
        self.assertIs(Krita.dockers[0].values[2], extension.TooOld)
        self.assertEqual(Krita.extensions, [])
        for part in ("5.2", "5.1.5", "krita.org"):
            self.assertIn(part, extension.TooOld.sentence)


class Spaces(unittest.TestCase):
    def test_exact(self) -> None:
        srgb, grey = "sRGB-elle-V2-srgbtrc.icc", "Gray-D50-elle-V2-srgbtrc.icc"
        for space, format in ((("RGBA", "U8", srgb), npe.FORMAT_BGRA_U8),
                              (("RGBA", "U16", "sRGB built-in"), npe.FORMAT_BGRA_U16),
                              (("RGBA", "F32", srgb), npe.FORMAT_RGBA_F32),
                              (("GRAYA", "U8", grey), npe.FORMAT_GREYA_U8)):
            self.assertEqual(pixels.kind(space), pixels.Kind(format, space, False))

    def test_converted(self) -> None:
        for space in (("RGBA", "U8", "ClayRGB-elle-V2-g22.icc"), ("RGBA", "F32", "sRGB-elle-V2-g10.icc"),
                      ("RGBA", "U8", "Artifex Software esRGB ICCProfile"), ("RGBA", "U16", "scRGB (linear)"),
                      ("RGBA", "F16", "sRGB-elle-V2-srgbtrc.icc"), ("GRAYA", "U8", "Gray-D50-elle-V2-g22.icc"),
                      ("CMYKA", "U8", "Chemical proof"), ("LABA", "U16", "Lab identity built-in")):
            kind = pixels.kind(space)
            self.assertTrue(kind.converted, space)
            self.assertEqual((kind.format, kind.space), (npe.FORMAT_RGBA_F32, ("RGBA", "F32", pixels.SRGB)))

    def test_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "NOSUCH F64.*Convert the image first"):
            pixels.kind(("NOSUCH", "F64", "x"))

    def test_a_frame_grows_with_its_picture(self) -> None:
        small = npe.Image(b"", 400, 300, npe.FORMAT_RGBA_U8)
        frame = pixels.enlarged(npe.Frame(100, 50, 80, 7), small, npe.Placement(1000, 2000, 4000, 3000))
        self.assertEqual(frame, npe.Frame(2000, 2500, 800, 7))


class Finding(unittest.TestCase):
    def setUp(self) -> None:
        self.photo, self.other = Node("photo"), Node("other")
        self.result, self.guide = Node("result"), Node("guide")
        self.group = Node("group", "grouplayer", self.result, Node("helper", "vectorlayer"), self.guide)
        self.document = Document(Node("folder", "grouplayer", self.photo, self.group), self.other)

    def test_there_and_back(self) -> None:
        self.assertIsNone(layers.find(self.document, self.photo))
        layers.keep(self.document, self.result, kept("photo"))
        for node in (self.photo, self.group, self.result, self.guide):
            found = layers.find(self.document, node)
            assert found is not None and found[1] is not None, node.own
            self.assertEqual((found[0].source, found[0].region, found[1].result.own),
                             ("photo", kept("").region, "result"))
        self.assertIsNone(layers.find(self.document, self.other))
        self.assertEqual(layers.source_of(self.document, kept("photo")), (True, self.photo))
        self.assertEqual(layers.source_of(self.document, kept("")), (True, None))
        self.assertEqual(layers.source_of(self.document, kept("deleted")), (False, None))

    def test_baked(self) -> None:
        layers.keep(self.document, self.other, kept("photo"))
        self.assertEqual(layers.find(self.document, self.other), (layers.kept(self.document, self.other), None))

    def test_damaged(self) -> None:
        layers.keep(self.document, self.result, kept("photo"))
        (key,) = self.document.annotations
        for data in (b"", b"{", b"[1]", b'{"format": "npe-edit", "version": 2}', b"\xff\xfe"):
            self.document.annotations[key] = data
            self.assertIsNone(layers.kept(self.document, self.result), data)

    def test_guides_and_life(self) -> None:
        own = layers.Layers(self.group, self.result)
        self.assertEqual([guide.own for guide in own.guides()], ["guide"])
        self.assertTrue(own.alive(self.document))
        self.group.children.remove(self.result)
        self.assertFalse(own.alive(self.document))

    def test_clipped(self) -> None:
        whole = npe.Rect(10, 10, 100, 100)
        self.assertEqual(layers.clipped(npe.Rect(0, 50, 30, 30), whole), npe.Rect(10, 50, 20, 30))
        self.assertTrue(layers.clipped(npe.Rect(200, 50, 30, 30), whole).empty)


class Strokes(unittest.TestCase):
    def drawn(self, *points: "tuple[float, float, float]") -> strokes.Stroke:
        stroke = strokes.Stroke(strokes.Brush(mock_krita.Anything(), 40.0))
        for point in points:
            stroke.add(*point)
        return stroke

    def test_bounds(self) -> None:
        self.assertTrue(self.drawn().bounds().empty)
        one = self.drawn((100, 200, 1.0)).bounds()
        self.assertTrue(one.x <= 80 and one.y <= 180 and one.x + one.width >= 120 and one.y + one.height >= 220, one)
        self.assertLessEqual(one.width, 44)

    def test_pressure_and_pace(self) -> None:
        # The same way in few or many moves gives the same paint; more pressure more of it.
        few = self.drawn((0, 0, 1.0), (200, 0, 1.0))
        many = self.drawn(*((x, 0, 1.0) for x in range(0, 201, 5)))
        self.assertLessEqual(abs(len(few._dabs) - len(many._dabs)), 1)
        self.assertLess(self.drawn((100, 200, 0.2)).bounds().width, self.drawn((100, 200, 1.0)).bounds().width)
        # What a driver may tell.
        self.assertEqual(self.drawn((100, 200, 7.0)).bounds(), self.drawn((100, 200, 1.0)).bounds())
        self.assertEqual(len(self.drawn((5, 5, 0.5), (5, 5, 0.5))._dabs), 1)


if __name__ == "__main__":
    unittest.main()
