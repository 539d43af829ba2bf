# SPDX-License-Identifier: MIT OR Apache-2.0
"""The small C++ library (`shim` in the sources, npe_tool.h) that does with Krita's layers what its Python can't. It is built for
one version of Krita; `tool` opens it, and where it is not, `screen.PythonScreen` does.
"""

from __future__ import annotations

import ctypes
import os
import time
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_double, c_int, c_int32, c_size_t, c_uint32, c_void_p
from typing import Any, Optional

from npe_shared import npe
from npe_shared.errors import Refused
from npe_shared.words import _

from . import screen
from .pieces import Answer, Work
from .qt import QImage, QUuid
from .strokes import bits

#: Beside this file; NPE_KRITA_TOOL names another.
FILE = "libnpe_krita_tool.so"

#: Seconds that Krita may take until it comes to what was put into its queue.
_PATIENCE = 60.0
#: Pixels that Krita composes in some 10 ms.
_COMPOSED_AT_ONCE = 1_500_000

class Event(ctypes.Structure):
    """npe_tool_event of npe_tool.h."""

    _fields_ = [("kind", c_uint32), ("stroke", c_uint32), ("x", c_double), ("y", c_double), ("pressure", c_double),
                ("xtilt", c_double), ("ytilt", c_double)]


LISTENER = CFUNCTYPE(c_int, POINTER(Event))
PANEL = CFUNCTYPE(None, c_void_p)
_RECT = (c_int32,) * 4
_FUNCTIONS = {
    "npe_tool_error": (c_char_p, ()),
    "npe_tool_register": (c_int, (c_char_p, LISTENER, PANEL)),
    "npe_tool_unregister": (None, ()),
    "npe_tool_write": (c_int, (c_char_p, *_RECT, c_char_p, c_size_t)),
    "npe_tool_refresh": (c_int, (c_char_p, *_RECT)),
    "npe_tool_preview": (c_int, (c_char_p, *_RECT, c_char_p, c_size_t, c_char_p, c_char_p, c_char_p)),
    "npe_tool_commit": (c_int, (c_char_p,)),
    "npe_tool_drop": (c_int, ()),
    "npe_tool_group": (c_int, (c_char_p, c_int, c_void_p)),
    "npe_tool_paint": (c_int, (c_char_p, c_char_p, *_RECT, c_char_p, c_size_t, c_int)),
}

_library: Optional[ctypes.CDLL] = None


def loaded() -> bool:
    """Whether it is in use."""
    return _library is not None


def use(library: ctypes.CDLL) -> None:
    """Takes an opened one, for good."""
    global _library
    _library = library


def path() -> str:
    """Where the library is looked for."""
    return os.environ.get("NPE_KRITA_TOOL") or os.path.join(os.path.dirname(os.path.abspath(__file__)), FILE)


def opened(path: str, running: str) -> ctypes.CDLL:
    """The library, if it is for the Krita that runs; nothing of it has been called then but its version."""
    if not os.path.exists(path):
        raise Refused(_("{path} is not there. It is built for each version of Krita; without it, use “Paint on the "
                        "canvas” in the docker.").format(path=path))
    try:
        library = ctypes.CDLL(path)
        library.npe_tool_abi.restype = c_char_p
        built_for = library.npe_tool_abi().decode()
    except (OSError, AttributeError) as e:
        raise Refused(_("{path} is not for this Krita {version}: {error}. Build it again; until then, use “Paint on "
                        "the canvas” in the docker.").format(path=path, version=running, error=e)) from None
    # Krita may add "(git 1a2b3c4)".
    if running.split()[0] != built_for:
        raise Refused(_("{path} is for Krita {built_for}, and this is Krita {version}. Build it again; until then, use "
                        "“Paint on the canvas” in the docker.").format(path=path, built_for=built_for, version=running))
    for name, (answer, arguments) in _FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise Refused(_("{path} lacks {name}: it is of another version of the Neural Brush. Install both from one "
                            "release.").format(path=path, name=name)) from None
        function.restype, function.argtypes = answer, arguments
    return library


def check(library: ctypes.CDLL, answer: int) -> None:
    if answer != 0:
        raise Refused(library.npe_tool_error().decode("utf-8", "replace"))


class _Layers(ctypes.Structure):
    """npe_tool_layers of npe_tool.h."""

    _fields_ = ([(name, c_char_p) for name in ("group", "result", "guide", "model", "depth", "profile")]
                + [(name, c_char * 40) for name in ("group_id", "result_id", "guide_id")])


class ToolScreen:
    """Pixels by way of the library, and the layers of an edit in one step of undo; see `screen.Screen`."""

    def __init__(self) -> None:
        self._group: Any = None
        self.drawn_at = 0.0

    def make(self, document: Any, source: Optional[Any], space: screen.Space) -> Answer:
        assert _library is not None
        top = document.rootNode().childNodes()
        over = source or (top[-1] if top else document.rootNode())
        names = (_("Neural Brush"), _("Neural Brush result"), _("Paint here"))
        layers = _Layers(*(text.encode() for text in (*names, *space)))
        check(_library, _library.npe_tool_group(_id(over), source is None, ctypes.byref(layers)))
        ids = [QUuid(own.decode()) for own in (layers.group_id, layers.result_id, layers.guide_id)]
        # They come when the image's queue comes to them.
        end = time.monotonic() + _PATIENCE
        while any(document.nodeByUniqueID(own) is None for own in ids):
            if time.monotonic() > end:
                raise Refused(_("Krita did not add the layers; it may be busy with something long. Try again."))
            yield
        made = screen.Made(*(document.nodeByUniqueID(own) for own in ids))
        self._group = made.group
        screen.add_masks(document, source, made.group)
        if sum(1 for child in made.group.parentNode().childNodes() if not child.type().endswith("mask")) == 2:
            # Of a parent with one layer Krita composes nothing. All of a large image at once would hold up its canvas.
            rows = max(64, _COMPOSED_AT_ONCE // document.width())
            for top in range(0, document.height(), rows):
                self.refresh(document, npe.Rect(0, top, document.width(), min(rows, document.height() - top)))
                due = time.monotonic() + 0.02
                while time.monotonic() < due:
                    yield
        return made

    def prepare(self, document: Any, group: Any) -> Work:
        """Needs no layer of its own."""
        self._group = group
        return iter(())

    def write(self, document: Any, node: Any, rect: npe.Rect, pixels: bytes) -> None:
        assert _library is not None
        self.drawn_at = time.monotonic()
        check(_library, _library.npe_tool_write(_id(node), *rect, pixels, len(pixels)))

    def refresh(self, document: Any, rect: npe.Rect) -> None:
        assert _library is not None
        # What is in a group is composed again from the lowest that is dirty.
        children = self._group.childNodes()
        self.drawn_at = time.monotonic()
        check(_library, _library.npe_tool_refresh(_id(children[0] if children else self._group), *rect))

    def add_stroke(self, document: Any, group: Any, guide: Any, rect: npe.Rect, picture: QImage, erase: bool) -> None:
        assert _library is not None
        pixels = bits(picture)
        name = _("Neural stroke").encode()
        self.drawn_at = time.monotonic()
        check(_library, _library.npe_tool_paint(_id(guide), name, *rect, pixels, len(pixels), erase))


def preview(node: Any, rect: npe.Rect, pixels: bytes, space: screen.Space) -> None:
    """Shows pixels of a colour space over a paint layer, no step of undo, until `commit` or `drop`."""
    assert _library is not None
    check(_library, _library.npe_tool_preview(_id(node), *rect, pixels, len(pixels), *(text.encode() for text in space)))


def commit(name: str) -> None:
    """Makes what is shown a part of its layer, in one step of undo."""
    assert _library is not None
    check(_library, _library.npe_tool_commit(name.encode()))


def drop() -> None:
    """Gives up what is shown."""
    if _library is not None:
        check(_library, _library.npe_tool_drop())


def _id(node: Any) -> bytes:
    return str(node.uniqueId().toString()).encode()
