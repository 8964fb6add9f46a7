"""Variables: the inputs of a graph, with what they state about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.graph.node import Node, Value
from workbench.runtime.source import caller
from workbench.symbolic.naming import current_attrs
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape, as_dtype


@checked
def var(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Shape | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """An input of a graph: data, a label or a parameter.

    Raises:
        ArgumentError: an argument does not fit its annotation, or an attribute's name does not look like ``__name__``.
    """
    for key in kwargs:
        if not (key.startswith("__") and key.endswith("__")):
            raise ArgumentError(
                f"Variable({name!r}): unknown argument {key!r}; extra attributes look like __name__"
            )
    if stype not in (None, "default"):
        raise NotSupportedError(
            f"Variable({name!r}): storage type {stype!r}; only dense ('default') is supported"
        )
    attrs = current_attrs().get({**(attr or {}), **{k: str(v) for k, v in kwargs.items()}})
    known = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult}
    attrs.update({f"__{k}__": str(v) for k, v in known.items() if v is not None})
    if dtype is not None:
        attrs["__dtype__"] = as_dtype(dtype).name
    if init is not None:
        if not isinstance(init, str) and not hasattr(init, "dumps"):
            raise ArgumentError(f"Variable({name!r}): init is an initializer or its name, got {init!r}")
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    return Symbol([Value(Node(None, (), (), name, attrs, caller()))])
