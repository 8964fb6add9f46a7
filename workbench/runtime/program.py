"""A program: a whole graph cut by a policy, its pieces run one after another.

The same graph under two policies computes the same thing.  What differs is what a reader can see of it: how
many programs are handed to the device, which values cross from one to the next and so lie in memory, and
what the compiler may fuse.  A program answers all that before anything runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
from jax.sharding import SingleDeviceSharding

from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.graph.cut import Cut, Groups
from workbench.graph.node import Graph, Node, Value
from workbench.graph.segment import Piece, Segment, lower
from workbench.runtime import run
from workbench.runtime.cost import operation_flops
from workbench.runtime.device import Context
from workbench.types import TensorType

TypeOf = Callable[[Value], TensorType]
Watch = Callable[[Piece, Mapping[Value, Any]], object]


class Away(NamedTuple):
    """A value that lies in the host's memory between two pieces of a program.

    Attributes:
        value: the value.
        after, before: numbers of the pieces.
    """

    value: Value
    after: int
    before: int


class Program:
    """A graph cut into pieces for one device.

    Args:
        graph: what to compute.
        policy: where to cut; it may reorder nodes as long as inputs come before their users.
        types: the type of every value of the graph.
        device: where it runs.
        donate: give a value's memory to the piece that reads it last, where that has a result of its type.
        away: what is moved to the host's memory meanwhile.

    Attributes:
        graph, policy, device: as given.
        pieces: what runs, in order.
        released: for each piece the values that nobody reads after it.
        going, coming: by the number of a piece, the values that move to the host's memory after it, and back before it.

    Raises:
        ArgumentError: the policy leaves out a node, or puts one before a node it reads.
    """

    def __init__(
        self,
        graph: Graph,
        policy: Cut,
        types: Mapping[Value, TensorType] | TypeOf,
        device: Context,
        donate: bool = False,
        away: Sequence[Away] = (),
    ) -> None:
        self.graph = graph
        self.policy = policy
        self.device = device
        self.type_of: TypeOf = types if callable(types) else types.__getitem__
        groups = [group for group in policy(graph.nodes) if group]
        last = _last_reads(groups, graph.heads)
        self.pieces: tuple[Piece, ...] = tuple(
            lower(group, _given(groups, index, last), self.type_of, device)
            for index, group in enumerate(groups)
        )
        self._check()
        self.released = [_released(piece, index, last) for index, piece in enumerate(self.pieces)]
        if donate:
            pairs = zip(self.pieces, self.released, strict=True)
            self.pieces = tuple(self._donating(piece, released) for piece, released in pairs)
        self._scalars = [piece.scalars for piece in self.pieces]
        self.going: dict[int, list[Value]] = {}
        self.coming: dict[int, list[Value]] = {}
        for value, after, before in away:
            self.going.setdefault(after, []).append(value)
            self.coming.setdefault(before, []).append(value)

    def _check(self) -> None:
        known = {Value(node) for node in self.graph.inputs}
        for piece in self.pieces:
            for value in piece.reads:
                if value not in known:
                    raise ArgumentError(
                        f"the cut {self.policy.label!r} runs {piece.nodes[0].name!r} before, "
                        f"or without, {value.node.name!r}, whose output is read there"
                    )
            known.update(piece.gives)
        for head in self.graph.heads:
            if head not in known:
                raise ArgumentError(f"the cut {self.policy.label!r} leaves out {head.node.name!r}")

    def _donating(self, piece: Piece, released: Sequence[Value]) -> Piece:
        """The piece with as many of the values it reads last given away as its results can use."""
        room = Counter(piece.segment.output_types)
        given = set(released)
        donated = []
        for index, value in enumerate(piece.reads):
            type_ = self.type_of(value)
            if value in given and not value.node.is_variable and room[type_]:
                room[type_] -= 1
                donated.append(index)
        return replace(piece, segment=piece.segment.sparing_memory(tuple(donated)))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is compiled, in order; equal pieces have equal segments."""
        return tuple(piece.segment for piece in self.pieces)

    @property
    def dispatches(self) -> int:
        """How many programs a run hands to the device."""
        return len(self.pieces)

    @property
    def flops(self) -> float:
        """Floating-point operations of a run, in FLOP: predicted, each operation by itself, nothing fused."""
        return sum(
            operation_flops(node.bound, tuple(map(self.type_of, node.inputs)))
            for piece in self.pieces
            for node in piece.nodes
            if node.bound is not None
        )

    @property
    def traffic_bytes(self) -> int:
        """Bytes that segments read from and leave in memory."""
        return sum(self._bytes(piece.reads) + self._bytes(piece.gives) for piece in self.pieces)

    def peak_bytes(self, workspace: Callable[[Segment], int] | None = None) -> int:
        """The most bytes alive at once, from the lifetimes of values.

        The program's inputs are its caller's and count from start to end.  Beside them are alive the
        values that crossed a cut and will still be read, and the running segment's workspace.

        Args:
            workspace: bytes a segment takes while it runs; by default as `planned_workspace` predicts.
        """
        workspace = workspace or planned_workspace
        taken = zip(self.live_bytes(), self.segments, strict=True)
        return self.input_bytes + max((live + workspace(segment) for live, segment in taken), default=0)

    @property
    def input_bytes(self) -> int:
        """Bytes of the program's inputs, which are its caller's."""
        return self._bytes([Value(node) for node in self.graph.inputs])

    def live_bytes(self, counted: Callable[[Value], bool] = lambda value: True) -> list[int]:
        """Bytes of values alive while each piece runs, of those that count and are no inputs of the program."""
        owned = {Value(node) for node in self.graph.inputs}

        def size(values: Iterable[Value]) -> int:
            return self._bytes([v for v in values if v not in owned and counted(v)])

        live, found = 0, []
        for index, (piece, released) in enumerate(zip(self.pieces, self.released, strict=True)):
            live += size(self.coming.get(index, ()))
            given_away = size([piece.reads[i] for i in piece.segment.donated])
            live += size(piece.gives) - given_away
            found.append(live)
            live -= size(released) - given_away + size(self.going.get(index, ()))
        return found

    def _bytes(self, values: Sequence[Value]) -> int:
        return sum(self.type_of(value).nbytes for value in values)

    def run(self, inputs: Sequence[Any], watch: Watch | None = None) -> tuple[Any, ...]:
        """Computes the heads; each value is let go after the last piece that reads it.

        Args:
            inputs: arrays in the order of the graph's inputs.
            watch: called after each piece with it and all arrays then alive, by value.

        Raises:
            ArgumentError: another number of arrays than the graph has inputs.
            ShapeError, DTypeError: an array is not what its input was typed as.
        """
        self._check_inputs(inputs)
        running = Running(self, dict(zip(self.graph.inputs, inputs, strict=True)), watch)
        running.advance(len(self.pieces))
        return running.values(self.graph.heads)

    def _check_inputs(self, inputs: Sequence[Any]) -> None:
        nodes = self.graph.inputs
        if len(inputs) != len(nodes):
            names = ", ".join(node.name for node in nodes)
            raise ArgumentError(f"the program takes {len(nodes)} arrays ({names}), got {len(inputs)}")
        for node, array in zip(nodes, inputs, strict=True):
            type_ = self.type_of(Value(node))
            if tuple(array.shape) != type_.shape:
                raise ShapeError(f"{node.name!r} has shape {type_.shape}, got {tuple(array.shape)}")
            if array.dtype != type_.dtype:
                raise DTypeError(f"{node.name!r} is {type_.dtype.name}, got {array.dtype}")

    def __repr__(self) -> str:
        return f"Program({self.policy.label}: {len(self.graph.nodes)} nodes in {len(self.pieces)} segments)"


class Running:
    """A program under way: it can stop between two pieces, and take further inputs there.

    Args:
        program: what runs.
        inputs: arrays of those of the graph's inputs that are there.
        watch: called after each piece with it and all arrays then alive, by value.

    Attributes:
        live: the arrays alive, by value.
        place: how many pieces have run.
    """

    def __init__(self, program: Program, inputs: Mapping[Node, Any], watch: Watch | None = None) -> None:
        self._program = program
        self._watch = watch
        self.live: dict[Value, Any] = {}
        self.place = 0
        self.take(inputs)

    def take(self, inputs: Mapping[Node, Any]) -> None:
        """Further inputs of the graph."""
        self.live.update({Value(node): array for node, array in inputs.items()})

    def advance(self, stop: int) -> None:
        """Runs the pieces up to `stop`.

        What a piece gave away is gone: one that was interrupted can't be run again, and the program must start anew.
        """
        program, live = self._program, self.live
        while self.place < stop:
            self._move(program.coming, "device")
            piece, released = program.pieces[self.place], program.released[self.place]
            results = run.run_segment(
                piece.segment, [live[v] for v in piece.reads], program._scalars[self.place]
            )
            live.update(zip(piece.gives, results, strict=True))
            self._move(program.going, "pinned_host")
            self.place += 1
            if self._watch is not None:
                self._watch(piece, live)
            for value in released:
                del live[value]

    def _move(self, values: Mapping[int, Sequence[Value]], memory: str) -> None:
        for value in values.get(self.place, ()):
            target = SingleDeviceSharding(self._program.device.jax_device, memory_kind=memory)
            self.live[value] = jax.device_put(self.live[value], target)

    def values(self, wanted: Sequence[Value]) -> tuple[Any, ...]:
        """The arrays of values that are alive."""
        return tuple(self.live[value] for value in wanted)


def _last_reads(groups: Groups, heads: Sequence[Value]) -> dict[Value, int]:
    """For each value the last group that reads it; beyond the last one for what is handed out."""
    last = {v: index for index, group in enumerate(groups) for node in group for v in node.inputs}
    return last | dict.fromkeys(heads, len(groups))


def _given(groups: Groups, index: int, last: Mapping[Value, int]) -> list[Value]:
    made = [Value(node, i) for node in groups[index] if node.bound for i in range(node.bound.output_count)]
    return [value for value in made if last.get(value, -1) > index]


def _released(piece: Piece, index: int, last: Mapping[Value, int]) -> list[Value]:
    return [value for value in piece.reads if last[value] == index]


def planned_workspace(segment: Segment) -> int:
    """Bytes alive inside a segment beside its inputs and outputs: its operations in order, none fused."""
    end: dict[int, int] = {s: i for i, (_, used) in enumerate(segment.instructions) for s in used}
    handed_out = set(segment.outputs)
    live = peak = count = 0
    alive: set[int] = set()
    for index, (bound, _) in enumerate(segment.instructions):
        made = [s for s in range(count, count + bound.output_count) if s not in handed_out]
        alive.update(made)
        live += sum(segment.types[s].nbytes for s in made)
        peak = max(peak, live)
        ended = [s for s in alive if end.get(s, index) <= index]
        live -= sum(segment.types[s].nbytes for s in ended)
        alive.difference_update(ended)
        count += bound.output_count
    return peak
