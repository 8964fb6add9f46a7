"""Composing: an operator on symbols makes a node, and variables for the inputs that were not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.graph.bind import bind
from workbench.graph.node import Node, Value
from workbench.graph.serialize import USER_ATTRIBUTES
from workbench.ops.registry import Operator
from workbench.runtime.source import caller
from workbench.symbolic.naming import current_attrs, current_names


def compose(
    op: Operator,
    called: str,
    positional: Sequence[Sequence[Value]],
    named: Mapping[str, Sequence[Value]],
    attrs: Mapping[str, Any],
    name: str | None,
    user_attrs: Mapping[str, str],
) -> list[Value]:
    """The visible outputs of a new node, named after `called`, the operator's name or alias, if it has no name.

    Inputs that were not given become variables called ``<node>_<input>``: that is how
    ``sym.FullyConnected(data, num_hidden=10, name="fc")`` gets its ``fc_weight``.

    Raises:
        ArgumentError: an argument is unknown, given twice, or a group of several outputs.
    """
    extra = {k: v for k, v in attrs.items() if _is_users(k) and k not in op.attributes}
    bound, scalars = bind(op, {k: v for k, v in attrs.items() if k not in extra and k != "num_args"})
    name = current_names().get(name, called.lower())
    used = bound.input_names or ()
    places = used if len(positional) <= len(used) else op.inputs or used
    given = {**{n: v for n, v in zip(places, positional, strict=False) if v}, **named}
    if bound.input_names is not None and len(positional) > len(places):
        raise ArgumentError(f"sym.{op.name} takes {len(places)} symbols, got {len(positional)}")
    twice = [n for n in places[: len(positional)] if n in named]
    if twice:
        raise ArgumentError(f"sym.{op.name} got {', '.join(map(repr, twice))} twice, by position and by name")
    unknown = [n for n in named if n not in (*op.inputs, *used)]
    if unknown:
        raise ArgumentError(
            f"sym.{op.name} has no input {', '.join(map(repr, unknown))}; give its inputs by position"
        )
    scope = current_attrs().get({**user_attrs, **extra})
    if bound.input_names is None:
        inputs = [_single(v, op, f"argument {i}") for i, v in enumerate(_flatten(positional))]
        if not inputs:
            raise ArgumentError(f"sym.{op.name} needs at least one symbol")
        op.check_number(attrs, len(inputs))
    else:
        inputs = [
            _single(given[n], op, n)
            if n in given
            else Value(Node(None, (), (), f"{name}_{n}", scope, caller()))
            for n in used
        ]
    node = Node(bound, tuple(inputs), scalars, name, scope, caller())
    node.given = frozenset(attrs)
    return [Value(node, i) for i in range(bound.visible)]


def _is_users(key: str) -> bool:
    return (key.startswith("__") and key.endswith("__")) or key in USER_ATTRIBUTES


def _flatten(positional: Sequence[Sequence[Value]]) -> list[Sequence[Value]]:
    return [[v] for values in positional for v in values]


def _single(values: Sequence[Value], op: Operator, which: str) -> Value:
    if len(values) != 1:
        raise ArgumentError(
            f"sym.{op.name}: {which!r} is a group of {len(values)} outputs; pick one with [i]"
        )
    return values[0]
