# SPDX-License-Identifier: MIT OR Apache-2.0
"""The person's language: gettext, with the translations installed beside this package (locale/LANG/LC_MESSAGES/npe.mo). It is the
one that the environment names, where the host does not say another one.

npe's own sentences (`NpeError`) are English.
"""

from __future__ import annotations

import gettext
import itertools
import os
from typing import List, Optional

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale")
_translation = gettext.translation("npe", _FOLDER, fallback=True)


def speak(languages: Optional[List[str]]) -> None:
    """Takes the first of these languages (such as "de", "de-AT") that there is, up to English, which the texts are; None: those of the
    environment. Call it before modules with texts are imported."""
    global _translation
    if languages is not None:
        languages = [language.replace("-", "_") for language in languages]
        languages = list(itertools.takewhile(lambda language: language.split("_")[0] not in ("en", "C"), languages))
    _translation = gettext.translation("npe", _FOLDER, languages, fallback=True)


def _(text: str) -> str:
    return _translation.gettext(text)
