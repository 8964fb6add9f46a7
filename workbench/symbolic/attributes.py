"""Attributes of a node as text: the operator's own, and the user's, which look like ``__name__``.

MXNet lists a few of the user's under their plain names too (``lr_mult`` beside ``__lr_mult__``), and of the
operator's those that were given, be they defaults or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError
from workbench.graph.bind import BoundOp
from workbench.graph.node import Node
from workbench.graph.serialize import USER_ATTRIBUTES, written


def listed(node: Node) -> dict[str, str]:
    """All attributes of a node."""
    attrs = dict(node.attrs)
    attrs.update({k: attrs[f"__{k}__"] for k in USER_ATTRIBUTES if f"__{k}__" in attrs})
    attrs.update(written(node))
    return attrs


def of(node: Node, key: str) -> str | None:
    """One attribute; the operator's are found even where they are defaults."""
    for name in (key, f"__{key}__"):
        if name in node.attrs:
            return node.attrs[name]
    return _own(node).get(key)


def set_on(node: Node, given: Mapping[str, Any]) -> None:
    """Sets the user's attributes; what a node computes never changes.

    Raises:
        ArgumentError: a value is no text.
        NotSupportedError: it is an attribute of the operator's own.
    """
    own = _own(node)
    for key, value in given.items():
        if not isinstance(value, str):
            raise ArgumentError(f"_set_attr({key}=…) takes text, got {value!r}")
        if key in own:
            raise NotSupportedError(
                f"_set_attr({key}=…): {node.op} {node.name!r} is fixed when it is composed; compose it anew"
            )
    named = {k if k.startswith("__") else f"__{k}__": v for k, v in given.items()}
    node.attrs = {**node.attrs, **named}


def _own(node: Node) -> dict[str, str]:
    """The operator's attributes as text, given or not."""
    own = dict(written(node))
    if isinstance(node.bound, BoundOp):
        known = {**node.bound.attrs, **node.bound.unpack(node.scalars)}
        own.update({k: str(v) for k, v in known.items() if not k.startswith("_")})
    return own
