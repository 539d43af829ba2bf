# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person is told when something did not work: one sentence, never a traceback."""

from __future__ import annotations

from . import log, npe
from .words import _


class Refused(Exception):
    """Something that can't be done with what the person gave: `str(e)` says why and what to do, in their language."""


def sentence(error: BaseException) -> str:
    """What to tell the person. A defect goes into the log with its traceback: call this while it is being handled."""
    if isinstance(error, (npe.NpeError, npe.LibraryError, Refused)):
        return str(error)
    if isinstance(error, MemoryError):
        return _("There is not enough memory for this; close other images and try again.")
    log.exception("a defect")
    return _("A defect of the Neural Brush: {error}. The log {log} has the details.").format(
        error=f"{type(error).__name__}: {error}", log=log.path())
