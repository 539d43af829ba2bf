# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the tests of the neural brush inside Krita, once its window is there; writes what came of them, and quits.

A test is a generator `test_...` of one of the modules here: it yields how many seconds Krita's own event loop is to run
before it goes on. NPE_TEST_ONLY names one, as "module.test_name" or "module"; NPE_TEST_OUT is the folder for
results.json.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import traceback
from typing import Any, Dict, List

from krita import Krita

from npe_brush.qt import QTimer

#: "leaving" and "german" are run only when they are named: Krita quits in the middle of the one, the other has a language of its own.
_MODULES = ("closing", "painting", "toolbox", "straight", "library", "keeping", "retouching", "faces", "spaces", "troubles",
            "scripting")
#: Seconds for one test.
_LIMIT = 90.0


class _Runner:
    def __init__(self) -> None:
        self.out = os.environ["NPE_TEST_OUT"]
        self.results: Dict[str, Any] = {"passed": [], "failed": [], "told": []}
        self._waiting: List[Any] = []
        self._name, self._running, self._began = "", None, 0.0
        QTimer.singleShot(500, self._wait)

    def _wait(self) -> None:
        if Krita.instance().activeWindow() is None:
            QTimer.singleShot(200, self._wait)
            return
        only = os.environ.get("NPE_TEST_ONLY", "")
        for name in [only.split(".")[0]] if only else _MODULES:
            try:
                module = importlib.import_module("." + name, __name__)
            except Exception:  # noqa: BLE001 - a test that can't begin has failed
                self._failed(name, traceback.format_exc())
                continue
            module.tell = self.results["told"].append
            for test in sorted(t for t in dir(module) if t.startswith("test_")):
                if only in ("", name, f"{name}.{test}"):
                    self._waiting.append((f"{name}.{test}", getattr(module, test)))
        QTimer.singleShot(1000, self._next)

    def _next(self) -> None:
        if not self._waiting:
            self._finish()
            return
        self._name, test = self._waiting.pop(0)
        self._running, self._began = test(), time.monotonic()
        self._step()

    def _step(self) -> None:
        try:
            if time.monotonic() - self._began > _LIMIT:
                raise TimeoutError(f"not done after {_LIMIT:.0f} s")
            pause = next(self._running)
        except StopIteration:
            self.results["passed"].append(self._name)
            self._write()
            QTimer.singleShot(200, self._next)
        except Exception as e:  # noqa: BLE001 - told
            self._failed(self._name, traceback.format_exc() if not isinstance(e, AssertionError) else
                         f"{e}\n" + "".join(traceback.format_tb(e.__traceback__)[-2:]))
            QTimer.singleShot(200, self._next)
        else:
            QTimer.singleShot(max(0, int(1000 * pause)), self._step)

    def _failed(self, name: str, why: str) -> None:
        self.results["failed"].append(f"{name}: {why}")
        self._write()
        try:
            from .person import cleared
            cleared()
        except Exception:  # noqa: BLE001 - the next test must come to its turn
            self.results["failed"].append(f"{name}, clearing up: {traceback.format_exc()}")

    def _write(self) -> None:
        with open(os.path.join(self.out, "results.json"), "w", encoding="utf-8") as file:
            json.dump(self.results, file, indent=1)

    def _finish(self) -> None:
        self.results["finished"] = True
        self._write()
        for document in Krita.instance().documents():
            document.setModified(False)
        Krita.instance().action("file_quit").trigger()


if "NPE_TEST_OUT" in os.environ:
    _runner = _Runner()
