# SPDX-License-Identifier: MIT OR Apache-2.0
"""Live with the real library: what a person wishes for, merged, followed, stopped, told, kept, and gone on from."""

from __future__ import annotations

import queue
import time
import unittest
from contextlib import closing
from typing import Any, Callable, List, Optional, Tuple

import places
from npe_shared import npe
from npe_shared.frames import region_of
from npe_shared.live import Live
from npe_shared.told import Guide, Listener, Opened, Result, Saved

#: Seconds that anything may take here.
PATIENCE = 60.0
SIDE = 128


class Desk(Listener):
    """A host: what Live posts is run by the test's own thread."""

    def __init__(self) -> None:
        self.posted: "queue.Queue[Callable[[], None]]" = queue.Queue()
        self.told: List[Tuple[str, Any]] = []
        self.live = Live(self.posted.put, self)

    def until(self, what: str, after: int = 0) -> Any:
        """Runs what is posted until something of this name was told (after so many things of any kind)."""
        end = time.monotonic() + PATIENCE
        while True:
            for name, value in self.told[after:]:
                if name == what:
                    return value
                if name == "failed":
                    raise AssertionError(value)
            try:
                self.posted.get(timeout=max(0.0, end - time.monotonic()))()
            except queue.Empty:
                raise AssertionError(f"no {what} within {PATIENCE} s; told: {[n for n, _ in self.told]}") from None

    def idle(self) -> None:
        """Until there is nothing to do."""
        self.wished(lambda: self.live.save())

    def wished(self, wish: Callable[[], None]) -> Any:
        """Until a wish, and all before it, are fulfilled; answers what is kept then."""
        after = len(self.told)
        wish()
        self.live.save()
        return self.until("saved", after)

    def results(self) -> List[Result]:
        return [value for name, value in self.told if name == "result"]

    def progress(self, done: float) -> None:
        self.told.append(("progress", done))

    def found(self, faces: List[npe.Frame]) -> None:
        self.told.append(("found", faces))

    def opened(self, opened: Opened) -> None:
        self.told.append(("opened", opened))

    def result(self, result: Result) -> None:
        self.told.append(("result", result))

    def viewed(self, view: int, picture: npe.Image) -> None:
        self.told.append(("viewed", (view, picture)))

    def saved(self, saved: Saved) -> None:
        self.told.append(("saved", saved))

    def elsewhere(self) -> None:
        self.told.append(("elsewhere", None))

    def failed(self, sentence: str) -> None:
        self.told.append(("failed", sentence))


class LiveTest(unittest.TestCase):
    photo: npe.Image
    frame: npe.Frame

    @classmethod
    def setUpClass(cls) -> None:
        places.library()
        cls.photo = places.astronaut()
        cls.model = npe.Model()
        cls.frame = cls.model.find_faces(cls.photo)[0]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.model.close()

    def setUp(self) -> None:
        self.desk: Optional[Desk] = None

    def tearDown(self) -> None:
        if self.desk is not None:
            self.desk.live.close()

    def open(self, saved: Optional[Saved] = None, photo: Optional[npe.Image] = None) -> Desk:
        self.desk = desk = Desk()
        desk.live.open(photo or self.photo, npe.FORMAT_RGBA_U8, self.frame, saved=saved)
        desk.until("opened")
        desk.idle()
        return desk

    def guide(self, *patches: Tuple[float, float, float, float, Tuple[int, int, int]]) -> Guide:
        """Patches of a colour: left, top, right, bottom as shares of the frame."""
        f = self.frame
        data = bytearray(4 * SIDE * SIDE)
        for left, top, right, bottom, color in patches:
            for y in range(int(top * SIDE), int(bottom * SIDE)):
                a, b = int(left * SIDE), int(right * SIDE)
                data[4 * (y * SIDE + a):4 * (y * SIDE + b)] = bytes((*color, 255)) * (b - a)
        place = npe.Placement(f.cx - f.side / 2, f.cy - f.side / 2, f.side, f.side)
        return Guide(npe.Image(bytes(data), SIDE, SIDE, npe.FORMAT_RGBA_U8), place)

    def forehead(self, right: float = 0.65) -> Guide:
        return self.guide((0.35, 0.15, right, 0.25, (10, 8, 8)))

    def brightness(self, result: Result) -> float:
        """Mean of what is opaque of a result's forehead."""
        f = self.frame
        x, y = int(f.cx) - result.rect.x, int(f.cy - 0.3 * f.side) - result.rect.y
        at = 4 * (y * result.rect.width + x)
        self.assertGreater(result.pixels[at + 3], 0, "the forehead did not change")
        return sum(result.pixels[at:at + 3]) / 3

    def edit(self, strokes: str) -> npe.Edit:
        """What a saved edit is when it is done again from the start."""
        edit = npe.Edit(self.model, self.photo, self.frame)
        edit.load_strokes(strokes)
        return edit

    def test_faces_are_found(self) -> None:
        self.desk = desk = Desk()
        desk.live.find(self.photo)
        self.assertEqual(desk.until("found"), self.model.find_faces(self.photo))

    def test_a_guide_is_followed_and_unfollowed(self) -> None:
        desk = self.open()
        saved = desk.wished(lambda: desk.live.set_guide(self.forehead()))
        painted = desk.results()[-1]
        self.assertFalse(painted.rect.empty)
        self.assertLess(self.brightness(painted), 110)
        self.assertEqual((saved.base, saved.count()), (0, 1))
        with closing(self.edit(saved.strokes)) as edit:
            self.assertEqual(edit.decode_change(painted.rect, npe.FORMAT_RGBA_U8), painted.pixels)
        saved = desk.wished(lambda: desk.live.set_guide(self.guide()))
        gone = desk.results()[-1]
        self.assertEqual(saved.count(), 0)
        self.assertEqual(gone.rect, painted.rect, "what was drawn must be drawn away")
        self.assertEqual(bytes(gone.pixels), bytes(len(gone.pixels)))

    def test_wishes_are_merged(self) -> None:
        desk = self.open()
        before = len(desk.results())
        # The first holds the engine up, so that the others wait.
        desk.live.change(lambda edit: time.sleep(0.5))
        time.sleep(0.1)
        for i in range(20):
            desk.live.set_guide(self.forehead(0.45 + 0.01 * i))
            desk.live.change(lambda edit, i=i: edit.set_attribute("smile", i / 10), "smile")
        desk.idle()
        results = desk.results()[before:]
        self.assertLessEqual(len(results), 2)
        self.assertAlmostEqual(results[-1].undo_levels[0], 1)
        with closing(self.edit(desk.wished(lambda: None).strokes)) as edit:
            self.assertEqual(edit.decode_change(results[-1].rect, npe.FORMAT_RGBA_U8), results[-1].pixels)

    def test_a_change_that_fails_is_told_and_the_rest_goes_on(self) -> None:
        desk = self.open()
        after = len(desk.told)
        desk.live.change(lambda edit: edit.set_attribute("no such", 1.0))
        desk.live.change(lambda edit: edit.set_attribute("smile", 1.5))
        self.assertIn("no such", desk.until("failed", after))
        desk.idle()
        self.assertAlmostEqual(desk.results()[-1].attributes["smile"], 1.5, delta=0.05)

    def test_a_defect_is_told_and_the_thread_lives(self) -> None:
        desk = self.open()
        after = len(desk.told)
        with self.assertLogs("npe", "ERROR") as logged:
            desk.live.change(lambda edit: 1 / 0)
            sentence = desk.until("failed", after)
        self.assertIn("ZeroDivisionError", sentence)
        self.assertIn("Traceback", logged.output[0])
        self.assertEqual(desk.wished(lambda: desk.live.set_guide(self.forehead())).count(), 1)

    def test_a_missing_model_is_told(self) -> None:
        self.desk = desk = Desk()
        desk.live.load("/no/such/model.safetensors")
        self.assertIn("/no/such/model.safetensors", desk.until("failed"))

    def test_close_in_the_middle_of_a_stroke(self) -> None:
        desk = self.open()
        desk.live.set_settings(npe.Edit(self.model, self.photo, self.frame).settings()._replace(steps=1000, freedom=1.0))
        desk.live.set_guide(self.guide((0.1, 0.1, 0.9, 0.9, (0, 255, 0))))
        time.sleep(0.05)
        began = time.monotonic()
        told = len(desk.told)
        desk.live.close()
        self.assertLess(time.monotonic() - began, 2.0)
        while not desk.posted.empty():
            desk.posted.get()()
        self.assertEqual(len(desk.told), told, "nothing is told after closing")

    def test_another_photo_in_the_middle_of_a_stroke(self) -> None:
        desk = self.open()
        desk.live.set_guide(self.forehead())
        after = len(desk.told)
        desk.live.open(self.photo, npe.FORMAT_RGBA_U8, self.frame)
        desk.until("opened", after)
        saved = desk.wished(lambda: None)
        self.assertEqual(saved.count(), 0)

    def test_a_photo_is_left_in_the_middle_of_a_stroke(self) -> None:
        desk = self.open()
        slow = npe.Edit(self.model, self.photo, self.frame).settings()
        desk.live.set_settings(slow._replace(steps=1000, freedom=1.0))
        desk.live.set_guide(self.guide((0.1, 0.1, 0.9, 0.9, (0, 255, 0))))
        desk.live.save()
        time.sleep(0.05)
        told, left = len(desk.told), time.monotonic()
        desk.live.leave()
        desk.live.set_settings(slow)
        desk.live.open(self.photo, npe.FORMAT_RGBA_U8, self.frame)
        desk.until("opened", told)
        self.assertLess(time.monotonic() - left, 5.0, "the stroke was worked out to its end")
        names = [name for name, _value in desk.told[told:]]
        self.assertFalse({"result", "saved"} & set(names), f"what is given up was told: {names}")
        self.assertEqual(desk.wished(lambda: None).count(), 0)
        desk.live.leave()
        after = len(desk.told)
        desk.live.find(self.photo)
        desk.until("found", after)
        self.assertNotIn("progress", [name for name, _value in desk.told[after:]], "the model was loaded again")

    def test_a_missing_model_is_told_of_a_photo_that_was_left(self) -> None:
        desk = self.open()
        after = len(desk.told)
        desk.live.load("/nowhere/model.safetensors")
        desk.live.leave()
        with self.assertRaises(AssertionError) as caught:
            desk.until("opened", after)
        self.assertIn("/nowhere", str(caught.exception))

    def test_a_region_is_the_whole_photo_there(self) -> None:
        region = region_of(self.frame, self.photo.width, self.photo.height)
        rows = [self.photo.data[3 * (y * self.photo.width + region.x):][:3 * region.width]
                for y in range(region.y, region.y + region.height)]
        part = npe.Image(b"".join(rows), region.width, region.height, npe.FORMAT_RGB_U8)
        inside = self.frame._replace(cx=self.frame.cx - region.x, cy=self.frame.cy - region.y)
        dabs = [npe.Dab(inside.cx, inside.cy - 0.3 * inside.side, 0.06 * inside.side)]
        small, large = npe.Edit(self.model, part, inside), npe.Edit(self.model, self.photo, self.frame)
        for edit in (small, large):
            # A long way down ends elsewhere when its beginning is rounded otherwise; the places are what is compared.
            edit.set_settings(edit.settings()._replace(steps=3))
        small.stroke(dabs)
        large.stroke([dab._replace(x=dab.x + region.x, y=dab.y + region.y) for dab in dabs])
        rect = small.changed_rect()
        self.assertEqual(rect._replace(x=rect.x + region.x, y=rect.y + region.y), large.changed_rect())
        a, b = small.decode(rect), large.decode(large.changed_rect())
        # Coordinates of other sizes are rounded otherwise.
        self.assertLessEqual(max(abs(p - q) for p, q in zip(a, b)), 2)

    def test_saved_and_gone_on_from(self) -> None:
        desk = self.open()
        desk.live.change(lambda edit: edit.set_attribute("smile", 1.5))
        saved = desk.wished(lambda: desk.live.set_guide(self.forehead()))
        shown = desk.results()[-1]
        desk.live.close()
        self.assertEqual((saved.base, saved.count()), (1, 2))

        desk = self.open(saved)
        began = desk.results()[-1]
        # What the document's layer held elsewhere is cleared too.
        self.assertEqual(began.rect, npe.Rect(0, 0, self.photo.width, self.photo.height))
        row = 4 * shown.rect.width
        inside = b"".join(began.pixels[4 * (y * began.rect.width + shown.rect.x):][:row]
                          for y in range(shown.rect.y, shown.rect.y + shown.rect.height))
        self.assertEqual(inside, bytes(shown.pixels))
        self.assertEqual(sum(map(bool, began.pixels)), sum(map(bool, shown.pixels)), "nothing outside of the change")
        self.assertEqual(desk.wished(lambda: desk.live.set_guide(self.forehead())), saved)
        desk.wished(lambda: desk.live.set_guide(self.guide()))
        self.assertEqual(desk.wished(lambda: None).count(), 1, "the slider stays, the paint goes")

    def test_a_retouched_photo_has_all_done_again(self) -> None:
        desk = self.open()
        desk.live.change(lambda edit: edit.sample(7))
        desk.wished(lambda: desk.live.set_guide(self.forehead()))
        darker = self.photo._replace(data=bytes(value // 2 for value in self.photo.data))
        after = len(desk.told)
        saved = desk.wished(lambda: desk.live.retouch(darker))
        self.assertEqual((saved.base, saved.count()), (1, 2))
        self.assertNotIn("elsewhere", [name for name, _ in desk.told[after:]])
        again = npe.Edit(self.model, darker, self.frame)
        again.load_strokes(saved.strokes)
        shown = desk.results()[-1]
        self.assertEqual(shown.pixels, again.decode_change(shown.rect, npe.FORMAT_RGBA_U8))
        # Undone, it is as it was.
        self.assertEqual(desk.wished(lambda: desk.live.retouch(self.photo)).strokes, saved.strokes)
        shown = desk.results()[-1]
        self.assertEqual(shown.pixels, self.edit(saved.strokes).decode_change(shown.rect, npe.FORMAT_RGBA_U8))

    def test_a_turned_photo_is_told(self) -> None:
        desk = self.open()
        size = npe.pixel_bytes(self.photo.format)
        data = bytes(self.photo.data)
        width = self.photo.width
        turned = b"".join(data[size * (y * width + x):size * (y * width + x + 1)]
                          for y in range(self.photo.height) for x in reversed(range(width)))
        after = len(desk.told)
        desk.wished(lambda: desk.live.retouch(self.photo._replace(data=turned)))
        self.assertIn("elsewhere", [name for name, _ in desk.told[after:]])

    def test_a_baked_guide_stays_when_a_new_one_begins(self) -> None:
        desk = self.open()
        saved = desk.wished(lambda: desk.live.set_guide(self.forehead()))
        desk.live.close()

        desk = self.open(Saved(saved.strokes, saved.count()))
        baked = desk.wished(lambda: desk.live.set_guide(self.guide()))
        self.assertEqual((baked.base, baked.count()), (1, 1), "an empty new guide takes nothing of what was baked")
        mouth = self.guide((0.43, 0.68, 0.57, 0.74, (250, 250, 250)))
        self.assertEqual(desk.wished(lambda: desk.live.set_guide(mouth)).count(), 2)

    def test_views(self) -> None:
        desk = self.open()
        after = len(desk.told)
        desk.live.set_views(npe.VIEW_MASK)
        view, picture = desk.until("viewed", after)
        self.assertEqual((view, max(picture.data)), (npe.VIEW_MASK, 0))
        after = len(desk.told)
        desk.live.set_guide(self.forehead())
        view, picture = desk.until("viewed", after)
        self.assertGreater(max(picture.data), 200)


if __name__ == "__main__":
    unittest.main()
