"""All orders of an expression side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.arguments import AboveZero, Positive, checked
from workbench.contraction.expression import parse
from workbench.contraction.order import ORDERS
from workbench.contraction.path import Objective
from workbench.errors import ArgumentError, BudgetError, ShapeError, did_you_mean
from workbench.memory.size import nbytes
from workbench.tensor.contract import Contraction, contract
from workbench.tensor.contraction_text import si, table
from workbench.tensor.operands import shapes_of


@dataclass(frozen=True)
class Orders:
    """The orders of an expression by name: ``orders(…)["optimal"]`` is a `Contraction`.

    Attributes:
        contractions: those that could be had.
        left_out: why each of the others could not.
    """

    contractions: Mapping[str, Contraction]
    left_out: Mapping[str, str]

    def __getitem__(self, name: str) -> Contraction:
        if not isinstance(name, str) or name not in self.contractions:
            known = ", ".join(self.contractions)
            hint = did_you_mean(str(name), self.contractions)
            reason = self.left_out.get(str(name), f"there are {known}.{hint}")
            raise ArgumentError(f"there is no order {name!r} here: {reason}")
        return self.contractions[name]

    def __iter__(self) -> Iterator[Contraction]:
        return iter(self.contractions.values())

    def __len__(self) -> int:
        return len(self.contractions)

    @checked
    def measure(self, *tensors: Any, repeats: Positive = 7, most_flops: AboveZero = 1e9) -> Orders:
        """The same orders with their times; those of more than `most_flops` operations predicted are not run.

        Args:
            tensors, repeats: as for `Contraction.measure`.
        """
        made = {
            name: c.measure(*tensors, repeats=repeats) if c.flops.value <= most_flops else c
            for name, c in self.contractions.items()
        }
        long = {n: f"not run, more than {si(most_flops, 'FLOP')}" for n, c in made.items() if c.time is None}
        return replace(self, contractions=made, left_out={**self.left_out, **long})

    def report(self) -> str:
        """A table, an order a line, predicted beside measured."""
        return table(self, self.left_out)

    def __repr__(self) -> str:
        return f"Orders({', '.join(self.contractions)})"


@checked
def orders(
    expression: str,
    *operands: Any,
    minimize: Objective = "flops",
    memory_limit: Any = None,
    dtype: Any = "float32",
) -> Orders:
    """Every order in `workbench.contraction.ORDERS` for an expression, side by side; nothing is computed yet.

    An order is left out, with the reason, where its package is missing, where there are too many tensors for its
    search, or where it can't keep to the limit or be compiled for it.

    Args:
        expression, operands, minimize, memory_limit, dtype: as for `contract`.

    Raises:
        ArgumentError: what is given is no expression, objective or limit.
        ShapeError: the shapes do not fit the expression.
    """
    made: dict[str, Contraction] = {}
    left_out: dict[str, str] = {}
    limit = None if memory_limit is None else nbytes(memory_limit, "memory_limit")
    parse(expression, shapes_of(operands, dtype)[0])
    for name in ORDERS:
        try:
            made[name] = contract(
                expression, *operands, order=name, minimize=minimize, memory_limit=limit, dtype=dtype
            )
        except (BudgetError, ArgumentError, ShapeError) as error:
            left_out[name] = str(error)
    return Orders(made, left_out)
