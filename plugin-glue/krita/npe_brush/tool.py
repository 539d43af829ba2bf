# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Neural Brush in Krita's toolbox: a small C++ library (`shim`) that is built for one version of Krita.

Where it is there and fits, strokes of the tool go to the controller of the active window, and pixels are written by
`ToolScreen`. Where it is not, nothing is missing but the tool: `register` says why, and the canvas brush does the same.
"""

from __future__ import annotations

import atexit
import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_int, c_int32, c_size_t, c_uint32, c_void_p
from typing import Any, Iterable, List, Optional

from krita import Krita

from npe_shared import errors, log, npe
from npe_shared.errors import Refused
from npe_shared.words import _

from . import controller, screen
from .qt import QImage
from .strokes import bits

#: Beside this file; NPE_KRITA_TOOL names another.
FILE = "libnpe_krita_tool.so"

_BEGIN, _MOVE, _END, _CANCEL = range(4)


class _Event(ctypes.Structure):
    """npe_tool_event of npe_tool.h."""

    _fields_ = [("kind", c_uint32), ("stroke", c_uint32), ("x", c_double), ("y", c_double), ("pressure", c_double),
                ("xtilt", c_double), ("ytilt", c_double)]


_LISTENER = CFUNCTYPE(c_int, POINTER(_Event))
_PANEL = CFUNCTYPE(None, c_void_p)
_RECT = (c_int32,) * 4
_FUNCTIONS = {
    "npe_tool_error": (c_char_p, ()),
    "npe_tool_register": (c_int, (c_char_p, _LISTENER, _PANEL)),
    "npe_tool_unregister": (None, ()),
    "npe_tool_write": (c_int, (c_char_p, *_RECT, c_char_p, c_size_t)),
    "npe_tool_refresh": (c_int, (c_char_p, *_RECT)),
    "npe_tool_paint": (c_int, (c_char_p, c_char_p, *_RECT, c_char_p, c_size_t, c_int)),
}

_library: Optional[ctypes.CDLL] = None
#: The callbacks must live as long as the library calls them.
_callbacks: List[Any] = []
#: The controller whose stroke is being painted: it is told the end, whatever window is active then.
_painting: Optional[controller.Controller] = None


def registered() -> bool:
    """Whether the tool is in the toolbox."""
    return _library is not None


def path() -> str:
    """Where the library is looked for."""
    return os.environ.get("NPE_KRITA_TOOL") or os.path.join(os.path.dirname(os.path.abspath(__file__)), FILE)


def register() -> None:
    """Puts the tool into the toolbox, and has sessions write through it. Raises Refused if it can't be used here."""
    global _library
    library = _opened(path(), Krita.instance().version())
    _callbacks[:] = [_LISTENER(_on_event), _PANEL(_on_panel)]
    _check(library, library.npe_tool_register(_("Neural Brush").encode(), *_callbacks))
    _library = library
    atexit.register(library.npe_tool_unregister)
    screen.use(ToolScreen)
    log.info("the tool is in the toolbox: %s", path())


def _opened(path: str, running: str) -> ctypes.CDLL:
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


def _check(library: ctypes.CDLL, answer: int) -> None:
    if answer != 0:
        raise Refused(library.npe_tool_error().decode("utf-8", "replace"))


def _on_event(event: Any) -> int:
    """Called by the library on Krita's interface thread; nothing may be raised into it."""
    try:
        return int(_told(event.contents))
    except Exception as e:  # noqa: BLE001 - told instead
        log.error("the tool: %s", errors.sentence(e))
        return 0


def _told(event: _Event) -> bool:
    global _painting
    at = (event.x, event.y, event.pressure, event.xtilt, event.ytilt)
    if event.kind == _BEGIN:
        own = controller.active()
        began = own is not None and own.tool_stroke_begin(*at)
        _painting = own if began else None
        if not began:
            _show_docker()
        return began
    if _painting is None:
        return False
    if event.kind == _MOVE:
        _painting.tool_stroke_move(*at)
        return True
    ended, _painting = _painting, None
    if event.kind == _END:
        ended.tool_stroke_end(*at)
    else:
        ended.tool_stroke_cancel()
    return True


def _show_docker() -> None:
    """It says why nothing was painted, and what goes on."""
    from .extension import docker_of
    docker = docker_of(None)
    if docker is not None and not docker.isVisible():
        docker.setVisible(True)


def _on_panel(widget: int) -> None:
    try:
        from .tool_panel import fill
        fill(widget)
    except Exception as e:  # noqa: BLE001 - the tool works without its page
        log.error("the tool's options: %s", errors.sentence(e))


class ToolScreen:
    """Pixels by way of the library; see `screen.Screen`."""

    def __init__(self) -> None:
        self._group: Any = None

    def prepare(self, document: Any, group: Any) -> Iterable[None]:
        """Needs no layer of its own."""
        self._group = group
        return ()

    def write(self, document: Any, node: Any, rect: npe.Rect, pixels: bytes) -> None:
        assert _library is not None
        _check(_library, _library.npe_tool_write(_id(node), *rect, pixels, len(pixels)))

    def refresh(self, document: Any, rect: npe.Rect) -> None:
        assert _library is not None
        # What is in a group is composed again from the lowest that is dirty.
        children = self._group.childNodes()
        _check(_library, _library.npe_tool_refresh(_id(children[0] if children else self._group), *rect))

    def add_stroke(self, document: Any, group: Any, guide: Any, rect: npe.Rect, picture: QImage, erase: bool) -> None:
        assert _library is not None
        pixels = bits(picture)
        name = _("Neural stroke").encode()
        _check(_library, _library.npe_tool_paint(_id(guide), name, *rect, pixels, len(pixels), erase))


def _id(node: Any) -> bytes:
    return str(node.uniqueId().toString()).encode()
