"""A network layer by layer: output shapes and numbers of parameters, as MXNet prints them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import ArgumentError
from workbench.gluon.block.arguments import flatten
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.symbol import Symbol

if TYPE_CHECKING:
    from workbench.gluon.block.block import Block
    from workbench.gluon.parameter import Parameter

WIDTH = 80
LINE = "{:>20}  {:>42} {:>15}"


class _Row(NamedTuple):
    """What is said of one call of a layer."""

    layer: str
    shape: str
    params: int = 0
    trainable: int = 0
    shared: int = 0


def summarised(block: Block, inputs: tuple[Any, ...]) -> str:
    """Calls the block on these inputs and lists the layers in the order in which they finished.

    Raises:
        ArgumentError: a block in it is hybridized, so that its layers are not called one by one.
    """
    rows = [_Row("Input", _shapes(inputs))]
    seen: set[int] = set()
    handles = []

    def note(layer: Block, _: Any, outputs: Any) -> None:
        arrays: list[Any] = []
        flatten(outputs, arrays)
        if any(isinstance(a, Symbol) for a in arrays):  # called only to learn the parameters' shapes
            return
        own = list(layer.params.values())
        rows.append(
            _Row(
                f"{type(layer).__name__}-{len(rows)}",
                _shapes(outputs),
                _sizes(own),
                _sizes(p for p in own if p.grad_req != "null"),
                _sizes(p for p in own if id(p) in seen),
            )
        )
        seen.update(map(id, own))

    try:
        for each in block._descendants():
            if getattr(each, "_active", False):
                raise ArgumentError(
                    f"summary(): {each.name} is hybridized and does not call its layers; call "
                    "hybridize(False) first"
                )
            if not hasattr(each, "add"):  # a sequence is its layers
                handles.append(each.register_forward_hook(note))
        block(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    return _table(rows)


def _table(rows: list[_Row]) -> str:
    total, trainable = sum(r.params for r in rows), sum(r.trainable for r in rows)
    shared = sum(r.shared for r in rows)
    return "\n".join(
        [
            "-" * WIDTH,
            LINE.format("Layer (type)", "Output Shape", "Param #"),
            "=" * WIDTH,
            *[LINE.format(r.layer, r.shape, r.params) for r in rows],
            "=" * WIDTH,
            "Parameters in forward computation graph, duplicate included",
            f"   Total params: {total}",
            f"   Trainable params: {trainable}",
            f"   Non-trainable params: {total - trainable}",
            f"Shared params in forward computation graph: {shared}",
            f"Unique parameters in model: {total - shared}",
            "-" * WIDTH,
        ]
    )


def _sizes(params: Iterable[Parameter]) -> int:
    return sum(math.prod(p.shape or ()) for p in params)


def _shapes(value: Any) -> str:
    """Shapes nested as the arrays are; the outermost brackets left out."""
    shapes = _nested(value)
    return str(shapes)[1:-1] if isinstance(shapes, list) else str(shapes)


def _nested(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        found = [_nested(v) for v in value]
        return found[0] if len(found) == 1 and isinstance(value, tuple) else found
    return value.shape if isinstance(value, NDArray) else value
