"""`foreach`, `while_loop` and `cond` of symbols: functions that compose a body, called once to write it down.

What a body made inside the call belongs to its graph.  What it took from outside, and variables that it made, such as
the weight of a layer, become inputs of the node, so they are arguments of the whole network like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax

from workbench.errors import ArgumentError, NotSupportedError
from workbench.graph.control import Cond, Control, Foreach, GraphGradient, WhileLoop, pair
from workbench.graph.node import Graph, Node, Value, auxiliary, topological, with_inputs
from workbench.runtime.source import caller
from workbench.symbolic.naming import current_attrs, current_names
from workbench.symbolic.symbol import Symbol, output_name


def foreach(body: Callable[..., Any], data: Any, init_states: Any, name: str = "foreach") -> tuple[Any, Any]:
    """``body(slice, states) -> (outputs, states)`` for each slice of `data` along axis 0.

    Args:
        body: called once, with symbols; free variables in it become inputs.
        data, init_states: a Symbol, or nested lists of them.

    Returns:
        The outputs, stacked along axis 0, and the last states, nested as the body gives them.

    Raises:
        ArgumentError: something is no Symbol, or the states change their number.
        NotSupportedError: the body holds auxiliary states.
    """
    flat, slices, marks = _stand_ins(data, "foreach() data")
    starts, states, state_marks = _stand_ins(init_states, "foreach() states")
    outputs, left = pair(body(slices, states), "foreach(): the body")
    out, out_form = _flat(outputs, "foreach(): the body's outputs")
    new, form = _flat(left, "foreach(): the body's states")
    _same_number(len(new), len(starts), "foreach(): states")
    inside = _inside([*out, *new], [*marks, *state_marks])
    at = {id(n): i for i, n in enumerate(inside.graph.inputs)}
    attrs = {
        "in_data_locs": tuple(at[id(m)] for m in marks),
        "in_state_locs": tuple(at[id(m)] for m in state_marks),
        "remain_locs": tuple(at[id(n)] for n, _ in inside.outer),
        "num_out_data": len(out),
        "num_outputs": len(out) + len(new),
    }
    inputs = [*flat, *starts, *(v for _, v in inside.outer)]
    values = _node(Foreach((inside.graph,), attrs), inputs)
    return _nested(out_form, values[: len(out)]), _nested(form, values[len(out) :])


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., Any],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """``func(*loop_vars) -> (outputs, loop_vars)`` while ``cond(*loop_vars)``, `max_iterations` times at most.

    Returns:
        The outputs, stacked along axis 0 and filled with zeros up to `max_iterations`, and the variables as they
        were left.

    Raises:
        ArgumentError: `max_iterations` is missing or not positive, something is no Symbol, or the variables change
            their number.
        NotSupportedError: a body holds auxiliary states.
    """
    if not isinstance(max_iterations, int) or max_iterations < 1:
        raise ArgumentError(f"while_loop() needs max_iterations, 1 or more, got {max_iterations!r}")
    starts, given, cond_marks = _stand_ins(loop_vars, "while_loop() loop_vars")
    if not starts:
        raise ArgumentError("while_loop() needs at least one loop variable")
    (asked,) = _flat(cond(*given), "while_loop(): the value of cond")[0]
    asks = _inside([asked], cond_marks, keep=False)
    _, given, marks = _stand_ins(loop_vars, "while_loop() loop_vars")
    outputs, left = pair(func(*given), "while_loop(): func")
    out, out_form = _flat([] if outputs is None else outputs, "while_loop(): the outputs of func")
    new, _ = _flat(left, "while_loop(): the new loop_vars")
    _same_number(len(new), len(starts), "while_loop(): loop_vars")
    does = _inside([*out, *new], marks)
    inputs = _Inputs(starts)
    at = {id(n): i for i, n in enumerate(does.graph.inputs)}
    attrs = {
        "cond_input_locs": inputs.places(asks, cond_marks),
        "func_input_locs": inputs.places(does, marks),
        "func_var_locs": tuple(at[id(m)] for m in marks),
        "max_iterations": max_iterations,
        "num_out_data": len(out),
        "num_outputs": len(out) + len(new),
    }
    values = _node(WhileLoop((asks.graph, does.graph), attrs), inputs.values)
    form = jax.tree.structure(loop_vars)
    return _nested(out_form, values[: len(out)]), _nested(form, values[len(out) :])


def cond(pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """What `then_func` gives where `pred` is true (not zero), else what `else_func` does; only one of them runs.

    Raises:
        ArgumentError: something is no Symbol, or the two give different numbers of outputs.
        NotSupportedError: a branch holds auxiliary states.
    """
    (asked,) = _flat(pred, "cond() pred")[0]
    mark = Node(None, name=output_name(asked))
    inputs = _Inputs([asked])
    asks = Inside(Graph((Value(mark),), (mark,)), [])
    branches, form = [], None
    for function, what in ((else_func, "else_func"), (then_func, "then_func")):
        start = Node(None)
        given, form = _flat(function(), f"cond(): the value of {what}")
        branches.append((given, _inside(given, [], start.serial)))
    (other, no), (chosen, yes) = branches
    _same_number(len(other), len(chosen), "cond(): outputs of the two branches")
    attrs = {
        "cond_input_locs": inputs.places(asks, [mark]),
        "then_input_locs": inputs.places(yes, []),
        "else_input_locs": inputs.places(no, []),
        "num_outputs": len(chosen),
    }
    return _nested(form, _node(Cond((asks.graph, yes.graph, no.graph), attrs), inputs.values))


def gradient(symbol: Symbol, wrt: Sequence[str]) -> Symbol:
    """See `Symbol.gradient`."""
    graph = symbol.graph
    names = [n.name for n in graph.inputs]
    arguments = symbol.list_arguments()
    for each in wrt:
        if each not in arguments:
            raise ArgumentError(f"gradient(): no argument {each!r} among {', '.join(arguments)}")
    attrs = {"wrt_locs": tuple(names.index(each) for each in wrt), "num_outputs": len(wrt)}
    return Symbol(_node(GraphGradient((graph,), attrs), [Value(n) for n in graph.inputs]))


class Inside(NamedTuple):
    """A body's graph, and for each variable that stands for something outside the value it stands for."""

    graph: Graph
    outer: list[tuple[Node, Value]]


class _Inputs:
    """The inputs of a node with several graphs, each value once."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = list(values)

    def places(self, inside: Inside, marks: Sequence[Node]) -> tuple[int, ...]:
        """For each input of a graph its place; `marks` stand for the first values."""
        stands = {id(m): v for m, v in zip(marks, self.values, strict=False)}
        stands |= {id(node): value for node, value in inside.outer}
        return tuple(self._place(stands[id(n)]) for n in inside.graph.inputs)

    def _place(self, value: Value) -> int:
        if value not in self.values:
            self.values.append(value)
        return self.values.index(value)


def _stand_ins(given: Any, what: str) -> tuple[list[Value], Any, list[Node]]:
    """The values given, and variables for them: as symbols nested alike, and as nodes."""
    values, form = _flat(given, what)
    marks = [Node(None, name=f"{v.node.name}-{v.index}") for v in values]
    return values, _nested(form, [Value(m) for m in marks]), marks


def _flat(given: Any, what: str) -> tuple[list[Value], Any]:
    symbols, form = jax.tree.flatten(given)
    for each in symbols:
        if not isinstance(each, Symbol) or len(each) != 1:
            raise ArgumentError(
                f"{what} must be a Symbol of one output, or nested lists of them, got {type(each).__name__}"
            )
    return [s.values[0] for s in symbols], form


def _nested(form: Any, values: Sequence[Value]) -> Any:
    return jax.tree.unflatten(form, [Symbol([v]) for v in values])


def _same_number(got: int, wanted: int, what: str) -> None:
    if got != wanted:
        raise ArgumentError(f"{what}: {wanted} were expected, got {got}")


def _inside(
    heads: Sequence[Value], marks: Sequence[Node], start: int | None = None, keep: bool = True
) -> Inside:
    """The graph between the marks and the heads.

    A node is inside if it was made after the first mark, or depends on something inside (a block that was traced
    before is composed of copies of older nodes).  Marks that nothing reads are inputs of it too, if they are to be
    kept.

    Raises:
        NotSupportedError: it holds auxiliary states.
    """
    start = marks[0].serial if marks else start
    assert start is not None
    within = {id(m) for m in marks}
    order = topological(heads)
    for node in order:
        if (not node.is_variable and node.serial >= start) or any(id(v.node) in within for v in node.inputs):
            within.add(id(node))
    _refuse_states([n for n in order if id(n) in within])
    stands: dict[Value, Node] = {}

    def stand_in(value: Value) -> Value:
        if id(value.node) in within:
            return value
        if value not in stands:
            stands[value] = Node(None, name=output_name(value), attrs=value.node.attrs)
        return Value(stands[value])

    inner = [stand_in(h) if id(h.node) not in within else h for h in heads]
    made = _rebuilt(inner, within, stand_in)
    needed = [n for n in topological(made) if n.is_variable]
    unused = [m for m in marks if m not in needed] if keep else []
    outer = {id(node): (node, value) for value, node in stands.items()}
    return Inside(Graph(tuple(made), (*needed, *unused)), [outer[id(n)] for n in needed if id(n) in outer])


def _rebuilt(heads: Sequence[Value], within: set[int], stand_in: Callable[[Value], Value]) -> list[Value]:
    """The heads on nodes whose inputs from outside are variables."""
    new: dict[int, Node] = {}
    for node in topological(heads):
        if id(node) in within and not node.is_variable:
            inputs = tuple(
                Value(new[id(v.node)], v.index) if id(v.node) in new else stand_in(v) for v in node.inputs
            )
            new[id(node)] = with_inputs(node, inputs)
    return [Value(new[id(h.node)], h.index) if id(h.node) in new else h for h in heads]


def _refuse_states(nodes: Sequence[Node]) -> None:
    if auxiliary(nodes):
        node = next(n for n in nodes if auxiliary([n]))
        raise NotSupportedError(
            f"{node.op} {node.name!r} has auxiliary states, which a loop or a branch does not move; "
            "use LayerNorm, or normalise outside of it"
        )


def _node(bound: Control, inputs: Sequence[Value]) -> list[Value]:
    name = current_names().get(None, bound.name)
    node = Node(bound, tuple(inputs), (), name, current_attrs().get({}), caller())
    return [Value(node, i) for i in range(bound.output_count)]
