# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Krita plug-in on both bindings of Qt: Krita 5 brings PyQt5, Krita 6 will bring PyQt6."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import unittest

import places


class Session(unittest.TestCase):
    def on(self, binding: str) -> None:
        if importlib.util.find_spec(binding) is None:
            self.skipTest(f"SKIPPED: {binding} is not installed")
        places.library()
        environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", NPE_TEST_QT=binding)
        done = subprocess.run([sys.executable, os.path.join(places.HERE, "editor_session.py")], env=environment, timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("done", done.stdout)

    def test_qt_5(self) -> None:
        self.on("PyQt5")

    def test_qt_6(self) -> None:
        self.on("PyQt6")


if __name__ == "__main__":
    unittest.main()
