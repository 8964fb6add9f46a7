"""Shapes of which single sizes are unknown, which MXNet writes as 0.

An operator says the shape of its outputs for whole shapes only.  So the unknown sizes are tried out: all of them as
one number, then as another, and what comes out alike both times does not depend on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import ShapeError
from workbench.graph.infer import Inference, stated_shape
from workbench.graph.node import Value, topological
from workbench.types import Shape

PROBES = (240, 360)  # above most windows, and divisible by what networks split their axes into


class PartialInference:
    """Shapes of the values of a graph, with 0 for each size that does not follow.

    Args:
        heads, shapes: as for `Inference`; sizes of 0 are unknown.

    Raises:
        ShapeError: two shapes contradict.
    """

    def __init__(self, heads: Iterable[Value], shapes: Mapping[Any, Shape]) -> None:
        heads = tuple(heads)
        self._whole = Inference(heads, shapes)
        self._partial: dict[Value, Shape] = {}
        for node in topological(heads):
            shape = stated_shape(node, shapes) if node.is_variable else None
            if shape and 0 in shape:
                self._note(Value(node), shape)
        self._tried = self._probe(heads, shapes) if self._partial else []

    def shape(self, value: Value) -> Shape | None:
        """The value's shape, None where not even its number of axes follows."""
        whole = self._whole.shape(value)
        if whole is not None:
            return whole
        if value in self._partial:
            return self._partial[value]
        found = [tried.shape(value) for tried in self._tried]
        if not found or found[0] is None or found[1] is None:
            return None
        return tuple(a if a == b else 0 for a, b in zip(*found, strict=True))

    def _note(self, value: Value, shape: Shape) -> None:
        """Remembers what is unknown; what follows from elsewhere must fit."""
        found = self._whole.shape(value)
        if found is None:
            self._partial[value] = shape
        elif len(found) != len(shape) or any(a not in (0, b) for a, b in zip(shape, found, strict=True)):
            raise ShapeError(
                f"the shape of {value.node.name!r} is given as {shape}, and {found} follows for it"
            )

    def _probe(self, heads: tuple[Value, ...], shapes: Mapping[Any, Shape]) -> list[Inference]:
        try:
            return [Inference(heads, {**shapes, **self._filled(size)}) for size in PROBES]
        except ShapeError:  # unknown sizes that are not all one number
            return []

    def _filled(self, size: int) -> dict[Any, Shape]:
        return {v.node: tuple(n or size for n in shape) for v, shape in self._partial.items()}
