# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long Krita's interface does not answer."""

from __future__ import annotations

import time
from typing import Any, List, Tuple

from npe_brush.qt import Qt, QTimer


class Looking:
    """What a test does itself in between, such as waiting until Krita has drawn all of the image: it is no gap of the interface's."""

    #: Seconds, on the clock and of computing.
    spent, computed = 0.0, 0.0

    def __enter__(self) -> None:
        self._since, self._computed = time.monotonic(), time.thread_time()

    def __exit__(self, *_error: Any) -> None:
        Looking.spent += time.monotonic() - self._since
        Looking.computed += time.thread_time() - self._computed


class Gaps:
    """The longest time that Krita's interface did not answer, by a timer of 5 ms; what tests look at meanwhile is left out. How much
    its thread computed in one of them does not depend on what else the machine does."""

    def __init__(self) -> None:
        self._last, self._computed = self._now()
        self.all: List[float] = []
        self.work: List[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    @staticmethod
    def _now() -> Tuple[float, float]:
        return time.monotonic() - Looking.spent, time.thread_time() - Looking.computed

    def _tick(self) -> None:
        now, computed = self._now()
        self.all.append(1000.0 * (now - self._last))
        self.work.append(1000.0 * (computed - self._computed))
        self._last, self._computed = now, computed

    def stop(self) -> str:
        """What is told of them."""
        self._timer.stop()
        return f"{max(self.all):.0f} ms (its thread computed {max(self.work):.0f} ms at most)"

    def typical(self) -> float:
        """The gap that 99 of 100 stay below."""
        return sorted(self.all)[int(0.99 * (len(self.all) - 1))] if self.all else 0.0
