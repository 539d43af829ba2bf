# SPDX-License-Identifier: MIT OR Apache-2.0
"""The neural brush in Krita. Krita imports this when it starts."""

import os
import sys

# npe_shared is installed in this folder; at the end, so that no name here hides another plug-in's.
_here = os.path.dirname(os.path.abspath(__file__))
if _here not in sys.path:
    sys.path.append(_here)

from npe_shared import words  # noqa: E402

from .qt import QLocale  # noqa: E402

# The language that was chosen in Krita, which may be another one than the environment's.
words.speak(QLocale().uiLanguages())

from .extension import register  # noqa: E402

register()
