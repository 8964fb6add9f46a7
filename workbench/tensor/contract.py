"""Contractions in numbers: the order for any einsum expression, what it should cost, and what it costs.

`contract` chooses an order and says what follows from it alone; beside each of these predictions stands what XLA says
of the compiled program, from shapes, so that contractions of any size can be compared on a laptop.  Only `run` and
`measure` compute something.

Predicted and measured differ where XLA does what the expression does not say.  It copies a tensor whose axes do not
come as a matrix product wants them, which is temporary memory; and it may multiply in another order within a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax

from workbench.arguments import Positive, checked
from workbench.contraction.expression import Expression, parse
from workbench.contraction.order import BEST, GIVEN, candidates, find
from workbench.contraction.path import Objective
from workbench.contraction.tree import ContractionTree
from workbench.errors import ArgumentError, ExecutionError
from workbench.imperative.make import from_jax
from workbench.imperative.ndarray import NDArray
from workbench.memory.size import nbytes
from workbench.runtime.device import current_context
from workbench.tensor.contraction_program import ContractionProgram, contracted
from workbench.tensor.contraction_text import contraction_text, si
from workbench.tensor.memory_limit import limited
from workbench.tensor.operands import TENSORS, put, random_tensors, shapes_of
from workbench.tensor.stopwatch import seconds
from workbench.types import Quantity

WORK = (
    "each step at every combination of its indices: a multiplication a tensor beyond the first, an addition where "
    "it sums"
)
LARGEST = "the product of its indices' sizes; the given tensors and the output are no intermediates"
ALIVE = (
    "intermediates that wait, blocks cut out of given tensors and the result, at the step where they are most; "
    "no copies that turn axes around"
)
XLA_WORK = (
    "XLA's cost analysis of the compiled program; one slice is compiled apart, and counted once a slice"
)
XLA_TEMPORARY = (
    "XLA's buffer assignment: temporary buffers, beside the given tensors and the output; nothing run"
)


@dataclass(frozen=True)
class Contraction:
    """An order for an expression, what it costs, and the program that does it.

    Attributes:
        order: the order's name; ``"given"`` for a path of the user's.
        program: the contraction tree, and how it runs.
        given: the tensors that `contract` was given, if not shapes alone.
        time: seconds of a run, once `measure` has measured it.
    """

    order: str
    program: ContractionProgram
    given: tuple[Any, ...] = ()
    time: Quantity | None = None

    @property
    def tree(self) -> ContractionTree:
        """The order, step by step, with what each step costs."""
        return self.program.tree

    @property
    def expression(self) -> Expression:
        """What is contracted."""
        return self.tree.expression

    @property
    def flops(self) -> Quantity:
        """Floating-point operations: predicted; a multiplication and an addition are two."""
        return Quantity(self.tree.flops, "FLOP", "predicted", WORK, "work")

    @property
    def largest(self) -> Quantity:
        """Elements of the largest intermediate, of one slice: predicted."""
        return Quantity(self.tree.largest, "1", "predicted", LARGEST, "elements of the largest intermediate")

    @property
    def largest_bytes(self) -> Quantity:
        """Bytes of the largest intermediate, of one slice: predicted."""
        found = self.tree.largest * self.program.dtype.itemsize
        return Quantity(found, "B", "predicted", LARGEST, "largest intermediate")

    @property
    def temporary(self) -> Quantity:
        """Bytes beside the given tensors and the output: predicted."""
        found = self.tree.peak * self.program.dtype.itemsize
        return Quantity(found, "B", "predicted", ALIVE, "temporary memory")

    @cached_property
    def xla_flops(self) -> Quantity:
        """Floating-point operations as XLA counts them in what it made of the order: measured, nothing run."""
        how = f"{XLA_WORK}, for {self.program.device}"
        return Quantity(self.program.flops, "FLOP", "measured", how, "work")

    @cached_property
    def xla_temporary(self) -> Quantity:
        """Bytes of XLA's temporary buffers: measured, nothing run."""
        how = f"{XLA_TEMPORARY}, for {self.program.device}"
        return Quantity(self.program.temporary, "B", "measured", how, "temporary memory")

    def run(self, *tensors: Any) -> NDArray:
        """Contracts tensors in this order, slice by slice where it is cut.

        Args:
            tensors: NDArrays, NumPy or JAX arrays of the expression's shapes; they are taken as the dtypes that the
                contraction was made for.  Without any, those that `contract` was given.

        Raises:
            ArgumentError: there are none.
            ShapeError: their number or a shape is another.
        """
        return from_jax(self._call(self._arrays(tensors))())

    def to_jax(self) -> Callable[..., jax.Array]:
        """The pure function of JAX arrays that does it, for ``jax.jit`` and ``jax.grad``."""
        return lambda *arrays: contracted(self.tree, arrays)

    @checked
    def measure(self, *tensors: Any, repeats: Positive = 7) -> Contraction:
        """This contraction with its `time`: the median of some runs after a first one, with their spread.

        Args:
            tensors: as for `run`; where `contract` was given shapes alone, random numbers are made.
            repeats: how many runs.

        Raises:
            ExecutionError: there is not enough memory.
        """
        try:
            arrays = self._arrays(
                tensors or self.given or random_tensors(self.expression, self.program.dtypes)
            )
            return replace(self, time=seconds(self._call(arrays), repeats, self.program.device))
        except (MemoryError, jax.errors.JaxRuntimeError) as error:
            raise ExecutionError(f"{self.expression} could not be measured: {error}") from None

    def _arrays(self, tensors: Sequence[Any]) -> list[jax.Array]:
        tensors = tensors or self.given
        if not tensors:
            raise ArgumentError(
                f"{self.expression} was given shapes alone; run takes its {len(self.expression.inputs)} tensors"
            )
        return put(self.expression, tensors, self.program.dtypes, self.program.device)

    def _call(self, arrays: Sequence[jax.Array]) -> Callable[[], jax.Array]:
        return lambda: self.program(*arrays)

    def report(self) -> str:
        """The contraction in words: a line a figure, predicted beside measured, and the tree step by step."""
        return contraction_text(self)

    def __repr__(self) -> str:
        return f"Contraction({self.expression}, {self.order}: {si(self.tree.flops, 'FLOP')} predicted)"


@checked
def contract(
    expression: str,
    *operands: Any,
    order: str | Sequence[Any] = BEST,
    minimize: Objective = "flops",
    memory_limit: Any = None,
    dtype: Any = "float32",
) -> Contraction:
    """The order in which to contract tensors, and what it costs; nothing is computed yet.

    ``contract("bcd,cr,ds->brs", (8, 3, 4), (3, 2), (4, 2)).report()`` says what it is; `run` does it.

    A memory limit is kept by cutting indices into parts and contracting slice after slice.  It covers what the program
    takes beside the tensors you give and the one that it returns, which are there whatever the order: intermediates,
    copies that XLA makes, the blocks of one slice.  XLA is asked: the order is compiled, the buffers that XLA assigns
    to it are read, and it is cut on until they keep to the limit.

    Args:
        expression: such as ``"ij,jk->ik"``; see `workbench.contraction.parse`.
        operands: a shape a tensor, or the tensors themselves: NDArrays, NumPy or JAX arrays.
        order: ``"best"``, the name of another in `workbench.contraction.ORDERS`, or a path such as
            ``((0, 1), (0, 1))``.
        minimize: ``"flops"``, or ``"size"`` for the smallest intermediates.
        memory_limit: the most bytes of temporary buffers, or text such as ``"4MB"``.
        dtype: of the tensors, where shapes are given.

    Raises:
        ArgumentError: what is given is no expression, order, objective or limit.
        ShapeError: the shapes do not fit the expression.
        DTypeError: the dtype is none, or a tensor holds no numbers.
        BudgetError: no slice is small enough for the limit; the message says what the smallest take.
    """
    shapes, dtypes = shapes_of(operands, dtype)
    found = parse(expression, shapes)
    name = order if isinstance(order, str) else GIVEN
    tree = find(found, order, minimize)
    program = ContractionProgram(tree, dtypes, current_context())
    if memory_limit is not None:
        trees = [*candidates(found, "flops"), *candidates(found, "size")] if order == BEST else [tree]
        program = limited(program, trees, nbytes(memory_limit, "memory_limit"))
    return Contraction(name, program, tuple(operand for operand in operands if isinstance(operand, TENSORS)))
