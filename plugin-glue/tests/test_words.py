# SPDX-License-Identifier: MIT OR Apache-2.0
"""Translations: complete, with the same placeholders, and in the syntax that gettext's compiler takes."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import unittest

import places  # noqa: F401 - finds npe_shared
import texts

CATALOGUES = sorted(glob.glob(os.path.join(texts.LOCALE, "*.po")))


class Catalogues(unittest.TestCase):
    def test_german_is_there(self) -> None:
        self.assertIn("de.po", [os.path.basename(path) for path in CATALOGUES])

    def test_complete(self) -> None:
        wanted = texts.texts()
        self.assertGreater(len(wanted), 50)
        for path in CATALOGUES:
            entries = texts.catalogue(path)[1:]
            known = [entry.text for entry in entries]
            name = os.path.basename(path)
            self.assertEqual([t for t in wanted if t not in known], [], f"{name} lacks these: plugin-glue/tests/texts.py")
            self.assertEqual([t for t in known if t not in wanted], [], f"{name} has these, which are in no source")
            self.assertEqual(len(known), len(set(known)), f"{name} has a text twice")
            self.assertEqual([e.text for e in entries if not e.translation or e.fuzzy], [], f"{name} does not translate these")

    def test_placeholders(self) -> None:
        for path in CATALOGUES:
            for text, translation, _fuzzy in texts.catalogue(path)[1:]:
                with self.subTest(text):
                    for pattern in (r"\{\w*\}", r"%[\w%]", "…$", r"^\s|\s$"):
                        self.assertEqual(sorted(re.findall(pattern, text)), sorted(re.findall(pattern, translation)))
                    # The key of a menu entry or a label.
                    self.assertEqual(bool(re.search(r"_\w", text)), bool(re.search(r"_\w", translation)))

    @unittest.skipUnless(shutil.which("msgfmt"), "SKIPPED: msgfmt (gettext) is not installed; syntax of the catalogues unchecked")
    def test_syntax(self) -> None:
        for path in CATALOGUES:
            done = subprocess.run(["msgfmt", "--check", "--check-format", "-o", os.devnull, path], capture_output=True,
                                  text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
