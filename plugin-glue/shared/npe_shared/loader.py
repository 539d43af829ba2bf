# SPDX-License-Identifier: MIT OR Apache-2.0
"""Finds libnpe and opens it, once.

`library()` takes the file that NPE_LIBRARY names, or libnpe beside this package, or where pkg-config says, or where the
system looks; `LibraryError` says where it looked, in the person's language.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from ctypes import c_char_p
from typing import Iterator, List, Optional

from .header import FUNCTIONS
from .values import OK
from .words import _

#: The npe that this module was written for. While the major version is 0, a library's minor version must be equal.
VERSION = (0, 1, 0)


class NpeError(Exception):
    """A call that failed: `str(e)` is npe's sentence, `e.status` one of ERR_..."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class LibraryError(Exception):
    """libnpe is missing, damaged, or of another version; says where it was looked for and what to do."""


def file_names() -> List[str]:
    """What the library is called on this system."""
    if sys.platform == "win32":
        return ["npe.dll"]
    if sys.platform == "darwin":
        return ["libnpe.dylib"]
    return ["libnpe.so", f"libnpe.so.{VERSION[0]}.{VERSION[1]}"]


def _places() -> Iterator[str]:
    """Where to look, in order: absolute paths, then bare names that the system's loader finds."""
    named = os.environ.get("NPE_LIBRARY")
    if named:
        yield os.path.abspath(named)
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (here, os.path.dirname(here)):
        for name in file_names():
            yield os.path.join(folder, name)
    try:
        answer = subprocess.run(["pkg-config", "--variable=libdir", "npe"], capture_output=True, text=True, timeout=10)
        if answer.returncode == 0 and answer.stdout.strip():
            for name in file_names():
                yield os.path.join(answer.stdout.strip(), name)
    except (OSError, subprocess.SubprocessError):
        pass
    yield from file_names()


def _opened(path: str) -> ctypes.CDLL:
    lib = ctypes.CDLL(path)
    try:
        lib.npe_version.restype = c_char_p
        version = lib.npe_version().decode()
    except AttributeError:
        raise LibraryError(_("{path} is no npe library: it has no npe_version. Install again: npe install gimp (or krita)")
                           .format(path=path)) from None
    numbers = tuple(int(n) for n in version.split(".")[:2])
    if numbers != VERSION[:2]:
        raise LibraryError(_("{path} is npe {version}; this plug-in needs {needed}. Install both from one release: "
                             "npe install gimp (or krita)")
                           .format(path=path, version=version, needed=f"{VERSION[0]}.{VERSION[1]}"))
    for name, (answer, arguments) in FUNCTIONS.items():
        try:
            function = getattr(lib, name)
        except AttributeError:
            raise LibraryError(_("{path} is npe {version} but lacks {name}: it is older than this plug-in. Install both "
                                 "from one release: npe install gimp (or krita)")
                               .format(path=path, version=version, name=name)) from None
        function.restype, function.argtypes = answer, arguments
    return lib


_library: Optional[ctypes.CDLL] = None
_library_path = ""


def library() -> ctypes.CDLL:
    """The open library; opens it on the first call. Raises LibraryError."""
    global _library, _library_path
    if _library is not None:
        return _library
    tried: List[str] = []
    for path in _places():
        if os.path.isabs(path) and not os.path.exists(path):
            tried.append(path)
            continue
        try:
            _library = _opened(path)
            _library_path = path
            return _library
        except OSError as e:
            # A file that is there and does not open is the person's; another one elsewhere would hide it.
            if os.path.isabs(path):
                raise LibraryError(_("{path} can't be opened: {error}. Install again: npe install gimp (or krita)")
                                   .format(path=path, error=e)) from None
            tried.append(path)
    raise LibraryError(_("the library of npe was not found; looked for {places}. Install it with: npe install gimp (or krita), "
                         "or set NPE_LIBRARY to its path").format(places=", ".join(tried)))


def library_path() -> str:
    """Where the open library is."""
    library()
    return _library_path


def version() -> str:
    """The version of the loaded library."""
    return str(library().npe_version().decode())


def check(status: int) -> None:
    """Raises NpeError if a status is not OK."""
    if status != OK:
        sentence = library().npe_last_error() or library().npe_status_text(status)
        raise NpeError(status, sentence.decode("utf-8", "replace"))
