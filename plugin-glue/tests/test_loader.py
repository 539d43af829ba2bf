# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is said of a library that is missing, damaged, or another: a sentence, in English and in German, from files as they are
installed. The translations are beside the package and need no library."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Dict, List

import places
import texts
from npe_shared import loader

PROGRAM = """
from npe_shared import errors, npe
try:
    npe.library()
except npe.LibraryError as e:
    print(errors.sentence(e))
"""


class Library(unittest.TestCase):
    def setUp(self) -> None:
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.folder = room.name
        shutil.copytree(os.path.join(places.GLUE, "shared", "npe_shared"), os.path.join(self.folder, "npe_shared"),
                        ignore=shutil.ignore_patterns("__pycache__"))
        texts.compiled(os.path.join(self.folder, "locale"))

    def said(self, language: str) -> str:
        """In a process without any other library of npe in sight."""
        keep: Dict[str, str] = {"PATH": self.folder, "HOME": self.folder, "PYTHONPATH": self.folder, "LANGUAGE": language,
                                "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=keep, capture_output=True, encoding="utf-8")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    def check(self, english: List[str], german: List[str]) -> None:
        for language, parts in (("en", english), ("de", german)):
            said = self.said(language)
            for part in parts:
                self.assertIn(part, said)

    def library(self) -> str:
        return os.path.join(self.folder, "npe_shared", "libnpe.so")

    def compiled(self, program: str) -> None:
        if not shutil.which("cc"):
            self.skipTest("SKIPPED: no C compiler (cc) for a library that is not npe's")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", self.library()], input=program, text=True, check=True)

    def test_missing(self) -> None:
        if ctypes.util.find_library("npe"):
            self.skipTest("SKIPPED: npe is installed on this system, where every process finds it")
        self.check(["the library of npe was not found; looked for ", self.library(), "Install it with: npe install gimp"],
                   ["die Bibliothek von npe wurde nicht gefunden; gesucht wurde nach ", self.library(),
                    "Installieren Sie sie mit: npe install gimp"])

    def test_damaged(self) -> None:
        with open(self.library(), "w", encoding="ascii") as file:
            file.write("no library")
        self.check([self.library() + " can't be opened: ", "Install again: npe install gimp (or krita)"],
                   [self.library() + " lässt sich nicht öffnen: ", "Installieren Sie neu: npe install gimp (oder krita)"])

    def test_not_npe(self) -> None:
        self.compiled("int other(void) { return 0; }")
        self.check([self.library() + " is no npe library: it has no npe_version"],
                   [self.library() + " ist keine npe-Bibliothek: npe_version fehlt darin"])

    def test_other_version(self) -> None:
        self.compiled('const char *npe_version(void) { return "9.8.7"; }')
        self.check([self.library() + " is npe 9.8.7; this plug-in needs 0."], [" ist npe 9.8.7; dieses Plug-in braucht 0."])

    def test_older(self) -> None:
        version = ".".join(map(str, loader.VERSION))
        self.compiled(f'const char *npe_version(void) {{ return "{version}"; }}')
        self.check([f" is npe {version} but lacks npe_", "older than this plug-in"],
                   [f" ist npe {version}, aber npe_", "älter als dieses Plug-in"])


if __name__ == "__main__":
    unittest.main()
