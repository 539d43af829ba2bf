# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts of the procedures for scripts that need no editor, and frames."""

from __future__ import annotations

import json
import unittest
from unittest import mock

import mock_gi
from npe_gimp import batch, batch_common
from npe_shared import frames, npe
from npe_shared.errors import Refused

SETTINGS = npe.Settings(0, 30, 0.25, 0.75, 3.0, 0.125, 0.5)


def stroke_file(**changes: object) -> str:
    file = {"format": "npe-strokes", "version": 1, "units": "photo", "photo": {"width": 640, "height": 480},
            "frame": {"cx": 300.5, "cy": 200.0, "side": 256.0, "angle": 2.0},
            "operations": [{"kind": "stroke", "dabs": [], "settings": {"steps": 10, "strength": 1.0}},
                           {"kind": "paint", "layer": {}}, {"kind": "reset"}]}
    file.update(changes)
    return json.dumps(file)


class StrokeFiles(unittest.TestCase):
    def test_own_frame(self) -> None:
        self.assertEqual(batch.own_frame(stroke_file(), 640, 480), npe.Frame(300.5, 200.0, 256.0, 2.0))

    def test_no_own_frame(self) -> None:
        for text, width in ((stroke_file(), 641), (stroke_file(units="face"), 640), (stroke_file(frame=None), 640),
                            (stroke_file(photo=None), 640), (stroke_file(frame={"cx": 1}), 640), ("no JSON", 640), ("[]", 640),
                            ("3", 640)):
            with self.subTest(text[:60]):
                self.assertIsNone(batch.own_frame(text, width, 480))

    def test_settings(self) -> None:
        file = json.loads(batch.with_settings(stroke_file(blend={"mask": 1}), SETTINGS))
        self.assertEqual(file["blend"], {"mask": 3.0, "detail": 0.125, "locality": 0.5})
        self.assertEqual([o.get("settings") for o in file["operations"]],
                         [{"steps": 10, "strength": 0.25, "freedom": 0.75}, {"strength": 0.25, "freedom": 0.75}, None])

    def test_damaged_files_are_left_for_npe(self) -> None:
        for text in ("no JSON", "[]", "3", '{"operations": [3]}', '{"operations": [{}]}'):
            self.assertEqual(batch.with_settings(text, SETTINGS), text)


class Attributes(unittest.TestCase):
    def test_text(self) -> None:
        edit = mock.Mock()
        batch_common.set_attributes(edit, " smile=1.5; pc1 = -1;;")
        self.assertEqual(edit.set_attribute.call_args_list, [mock.call("smile", 1.5), mock.call("pc1", -1.0)])

    def test_slips(self) -> None:
        for text in ("smile", "smile=", "=1", "smile=a lot", "smile=1,5", "smile:1"):
            with self.subTest(text), self.assertRaises(Refused) as refused:
                batch_common.set_attributes(mock.Mock(), text)
            self.assertIn(text, str(refused.exception))


class Layers(unittest.TestCase):
    def test_below(self) -> None:
        upper, lower, inner, innermost = (mock_gi.Layer(name) for name in ("upper", "lower", "inner", "innermost"))
        image = mock_gi.Image(upper, mock_gi.Layer("group", children=[inner, innermost]), lower)
        self.assertEqual(batch.below(image, inner), innermost)
        self.assertEqual(batch.below(image, image.get_layers()[1]), lower)
        for layer in (lower, innermost):
            with self.assertRaises(Refused) as refused:
                batch.below(image, layer)
            self.assertIn(layer.get_name(), str(refused.exception))

    def test_intersection(self) -> None:
        whole = npe.Rect(0, 0, 100, 80)
        self.assertEqual(batch_common.intersection(whole, (-10, 20, 50, 200)), npe.Rect(0, 20, 50, 60))
        self.assertEqual(batch_common.intersection(whole, (-10, -10, 500, 500)), whole)
        self.assertIsNone(batch_common.intersection(whole, (100, 0, 120, 10)))
        self.assertIsNone(batch_common.intersection(whole, (0, -10, 120, 0)))


class Frames(unittest.TestCase):
    def test_region_holds_the_frame_and_what_lies_around(self) -> None:
        for frame in (npe.Frame(500, 400, 200), npe.Frame(500, 400, 200, 45), npe.Frame(40, 30, 200), npe.Frame(995, 795, 60)):
            region = frames.region_of(frame, 1000, 800)
            self.assertGreaterEqual(min(region.x, region.y), 0)
            self.assertLessEqual(region.x + region.width, 1000)
            self.assertLessEqual(region.y + region.height, 800)
            # Half a side around it: there its changes may go on.
            half = frame.side * (1.2 if frame.angle else 1.0)
            self.assertLessEqual(region.x, max(0, frame.cx - half))
            self.assertGreaterEqual(region.x + region.width, min(1000, frame.cx + half))
            self.assertLessEqual(region.y, max(0, frame.cy - half))
            self.assertGreaterEqual(region.y + region.height, min(800, frame.cy + half))

    def test_region_is_never_too_small(self) -> None:
        for frame in (npe.Frame(-500, -500, 8), npe.Frame(5000, 5000, 8), npe.Frame(4, 4, 8)):
            region = frames.region_of(frame, 1000, 8)
            self.assertGreaterEqual(min(region.width, region.height), 8)
            self.assertLessEqual(region.x + region.width, 1000)

    def test_around(self) -> None:
        self.assertEqual(frames.around(npe.Rect(10, 20, 100, 60)), npe.Frame(60, 50, 100.0, 0.0))

    def test_near(self) -> None:
        own = npe.Frame(100, 100, 200)
        self.assertFalse(frames.near(own, [npe.Frame(120, 100, 200), npe.Frame(107, 108, 200)]))
        self.assertTrue(frames.near(own, [npe.Frame(120, 100, 200), npe.Frame(106, 108, 90)]))

    def test_exact(self) -> None:
        model, photo = mock.Mock(), mock.Mock()
        for faces, expected in (([npe.Frame(100, 100, 50), npe.Frame(305, 302, 210)], npe.Frame(305, 302, 210)),
                                ([npe.Frame(100, 100, 50)], npe.Frame(300, 300, 200)), ([], npe.Frame(300, 300, 200))):
            model.find_faces.return_value = faces
            self.assertEqual(frames.exact(model, photo, npe.Frame(300, 300, 200)), expected)


if __name__ == "__main__":
    unittest.main()
