# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the network's views are called."""

from __future__ import annotations

from typing import Tuple

from . import npe
from .words import _


def view_name(view: int) -> Tuple[str, str]:
    """What a view is called, and what it shows."""
    return {
        npe.VIEW_ORIGINAL: (_("Photo"), _("The photo inside the frame, as the network sees it.")),
        npe.VIEW_RECONSTRUCTION: (_("Reconstruction"), _("How the network draws the photo's face.")),
        npe.VIEW_GENERATED: (_("Generated"), _("The face that the network draws now.")),
        npe.VIEW_DELTA: (_("Difference"), _("Generated minus reconstruction; grey where nothing changed.")),
        npe.VIEW_ERROR: (_("Error"), _("Photo minus reconstruction; grey where it is exact.")),
        npe.VIEW_MASK: (_("Mask"), _("White where the change is taken into the photo.")),
        npe.VIEW_LATENTS: (_("Latents"), _("What the network knows of the face: red is positive, blue negative.")),
        npe.VIEW_RESULT: (_("Result"), _("The result inside the frame, as small as the network's picture.")),
    }[view]
