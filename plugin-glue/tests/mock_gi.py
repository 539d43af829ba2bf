# SPDX-License-Identifier: MIT OR Apache-2.0
"""As much of GIMP's introspected libraries as the plug-in's logic needs, so that it is tested without an editor. Import
it before anything of npe_gimp."""

from __future__ import annotations

import os
import sys
import types
from enum import IntEnum
from typing import Any, Dict, List, Optional

import places

sys.path.insert(0, os.path.join(places.GLUE, "gimp"))


class Parasite:
    def __init__(self, name: str, flags: int, data: bytes) -> None:
        self.name, self.flags, self.data = name, flags, data

    @classmethod
    def new(cls, name: str, flags: int, data: bytes) -> "Parasite":
        return cls(name, flags, data)

    def get_data(self) -> List[int]:
        # As GIMP's introspection answers it.
        return list(self.data)


class ImageType(IntEnum):
    RGB_IMAGE, RGBA_IMAGE, GRAY_IMAGE, GRAYA_IMAGE, INDEXED_IMAGE, INDEXEDA_IMAGE = range(6)


class Precision(IntEnum):
    U8_LINEAR, U8_NON_LINEAR, U8_PERCEPTUAL = 100, 150, 175
    U16_LINEAR, U16_NON_LINEAR, U16_PERCEPTUAL = 200, 250, 275
    U32_NON_LINEAR, HALF_NON_LINEAR, FLOAT_LINEAR, FLOAT_NON_LINEAR = 350, 550, 600, 650


class Profile:
    def __init__(self, description: str, linear: bool = False) -> None:
        self.description, self.linear = description, linear

    def get_description(self) -> str:
        return self.description

    def is_linear(self) -> bool:
        return self.linear


class Layer:
    """A layer of a type; groups have children."""

    def __init__(self, name: str = "layer", kind: ImageType = ImageType.RGB_IMAGE,
                 children: Optional[List["Layer"]] = None) -> None:
        self.name, self.kind, self.children = name, kind, children
        self.parasites: Dict[str, Parasite] = {}
        self.image: Optional[Image] = None
        self.parent: Optional[Layer] = None
        self.tattoo = 0

    def get_name(self) -> str:
        return self.name

    def get_image(self) -> "Image":
        return self.image or Image(self)

    def get_id(self) -> int:
        return self.tattoo

    def get_tattoo(self) -> int:
        return self.tattoo

    def get_filters(self) -> List[object]:
        return []

    def is_group(self) -> bool:
        return self.children is not None

    def get_children(self) -> List["Layer"]:
        return self.children or []

    def get_parent(self) -> Optional["Layer"]:
        return self.parent

    def is_indexed(self) -> bool:
        return self.kind >= ImageType.INDEXED_IMAGE

    def is_gray(self) -> bool:
        return self.kind in (ImageType.GRAY_IMAGE, ImageType.GRAYA_IMAGE)

    def has_alpha(self) -> bool:
        return self.kind % 2 == 1

    def attach_parasite(self, parasite: Parasite) -> None:
        if parasite.flags == 1 and not self.get_image().frozen:
            # What GIMP does with one that is saved and can't be undone.
            raise AssertionError("a step “can't undo” comes onto the stack")
        self.parasites[parasite.name] = parasite

    def get_parasite(self, name: str) -> Optional[Parasite]:
        return self.parasites.get(name)


class Image:
    """Layers, top first."""

    def __init__(self, *layers: Layer, precision: Precision = Precision.U8_NON_LINEAR,
                 profile: Optional[Profile] = None) -> None:
        self.layers, self.precision, self.profile, self.frozen = list(layers), precision, profile, 0
        for number, layer in enumerate(self.all(), 1):
            layer.tattoo, layer.image = number, self
            for child in layer.get_children():
                child.parent = layer

    def undo_freeze(self) -> None:
        self.frozen += 1

    def undo_thaw(self) -> None:
        self.frozen -= 1

    def all(self) -> List[Layer]:
        return [found for layer in self.layers for found in [layer, *layer.get_children()]]

    def get_layers(self) -> List[Layer]:
        return self.layers

    def get_layer_by_tattoo(self, tattoo: int) -> Optional[Layer]:
        return next((layer for layer in self.all() if layer.tattoo == tattoo), None)

    def get_item_position(self, layer: Layer) -> int:
        return (layer.parent.get_children() if layer.parent else self.layers).index(layer)

    def get_precision(self) -> Precision:
        return self.precision

    def get_color_profile(self) -> Optional[Profile]:
        return self.profile


def _install() -> None:
    class Anything:
        """A name that is only mentioned, in annotations and at import."""

        def __init__(self, *_values: Any) -> None:
            pass

    gimp = types.SimpleNamespace(
        Parasite=Parasite, ImageType=ImageType, Precision=Precision, Layer=Layer, Image=Image, Item=Layer, Drawable=Layer,
        PARASITE_PERSISTENT=1, PARASITE_UNDOABLE=2, ProcedureConfig=Anything)
    gobject = types.SimpleNamespace(Object=Anything, ParamFlags=types.SimpleNamespace(READWRITE=3))
    repository = types.ModuleType("gi.repository")
    for name, module in (("Gimp", gimp), ("GObject", gobject), ("Gegl", types.SimpleNamespace(Rectangle=Anything)),
                         ("Babl", types.SimpleNamespace()), ("Gio", types.SimpleNamespace()),
                         ("GLib", types.SimpleNamespace(Error=type("Error", (Exception,), {})))):
        setattr(repository, name, module)
    gi = types.ModuleType("gi")
    gi.require_version = lambda _name, _version: None  # type: ignore[attr-defined]
    gi.repository = repository  # type: ignore[attr-defined]
    sys.modules["gi"], sys.modules["gi.repository"] = gi, repository


_install()
