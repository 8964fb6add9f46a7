"""Five ways to do with fewer numbers, at the same ranks, side by side.

A tensor contraction layer (TCL) makes the modes of an activation smaller and leaves the dense layer behind it fewer
inputs; a tensor regression layer (TRL) holds the dense weight as Tucker factors; CP, Tucker and tensor train write a
tensor itself as factors.  What each takes follows from shapes: the numbers it holds, and an einsum whose order of
contraction decides operations and memory.

Ranks of different formats have little in common, so one rank a mode is chosen, for Tucker and the layers, and CP and
tensor train get the largest rank of their ladder that takes no more numbers than Tucker does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.arguments import Positive, checked
from workbench.contraction.expression import Expression, parse
from workbench.contraction.order import candidates, find
from workbench.contraction.slicing import cheapest
from workbench.contraction.tree import ContractionTree
from workbench.errors import ArgumentError, BudgetError
from workbench.lowrank import FORMATS, Format, Rank, Tucker
from workbench.ops.factors import AXES, BATCH, ONE, RANKS, Factor, factors
from workbench.ops.tensor_contraction import matrices
from workbench.runtime.device import current_context
from workbench.tensor.contract import Contraction
from workbench.tensor.contraction_program import ContractionProgram
from workbench.tensor.savings import savings
from workbench.types import Quantity, Shape

Role = Literal["activation", "weight"]
Order = Literal["left_to_right", "best", "greedy", "limited"]

ITEMSIZE = 4  # bytes of a float32
HELD = "the sizes of the factors, and of the dense layer behind a contraction, summed; biases aside"
SAVED = "1 − parameters / {:,}, the numbers of {}"
WORK = "a multiplication and an addition count as two; {}"
LARGEST = "the largest tensor that is neither given nor the result, in float32; {}"


@dataclass(frozen=True)
class Variant:
    """One of the ways, at one rank.

    Attributes:
        name: ``"tcl"``, ``"trl"``, or the format's.
        title: what it is called.
        rank: as its format has it.
        operands: what each tensor of the expression is.
        expression: what computes with it: of a layer the outputs for a batch, of a format the tensor itself.
        replaces: what it is compared with, in words.
        original: the numbers of that.
    """

    name: str
    title: str
    rank: Rank
    operands: tuple[str, ...]
    expression: Expression
    replaces: str
    original: int

    @property
    def parameters(self) -> Quantity:
        """Numbers held: predicted."""
        pairs = zip(self.operands, self.expression.shapes, strict=True)
        held = sum(math.prod(shape) for operand, shape in pairs if operand != "activation")
        return Quantity(held, "1", "predicted", HELD, "parameters")

    @property
    def savings(self) -> Quantity:
        """1 − parameters / original: predicted; below 0 where there are more than before."""
        saved = savings(self.original, int(self.parameters.value))
        return Quantity(
            100 * saved, "%", "predicted", SAVED.format(self.original, self.replaces), "space savings"
        )

    def tree(self, order: Order, limit: float = 1.0) -> ContractionTree | None:
        """Its contraction in one of the orders.

        Args:
            order: ``"left_to_right"``, as written; ``"best"``, the fewest operations; ``"greedy"``; or ``"limited"``.
            limit: of the last, the share of the best order's temporary memory that it may take.

        Returns:
            None where the limit can't be kept, whatever is cut.
        """
        if order != "limited":
            return find(self.expression, order)
        best = find(self.expression)
        trees = [*candidates(self.expression, "flops"), *candidates(self.expression, "size")]
        try:
            return cheapest(trees, int(limit * best.peak * ITEMSIZE), ITEMSIZE)
        except BudgetError:
            return None

    def contraction(self, order: Order, limit: float = 1.0) -> Contraction | None:
        """The same as a program that can be measured, on the current context's device."""
        tree = self.tree(order, limit)
        if tree is None:
            return None
        dtypes = (np.dtype(np.float32),) * len(self.operands)
        return Contraction(order, ContractionProgram(tree, dtypes, current_context()))

    def figures(self, tree: ContractionTree | None) -> tuple[Quantity, ...]:
        """What is predicted of it in an order, in the order in which to show it."""
        if tree is None:
            return self.parameters, self.savings
        how = f"of {self.expression} in {len(tree.steps)} steps, {tree.slices:,} slices"
        return (
            self.parameters,
            self.savings,
            Quantity(tree.flops, "FLOP", "predicted", WORK.format(how), "work"),
            Quantity(tree.largest * ITEMSIZE, "B", "predicted", LARGEST.format(how), "largest intermediate"),
        )


@checked
def variants(
    shape: Shape, ranks: Shape, outputs: Positive = 1000, role: Role = "activation", batch: Positive = 1
) -> tuple[Variant, ...]:
    """TCL, TRL, CP, Tucker and tensor train for one tensor, in this order.

    Args:
        shape: of the tensor: an activation without its batch, or a weight with the outputs first.
        ranks: a number a mode, each at most the mode's size.
        outputs: of the dense layer that TCL and TRL do with less of; a weight has its own.
        role: whether the tensor is an activation, or the weight of a dense layer.
        batch: samples that TCL and TRL compute at once.

    Raises:
        ArgumentError: the ranks do not fit the shape.
        ShapeError: the tensor has fewer than two modes.
    """
    FORMATS["tucker"].check_shape(shape)
    if len(ranks) != len(shape) or not all(1 <= r <= n for r, n in zip(ranks, shape, strict=False)):
        raise ArgumentError(
            f"ranks={tuple(ranks)}: a tensor of {shape} takes a number a mode, from 1 to its size"
        )
    shape, ranks = tuple(shape), tuple(ranks)
    tucker = Tucker().useful(shape, ranks)
    held = FORMATS["tucker"].parameters(shape, tucker)
    if role == "weight":
        inside, contracted, outputs, full = shape[1:], ranks[1:], shape[0], ranks[0]
    else:
        inside, contracted, full = shape, ranks, min(outputs, math.prod(ranks))
    regression = Tucker().useful((*inside, outputs), (*contracted, full))
    return (
        _contraction(inside, contracted, outputs, batch),
        _regression(inside, regression, outputs, batch),
        _format(FORMATS["cp"], shape, rank_within(FORMATS["cp"], shape, held)),
        _format(FORMATS["tucker"], shape, tucker),
        _format(FORMATS["tt"], shape, rank_within(FORMATS["tt"], shape, held)),
    )


def rank_within(form: Format, shape: Shape, parameters: int) -> Rank:
    """The highest rung of a format's ladder with at most so many parameters, or the lowest there is."""
    return form.within(shape, parameters) or form.rung(shape, 1)


def _contraction(shape: Shape, ranks: Rank, outputs: int, batch: int) -> Variant:
    axes = AXES[: len(shape)]
    # The operator counts axes from the batch's, which has a letter of its own here.
    found = [Factor(f.name, f.letters[0] + axes[n]) for n, f in enumerate(matrices((), ranks))]
    given = [
        Factor("activation", BATCH + axes),
        *found,
        Factor("dense_weight", RANKS[: len(shape)] + AXES[len(shape)]),
    ]
    return _layer("tcl", "TCL", shape, ranks, outputs, batch, given)


def _regression(shape: Shape, ranks: Rank, outputs: int, batch: int) -> Variant:
    axes = AXES[: len(shape) + 1]
    given = [Factor("activation", BATCH + axes[:-1]), *factors("tucker", axes, ranks)]
    return _layer("trl", "TRL", shape, ranks, outputs, batch, given)


def _layer(
    name: str, title: str, shape: Shape, ranks: Rank, outputs: int, batch: int, given: Sequence[Factor]
) -> Variant:
    sizes = {
        BATCH: batch,
        **dict(zip(AXES, (*shape, outputs), strict=False)),
        **dict(zip(RANKS, ranks, strict=False)),
    }
    dense = f"a dense layer from {_times(shape)} to {outputs:,}"
    return _variant(
        name, title, ranks, given, sizes, BATCH + AXES[len(shape)], dense, math.prod(shape) * outputs
    )


def _format(form: Format, shape: Shape, ranks: Rank) -> Variant:
    axes = AXES[: len(shape)]
    sizes = {**dict(zip(AXES, shape, strict=False)), **dict(zip(RANKS, ranks, strict=False))}
    given = factors(form.name, axes, ranks)  # type: ignore[arg-type]  # the names of FORMATS are those of Form
    whole = f"the tensor of {_times(shape)}"
    return _variant(form.name, form.title, ranks, given, sizes, axes, whole, math.prod(shape))


def _variant(
    name: str, title: str, rank: Rank, given: Sequence[Factor], sizes: dict[str, int], output: str, replaces: str,
    original: int,
) -> Variant:  # fmt: skip
    terms = [factor.letters.replace(ONE, "") for factor in given]
    expression = parse(f"{','.join(terms)}->{output}", [[sizes[letter] for letter in term] for term in terms])
    names = tuple(factor.name.removesuffix("_weight") for factor in given)
    return Variant(name, title, rank, names, expression, replaces, original)


def _times(shape: Shape) -> str:
    return " × ".join(map(str, shape))
