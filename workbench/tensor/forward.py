"""A network's prediction as one compiled program, whose parameters are inputs that can be exchanged.

To ask what a network loses with another weight in one layer, nothing need be compiled again: the weight is an input
like the data.  The program is the one that a hybridized block or a bound symbol runs, so its time and XLA's count of
its work and memory are theirs too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from workbench.errors import ArgumentError
from workbench.graph import cut
from workbench.graph.composite import KEYS, composite, prepared, value_types
from workbench.graph.node import Graph, Node
from workbench.graph.passes import optimise
from workbench.imperative.ndarray import NDArray
from workbench.memory.measure import constant_inputs
from workbench.runtime.compile import cache
from workbench.runtime.device import current_context
from workbench.runtime.program import Program
from workbench.symbolic.network import input_types
from workbench.symbolic.symbol import Symbol
from workbench.tensor.stopwatch import seconds
from workbench.types import Quantity, TensorType

WORK = "XLA's cost analysis of the compiled program, for {} on {}"
MEMORY = "XLA's buffer assignment of the compiled program, parameters and data included, for {} on {}"


class Forward:
    """A prediction of a symbol on the current device.

    Args:
        symbol: the network.
        values: its parameters and states by name.
        data: its inputs by name; what is neither there nor among the values follows in shape and is zeros.

    Attributes:
        values: every input of the program by name.
        parameters: the names of those that were given as its parameters.

    Raises:
        ArgumentError: an input's shape does not follow.
        ShapeError: shapes do not fit the network.
    """

    def __init__(self, symbol: Symbol, values: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        self.device = current_context()
        given = {name: _array(value) for name, value in {**values, **data}.items()}
        graph = optimise(prepared(symbol.graph, train=False)).graph
        types = _types(symbol, graph, given)
        self._names = [n.name for n in graph.inputs]
        self.program = Program(graph, cut.whole(), value_types(graph, types), self.device)
        zeros = zip(self._names, constant_inputs(self.program), strict=True)
        self.values: dict[str, jax.Array] = {
            n: self._put(given[n]) if n in given else z * 0 for n, z in zeros
        }
        self.parameters = [name for name in self._names if name in values]
        rows = {len(given[n]) for n in data if np.ndim(given[n])}
        self._examples = f"{max(rows, default=1)} examples"

    def _put(self, array: Any) -> jax.Array:
        with jax.enable_x64(True):
            return jax.device_put(array, self.device.jax_device)

    def __call__(self, **changed: Any) -> tuple[jax.Array, ...]:
        """The outputs, with some parameters, or the data, exchanged for this call."""
        for name in changed:
            if name not in self.values:
                raise ArgumentError(f"the network has no input {name!r}")
        now = {**self.values, **{n: self._put(_array(v)) for n, v in changed.items()}}
        return self.program.run([now[name] for name in self._names])

    @property
    def work(self) -> Quantity:
        """Floating-point operations, as XLA counts them in what it compiled: measured, nothing run."""
        found = sum(cache.get(segment).flops for segment in self.program.segments)
        return Quantity(found, "FLOP", "measured", WORK.format(self._examples, self.device), "work")

    @property
    def memory(self) -> Quantity:
        """Bytes of all buffers: measured, nothing run."""
        found = sum(cache.get(segment).assigned_bytes for segment in self.program.segments)
        return Quantity(found, "B", "measured", MEMORY.format(self._examples, self.device), "memory")

    def time(self, repeats: int) -> Quantity:
        """Seconds of a prediction: measured."""
        return seconds(self.__call__, repeats, self.device)


def _types(symbol: Symbol, graph: Graph, given: Mapping[str, Any]) -> dict[Node, TensorType]:
    """The type of each input: as given, or as it follows; keys are of what draws in training only."""
    names = set(symbol.list_inputs())
    known = {n: a for n, a in given.items() if n in names}
    found = input_types(
        symbol, {n: a.shape for n, a in known.items()}, {n: a.dtype for n, a in known.items()}
    )
    keys = composite(graph, "forward").key_type
    return {n: keys if n.name == KEYS and keys is not None else found[n.name] for n in graph.inputs}


def _array(value: Any) -> Any:
    return (
        value.jax
        if isinstance(value, NDArray)
        else value
        if isinstance(value, jax.Array)
        else np.asarray(value)
    )
