# SPDX-License-Identifier: MIT OR Apache-2.0
"""The person's language: gettext, with the translations installed beside this package (locale/LANG/LC_MESSAGES/npe.mo).

npe's own sentences (`NpeError`) are English.
"""

from __future__ import annotations

import gettext
import os

_translation = gettext.translation(
    "npe", os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale"), fallback=True)
_ = _translation.gettext
ngettext = _translation.ngettext
