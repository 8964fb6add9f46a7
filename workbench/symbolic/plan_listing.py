"""An executor's listing: what forward and backward run, and the memory they take, as MXNet's ``debug_str``.

The memory is XLA's own count for the compiled program (`Executable.workspace_bytes`), so asking compiles it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.graph.composite import KEYS, prepared, value_types
from workbench.graph.gradient import differentiate
from workbench.graph.node import Graph, Node, Value
from workbench.graph.segment import Segment
from workbench.imperative.ndarray import NDArray
from workbench.runtime.compile import cache
from workbench.runtime.run import single_segment
from workbench.symbolic import listing as nodes
from workbench.types import TensorType, tensor_type

if TYPE_CHECKING:
    from workbench.symbolic.executor import Executor


def listing(executor: Executor) -> str:
    """The nodes of forward and backward, and two lines on memory."""
    return nodes.listing(_heads(executor)) + "".join(f"{line}\n" for line in memory(executor))


def memory(executor: Executor) -> Iterator[str]:
    """What the arrays and the program's workspace take together, and the number of workspaces: one, or none."""
    segment = _segment(executor)
    held = [*executor.arg_arrays, *executor.aux_arrays, *executor._grads.values()]
    executable = cache.get(segment)
    outputs = sum(t.nbytes for t in segment.output_types[: len(executor._symbol.values)])
    total = sum(map(_nbytes, held)) + outputs + executable.workspace_bytes
    yield f"Total {total // 2**20} MB allocated"
    yield f"Total {int(executable.workspace_bytes > 0)} TempSpace resource requested"


def _nbytes(array: NDArray) -> int:
    return array._type.nbytes


def _segment(executor: Executor) -> Segment:
    """What a step runs: forward and backward as one, or forward where no gradient is asked for."""
    if executor._plan is not None:
        return executor._plan.segment(None, keep_grads=True)
    operator = executor._op.program(bool(executor._grads)).operator
    types = tuple(a._type for a in executor._inputs)
    types = types if operator.key_type is None else (*types, operator.key_type)
    return single_segment(operator, types, tuple(range(operator.output_count)), executor._ctx)


def _heads(executor: Executor) -> list[Value]:
    """The outputs, and the gradients asked for."""
    graph = prepared(Graph(executor._symbol.values, executor._op.inputs), train=bool(executor._grads))
    inputs = {n: _input_type(n, a) for n, a in _arrays(executor, graph)}
    types = value_types(graph, inputs)
    starts = {}
    for i, head in enumerate(graph.heads):
        if types[head].is_float:
            starts[head] = Value(Node(None, name=f"_head_grad_{i}"))
            types[starts[head]] = types[head]
    wanted = [Value(n) for n in graph.inputs if n.name in executor._grads]
    found = differentiate(starts, wanted, types.__getitem__) if wanted else []
    return [*graph.heads, *(g for g in found if g is not None)]


def _arrays(executor: Executor, graph: Graph) -> Iterator[tuple[Node, NDArray | None]]:
    arrays = iter(executor._inputs)
    return ((n, None if n.name == KEYS else next(arrays)) for n in graph.inputs)


def _input_type(node: Node, array: NDArray | None) -> TensorType:
    return tensor_type((int(node.attrs["__rows__"]), 2), "uint32") if array is None else array._type
