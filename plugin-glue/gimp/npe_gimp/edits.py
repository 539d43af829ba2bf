# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the neural brush keeps in a GIMP image: which layers belong together, and the strokes that made them.

A result layer lies over the layer whose photo it changes (its *source*) and carries a parasite: the strokes (npe-strokes
v1), which part of the source they are about, and which model made them. Parasites are saved in XCF files and undone with
the layer's other changes.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Optional

from gi.repository import Gimp

from npe_shared import log, npe
from npe_shared.live import Saved

#: The parasite of a result layer: JSON, described in the help.
PARASITE = "npe-edit"
#: The parasite of a guide layer: the tattoo of its result layer.
GUIDE_PARASITE = "npe-guide"


class Kept(NamedTuple):
    """What a result layer's parasite holds."""

    #: The tattoo of the source layer.
    source: int
    #: The part of the source, in its pixels, that the strokes' coordinates are about.
    region: npe.Rect
    frame: npe.Frame
    saved: Saved
    #: The model's file, "" for the one inside the library.
    model: str


def keep(layer: Gimp.Layer, kept: Kept) -> None:
    """Attaches it to a result layer."""
    data = json.dumps({
        "format": "npe-edit", "version": 1, "source": kept.source, "region": list(kept.region),
        "frame": list(kept.frame), "model": kept.model, "base": kept.saved.base,
        "strokes": json.loads(kept.saved.strokes),
    }).encode()
    layer.attach_parasite(Gimp.Parasite.new(PARASITE, Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE, data))


def kept(layer: Gimp.Item) -> Optional[Kept]:
    """What a layer's parasite says, or None if it has none or one that can't be read (the log then says why)."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        data = json.loads(bytes(parasite.get_data()).rstrip(b"\0").decode())
        if data["format"] != "npe-edit" or data["version"] != 1:
            raise ValueError(f"format {data['format']!r} version {data['version']!r}, known is 'npe-edit' 1")
        return Kept(int(data["source"]), npe.Rect(*map(int, data["region"])), npe.Frame(*map(float, data["frame"])),
                    Saved(json.dumps(data["strokes"]), int(data["base"])), str(data["model"]))
    except (ValueError, KeyError, TypeError) as e:
        log.error("the parasite of layer %r can't be read: %r", layer.get_name(), e)
        return None


def source_of(layer: Gimp.Layer, image: Gimp.Image) -> Optional[Gimp.Layer]:
    """The layer that a result layer or a guide changes, if it is still there; else the layer itself if it is an ordinary
    one."""
    own = kept(layer)
    if own is None:
        mark = layer.get_parasite(GUIDE_PARASITE)
        if mark is None:
            return layer
        try:
            result = image.get_layer_by_tattoo(int(bytes(mark.get_data()).rstrip(b"\0").decode()))
        except ValueError:
            return None
        own = kept(result) if result is not None else None
        if own is None:
            return None
    return image.get_layer_by_tattoo(own.source)
