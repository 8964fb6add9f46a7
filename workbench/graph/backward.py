"""The gradient of an operator that works row by row.

A dense layer gives for each row of its input a row of its output; the weight is shared by all rows.  So the gradients
of the weight from two batches, added up, are its gradient from the rows of both, end to end.  An operator
says so in its definition (`rows` in `ops.registry.register`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from workbench.errors import WorkbenchError
from workbench.graph.bind import BoundOp
from workbench.graph.bound import Bound, Gradient, GradientOp, Kept, Types
from workbench.types import TensorType, tensor_type


@dataclass(frozen=True)
class Backward:
    """An instruction that is the gradient of an operator that works row by row.

    Attributes:
        of: the operator, and `rows` the place of the input that has the rows.
        bound: its gradient, and `arguments` the slots that this reads.
    """

    of: BoundOp
    rows: int
    bound: GradientOp
    arguments: tuple[int, ...]

    @cached_property
    def kept(self) -> Mapping[Kept, int]:
        """The forward values read, with their slots."""
        rule = self.of.gradient(self.bound.types, self.bound.cotangents, self.bound.wanted)
        return dict(zip(rule.kept, self.arguments, strict=False))

    @property
    def cotangents(self) -> tuple[int, ...]:
        """The slots of the cotangents."""
        return self.arguments[len(self.kept) :]

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """For each result the place of the input whose gradient it is."""
        return tuple(place for place, want in enumerate(self.bound.wanted) if want)

    def kind(self, place: int) -> Hashable:
        """What must be equal for gradients of the input at `place` to be one: operator, types, what the rows share."""
        read = self.gradient({place}).kept
        shared = tuple(self.kept[kept] for kept in read if not self.has_rows(kept))
        return place, self.of, self.bound.types, self.bound.cotangents, shared

    @property
    def row_bytes(self) -> int:
        """Bytes of the rows, of the input and of the outputs."""
        types = self.bound.types
        return sum(t.nbytes for t in (types[self.rows], *self.of.infer(types)))

    def has_rows(self, kept: Kept) -> bool:
        """Whether a forward value has the rows; others are shared by all of them."""
        return kept.is_output or kept.place == self.rows

    def gradient(self, places: set[int], times: int = 1) -> Gradient:
        """The gradient of the inputs at these places alone, for so many times the rows."""
        types = _lengthened(self.bound.types, self.rows, times)
        wanted = tuple(place in places for place in range(len(types)))
        return self.of.gradient(types, self.bound.cotangents, wanted)


def backward(bound: Bound, arguments: tuple[int, ...]) -> Backward | None:
    """An instruction as the gradient of an operator that works row by row; None where it is something else."""
    if not isinstance(bound, GradientOp) or (rows := _rows(bound)) is None:
        return None
    assert isinstance(bound.of, BoundOp)
    return Backward(bound.of, rows, bound, arguments)


@cache
def _rows(bound: GradientOp) -> int | None:
    """The place of the input that has the rows; None where the first axis turns out to be another."""
    of = bound.of
    if not isinstance(of, BoundOp) or of.op.rows not in (of.input_names or ()) or of.scalar_count:
        return None
    place = (of.input_names or ()).index(of.op.rows or "")
    if not bound.types[place].shape:
        return None
    try:
        twice = of.infer(_lengthened(bound.types, place, 2))
    except (
        WorkbenchError
    ):  # an axis that is summed over, such as that of a transposed operand, must keep its size
        return None
    return place if twice == tuple(_longer(t, 2) for t in of.infer(bound.types)) else None


def _lengthened(types: Types, place: int, times: int) -> Types:
    return (*types[:place], _longer(types[place], times), *types[place + 1 :])


def _longer(type_: TensorType, times: int) -> TensorType:
    return tensor_type((type_.shape[0] * times, *type_.shape[1:]), type_.dtype)
