"""A study of one training step, and of every way offered to cut it.

A style is where the graph is cut.  So a study holds one step as a list of operations, and a row of cuts from
"every op", which is the imperative style, to "one segment", the symbolic one, and answers for each what
it costs and what it hides.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from inspect import getattr_static
from typing import Any

from workbench.graph.node import Node, Value
from workbench.runtime.cost import operation_flops
from workbench.runtime.device import Context, current_context
from workbench.runtime.source import Source, caller
from workbench.symbolic.code import code_of, seen_outputs
from workbench.symbolic.cuts import Fate, optimised, programs
from workbench.symbolic.measurement import Measurement, measure
from workbench.symbolic.network import default_shapes, symbol_of
from workbench.symbolic.sample import sample_inputs
from workbench.symbolic.step import Step, training_step
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity, Shape

PEAK = (
    "lifetimes of all values: batch and parameters, what crosses a cut and is still to be read, and inside a "
    "segment what its operations need one after another, nothing fused"
)
TRAFFIC = "inputs and outputs of the segments, summed, from their shapes"
WORK = "XLA's cost analysis of each operation by itself, summed; tanh, exp and the like not counted"


class StyleStudy:
    """A training step and its cuts; the explorers of `workbench_widgets` ask it everything they show.

    Attributes:
        title: the network's name, the user's own where that can be had.
        nodes: one dict an operation, in the order of execution: ``id`` (its place in this list), ``name``,
            ``op``, ``phase``, ``inputs`` (ids), ``args`` (names of variables), ``shape``, ``dtype`` and
            ``bytes`` of its first output, ``flops`` (predicted), ``line`` (of `code`, from 0), ``source``
            ("file.py:12" or ""), ``fate`` (kept, removed, merged or folded, in one segment), ``fate_note``.
        code: the step as imperative code, one line an operation.
        levels: the cuts: dicts of ``label`` and ``segments`` (their number).
        step: the step itself.
        programs: the step cut at each level.
    """

    def __init__(
        self, title: str, step: Step, device: Context, arguments: str, asked_at: Source | None = None
    ) -> None:
        self.title = title
        self.step = step
        self.device = device
        self._arguments = arguments
        self._ids = {node.name: index for index, node in enumerate(step.nodes)}
        whole, fates = optimised(step)
        self.programs = programs(step, whole, device)
        self.nodes = [self._record(node, fates.get(node.name), asked_at) for node in step.nodes]
        self.code = code_of(step)

    def _record(self, node: Node, fate: Fate | None, asked_at: Source | None) -> dict[str, Any]:
        assert node.bound is not None
        first = self.step.types[Value(node)]
        types = tuple(self.step.types[v] for v in node.inputs)
        makers = dict.fromkeys(v.node.name for v in node.inputs if not v.node.is_variable)
        return {
            "id": self._ids[node.name],
            "name": node.name,
            "op": node.op,
            "phase": self.step.phases[node.name],
            "inputs": [self._ids[name] for name in makers],
            "args": list(dict.fromkeys(v.node.name for v in node.inputs if v.node.is_variable)),
            "shape": list(first.shape),
            "dtype": first.dtype.name,
            "bytes": first.nbytes,
            "flops": operation_flops(node.bound, types),
            "line": self._ids[node.name],
            "source": _place(node.source, asked_at),
            "fate": fate.kind if fate else "kept",
            "fate_note": fate.note if fate else "",
        }

    @property
    def levels(self) -> list[dict[str, Any]]:
        return [{"label": p.policy.label, "segments": p.dispatches} for p in self.programs]

    def segments(self, level: int) -> list[list[int]]:
        """Ids of the operations by segment; an operation in none was dropped by the passes."""
        pieces = self.programs[level].pieces
        dropped = self._dropped(level)
        ids = [[self._ids[n.name] for n in piece.nodes if n.name not in dropped] for piece in pieces]
        return [segment for segment in ids if segment]

    def _dropped(self, level: int) -> set[str]:
        """Names of what the passes dropped; a folded operation is there still, but as a constant."""
        if level < len(self.programs) - 1:
            return set()
        return {node["name"] for node in self.nodes if node["fate"] != "kept"}

    def visible(self, level: int) -> list[int]:
        """Ids of the operations of which a segment hands out a value that a print could show."""
        given = {v for piece in self.programs[level].pieces for v in piece.gives}
        shown = {v.node.name for v in given if v in seen_outputs(v.node)} - self._dropped(level)
        return sorted(self._ids[name] for name in shown)

    def figures(self, level: int) -> list[Quantity]:
        """What can be said of a cut without running it."""
        program = self.programs[level]
        return [
            Quantity(program.dispatches, "1", "predicted", "one dispatch a segment", "dispatches"),
            Quantity(program.peak_bytes(), "B", "predicted", PEAK, "peak bytes"),
            Quantity(program.traffic_bytes, "B", "predicted", TRAFFIC, "bytes across cuts"),
            Quantity(program.flops, "FLOP", "predicted", WORK, "work"),
        ]

    def measure(
        self, level: int, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> Measurement | None:
        """Compiles and runs the step on a random batch; None if it was cancelled.

        Args:
            level: place of the cut in `levels`.
            progress: is told the part done, from 0 to 1.
            cancelled: asked between any two parts of the work.
        """
        return measure(self.programs[level], sample_inputs(self.step, self.device), progress, cancelled)

    def call(self, level: int) -> str:
        """The Python call that shows this cut."""
        return f"StyleExplorer({self._arguments}, cut={level})"

    def __repr__(self) -> str:
        return f"StyleStudy({self.title!r}: {len(self.nodes)} operations, {len(self.programs)} cuts)"


def study(network: Any, shapes: Mapping[str, Shape] | None = None) -> StyleStudy:
    """The study of one training step of a network, on the current device.

    Args:
        network: a Symbol that ends in a loss; a Module of one; or a Gluon block, which gets a SoftmaxOutput.
        shapes: shape of each input of a batch by name; without it, a batch of 64 images of 28 x 28 pixels
            for the input ``data``.

    Raises:
        ArgumentError: it is none of these, has no loss, or a shape is missing.
        ShapeError: the shapes do not fit the network.
    """
    symbol, title = symbol_of(network, "a study")
    given = default_shapes(symbol) if shapes is None else {name: tuple(s) for name, s in shapes.items()}
    step = training_step(symbol, given)
    variable = global_name(network)
    arguments = (variable or "net") + ("" if shapes is None else f", shapes={given!r}")
    asked_at = None if isinstance(network, Symbol) else caller()
    return StyleStudy(variable or title, step, current_context(), arguments, asked_at)


def global_name(network: Any) -> str | None:
    """The user's own name for the network, where it is a global of the notebook or script, or the symbol of one."""
    names = [(n, v) for n, v in list(vars(sys.modules["__main__"]).items()) if not n.startswith("_")]
    found = [n for n, value in names if value is network]
    found += [f"{n}.symbol" for n, value in names if getattr_static(value, "symbol", None) is network]
    return found[0] if found else None


def _place(source: Any, asked_at: Source | None) -> str:
    """The user's line, except where it is only the line that asked for the study."""
    if not isinstance(source, Source) or source == asked_at:
        return ""
    return source.place
