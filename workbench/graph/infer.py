"""Shapes and dtypes of a whole graph, from what is known of its inputs.

Going forward, each node's output types follow from its inputs'.  Going sideways, an operator says which
shapes of other inputs follow (a dense layer's weight from its data).  What stays unknown stays None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.graph.bind import BoundOp
from workbench.graph.node import Node, Value, topological
from workbench.types import Shape, TensorType, tensor_type

FLOAT = np.dtype(np.float32)


class Inference:
    """Types of the values of a graph.

    Args:
        heads: the values asked for.
        shapes: shapes by variable, or by its name.
        dtypes: dtypes by variable name; others follow from their neighbours, else float32.

    Raises:
        ShapeError, DTypeError: two shapes or dtypes contradict; the node, its inputs and its line are named.
    """

    def __init__(
        self, heads: Iterable[Value], shapes: Mapping[Any, Shape], dtypes: Mapping[str, Any] | None = None
    ) -> None:
        self._order = topological(heads)
        self._shapes: dict[Value, Shape] = {}
        self._dtypes: dict[Value, np.dtype[Any]] = {}
        for node in self._order:
            if node.is_variable:
                self._seed(node, shapes, dtypes or {})
        while self._sweep():
            pass
        for node in self._order:
            self._guess_dtypes(node)

    def type(self, value: Value) -> TensorType | None:
        """The value's type, None while its shape is unknown."""
        shape = self._shapes.get(value)
        return None if shape is None else tensor_type(shape, self._dtypes.get(value, FLOAT))

    def shape(self, value: Value) -> Shape | None:
        """The value's shape, if known."""
        return self._shapes.get(value)

    def dtype(self, value: Value) -> np.dtype[Any]:
        """The value's dtype."""
        return self._dtypes.get(value, FLOAT)

    def known_dtype(self, value: Value) -> np.dtype[Any] | None:
        """The value's dtype, None where nothing says it."""
        return self._dtypes.get(value)

    def _seed(self, node: Node, shapes: Mapping[Any, Shape], dtypes: Mapping[str, Any]) -> None:
        value = Value(node)
        shape = stated_shape(node, shapes)
        if shape is not None and all(n > 0 for n in shape):
            self._shapes[value] = tuple(shape)
        dtype = dtypes.get(node.name) or node.attrs.get("__dtype__")
        if dtype is not None:
            self._dtypes[value] = np.dtype(dtype)

    def _sweep(self) -> bool:
        before = len(self._shapes) + len(self._dtypes)
        for node in self._order:
            if not node.is_variable:
                self._visit(node)
        return len(self._shapes) + len(self._dtypes) != before

    def _visit(self, node: Node) -> None:
        self._spread_dtype(node)
        self._complete(node)
        types = [self.type(v) for v in node.inputs]
        if any(t is None for t in types):
            return
        assert node.bound is not None
        try:
            outputs = node.bound.infer(tuple(t for t in types if t is not None), node.name)
        except (ShapeError, DTypeError) as error:
            place = f" (composed at {node.source})" if node.source else ""
            raise type(error)(f"{error}{place}") from error
        for index, type_ in enumerate(outputs):
            self._shapes[Value(node, index)] = type_.shape
            self._dtypes[Value(node, index)] = type_.dtype

    def _spread_dtype(self, node: Node) -> None:
        """A parameter without a dtype takes that of its data."""
        known = [self._dtypes[v] for v in node.inputs if v in self._dtypes and self._dtypes[v].kind in "fV"]
        if not known:
            return
        for value in node.inputs:
            if value.node.is_variable:
                self._dtypes.setdefault(value, known[0])

    def _guess_dtypes(self, node: Node) -> None:
        """Where shapes stay unknown: the dtype an attribute states, else the first input's."""
        if not isinstance(node.bound, BoundOp):
            return
        self._spread_dtype(node)
        stated = node.bound.attrs.get("dtype")
        first = self._dtypes.get(node.inputs[0]) if node.inputs else FLOAT
        dtype = np.dtype(stated) if stated else first
        if dtype is None:
            return
        for index in range(node.bound.output_count):
            self._dtypes.setdefault(Value(node, index), dtype)

    def _complete(self, node: Node) -> None:
        shapes = [self._shapes.get(v) for v in node.inputs]
        if None not in shapes:
            return
        assert node.bound is not None
        for place, shape in node.bound.following(shapes).items():
            self._shapes.setdefault(node.inputs[place], tuple(shape))


def stated_shape(variable: Node, shapes: Mapping[Any, Shape]) -> Shape | None:
    """The shape given for a variable, by itself or by its name, or else the one it states; 0 is an unknown size.

    Raises:
        ArgumentError: it is no tuple of integers.
    """
    stated = variable.attrs.get("__shape__")
    given = shapes.get(variable, shapes.get(variable.name))
    shape = (tuple(_numbers(stated)) if stated else None) if given is None else given
    if shape is not None and not _is_shape(shape):
        raise ArgumentError(f"the shape of {variable.name!r} must be a tuple of integers, got {shape!r}")
    return None if shape is None else tuple(shape)


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, (tuple, list)) and all(isinstance(n, (int, np.integer)) for n in shape)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.strip("()[] ").split(",") if part.strip()]
