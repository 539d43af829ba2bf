# SPDX-License-Identifier: MIT OR Apache-2.0
"""The log file that a person can attach to a report. Standard library only, so that it works where nothing else does."""

from __future__ import annotations

import logging
import logging.handlers
import os
import platform
import sys
from typing import List

_logger = logging.getLogger("npe")
_path: List[str] = []


def folder() -> str:
    """Where the logs are."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "npe")


def start(host: str) -> None:
    """Begins to log for a host, such as "gimp", into <cache>/npe/gimp.log, at most 1 MB and the one before it."""
    if _path:
        return
    path = os.path.join(folder(), host + ".log")
    _path.append(path)
    try:
        os.makedirs(folder(), exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1,
                                                                        encoding="utf-8", delay=True)
    except OSError:
        # No log is no reason not to paint.
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    _logger.propagate = False
    # A full disk must not print into the editor's terminal.
    logging.raiseExceptions = False
    _logger.info("%s, Python %s on %s", host, platform.python_version(), platform.platform())


def path() -> str:
    """The log file, "" before `start`."""
    return _path[0] if _path else ""


def info(message: str, *values: object) -> None:
    _logger.info(message, *values)


def error(message: str, *values: object) -> None:
    _logger.error(message, *values)


def exception(message: str, *values: object) -> None:
    """With the traceback of the exception being handled."""
    _logger.exception(message, *values)
