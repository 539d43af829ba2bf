# SPDX-License-Identifier: MIT OR Apache-2.0
"""Work on Krita's main thread in pieces, so that its interface answers in between; and the way there from other threads."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Generator, Iterator

from .qt import QObject, Qt, QTimer, pyqtSignal

#: Work: a generator that yields after each piece of a few milliseconds.
Work = Iterator[None]
#: Work that has an answer, for `yield from`.
Answer = Generator[None, None, Any]


class Pieces:
    """Does one work after the other, a piece each time Krita has nothing else to do."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        """`failed` is told what was raised, while it is being handled; the works after that one are given up too."""
        self._failed = failed
        self._works: Deque[Work] = deque()
        self._timer = QTimer()
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._piece)

    @property
    def busy(self) -> bool:
        """Whether there is something left to do."""
        return bool(self._works)

    def do(self, work: Work) -> None:
        """After all that waits already."""
        self._works.append(work)
        self._timer.start()

    def clear(self) -> None:
        """Gives up all that waits."""
        works, self._works = self._works, deque()
        self._timer.stop()
        for work in works:
            close: Any = getattr(work, "close", None)
            # What calls this from within itself can't be closed; it ends with its next piece, which nobody asks for.
            if close is not None and not getattr(work, "gi_running", False):
                close()

    def finish(self) -> None:
        """All of it now."""
        while self._works:
            self._piece()

    def _piece(self) -> None:
        if not self._works:
            self._timer.stop()
            return
        work = self._works[0]
        try:
            next(work)
        except StopIteration:
            if self._works and self._works[0] is work:
                self._works.popleft()
        except Exception as e:  # noqa: BLE001 - told instead
            self.clear()
            self._failed(e)


class Post(QObject):
    """Brings what another thread tells to the main thread: call `tell` there, `run` is called here."""

    _told = pyqtSignal(object)

    def __init__(self, run: Callable[[Callable[[], None]], None]) -> None:
        super().__init__()
        self._told.connect(run, Qt.ConnectionType.QueuedConnection)

    def tell(self, told: Callable[[], None]) -> None:
        self._told.emit(told)


def now(work: Answer) -> Any:
    """The answer of a work that is waited for."""
    while True:
        try:
            next(work)
        except StopIteration as e:
            return e.value
