# SPDX-License-Identifier: MIT OR Apache-2.0
"""The binding against the header: every function, struct, and constant of npe.h, and the sizes that a C compiler
has."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import Any, Dict, List, Tuple

import places
from npe_shared import header, loader, npe

PLAIN: Dict[str, Any] = {
    "void": None, "char": ctypes.c_char, "float": ctypes.c_float, "double": ctypes.c_double, "size_t": ctypes.c_size_t,
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64, "npe_status": ctypes.c_int32,
    "npe_format": ctypes.c_uint32, "npe_progress": header.PROGRESS, "npe_log": header.LOG,
}
HANDLES = ("npe_model", "npe_edit")


def header_text() -> str:
    with open(places.HEADER, encoding="utf-8") as file:
        text = file.read()
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)


def ctype(declared: str, answer: bool = False) -> Any:
    """What ctypes calls a C type such as `const npe_image *`."""
    constant = declared.lstrip().startswith("const ")
    name, stars = re.fullmatch(r"\s*(?:const\s+)?(\w+)\s*(\**)\s*", re.sub(r"\*\s*const\b", "*", declared)).groups()
    depth = len(stars)
    if name in HANDLES:
        # Handles are void pointers, and pointers to them pointers to those.
        base, depth = ctypes.c_void_p, depth - 1
    elif name == "void" and depth:
        base, depth = ctypes.c_void_p, depth - 1
    elif name == "char" and (constant or answer) and depth:
        base, depth = ctypes.c_char_p, depth - 1
    else:
        base = header.STRUCTS[name] if name in header.STRUCTS else PLAIN[name]
    for _ in range(depth):
        base = ctypes.POINTER(base)
    return base


def declared(parameter: str) -> Tuple[str, str]:
    """Type and name of `const npe_rect *rect`."""
    kind, name = re.fullmatch(r"\s*(.*?)(\w+)\s*", parameter, flags=re.DOTALL).groups()
    return kind, name


def functions() -> Dict[str, Tuple[Any, Tuple[Any, ...]]]:
    found = {}
    for kind, name, inside in re.findall(r"^((?:const )?\w+ \**)(npe_\w+)\(([^)]*)\);", header_text(), flags=re.MULTILINE):
        parameters = [] if inside.strip() == "void" else [declared(p)[0] for p in inside.split(",")]
        found[name] = (ctype(kind, answer=True), tuple(ctype(p) for p in parameters))
    return found


def structs() -> Dict[str, List[Tuple[str, Any]]]:
    found = {}
    for inside, name in re.findall(r"typedef struct \{(.*?)\} (npe_\w+);", header_text(), flags=re.DOTALL):
        fields = []
        for line in filter(str.strip, inside.split(";")):
            kind, field, count = re.fullmatch(r"\s*(.*?)(\w+)\s*(?:\[(\d+)\])?\s*", line, flags=re.DOTALL).groups()
            fields.append((field, ctype(kind) * int(count) if count else ctype(kind)))
        found[name] = fields
    return found


class Declarations(unittest.TestCase):
    def test_functions(self) -> None:
        wanted = functions()
        self.assertGreater(len(wanted), 40)
        self.assertEqual(sorted(header.FUNCTIONS), sorted(wanted))
        for name, (answer, parameters) in wanted.items():
            with self.subTest(name):
                self.assertEqual(header.FUNCTIONS[name], (answer, parameters))

    def test_structs(self) -> None:
        wanted = structs()
        self.assertEqual(sorted(header.STRUCTS), sorted(wanted))
        for name, fields in wanted.items():
            with self.subTest(name):
                self.assertEqual(list(header.STRUCTS[name]._fields_), fields)

    def test_callbacks(self) -> None:
        found = dict(re.findall(r"typedef \w+ \(\*(npe_\w+)\)\(([^)]*)\);", header_text()))
        self.assertEqual(sorted(found), ["npe_log", "npe_progress"])
        answers = dict(re.findall(r"typedef (\w+) \(\*(npe_\w+)\)", header_text()))
        for name, inside in found.items():
            callback = PLAIN[name]
            self.assertEqual(tuple(ctype(declared(p)[0]) for p in inside.split(",")), callback._argtypes_, name)
            answer = next(kind for kind, of in answers.items() if of == name)
            self.assertEqual(PLAIN[answer], callback._restype_, name)

    def test_constants(self) -> None:
        wanted = {name: int(value) for name, value in re.findall(r"#define NPE_(\w+) (-?\d+)", header_text())}
        version = tuple(wanted.pop("VERSION_" + part) for part in ("MAJOR", "MINOR", "PATCH"))
        self.assertEqual(loader.VERSION, version)
        known = {name: value for name, value in vars(npe).items()
                 if re.match(r"(MODE|VIEW|SOLVER|LOG|ERR|FORMAT)_|OK$", name)}
        self.assertEqual(known, wanted)

    def test_bytes_of_a_pixel(self) -> None:
        self.assertEqual([npe.pixel_bytes(f) for f in (npe.FORMAT_GREY_U8, npe.FORMAT_GREYA_U16, npe.FORMAT_RGB_F32,
                                                       npe.FORMAT_BGRA_U8, npe.FORMAT_RGBA_U16)], [1, 4, 12, 4, 8])

    @unittest.skipUnless(shutil.which("cc"), "SKIPPED: no C compiler (cc) to ask for sizes")
    def test_sizes(self) -> None:
        lines, wanted = [], []
        for name, struct in header.STRUCTS.items():
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            wanted.append(f"{name} {ctypes.sizeof(struct)}")
            for field, *_ in struct._fields_:
                lines.append(f'printf("{name}.{field} %zu\\n", offsetof({name}, {field}));')
                wanted.append(f"{name}.{field} {getattr(struct, field).offset}")
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "sizes.c"), os.path.join(folder, "sizes")
            with open(source, "w", encoding="utf-8") as file:
                file.write(f'#include "{places.HEADER}"\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n'
                           + "\n".join(lines) + "\nreturn 0;\n}\n")
            subprocess.run(["cc", "-std=c99", source, "-o", program], check=True)
            told = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        self.assertEqual(told.splitlines(), wanted)


if __name__ == "__main__":
    unittest.main()
