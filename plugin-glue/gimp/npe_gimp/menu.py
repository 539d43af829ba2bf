# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the procedures are in GIMP's menus, and which layer they are called on."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Sequence

from gi.repository import Gimp, GLib

from npe_shared import errors, npe
from npe_shared.errors import Refused
from npe_shared.words import _

PATH = "<Image>/Filters/" + _("Neural Brush")
#: The picture of the procedures and of their windows.
ICON = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "neural-brush.svg")


def give_icon(window: Any) -> None:
    """The same for a window. Where nothing can read it, GIMP's own brush."""
    try:
        window.set_icon_from_file(ICON)
    except GLib.Error:
        window.set_icon_name("gimp-tool-paintbrush")


def one_layer(drawables: Sequence[Gimp.Drawable]) -> Gimp.Layer:
    """The layer that is selected, also where its mask is what is being edited. Raises Refused."""
    layer = drawables[0] if len(drawables) == 1 else None
    if isinstance(layer, Gimp.LayerMask):
        layer = Gimp.Layer.from_mask(layer)
    if not isinstance(layer, Gimp.Layer) or layer.is_group():
        raise Refused(_("Select one layer: the one with the photo."))
    return layer


def opener(only_a_person: str, show: Callable[[Gimp.Image, Gimp.Layer], bool]) -> Callable[..., Gimp.ValueArray]:
    """The function that GIMP calls for a window: it refuses scripts, and says what was wrong. `show` answers whether
    something came of it."""

    def run(procedure: Gimp.Procedure, mode: Gimp.RunMode, image: Gimp.Image, drawables: List[Gimp.Drawable],
            config: Gimp.ProcedureConfig, data: Any) -> Gimp.ValueArray:
        try:
            if mode == Gimp.RunMode.NONINTERACTIVE:
                raise Refused(only_a_person)
            npe.library()
            done = show(image, one_layer(drawables))
        except Exception as e:  # noqa: BLE001 - the person must read a sentence, whatever it was
            return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error.new_literal(
                Gimp.PlugIn.error_quark(), errors.sentence(e), 0))
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS if done else Gimp.PDBStatusType.CANCEL, None)

    return run
