"""The cuts offered of a training step, from every operation by itself to all in one segment.

The passes (`graph.passes`) run for the last alone: only there nobody may still ask for a value in between,
and the whole graph is in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from workbench.graph import cut
from workbench.graph.composite import value_types
from workbench.graph.cut import Cut, Groups
from workbench.graph.node import Graph, Node, Value
from workbench.graph.passes import optimise
from workbench.runtime.device import Context
from workbench.runtime.program import Program
from workbench.symbolic.step import Step


class Fate(NamedTuple):
    """What the passes did with an operation, and why."""

    kind: str
    note: str


def optimised(step: Step) -> tuple[Graph, dict[str, Fate]]:
    """The whole step after the passes, and what became of the operations that are no longer there."""
    outcome = optimise(step.graph)
    fates = {change.node.name: Fate(change.fate, change.note) for change in outcome.changes}
    left = {node.name for node in outcome.graph.nodes}
    for node in step.nodes:
        if node.name not in left and node.name not in fates:
            fates[node.name] = Fate("removed", "only operations that are gone read it")
    return outcome.graph, fates


def programs(step: Step, whole: Graph, device: Context) -> tuple[Program, ...]:
    """The step under each cut; the last one is of `whole`, the step after the passes."""
    cuts = _cuts(step)
    made = [Program(step.graph, each, step.types, device) for each in cuts]
    types = value_types(whole, {n: step.types[Value(n)] for n in whole.inputs})
    return (*made, Program(whole, _in_order(step, cut.whole()), types, device))


def _cuts(step: Step) -> list[Cut]:
    """From every operation by doubling, while that gives more segments than the phases do; then by phase."""
    count, size, cuts = len(step.nodes), 1, []
    by_phase = Cut("each phase", lambda nodes: _phases(step, nodes))
    phases = len(by_phase(step.nodes))
    while -(-count // size) > phases:
        cuts.append(_in_order(step, cut.every(size)))
        size *= 2
    return [*cuts, by_phase]


def _in_order(step: Step, policy: Cut) -> Cut:
    return Cut(policy.label, lambda nodes: policy(step.in_order(nodes)))


def _phases(step: Step, nodes: Sequence[Node]) -> Groups:
    grouped = groupby(step.in_order(nodes), key=lambda node: step.phases[node.name])
    return [list(group) for _, group in grouped]
