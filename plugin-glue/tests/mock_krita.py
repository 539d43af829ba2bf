# SPDX-License-Identifier: MIT OR Apache-2.0
"""As much of Krita and of Qt as the plug-in's logic needs, so that it is tested without an editor. Import it before
anything of npe_brush."""

from __future__ import annotations

import os
import sys
import types
from typing import Any, Callable, Dict, List, Optional

import places

PACKAGE = os.path.join(places.GLUE, "krita", "npe_brush")


class _AnyMeta(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Anything(metaclass=_AnyMeta):
    """A class of Qt's that is only named, subclassed or made."""

    def __init__(self, *_values: Any) -> None:
        self.values = _values

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        return lambda *_values: Anything()


class Id:
    def __init__(self, text: str) -> None:
        self._text = text

    def toString(self) -> str:  # noqa: N802 - Qt's name
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Id) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Node:
    """A layer, group or mask."""

    def __init__(self, own: str, kind: str = "paintlayer", *children: "Node") -> None:
        self.own, self.kind, self.parent = own, kind, None  # type: ignore[var-annotated]
        self.children = list(children)
        for child in children:
            child.parent = self

    def uniqueId(self) -> Id:  # noqa: N802 - Krita's names, here and below
        return Id(self.own)

    def name(self) -> str:
        return self.own

    def type(self) -> str:
        return self.kind

    def visible(self) -> bool:
        return True

    def childNodes(self) -> List["Node"]:  # noqa: N802
        return self.children

    def parentNode(self) -> Optional["Node"]:  # noqa: N802
        return self.parent


class Document:
    def __init__(self, *nodes: Node) -> None:
        self.root = Node("root", "grouplayer", *nodes)
        self.annotations: Dict[str, bytes] = {}

    def rootNode(self) -> Node:  # noqa: N802
        return self.root

    def annotationTypes(self) -> List[str]:  # noqa: N802
        return list(self.annotations)

    def annotation(self, key: str) -> bytes:
        return self.annotations[key]

    def setAnnotation(self, key: str, _description: str, data: bytes) -> None:  # noqa: N802
        self.annotations[key] = data

    def nodeByUniqueID(self, own: Id) -> Optional[Node]:  # noqa: N802
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.uniqueId() == own:
                return node
            waiting += node.children
        return None


class Krita:
    """The application."""

    running = "5.2.9"
    dockers: List[Any] = []
    extensions: List[Any] = []

    @classmethod
    def instance(cls) -> "Krita":
        return cls()

    def version(self) -> str:
        return self.running

    def addDockWidgetFactory(self, factory: Any) -> None:  # noqa: N802
        self.dockers.append(factory)

    def addExtension(self, extension: Any) -> None:  # noqa: N802
        self.extensions.append(extension)


def _module(name: str, known: Dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(known)
    module.__getattr__ = lambda wanted: type(wanted, (Anything,), {})  # type: ignore[method-assign]
    return module


sys.modules["krita"] = _module("krita", {"Krita": Krita})
# Not the package's own beginning: that one registers all with Krita.
_package = types.ModuleType("npe_brush")
_package.__path__ = [PACKAGE]
sys.modules["npe_brush"] = _package
sys.modules["npe_brush.qt"] = _module("npe_brush.qt", {"QByteArray": bytes})
