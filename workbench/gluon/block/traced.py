"""`Traced`: a hybrid block's graph, with the parameters it takes.

Calling the block once on symbols instead of arrays writes its graph down.  From then on a call gathers the
parameters and is one operation, whatever number of layers is inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon.block.arguments import LEAF, flatten, nest
from workbench.gluon.block.monitored import Monitored, OpHook
from workbench.gluon.parameter import Parameter, ParameterDict
from workbench.graph.infer import Inference
from workbench.graph.node import Node, Value
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh
from workbench.symbolic import sym
from workbench.symbolic.cached_op import CachedOp
from workbench.symbolic.layout import lay_weights
from workbench.symbolic.planned import PlannedOp
from workbench.symbolic.symbol import Symbol


class Traced:
    """A graph of a block.

    Args:
        outputs: what the block gave for its symbols: a Symbol, or nested lists of them.
        data: the variables that stood for its arrays.
        params: where the graph's other variables are found by name.
        plan: how training uses memory, if it is planned.

    Raises:
        ArgumentError: a variable is neither; an output is no Symbol; or the plan was made for another network.
    """

    def __init__(self, outputs: Any, data: Sequence[Symbol], params: ParameterDict, plan: Any = None) -> None:
        heads: list[Any] = []
        self._form = flatten(outputs, heads)
        if not heads or not all(isinstance(h, Symbol) for h in heads):
            raise ArgumentError(
                f"hybrid_forward() must return Symbols when it is given Symbols, got {outputs!r}"
            )
        self._counts = [len(h) for h in heads]
        self.symbol = sym.Group(heads) if len(heads) > 1 else heads[0]
        self.data = [d.values[0].node for d in data]
        rest = _others(self.symbol, self.data)
        for node in rest:
            if node.name not in params:
                raise ArgumentError(
                    f"the graph has an input {node.name!r} that is neither data nor a parameter"
                )
        self.params = [params[n.name] for n in rest]
        inputs = [*self.data, *rest]
        self.op = (
            CachedOp(self.symbol, inputs) if plan is None else PlannedOp(self.symbol, plan, inputs, own=True)
        )
        self._arrays: dict[Context, list[NDArray]] = {}
        self._generation = -1
        self._monitored: dict[bool, Monitored] = {}

    def __call__(self, arrays: Sequence[NDArray]) -> Any:
        """The outputs, nested as the block gives them."""
        context = arrays[0]._storage.context
        return self._nested(self.op([*arrays, *self._learned(context)], context))

    def _learned(self, context: Context) -> list[NDArray]:
        """The parameters on a device; listed anew only where some parameter got new arrays."""
        if self._generation != Parameter.generation:
            self._arrays, self._generation = {}, Parameter.generation
        learned = self._arrays.get(context)
        if learned is None:
            learned = [p.data(context) for p in self.params]
            if isinstance(context, Mesh):
                lay_weights(self.symbol, context, {p.name: p.data(context) for p in self.params})
            self._arrays[context] = learned
        return learned

    def monitored(self, arrays: Sequence[NDArray], hook: OpHook, take: bool) -> Any:
        """The outputs, after showing the hook every value inside."""
        context = arrays[0]._storage.context
        learned = self._learned(context)
        made = self._monitored.get(take)
        if made is None:
            made = self._monitored[take] = Monitored(self.symbol, self.op.inputs, take)
        return self._nested(made([*arrays, *learned], context, hook))

    def _nested(self, results: Sequence[Any]) -> Any:
        if self._form is LEAF and len(results) == 1:
            return results[0]
        flat = iter(results)
        return nest(self._form, iter([_take(flat, count) for count in self._counts]))

    def infer(self, arrays: Sequence[NDArray]) -> None:
        """Gives the parameters the shapes that follow from the data's.

        Raises:
            ShapeError: the data does not fit, or a shape does not follow.
        """
        shapes = {n.name: a.shape for n, a in zip(self.data, arrays, strict=True)}
        dtypes = {n.name: a.dtype for n, a in zip(self.data, arrays, strict=True)}
        for parameter in self.params:
            dtypes[parameter.name] = parameter.dtype
            if parameter.shape is not None and parameter.shape_is_known:
                shapes[parameter.name] = parameter.shape
        inference = Inference(self.symbol.values, shapes, dtypes)
        variables = self.op.inputs[len(self.data) :]
        for parameter, node in zip(self.params, variables, strict=True):
            shape = inference.shape(Value(node))
            if shape is not None:
                parameter.shape = shape

    def refuse(self, arrays: Sequence[NDArray]) -> None:
        """Says why the shape of some parameter does not follow from the data, if there is one.

        Raises:
            ShapeError: there is; in the words of the operator that the data does not fit, where it has any.
        """
        left = [p for p in self.params if not p.shape_is_known]
        if not left:
            return
        data = {n.name: a.shape for n, a in zip(self.data, arrays, strict=True)}
        shapes = {p.name: tuple(n or 1 for n in p.shape or ()) for p in self.params}  # 1: any size would do
        Inference(self.symbol.values, {**shapes, **data}, {p.name: p.dtype for p in self.params})
        raise ShapeError(
            f"the shape of {left[0].name!r}, {left[0].shape} so far, does not follow from data of "
            f"{', '.join(map(str, data.values()))}; an axis of 0 is one whose size is not known"
        )

    def infer_dtypes(self, arrays: Sequence[NDArray]) -> None:
        """Gives the parameters the dtypes that follow from the data's."""
        shapes = {n.name: a.shape for n, a in zip(self.data, arrays, strict=True)}
        dtypes = {n.name: a.dtype for n, a in zip(self.data, arrays, strict=True)}
        inference = Inference(self.symbol.values, shapes, dtypes)
        for parameter, node in zip(self.params, self.op.inputs[len(self.data) :], strict=True):
            if parameter.dtype != (found := inference.dtype(Value(node)).type):
                parameter.cast(found)

    def to_jax(self, train: bool) -> tuple[Callable[..., Any], dict[str, jax.Array]]:
        """The pure function and its parameters; see `HybridBlock.to_jax`."""
        program = self.op.program(train)
        names = [p.name for p in self.params]
        written = [names[i - len(self.data)] for i in program.states]
        rows = program.operator.key_type.shape[0] if program.operator.key_type is not None else 0

        def function(params: Mapping[str, jax.Array], *inputs: jax.Array, key: Any = None) -> Any:
            if len(inputs) != len(self.data):
                raise ArgumentError(f"the block was traced with {len(self.data)} inputs, got {len(inputs)}")
            arrays = [*inputs, *[params[n] for n in names]]
            if rows:
                arrays.append(_keys(key, rows))
            results = program.operator.call(arrays, ())
            outputs = self._nested(results[: program.heads])
            return (outputs, dict(zip(written, results[program.heads :], strict=True))) if train else outputs

        return function, {p.name: p.data().jax for p in self.params}


def _others(symbol: Symbol, data: Sequence[Node]) -> list[Node]:
    known = set(map(id, data))
    return [n for n in symbol.nodes if n.is_variable and id(n) not in known]


def _take(flat: Iterator[Any], count: int) -> Any:
    """One array, or a list of them for a symbol of several outputs."""
    return next(flat) if count == 1 else [next(flat) for _ in range(count)]


def _keys(key: Any, rows: int) -> jax.Array:
    if key is None:
        raise ArgumentError(f"the graph draws random numbers {rows} times; give key=jax.random.key(seed)")
    return jax.random.key_data(jax.random.split(key, rows))
