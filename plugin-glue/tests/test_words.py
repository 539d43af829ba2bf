# SPDX-License-Identifier: MIT OR Apache-2.0
"""Translations: complete, with the same placeholders, and in the syntax that gettext's compiler takes; the help pages."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from typing import Dict, List, Optional, Tuple
from unittest import mock

import places
import texts
from npe_shared import words

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


class Markup(HTMLParser):
    """What a help page is made of besides its words."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.tags: List[str] = []
        self.texts: Dict[str, List[str]] = {"code": [], "b": [], "th": [], "h1": [], "h2": []}
        self.language: Optional[str] = None
        self._in: List[str] = []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        values = dict(attrs)
        self.tags.append(" ".join([tag, *(f"{key}={values[key]}" for key in ("id", "src", "href", "charset") if key in values)]))
        if tag == "html":
            self.language = values["lang"]
        if tag in self.texts:
            self.texts[tag].append("")
        self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._in.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1] in self.texts:
            self.texts[self._in[-1]][-1] += data


class HelpPages(unittest.TestCase):
    """GIMP's help page in each language: the same sections, pictures and commands, and the words that the windows have."""

    def test_same(self) -> None:
        folder = os.path.join(places.GLUE, "gimp", "help")
        english = Markup(os.path.join(folder, "index.html"))
        self.assertEqual(english.language, "en")
        for path in CATALOGUES:
            words = {entry.text: entry.translation for entry in texts.catalogue(path)[1:]}
            page = Markup(os.path.join(folder, words["index.html"]))
            with self.subTest(words["index.html"]):
                self.assertEqual(page.language, os.path.basename(path)[:-len(".po")])
                self.assertEqual(page.tags, english.tags)
                self.assertEqual(page.texts["code"], english.texts["code"])
                plain = {text.replace("_", ""): translation.replace("_", "") for text, translation in words.items()}
                for tag in ("b", "th", "h1", "h2"):
                    for text, translation in zip(english.texts[tag], page.texts[tag]):
                        if text in plain:
                            self.assertEqual(translation, plain[text])
                self.assertTrue([text for text in english.texts["th"] if text in plain])

    def test_the_persons_is_shown(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        for part in ("gimp/npe_gimp", "gimp/help", "shared/npe_shared"):
            shutil.copytree(os.path.join(places.GLUE, part), os.path.join(folder, os.path.basename(part)))
        texts.compiled(os.path.join(folder, "locale"))
        # Which page it is needs nothing of GIMP's libraries.
        program = ("import sys, types\n"
                   "sys.modules['gi'] = sys.modules['gi.repository'] = types.SimpleNamespace(Gio=None, GLib=None)\n"
                   "from npe_gimp import help_page\nprint(help_page.page())")
        for language, name in (("de", "index.de.html"), ("en", "index.html"), ("xx", "index.html")):
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8",
                                  env={**os.environ, "LANGUAGE": language, "PYTHONPATH": folder})
            self.assertEqual((done.stdout.strip(), done.stderr), (os.path.join(folder, "help", name), ""))


class Languages(unittest.TestCase):
    """Where an editor says which."""

    def test_the_first_that_there_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(words, "_FOLDER", folder):
            self.addCleanup(words.speak, None)
            texts.compiled(folder)
            for languages, said in ((["de"], "Beenden"), (["de-AT", "de-Latn-AT"], "Beenden"), (["fr-FR", "de"], "Beenden"),
                                    (["en-GB", "de"], "Stop"), (["fr"], "Stop"), (["C"], "Stop"), ([], "Stop")):
                with self.subTest(languages):
                    words.speak(languages)
                    self.assertEqual(words._("Stop"), said)


if __name__ == "__main__":
    unittest.main()
