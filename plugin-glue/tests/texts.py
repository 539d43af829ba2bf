# SPDX-License-Identifier: MIT OR Apache-2.0
"""The texts that people read, out of the sources: `python3 plugin-glue/tests/texts.py` prints those that a catalogue
lacks, as entries to fill in."""

from __future__ import annotations

import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import unittest
from typing import Dict, List, NamedTuple, Tuple

import places

LOCALE = os.path.join(places.GLUE, "shared", "locale")


class Entry(NamedTuple):
    """One message of a catalogue."""

    text: str
    translation: str
    fuzzy: bool


def texts() -> Dict[str, List[str]]:
    """Each text in `_()`, and where it stands. Raises ValueError for a text that is put together at run time."""
    found: Dict[str, List[str]] = {}
    for path in places.sources():
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read(), path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                for argument in node.args[:1]:
                    where = f"{os.path.relpath(path, places.GLUE)}:{node.lineno}"
                    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                        raise ValueError(f"{where}: the text of _() must be written out, so that it can be translated")
                    found.setdefault(argument.value, []).append(where)
    return found


def quoted(text: str) -> str:
    """As in a catalogue."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text[1:-1])


def catalogue(path: str) -> List[Entry]:
    """The messages of a .po file, the header first. Plural forms are not used."""
    entries: List[Entry] = []
    with open(path, encoding="utf-8") as file:
        blocks = file.read().strip().split("\n\n")
    for block in blocks:
        parts: Dict[str, str] = {}
        key, fuzzy = "", False
        for line in block.splitlines():
            if line.startswith("#"):
                fuzzy = fuzzy or line.startswith("#,") and "fuzzy" in line
            elif line.startswith('"'):
                parts[key] += _unquoted(line)
            else:
                key, _space, rest = line.partition(" ")
                parts[key] = _unquoted(rest)
        if parts:
            entries.append(Entry(parts["msgid"], parts["msgstr"], fuzzy))
    return entries


def compiled(folder: str) -> None:
    """All catalogues as they are installed, by gettext's compiler; skips the test where that is not installed."""
    if not shutil.which("msgfmt"):
        raise unittest.SkipTest("SKIPPED: msgfmt (gettext) is not installed; what a person reads in another language unchecked")
    for path in glob.glob(os.path.join(LOCALE, "*.po")):
        messages = os.path.join(folder, os.path.basename(path)[:-len(".po")], "LC_MESSAGES")
        os.makedirs(messages)
        subprocess.run(["msgfmt", "-o", os.path.join(messages, "npe.mo"), path], check=True)


def missing(path: str) -> List[Tuple[str, List[str]]]:
    """The texts that a catalogue lacks, and where they stand."""
    known = {entry.text for entry in catalogue(path)} if os.path.exists(path) else set()
    return [(text, where) for text, where in texts().items() if text not in known]


if __name__ == "__main__":
    for wanted, stands in missing(os.path.join(LOCALE, (sys.argv[1:] or ["de"])[0] + ".po")):
        print(f"#: {' '.join(stands)}\nmsgid {quoted(wanted)}\nmsgstr \"\"\n")
