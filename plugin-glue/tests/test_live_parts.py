# SPDX-License-Identifier: MIT OR Apache-2.0
"""Live where only a part of the photo is seen: that part comes first, the rest follows, nothing is forgotten."""

from __future__ import annotations

import unittest
from typing import Any, List

import places
from npe_shared import npe
from npe_shared.told import Result
from test_live import Desk


class Prepared(Desk):
    def decoded(self, result: Result) -> Any:
        return (result.rect, len(result.pixels))


class PartsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        places.library()
        cls.photo = places.astronaut()
        model = npe.Model()
        cls.frame = model.find_faces(cls.photo)[0]
        model.close()

    def setUp(self) -> None:
        self.desk = Prepared()
        self.desk.live.open(self.photo, npe.FORMAT_RGBA_U8, self.frame)
        self.desk.until("opened")
        self.desk.idle()
        self.desk.told.clear()

    def tearDown(self) -> None:
        self.desk.live.close()

    def stroke(self, edit: npe.Edit) -> None:
        f = self.frame
        edit.stroke([npe.Dab(f.cx + dx * f.side, f.cy - 0.3 * f.side, 0.06 * f.side) for dx in (-0.15, 0.15)])

    def put_together(self, results: List[Result]) -> bytearray:
        """What a host has that lays each result in its place."""
        width = self.photo.width
        layer = bytearray(4 * width * self.photo.height)
        for result in results:
            r = result.rect
            for y in range(r.height):
                at = 4 * ((r.y + y) * width + r.x)
                layer[at:at + 4 * r.width] = result.pixels[4 * y * r.width:4 * (y + 1) * r.width]
        return layer

    def test_what_is_seen_comes_first_and_the_rest_follows(self) -> None:
        seen = npe.Rect(int(self.frame.cx) - 20, int(self.frame.cy - 0.35 * self.frame.side), 40, 30)
        self.desk.live.look_at(seen)
        self.desk.live.change(self.stroke)
        first = self.desk.until("result")
        self.assertEqual(first.rect, seen)
        whole = self.desk.until("result", len(self.desk.told))
        self.assertGreater(whole.rect.width * whole.rect.height, 2 * seen.width * seen.height)
        self.assertEqual(whole.prepared, (whole.rect, len(whole.pixels)))

        model = npe.Model()
        edit = npe.Edit(model, self.photo, self.frame)
        self.stroke(edit)
        self.assertEqual(self.put_together(self.desk.results()), edit.decode_change(None, npe.FORMAT_RGBA_U8))

    def test_what_is_kept_has_been_drawn_whole(self) -> None:
        self.desk.live.look_at(npe.Rect(0, 0, 8, 8))
        self.desk.live.change(self.stroke)
        saved = self.desk.wished(lambda: self.desk.live.change(lambda edit: edit.undo()))
        self.assertEqual(saved.count(), 0)
        self.desk.wished(lambda: self.desk.live.change(self.stroke))
        drawn = self.put_together(self.desk.results())
        self.assertGreater(sum(1 for alpha in drawn[3::4] if alpha), 1000)
        self.desk.wished(lambda: self.desk.live.change(lambda edit: edit.undo()))
        self.assertFalse(any(self.put_together(self.desk.results())), "something is left of what was undone")



if __name__ == "__main__":
    unittest.main()
