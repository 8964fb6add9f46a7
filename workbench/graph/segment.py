"""A segment: the unit that is fingerprinted, compiled once, cached and run.

A segment is a piece of the graph written as a short program: its instructions name their arguments
by slot, inputs counted down from -1 and results counted up from 0.  Two pieces of graph that do the
same thing on the same types are equal segments, whatever their nodes are called and whichever style
made them, so they share one executable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.graph.bound import Bound, Types
from workbench.graph.node import Node, Value
from workbench.types import TensorType

Instruction = tuple[Bound, tuple[int, ...]]


class Segment:
    """Instructions, the types of the inputs, the slots that are outputs, and the device.

    Equal segments compare and hash equal; `device` is any hashable that names where it runs.  The inputs at the places
    `donated` are given away: their memory may become that of an output of the same type.  A `sparing` one is compiled
    to take little memory rather than little time.
    """

    __slots__ = ("__dict__", "_hash", "device", "donated", "inputs", "instructions", "outputs", "sparing")

    def __init__(
        self,
        instructions: tuple[Instruction, ...],
        inputs: Types,
        outputs: tuple[int, ...],
        device: Any = None,
        donated: tuple[int, ...] = (),
        sparing: bool = False,
    ) -> None:
        self.instructions = instructions
        self.inputs = inputs
        self.outputs = outputs
        self.device = device
        self.donated = donated
        self.sparing = sparing
        self._hash = hash((instructions, inputs, outputs, device, donated, sparing))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Segment)
            and self._hash == other._hash
            and self.instructions == other.instructions
            and self.inputs == other.inputs
            and self.outputs == other.outputs
            and self.device == other.device
            and self.donated == other.donated
            and self.sparing == other.sparing
        )

    def sparing_memory(self, places: tuple[int, ...]) -> Segment:
        """The same program, compiled to take little memory and with the inputs at these places given away."""
        return Segment(self.instructions, self.inputs, self.outputs, self.device, places, sparing=True)

    @property
    def scalar_count(self) -> int:
        """How many dynamic numbers the program takes beside its arrays."""
        return sum(bound.scalar_count for bound, _ in self.instructions)

    @cached_property
    def types(self) -> list[TensorType]:
        """Types of the result slots, in slot order."""
        types: list[TensorType] = []
        for bound, arguments in self.instructions:
            given = tuple(self.inputs[~s] if s < 0 else types[s] for s in arguments)
            types.extend(bound.infer(given))
        return types

    @cached_property
    def output_types(self) -> Types:
        """Types of the outputs."""
        return tuple(self.inputs[~s] if s < 0 else self.types[s] for s in self.outputs)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over structure, attributes, shapes, dtypes and device; the same in every process."""
        text = "\n".join(
            [repr(self.device), *map(repr, self.inputs)]
            + [f"{bound.text} {arguments}" for bound, arguments in self.instructions]
            + [str(self.outputs)]
            + [f"donated {self.donated}"] * bool(self.donated)
            + ["sparing"] * self.sparing
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def evaluate(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        """Runs the program with JAX: on arrays, or under `jax.jit`, `jax.grad`, …"""
        slots: list[Any] = []
        at = 0
        for bound, arguments in self.instructions:
            given = [inputs[~s] if s < 0 else slots[s] for s in arguments]
            slots.extend(bound.call(given, scalars[at : at + bound.scalar_count]))
            at += bound.scalar_count
        return tuple(inputs[~s] if s < 0 else slots[s] for s in self.outputs)

    def __repr__(self) -> str:
        ops = [bound.name for bound, _ in self.instructions]
        shown = ", ".join(ops[:4]) + (f", … {len(ops) - 4} more" if len(ops) > 4 else "")
        return f"Segment({self.fingerprint[:8]}: {shown})"


@dataclass(frozen=True)
class Piece:
    """A segment cut out of a graph, with the values it reads and the values it gives."""

    segment: Segment
    reads: tuple[Value, ...]
    gives: tuple[Value, ...]
    nodes: tuple[Node, ...]

    @property
    def scalars(self) -> tuple[float, ...]:
        """The dynamic numbers of the piece's nodes, in program order."""
        return tuple(s for node in self.nodes for s in node.scalars)


def lower(
    nodes: Sequence[Node],
    gives: Sequence[Value],
    type_of: Callable[[Value], TensorType],
    device: Any = None,
) -> Piece:
    """Writes nodes (in execution order) as a segment that gives the values asked for."""
    first: dict[Node, int] = {}  # the slot of a node's first result
    reads: dict[Value, int] = {}
    instructions: list[Instruction] = []
    count = 0

    def slot(value: Value) -> int:
        start = first.get(value.node)
        return reads.setdefault(value, ~len(reads)) if start is None else start + value.index

    for node in nodes:
        assert node.bound is not None
        instructions.append((node.bound, tuple([slot(v) for v in node.inputs])))
        first[node] = count
        count += node.bound.output_count
    outputs = tuple([slot(v) for v in gives])
    segment = Segment(tuple(instructions), tuple([type_of(v) for v in reads]), outputs, device)
    return Piece(segment, tuple(reads), tuple(gives), tuple(nodes))
