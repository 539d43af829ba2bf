# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canvas window's numbers: where it looks, what a pen leaves."""

from __future__ import annotations

import os
import sys
import unittest

import places

sys.path.insert(0, os.path.join(places.GLUE, "gimp"))
from npe_gimp import canvas_view  # noqa: E402
from npe_gimp.canvas_view import Brush, Stroke, View, inside, square, touches  # noqa: E402
from npe_shared import npe  # noqa: E402


class ViewTest(unittest.TestCase):
    def view(self, width: int = 6000, height: int = 4000) -> View:
        view = View(width, height)
        view.resize(800, 600)
        return view

    def test_a_fitted_photo_is_all_seen_and_stays_fitted(self) -> None:
        view = self.view()
        for width, height in ((800, 600), (300, 900)):
            view.resize(width, height)
            for x, y in ((0, 0), (6000, 4000)):
                at_x, at_y = view.to_screen(x, y)
                self.assertTrue(0 <= at_x <= width and 0 <= at_y <= height, (at_x, at_y))

    def test_the_wheel_holds_what_is_under_the_pointer(self) -> None:
        view = self.view()
        view.zoom_to(1.0, 400, 300)
        before = view.to_photo(123, 456)
        view.zoom_to(2.5, 123, 456)
        after = view.to_photo(123, 456)
        # The photo lies on whole pixels of the screen.
        self.assertLess(max(abs(before[0] - after[0]), abs(before[1] - after[1])), 0.5)

        small = self.view(400, 300)
        small.zoom_to(1.0, 400, 300)
        x, y = small.to_screen(30, 280)
        for zoom in (1.5, 2.0, 4.0):
            small.zoom_to(zoom, x, y)
        at = small.to_photo(x, y)
        self.assertLess(max(abs(at[0] - 30), abs(at[1] - 280)), 1.0)

    def test_the_photo_can_not_be_lost(self) -> None:
        view = self.view()
        view.zoom_to(1.0, 400, 300)
        for dx, dy in ((1e6, 1e6), (-1e6, -1e6)):
            view.pan(dx, dy)
            x, y = view.to_photo(400, 300)
            self.assertTrue(0 <= x <= 6000 and 0 <= y <= 4000, (x, y))

    def test_zoom_has_bounds(self) -> None:
        view = self.view()
        view.zoom_to(1e9, 0, 0)
        self.assertEqual(view.zoom, canvas_view.MOST_ZOOM)
        view.zoom_to(0.0, 0, 0)
        self.assertEqual(view.zoom, canvas_view.LEAST_ZOOM)

    def test_the_face_fills_the_screen(self) -> None:
        view = self.view()
        frame = npe.Frame(3000.0, 1500.0, 1000.0)
        view.fit_frame(frame)
        left, top = view.to_screen(2500, 1000)
        right, bottom = view.to_screen(3500, 2000)
        self.assertTrue(0 <= left < right <= 800 and 0 <= top < bottom <= 600)
        self.assertGreater(bottom - top, 400)

    def test_scrollbars_say_where_it_looks(self) -> None:
        view = self.view()
        self.assertEqual(view.scroll_range("x"), (0.0, 800, 800, 0.0))
        view.zoom_to(1.0, 0, 0)
        lower, upper, page, now = view.scroll_range("x")
        self.assertTrue(lower <= now <= upper - page)
        view.pan(-100, 0)
        self.assertEqual(view.scroll_range("x")[3], now + 100)


class StrokeTest(unittest.TestCase):
    def test_pressure_makes_a_dab_smaller_and_weaker_where_wanted(self) -> None:
        for size, weight in ((True, True), (True, False), (False, True), (False, False)):
            brush = Brush(20.0, 0.5, size, weight)
            hard, light = brush.dab(1.0, 2.0, 1.0), brush.dab(1.0, 2.0, 0.3)
            self.assertEqual((hard.radius, hard.pressure), (20.0, 1.0))
            self.assertEqual(light.radius < 20.0, size)
            self.assertEqual(light.pressure < 1.0, weight)

    def test_no_pen_makes_a_dab_that_npe_refuses(self) -> None:
        for pressure in (-1.0, 0.0, 1.0, 7.0):
            dab = Brush(0.5, 0.5).dab(0.0, 0.0, pressure)
            self.assertGreater(dab.radius, 0.0)
            self.assertTrue(0.0 < dab.pressure <= 1.0)

    def test_a_slow_hand_leaves_few_dabs_and_the_last_point(self) -> None:
        stroke = Stroke(Brush(20.0, 0.5))
        for i in range(1001):
            stroke.add(0.1 * i, 0.0, 1.0)
        self.assertLessEqual(len(stroke.dabs), 52)
        stroke.add(100.3, 0.0, 1.0, last=True)
        self.assertEqual(stroke.dabs[-1].x, 100.3)
        self.assertFalse(stroke.add(100.3, 0.0, 1.0, last=True), "the same point twice")

    def test_pressure_alone_makes_a_dab(self) -> None:
        stroke = Stroke(Brush(20.0, 0.5))
        stroke.add(5.0, 5.0, 0.2)
        self.assertTrue(stroke.add(5.0, 5.0, 0.9))

    def test_a_stroke_ends_at_what_npe_takes(self) -> None:
        stroke = Stroke(Brush(1.0, 0.5))
        for i in range(canvas_view.MOST_DABS + 10):
            stroke.add(float(i), 0.0, 1.0)
        self.assertEqual(len(stroke.dabs), canvas_view.MOST_DABS)


class FrameTest(unittest.TestCase):
    def test_a_square_is_drawn_from_its_corner_in_all_directions(self) -> None:
        for x in (140.0, 60.0):
            for y in (130.0, 70.0):
                frame = square(100.0, 100.0, x, y)
                self.assertEqual(frame.side, 40.0)
                self.assertEqual(frame.cx, 100.0 + (20.0 if x > 100.0 else -20.0))
                self.assertEqual(frame.cy, 100.0 + (20.0 if y > 100.0 else -20.0))

    def test_inside_turns_with_the_frame(self) -> None:
        self.assertTrue(inside(npe.Frame(0.0, 0.0, 20.0, 0.0), 9.0, 9.0))
        self.assertFalse(inside(npe.Frame(0.0, 0.0, 20.0, 45.0), 9.0, 9.0))
        self.assertTrue(inside(npe.Frame(0.0, 0.0, 20.0, 45.0), 13.0, 0.0))

    def test_a_dab_beside_the_frame_may_reach_in(self) -> None:
        frame = npe.Frame(0.0, 0.0, 20.0)
        self.assertTrue(touches(frame, npe.Dab(12.0, 0.0, 3.0)))
        self.assertFalse(touches(frame, npe.Dab(14.0, 0.0, 3.0)))


if __name__ == "__main__":
    unittest.main()
