# SPDX-License-Identifier: MIT OR Apache-2.0
"""The C++ library that the toolbox tool is in (libnpe_krita_tool.so), asked directly: speed, layers that are gone, libraries
that don't fit. Nothing is tested where it was not built."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from typing import Any, Callable, List, Tuple

from krita import Krita

from npe_brush import shim
from npe_shared import npe
from npe_shared.errors import Refused

from .person import Steps, closed, opened, pixels

#: Takes a line for the report; the runner sets it.
tell: Callable[[str], Any] = print


def _writes_quickly() -> Steps:
    """What a write costs Krita's interface; only the rectangle is composed again, and not by the interface."""
    screen = shim.ToolScreen()
    document = opened()
    yield 0.5
    layer = document.topLevelNodes()[0]
    side = min(document.width(), document.height())
    times = []
    for i in range(20):
        data = bytes([i, 100, 200, 255]) * (side * side)
        began = time.thread_time()
        screen.write(document, layer, npe.Rect(0, 0, side, side), data)
        times.append(time.thread_time() - began)
        yield 0.02
    document.waitForDone()
    assert pixels(document)[:4] == bytes([19, 100, 200, 255]), "what was written is not seen"
    middle = 1000.0 * sorted(times)[len(times) // 2]
    tell(f"{side} × {side} pixels into a layer: {middle:.2f} ms of the interface's time")
    assert middle < 25.0, f"{middle:.1f} ms"
    yield from closed(document)


def _layer_gone() -> Steps:
    """What the library is asked about a layer that is gone is refused with a sentence."""
    screen = shim.ToolScreen()
    document = opened()
    yield 0.3
    node = document.createNode("gone", "paintlayer")
    try:
        screen.write(document, node, (0, 0, 1, 1), bytes(4))
        raise AssertionError("a layer outside of any document was written to")
    except Refused as e:
        assert "layer" in str(e) and "deleted" in str(e), e
    own = document.topLevelNodes()[0]
    try:
        screen.write(document, own, (0, 0, 2, 2), bytes(4))
        raise AssertionError("4 bytes were taken for 4 pixels")
    except Refused as e:
        assert "16" in str(e), e
    try:
        screen.write(document, own, (0, 0, 0, 2), b"")
        raise AssertionError("an empty rectangle was taken")
    except Refused as e:
        assert "empty" in str(e), e
    yield from closed(document)


def _other_versions() -> Steps:
    """A shim of another Krita, a library that is none, a file that is none."""
    said: List[Tuple[str, str]] = []

    def refused(path: str, version: str, word: str) -> None:
        try:
            shim.opened(path, version)
        except Refused as e:
            assert word in str(e) and path in str(e) and "Paint on the canvas" in str(e), e
            said.append((word, str(e)))
            return
        raise AssertionError(f"{path} was taken by Krita {version}")

    own = shim.path()
    refused(own, "5.2.6", "5.2.6")
    refused(own, "5.3.0-alpha (git 1a2b3c4)", "5.3.0")
    shim.opened(own, Krita.instance().version().split()[0] + " (git 1a2b3c4)")
    refused(own + ".not", "5.2.9", "not there")
    with tempfile.TemporaryDirectory() as folder:
        damaged = os.path.join(folder, "damaged.so")
        with open(damaged, "wb") as file:
            file.write(b"no library at all" * 300)
        refused(damaged, Krita.instance().version(), "not for this Krita")
        foreign = os.path.join(folder, "foreign.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", foreign, "-x", "c", "-"], check=True,
                       input=b'const char *npe_tool_abi(void) { return "5.2.0"; }')
        refused(foreign, Krita.instance().version(), "5.2.0")
        empty = os.path.join(folder, "empty.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", empty, "-x", "c", "-"], check=True, input=b"int other;")
        refused(empty, Krita.instance().version(), "not for this Krita")
    yield 0.0


if shim.loaded():
    test_writes_quickly = _writes_quickly
    test_layer_gone = _layer_gone
    test_other_versions = _other_versions
