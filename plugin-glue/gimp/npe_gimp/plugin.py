# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the plug-in offers to GIMP: a table of procedures, each made by the module that runs it.

GIMP starts this at its own start only to ask for the table, and else once for each procedure that is run. So nothing
heavy is imported before it is needed.
"""

from __future__ import annotations

import os
import sys
from typing import Callable, Dict, List, Optional, Tuple

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib  # noqa: E402

from npe_shared import log  # noqa: E402

from . import batch, paint_live, window  # noqa: E402

#: A procedure by its name, and what makes it.
Table = Dict[str, Callable[[Gimp.PlugIn, str], Gimp.Procedure]]


def table() -> Table:
    return {**paint_live.TABLE, **window.TABLE, **batch.TABLE}


class NeuralBrush(Gimp.PlugIn):
    """The plug-in."""

    def do_set_i18n(self, name: str) -> Tuple[bool, Optional[str], Optional[str]]:
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        # GIMP warns where the folder is missing, as when the plug-in runs from its sources.
        return (True, "npe", "locale") if os.path.isdir(os.path.join(here, "locale")) else (False, None, None)

    def do_query_procedures(self) -> List[str]:
        return list(table())

    def do_create_procedure(self, name: str) -> Optional[Gimp.Procedure]:
        # Colours as default values need it, and at import it would warn hundreds of times.
        Gegl.init(None)
        make = table().get(name)
        if make is None:
            return None
        procedure = make(self, name)
        procedure.set_attribution("The npe authors", "The npe authors, MIT or Apache-2.0", "2026")
        return procedure


def main() -> None:
    log.start("gimp")
    GLib.set_prgname("neural-brush")
    Gimp.main(NeuralBrush.__gtype__, sys.argv)
