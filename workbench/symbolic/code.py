"""A training step written as imperative code, one line an operation.

This is what somebody would type, line by line, to do by hand what a symbolic program does at once.  A
gradient has no public name, so its line names the gradient operator itself (``_backward_Convolution``), which
is what `autograd` would record.  Attributes left at their default are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from workbench.graph.bind import BoundOp
from workbench.graph.bound import GradientOp
from workbench.graph.node import Node, Value
from workbench.ops.index import placed
from workbench.symbolic.step import Step

INFIX = {
    "elemwise_add": "{} + {}",
    "elemwise_sub": "{} - {}",
    "elemwise_mul": "{} * {}",
    "elemwise_div": "{} / {}",
    "_plus_scalar": "{} + {scalar}",
    "_minus_scalar": "{} - {scalar}",
    "_rminus_scalar": "{scalar} - {}",
    "_mul_scalar": "{} * {scalar}",
    "_div_scalar": "{} / {scalar}",
    "_rdiv_scalar": "{scalar} / {}",
    "_power_scalar": "{} ** {scalar}",
    "negative": "-{}",
}


def code_of(step: Step) -> list[str]:
    """One line of Python for each of the step's nodes, in their order."""
    read = {value for node in step.nodes for value in node.inputs}
    names = _names(step)
    return [_line(node, read, names) for node in step.nodes]


def _line(node: Node, read: set[Value], names: Mapping[Value, str]) -> str:
    states = states_left(node)
    made = [v for v in seen_outputs(node) + hidden_outputs(node) if v not in states]
    while len(made) > 1 and made[-1].index >= len(seen_outputs(node)) and made[-1] not in read:
        made.pop()
    return f"{', '.join(names[v] for v in made)} = {_expression(node, [names[v] for v in node.inputs])}"


def seen_outputs(node: Node) -> list[Value]:
    """The outputs that a caller gets."""
    assert node.bound is not None
    count = node.bound.visible if isinstance(node.bound, BoundOp) else node.bound.output_count
    return [Value(node, index) for index in range(count)]


def hidden_outputs(node: Node) -> list[Value]:
    """The outputs made for the gradient, and for auxiliary states."""
    assert node.bound is not None
    return [Value(node, index) for index in range(len(seen_outputs(node)), node.bound.output_count)]


def states_left(node: Node) -> dict[Value, Value]:
    """Outputs that are written into an input, with that input."""
    bound = node.bound
    writes = bound.writes if isinstance(bound, BoundOp) else ()
    return {Value(node, output): node.inputs[position] for position, output in writes}


def _names(step: Step) -> dict[Value, str]:
    """A variable's name for every value: ``…_grad`` for a gradient, the weight's for an update."""
    names = {Value(node): _identifier(node.name) for node in step.graph.inputs}
    taken = set(names.values())
    for node in step.nodes:
        states = states_left(node)
        for value in seen_outputs(node) + hidden_outputs(node):
            if step.phases[node.name] == "update":
                names[value] = names[node.inputs[0]]
            elif value in states:
                names[value] = names[states[value]]
            else:
                names[value] = _free(_stem(value, step, names), taken)
    return names


def _free(stem: str, taken: set[str]) -> str:
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return name


def _stem(value: Value, step: Step, names: Mapping[Value, str]) -> str:
    node = value.node
    of = step.gradients.get(value)
    if of is not None:
        return f"{names[of]}_grad" if isinstance(node.bound, GradientOp) else _start_or_sum(node, names[of])
    if value.index and isinstance(node.bound, BoundOp):
        return _identifier(f"{node.name}_{node.bound.output_names[value.index]}")
    return _identifier(node.name)


def _start_or_sum(node: Node, of: str) -> str:
    return f"{of}_grad_sum" if node.inputs else f"{of}_grad"


def _identifier(name: str) -> str:
    clean = re.sub(r"\W", "_", name)
    return f"_{clean}" if clean[:1].isdigit() else clean


def _expression(node: Node, inputs: list[str]) -> str:
    bound = node.bound
    if isinstance(bound, GradientOp):
        shown = attributes(bound.of, node.scalars)
        return f"{bound.name}({', '.join([*inputs, *_keywords(shown)])})"
    assert isinstance(bound, BoundOp)
    given = attributes(bound, node.scalars)
    if bound.name in INFIX:
        return INFIX[bound.name].format(*inputs, scalar=_literal(given.get("scalar", 0.0)))
    if bound.name == "_getitem":
        return f"{inputs[0]}[{_index(placed(given['key'], node.scalars))}]"
    if bound.name == "_row":
        return f"{inputs[0]}[{int(node.scalars[0])}]"
    if bound.name == "_full":
        return _filled(given, node.scalars[0])
    if bound.key_type is not None:
        *inputs, key = inputs
        return f"nd.{bound.name}({', '.join([*inputs, *_keywords(given), f'_key={key}'])})"
    return f"nd.{bound.name}({', '.join([*inputs, *_keywords(given)])})"


def attributes(bound: Any, scalars: tuple[float, ...]) -> dict[str, Any]:
    """The attributes a caller had to give: those that are not at their default."""
    if not isinstance(bound, BoundOp):
        return {}
    given = {**bound.attrs, **bound.unpack(scalars)}
    defaults = bound.op.attributes
    return {k: v for k, v in given.items() if not k.startswith("_") and v != defaults[k].default}


def _keywords(given: Mapping[str, Any]) -> list[str]:
    return [f"{name}={_literal(value)}" for name, value in given.items()]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _filled(given: Mapping[str, Any], value: float) -> str:
    dtype = _keywords({k: v for k, v in given.items() if k == "dtype"})
    short = {0.0: "zeros", 1.0: "ones"}.get(value)
    arguments = [repr(given["shape"])] if short else [repr(given["shape"]), _literal(value)]
    return f"nd.{short or 'full'}({', '.join([*arguments, *dtype])})"


def _index(key: Any) -> str:
    parts = [_subscript(part) for part in key]
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts)


def _subscript(part: tuple[Any, ...]) -> str:
    if part[0] == "int":
        return str(part[1])
    if part[0] == "new":
        return "None"
    begin, end, step = part[1:]
    return f"{begin or ''}:{'' if end is None else end}" + (f":{step}" if step != 1 else "")
