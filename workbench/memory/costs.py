"""What operations cost by the clock: seconds from a recorded run, where FLOP are only a guess at them.

A multiplication of large matrices takes as long as its FLOP say; a normalisation takes as long as its bytes do, many
times longer.  So a plan that is to save time weighs operations by what they took:

    with mx.engine.naive(), mx.trace.record() as events:
        step()
    plan = mx.memory.plan(net, shapes, "chain", budget="1GB", costs=events)

Recorded operation by operation, each has a time of its own.  Of a segment of several operations just the sum was
measured; it is shared out among them by what is predicted of each, FLOP and bytes, one FLOP counting as much as a byte.
So is what the trace has not, at the mean speed of what it has.  A call of a hybridized block is one operation of a
trace, whose time is shared out among those inside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from workbench.errors import ArgumentError
from workbench.graph.bound import Bound, Types
from workbench.graph.composite import Composite
from workbench.graph.segment import Segment
from workbench.memory.differentiated import Differentiated
from workbench.runtime.cost import operation_flops
from workbench.runtime.trace import Event

Key = tuple[Bound, Types]


def timed(network: Differentiated, events: Sequence[Event]) -> Differentiated:
    """The same pass, its operations weighed by the seconds that they took in a recorded run.

    Args:
        events: of `trace.record`, of one step or of several, of which each operation has the median.

    Raises:
        ArgumentError: the events were not timed, or hold none of the network's operations.
    """
    for event in events:
        if not isinstance(event, Event) or event.duration_s is None:
            raise ArgumentError(f"costs=… are events that trace.record() timed, got {event!r:.80}")
    took = _seconds(events)
    keys = [_key(network, number) for number in range(len(network.nodes))]
    known = {key for key in keys if key in took}
    if not known:
        raise ArgumentError(
            f"costs=…: of the network's {len(keys)} operations the trace has none; record a step of it, of the same "
            "shapes: with engine.naive(), trace.record() as events"
        )
    speed = sum(took[key] for key in known) / sum(_weight(key) for key in known)
    return replace(network, seconds=tuple(took[key] if key in took else speed * _weight(key) for key in keys))


def _key(network: Differentiated, number: int) -> Key:
    node = network.nodes[number]
    assert node.bound is not None
    return node.bound, tuple(network.types[v] for v in node.inputs)


def _seconds(events: Iterable[Event]) -> dict[Key, float]:
    """The median of what each operation took, and its share where several ran as one."""
    found: dict[Key, list[float]] = defaultdict(list)
    for event in events:
        assert event.duration_s is not None
        keys = _operations(event.segment)
        weights = [_weight(key) for key in keys] if len(keys) > 1 else [1.0] * len(keys)
        for key, weight in zip(keys, weights, strict=True):
            found[key].append(event.duration_s * weight / sum(weights))
    return {key: median(each) for key, each in found.items()}


def _operations(segment: Segment) -> list[Key]:
    return [
        key
        for bound, arguments in segment.instructions
        for key in _inside(bound, tuple(segment.inputs[~s] if s < 0 else segment.types[s] for s in arguments))
    ]


def _inside(bound: Bound, types: Types) -> list[Key]:
    """An operation; or where it is a whole graph, those that it is made of."""
    if not isinstance(bound, Composite):
        return [(bound, types)]
    known = bound.types_of(types)
    return [
        key
        for node in bound.graph.nodes
        if node.bound is not None
        for key in _inside(node.bound, tuple(known[v] for v in node.inputs))
    ]


def _weight(key: Key) -> float:
    """What is predicted of an operation: its FLOP, and the bytes that it reads and gives."""
    bound, types = key
    return operation_flops(bound, types) + sum(t.nbytes for t in (*types, *bound.infer(types, bound.name)))
