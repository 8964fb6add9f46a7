"""Control flow: nodes whose operator holds graphs of its own, run many times, or one of them chosen.

A loop written out is as long as it runs; a loop kept as one node is compiled once whatever its length.  Each kind
reads the same inputs as any node, so whatever its graphs use from outside is an input.  Which input goes where is
said by the attributes that MXNet's files use: positions, graph by graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from workbench.errors import ArgumentError
from workbench.graph.bind import KEY_TYPE
from workbench.graph.bound import Bound, Types
from workbench.graph.composite import Composite, composite, prepared
from workbench.graph.infer import Inference
from workbench.graph.node import Graph, Value
from workbench.types import Shape, TensorType, tensor_type

Attributes = Mapping[str, Any]


def pair(result: Any, what: str) -> Any:
    """What the body of a loop gives, in either style: its outputs, and the states or variables it leaves.

    Raises:
        ArgumentError: it gave something else.
    """
    if isinstance(result, (tuple, list)) and len(result) == 2:
        return result
    got = f"a {type(result).__name__}" + (f" of {len(result)}" if isinstance(result, (tuple, list)) else "")
    raise ArgumentError(
        f"{what} must give two things, the outputs and what the next turn starts from; it gave {got}"
    )


class Control(Bound):
    """An operator with graphs inside.

    Args:
        graphs: as they were written down; a node's mode prepares them for training or prediction.
        attrs: MXNet's attributes of the operator: integers, and tuples of positions.
        train: the mode.
    """

    graph_count: ClassVar[int]
    attributes: ClassVar[tuple[str, ...]]

    def __init__(self, graphs: tuple[Graph, ...], attrs: Attributes, train: bool = False) -> None:
        super().__init__()
        self.graphs = graphs
        self.attrs = dict(attrs)
        self.bodies = tuple([composite(prepared(g, train), f"{self.name}_body") for g in graphs])
        self.key_type = KEY_TYPE if any(b.key_type is not None for b in self.bodies) else None
        shown = ", ".join(f"{k}={v}" for k, v in self.attrs.items())
        self.text = f"{self.name}({shown})" + "".join(f"<{b.text}>" for b in self.bodies)
        self._modes: dict[bool, Control] = {train: self}

    def check(self, inputs: int) -> None:
        """Refuses attributes that do not fit the graphs or the number of inputs, as a file may hold.

        Raises:
            ArgumentError: they do not.
        """
        if len(self.graphs) != self.graph_count or not self._fits(inputs, *self.graphs):
            shown = ", ".join(f"{k}={v}" for k, v in self.attrs.items())
            raise ArgumentError(
                f"{self.name}: its {len(self.graphs)} graphs and {inputs} inputs do not fit {shown}"
            )

    def wiring(self) -> tuple[tuple[int, ...], ...]:
        """For each graph, and each of its inputs, which of the node's inputs that is."""
        raise NotImplementedError

    def _sliced(self) -> int:
        """How many of the node's first inputs the graphs read slice by slice."""
        return 0

    def following(self, shapes: Sequence[Shape | None]) -> Mapping[int, Shape]:
        found: dict[int, Shape] = {}
        for graph, places in zip(self.graphs, self.wiring(), strict=True):
            pairs = [(n, i, shapes[i]) for n, i in zip(graph.inputs, places, strict=True)]
            known = {n: s[1:] if i < self._sliced() else s for n, i, s in pairs if s is not None}
            inside = Inference(graph.heads, known)
            for node, i, shape in pairs:
                inner = inside.shape(Value(node))
                if shape is None and inner is not None and i >= self._sliced():
                    found[i] = inner
        return found

    def _fits(self, inputs: int, *graphs: Graph) -> bool:
        """Whether every place exists, and the graphs give as many outputs as the attributes say."""
        raise NotImplementedError

    def _places(self, name: str, graph: Graph, among: int) -> bool:
        """Whether an attribute says for each input of a graph which of `among` it is."""
        places = self.attrs[name]
        return len(places) == len(graph.inputs) and all(0 <= i < among for i in places)

    @property
    def output_count(self) -> int:
        return self.attrs["num_outputs"]

    def in_mode(self, train: bool) -> Control:
        made = self._modes.get(train)
        if made is None:
            made = self._modes[train] = type(self)(self.graphs, self.attrs, train)
            made._modes = self._modes
        return made

    def _infer(self, types: Types, name: str) -> Types:
        if self.key_type is not None and (not types or types[-1] is not KEY_TYPE):
            types = (*types, KEY_TYPE)  # a symbol's node gets its key when it is bound
        return super()._infer(types, name)

    def _parts(self, inputs: Sequence[Any]) -> tuple[list[Any], Any]:
        """The tensors, and the random key or None."""
        return (list(inputs[:-1]), inputs[-1]) if self.key_type is not None else (list(inputs), None)

    def _run(self, which: int, inputs: Sequence[Any], key: Any, turn: Any) -> tuple[Any, ...]:
        """One of the graphs; `turn` tells the random numbers of one turn from those of another."""
        body = self.bodies[which]
        if body.key_type is not None:
            mixed = jax.random.fold_in(jax.random.wrap_key_data(key), turn)
            inputs = (*inputs, jax.random.key_data(jax.random.split(mixed, body.key_type.shape[0])))
        return ruled(body, inputs)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.bodies))})"


class Foreach(Control):
    """One graph for each slice of some inputs along axis 0, handing states on.

    Inputs: what is sliced, the first states, the rest.  Outputs: the graph's first `num_out_data`, stacked, and the
    last states.
    """

    name = "_foreach"
    graph_count = 1
    attributes = ("in_data_locs", "in_state_locs", "remain_locs", "num_out_data", "num_outputs")

    def wiring(self) -> tuple[tuple[int, ...], ...]:
        names = ("in_data_locs", "in_state_locs", "remain_locs")
        order = [place for name in names for place in self.attrs[name]]
        return (tuple(order.index(i) for i in range(len(order))),)

    def _sliced(self) -> int:
        return len(self.attrs["in_data_locs"])

    def _fits(self, inputs: int, *graphs: Graph) -> bool:
        a, states = self.attrs, len(self.attrs["in_state_locs"])
        places = sorted([*a["in_data_locs"], *a["in_state_locs"], *a["remain_locs"]])
        whole = places == list(range(inputs)) and len(graphs[0].inputs) == inputs
        return whole and len(graphs[0].heads) == a["num_outputs"] == a["num_out_data"] + states

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        arrays, key = self._parts(inputs)
        (places,) = self.wiring()
        first = self._sliced()
        second = first + len(self.attrs["in_state_locs"])
        count = self.attrs["num_out_data"]

        def turn(carry: tuple[Any, Any], slices: list[Any]) -> tuple[tuple[Any, Any], tuple[Any, ...]]:
            number, states = carry
            given = [*slices, *states, *arrays[second:]]
            outputs = self._run(0, [given[i] for i in places], key, number)
            return (number + 1, list(outputs[count:])), outputs[:count]

        start = (jnp.zeros((), jnp.int32), arrays[first:second])
        (_, states), stacked = jax.lax.scan(turn, start, arrays[:first])
        return (*stacked, *states)


class WhileLoop(Control):
    """A graph again and again while another says so, at most `max_iterations` times.

    Outputs: the first `num_out_data` of the graph, stacked and followed by zeros up to the limit; then the loop's
    variables as they were left.
    """

    name = "_while_loop"
    graph_count = 2
    attributes = (
        "cond_input_locs",
        "func_input_locs",
        "func_var_locs",
        "max_iterations",
        "num_out_data",
        "num_outputs",
    )

    def wiring(self) -> tuple[tuple[int, ...], ...]:
        return self.attrs["cond_input_locs"], self.attrs["func_input_locs"]

    def _fits(self, inputs: int, *graphs: Graph) -> bool:
        a, (cond, func) = self.attrs, graphs
        given = self._places("cond_input_locs", cond, inputs) and self._places(
            "func_input_locs", func, inputs
        )
        kept = all(0 <= i < len(func.inputs) for i in a["func_var_locs"]) and a["max_iterations"] > 0
        heads = len(func.heads) == a["num_outputs"] == a["num_out_data"] + len(a["func_var_locs"])
        return given and kept and heads and len(cond.heads) == 1

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        arrays, key = self._parts(inputs)
        conds, funcs = self.wiring()
        variables = [funcs[place] for place in self.attrs["func_var_locs"]]
        count = self.attrs["num_out_data"]

        def given(places: Sequence[int], values: Sequence[Any]) -> list[Any]:
            now = {**dict(enumerate(arrays)), **dict(zip(variables, values, strict=True))}
            return [now[place] for place in places]

        def body(values: list[Any], number: Any) -> tuple[list[Any], tuple[Any, ...]]:
            outputs = self._run(1, given(funcs, values), key, number)
            return list(outputs[count:]), tuple(outputs[:count])

        def skip(values: list[Any], number: Any) -> tuple[list[Any], tuple[Any, ...]]:
            _, shapes = jax.eval_shape(body, values, number)
            return values, tuple(jnp.zeros(s.shape, s.dtype) for s in shapes)

        def turn(carry: tuple[Any, Any], number: Any) -> tuple[tuple[Any, Any], tuple[Any, ...]]:
            going, values = carry
            (asked,) = self._run(0, given(conds, values), key, number)
            going = going & (jnp.reshape(asked, ()) != 0)
            values, outputs = jax.lax.cond(going, body, skip, values, number)
            return (going, values), outputs

        start = (jnp.ones((), bool), [arrays[place] for place in variables])
        numbers = jnp.arange(self.attrs["max_iterations"], dtype=jnp.int32)
        (_, values), stacked = jax.lax.scan(turn, start, numbers)
        return (*stacked, *values)


class Cond(Control):
    """One of two graphs, as a third says: its output is true (not zero), or not."""

    name = "_cond"
    graph_count = 3
    attributes = ("cond_input_locs", "then_input_locs", "else_input_locs", "num_outputs")

    def wiring(self) -> tuple[tuple[int, ...], ...]:
        return tuple(self.attrs[name] for name in ("cond_input_locs", "then_input_locs", "else_input_locs"))

    def _fits(self, inputs: int, *graphs: Graph) -> bool:
        names = ("cond_input_locs", "then_input_locs", "else_input_locs")
        given = all(self._places(name, graph, inputs) for name, graph in zip(names, graphs, strict=True))
        return given and [len(g.heads) for g in graphs] == [1, *[self.attrs["num_outputs"]] * 2]

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        arrays, key = self._parts(inputs)

        def run(which: int) -> tuple[Any, ...]:
            return self._run(which, [arrays[i] for i in self.wiring()[which]], key, which)

        (asked,) = run(0)
        return jax.lax.cond(jnp.reshape(asked, ()) != 0, lambda: run(1), lambda: run(2))


class GraphGradient(Control):
    """The gradients of all outputs of a graph, from cotangents of ones, for the inputs at `wrt_locs`."""

    name = "_graph_gradient"
    graph_count = 1
    attributes = ("wrt_locs", "num_outputs")

    def wiring(self) -> tuple[tuple[int, ...], ...]:
        return (tuple(range(len(self.graphs[0].inputs))),)

    def _fits(self, inputs: int, *graphs: Graph) -> bool:
        wrt = self.attrs["wrt_locs"]
        return (
            all(0 <= i < inputs for i in wrt)
            and len(wrt) == self.attrs["num_outputs"]
            and (len(graphs[0].inputs) == inputs)
        )

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        arrays, key = self._parts(inputs)
        wrt = self.attrs["wrt_locs"]

        def outputs(*moving: Any) -> tuple[Any, ...]:
            given = list(arrays)
            for place, array in zip(wrt, moving, strict=True):
                given[place] = array
            results = self._run(0, given, key, 0)
            return tuple(r for r in results if jnp.issubdtype(r.dtype, jnp.floating))

        results, pull = jax.vjp(outputs, *[arrays[place] for place in wrt])
        return tuple(pull(tuple(jnp.ones_like(r) for r in results)))


KINDS: dict[str, type[Control]] = {kind.name: kind for kind in (Foreach, WhileLoop, Cond, GraphGradient)}


def ruled(body: Composite, inputs: Sequence[Any]) -> tuple[Any, ...]:
    """The composite's outputs; under JAX's differentiation its gradient is the graph's own, losses' rules and all."""
    types = tuple(tensor_type(a.shape, a.dtype) for a in inputs)
    wanted = body.differentiable_inputs(types)
    if not any(wanted):
        return body.call(inputs, ())
    full = body.recorded(types, wanted)
    cotangents = tuple(i < body.output_count and t.is_float for i, t in enumerate(full.infer(types)))
    rule = full.gradient(types, cotangents, wanted)

    @jax.custom_vjp
    def run(*arrays: Any) -> tuple[Any, ...]:
        return body.call(arrays, ())

    def forward(*arrays: Any) -> tuple[Any, Any]:
        outputs = full.call(arrays, ())
        return outputs[: body.output_count], [
            (outputs if k.is_output else arrays)[k.place] for k in rule.kept
        ]

    def backward(kept: Sequence[Any], given: Sequence[Any]) -> tuple[Any, ...]:
        there = [g for g, used in zip(given, cotangents, strict=False) if used]
        grads = iter(rule.bound.call([*kept, *there], ()))
        return tuple(next(grads) if want else _no_gradient(t) for want, t in zip(wanted, types, strict=True))

    run.defvjp(forward, backward)
    return run(*inputs)


def _no_gradient(type_: TensorType) -> Any:
    return jnp.zeros(type_.shape, type_.dtype) if type_.is_float else None
