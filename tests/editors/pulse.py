# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long a window leaves a person waiting: asks it again and again whether it is there, as window managers do
(_NET_WM_PING), which a toolkit answers from its main loop. Whatever blocks that loop is in the longest answer.

Xlib by ctypes, on a connection and in a thread of its own. Nothing is added to what is measured.
"""

from __future__ import annotations

import ctypes
import select
import threading
import time
from ctypes import POINTER, c_char_p, c_int, c_long, c_ulong, c_void_p
from typing import Dict, List

#: Between an answer and the next question, in seconds.
REST = 0.004
#: Without an answer for so long, the window is taken for gone.
GONE = 60.0
_SUBSTRUCTURE_NOTIFY = 1 << 19
_CLIENT_MESSAGE = 33


class _ClientMessage(ctypes.Structure):
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
                ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5)]


class _Event(ctypes.Union):
    # Xlib's XEvent is 24 longs.
    _fields_ = [("type", c_int), ("client", _ClientMessage), ("pad", c_long * 24)]


class Pulse:
    """Feels a window's pulse from `start` to `stop`."""

    def __init__(self, window: "str | int") -> None:
        """A top-level window, by its id."""
        self._window = int(window)
        self._answers: List[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._feel, daemon=True)
        self._trouble = ""

    def start(self) -> "Pulse":
        self._thread.start()
        return self

    def stop(self) -> Dict[str, float]:
        """In milliseconds: how long the longest answer took, the one that 99 of 100 are under, and the median; and how many
        there were. Raises RuntimeError if the window gave none."""
        self._stop.set()
        self._thread.join(GONE + 5)
        if not self._answers:
            raise RuntimeError(self._trouble or f"window {self._window} does not answer _NET_WM_PING")
        took = sorted(1000 * seconds for seconds in self._answers)
        return {"longest_ms": round(took[-1], 1), "p99_ms": round(took[int(0.99 * (len(took) - 1))], 1),
                "median_ms": round(took[len(took) // 2], 1), "answers": len(took)}

    def _feel(self) -> None:
        x = ctypes.CDLL("libX11.so.6")
        x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = c_void_p, [c_char_p]
        x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = c_ulong, [c_void_p]
        x.XInternAtom.restype, x.XInternAtom.argtypes = c_ulong, [c_void_p, c_char_p, c_int]
        x.XSelectInput.argtypes = [c_void_p, c_ulong, c_long]
        x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(_Event)]
        for name in ("XFlush", "XPending", "XConnectionNumber", "XCloseDisplay"):
            getattr(x, name).argtypes = [c_void_p]
        x.XNextEvent.argtypes = [c_void_p, POINTER(_Event)]
        display = x.XOpenDisplay(None)
        if not display:
            self._trouble = "no X display; set DISPLAY"
            return
        root = x.XDefaultRootWindow(display)
        protocols, ping = (x.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"_NET_WM_PING"))
        x.XSelectInput(display, root, _SUBSTRUCTURE_NOTIFY)
        heard = _Event()
        # Window managers ask too; their times are not ours.
        count = 1_000_000_000
        while not self._stop.is_set():
            count += 1
            asked = _Event()
            asked.client = _ClientMessage(_CLIENT_MESSAGE, 0, 1, display, self._window, protocols, 32,
                                          (c_long * 5)(ping, count, self._window, 0, 0))
            since = time.perf_counter()
            x.XSendEvent(display, self._window, 0, 0, ctypes.byref(asked))
            x.XFlush(display)
            answered = False
            while not answered and time.perf_counter() - since < GONE:
                while not answered and x.XPending(display):
                    x.XNextEvent(display, ctypes.byref(heard))
                    answered = (heard.type == _CLIENT_MESSAGE and heard.client.message_type == protocols
                                and heard.client.data[0] == ping and heard.client.data[1] == count)
                if not answered:
                    select.select([x.XConnectionNumber(display)], [], [], 0.05)
                    if self._stop.is_set() and not self._answers:
                        break
            if not answered:
                break
            self._answers.append(time.perf_counter() - since)
            time.sleep(REST)
        x.XCloseDisplay(display)
