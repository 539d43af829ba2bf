# SPDX-License-Identifier: MIT OR Apache-2.0
"""A portrait from nothing: where it goes, and that of several random faces a good one is taken."""

from __future__ import annotations

import unittest

import places
from npe_shared import npe, samples


class Samples(unittest.TestCase):
    def test_frame(self) -> None:
        self.assertEqual(samples.frame(900, 700), npe.Frame(450.0, 350.0, 700.0))
        high = samples.frame(700, 900)
        self.assertEqual((high.cx, high.side), (350.0, 700.0))
        self.assertTrue(350.0 < high.cy < 450.0, high)

    def test_choice(self) -> None:
        places.library()
        blank = npe.Image(bytes([255]) * (3 * 128 * 128), 128, 128, npe.FORMAT_RGB_U8)
        edit = npe.Edit(npe.Model(), blank, npe.Frame(64.0, 64.0, 128.0))
        for seed in (1, 1000):
            samples.choose(edit, seed)
            self.assertEqual(edit.undo_levels(), (1, 0), "a choice is one step")
            chosen = bytes(edit.view(npe.VIEW_GENERATED).data)
            trial = edit.copy()
            worths = {each: samples._worth(trial, each) for each in range(seed, seed + 12)}
            trial.sample(max(worths, key=lambda each: worths[each]))
            self.assertEqual(bytes(trial.view(npe.VIEW_GENERATED).data), chosen)
            # The choice is worth its time: the best is far from the mean.
            self.assertGreater(max(worths.values()), sum(worths.values()) / len(worths) + 1.0, worths)
            edit.undo()
            samples.choose(edit, seed)
            self.assertEqual(bytes(edit.view(npe.VIEW_GENERATED).data), chosen, "the same seed leads to another face")
            edit.undo()
        edit.close()


if __name__ == "__main__":
    unittest.main()
