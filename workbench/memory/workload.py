"""A training pass as plain numbers: what a memory planner needs to know of it, and nothing else.

Operations are numbered in the order of execution, forward first, then backward; values are numbered too, and
have a size.  Planners read these numbers and give back a `Schedule` of the same numbers, so that they can be
tested on networks that are three lines of integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

Kind = Literal["parameter", "activation", "gradient", "workspace"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a pass.

    Attributes:
        name: the node's.
        reads, gives: the values it takes and makes.
        of: for a gradient, the forward operation that it differentiates; None for all others.
        in_place: pairs (value it gives, value it reads) that lie in the same memory where nobody reads the second
            afterwards; no value stands in two of them.
        mirror: whether the user asks for its outputs to be recomputed (``force_mirroring``), None for no word.
        stage: whether the user marks it as a good place to cut (``mirror_stage``).
        cheap: whether computing it costs little beside keeping it, as normalisation, activation and pooling do.
    """

    name: str
    reads: tuple[int, ...]
    gives: tuple[int, ...]
    of: int | None = None
    in_place: tuple[tuple[int, int], ...] = ()
    mirror: bool | None = None
    stage: bool = False
    cheap: bool = False


class Table:
    """For each operation its values, one after another in one array, so that a whole schedule is read at once."""

    def __init__(self, rows: Iterable[Sequence[int]]) -> None:
        listed = list(rows)
        self.starts = np.cumsum([0, *map(len, listed)])
        self.values = np.array([v for row in listed for v in row], np.int64)

    def along(self, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For operations in this order: the place in it of each of their entries, and where the entry is."""
        first = self.starts[order]
        counts = self.starts[order + 1] - first
        before = np.cumsum(counts) - counts
        places = np.repeat(np.arange(len(order)), counts)
        return places, np.repeat(first - before, counts) + np.arange(len(places))


class Workload:
    """The operations of one forward and backward, and their values.

    Values in `held` are there before it starts and belong to the caller: data, parameters, states.  Those in
    `results` must be there at its end: outputs, moved states, the gradients of parameters.  Both take their
    memory whatever the plan; what a plan decides is the rest, the *feature maps*.

    Args:
        operations: in the order of execution.
        forward: how many of them are the forward pass.
        sizes: bytes of each value.
        held: the values that are there from the start.
        results: the values that are asked for.
        cost: the work of an operation by its number, in FLOP; or in seconds, where they were measured.
        workspace: bytes that each operation takes beside its values while it runs; none where it is empty.

    Attributes:
        operations, forward, sizes, held, results: as given.
        workspace: bytes, one entry an operation.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        forward: int,
        sizes: Sequence[int],
        held: Iterable[int],
        results: Iterable[int],
        cost: Callable[[int], float] = lambda operation: 1.0,
        workspace: Sequence[int] = (),
    ) -> None:
        self.operations = tuple(operations)
        self.forward = forward
        self.sizes = tuple(sizes)
        self.held = frozenset(held)
        self.results = frozenset(results) - self.held
        self._cost = cost
        self.workspace = np.array(workspace or [0] * len(self.operations), np.int64)

    def apart(self) -> Workload:
        """The same pass with nothing in place."""
        operations = [replace(operation, in_place=()) for operation in self.operations]
        taken = self.workspace.tolist()
        return Workload(operations, self.forward, self.sizes, self.held, self.results, self._cost, taken)

    @cached_property
    def flops(self) -> tuple[float, ...]:
        """The work of each operation, in FLOP, or whatever `cost` is in."""
        return tuple(map(self._cost, range(len(self.operations))))

    @cached_property
    def reads(self) -> Table:
        """What each operation reads."""
        return Table(operation.reads for operation in self.operations)

    @cached_property
    def gives(self) -> Table:
        """What each operation gives."""
        return Table(operation.gives for operation in self.operations)

    @cached_property
    def overwrites(self) -> np.ndarray:
        """For each entry of `reads` whether the operation may write over that value."""
        sizes = self.sizes
        over = ({r for g, r in op.in_place if sizes[r] == sizes[g]} for op in self.operations)
        return np.array(
            [v in may for op, may in zip(self.operations, over, strict=True) for v in op.reads], bool
        )

    @cached_property
    def map_bytes(self) -> np.ndarray:
        """Bytes of each value that is a feature map, 0 for those whose memory no plan decides."""
        found = np.array(self.sizes, np.int64)
        found[list(self.fixed)] = 0
        return found

    @cached_property
    def maker(self) -> dict[int, int]:
        """For each value that is computed, the operation that makes it."""
        return {v: i for i, operation in enumerate(self.operations) for v in operation.gives}

    @cached_property
    def last_reader(self) -> dict[int, int]:
        """For each value that is read, the last operation to do so, if each runs once."""
        return {v: i for i, operation in enumerate(self.operations) for v in operation.reads}

    @cached_property
    def makers(self) -> np.ndarray:
        """For each value the operation that makes it; -1 for those that are held."""
        found = np.full(len(self.sizes), -1)
        found[list(self.maker)] = list(self.maker.values())
        return found

    @cached_property
    def fixed(self) -> frozenset[int]:
        """Values whose memory no plan decides: held ones, results, and gradients that grow in place into a result."""
        found = set(self.held | self.results)
        for number in range(len(self.operations) - 1, self.forward - 1, -1):
            for given, read in self.operations[number].in_place:
                grows = self.maker.get(read, -1) >= self.forward and self.last_reader[read] == number
                if given in found and grows and self.sizes[given] == self.sizes[read]:
                    found.add(read)
        return frozenset(found)

    @cached_property
    def fixed_bytes(self) -> int:
        """What the caller holds: inputs, parameters and states, outputs and the gradients of parameters."""
        return sum(self.sizes[v] for v in self.held | self.results)

    @cached_property
    def read_backward(self) -> frozenset[int]:
        """The forward's values that the backward pass reads."""
        made = {v for operation in self.operations[: self.forward] for v in operation.gives}
        return frozenset(v for op in self.operations[self.forward :] for v in op.reads if v in made)

    def kind(self, value: int) -> Kind:
        """What a value is: a parameter (or another value that is held), an activation or a gradient."""
        made = self.maker.get(value)
        if made is None:
            return "parameter"
        return "activation" if made < self.forward else "gradient"

    def __repr__(self) -> str:
        backward = len(self.operations) - self.forward
        return f"Workload({self.forward} operations forward, {backward} backward, {len(self.sizes)} values)"
