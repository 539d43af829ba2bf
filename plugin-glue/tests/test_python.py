# SPDX-License-Identifier: MIT OR Apache-2.0
"""The sources are Python of the oldest version that a supported editor brings, with a licence."""

from __future__ import annotations

import ast
import os
import pathlib
import unittest

import places

OLDEST = (3, 9)


class Sources(unittest.TestCase):
    def each(self) -> "list[tuple[str, str]]":
        files = [(os.path.relpath(path, places.PROJECT), path) for path in places.sources()]
        self.assertGreater(len(files), 10)
        return [(name, pathlib.Path(path).read_text(encoding="utf-8")) for name, path in files]

    def test_oldest_python(self) -> None:
        for name, text in self.each():
            with self.subTest(name):
                ast.parse(text, name, feature_version=OLDEST)

    def test_annotations_are_not_run(self) -> None:
        # `X | None` in an annotation is an error in Python 3.9 without it.
        for name, text in self.each():
            annotated = any(isinstance(node, (ast.FunctionDef, ast.AnnAssign)) for node in ast.walk(ast.parse(text)))
            if annotated:
                self.assertIn("\nfrom __future__ import annotations\n", text, name)

    def test_licence(self) -> None:
        for name, text in self.each():
            if text:
                self.assertIn("SPDX-License-Identifier: MIT OR Apache-2.0", text, name)

    def test_the_entry_can_be_started(self) -> None:
        # GIMP passes over a plug-in without the executable bit, silently.
        entry = os.path.join(places.GLUE, "gimp", "neural-brush.py")
        self.assertTrue(os.access(entry, os.X_OK), f"{entry} is not executable")


if __name__ == "__main__":
    unittest.main()
