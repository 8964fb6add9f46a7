"""`print_summary`: a network layer by layer as text, with output shapes and numbers of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.graph.bind import BoundOp
from workbench.graph.infer import Inference
from workbench.graph.node import Node, Value, auxiliary
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape

TITLES = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")
Row = tuple[str, str, str, list[str]]


@checked
def print_summary(
    symbol: Symbol,
    shape: Mapping[str, Shape] | None = None,
    line_length: Positive = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Prints every layer with its output's shape (without the batch), its parameters and the layers before it.

    Args:
        symbol: the network.
        shape: shapes of its inputs by name; without them shapes and counts stay empty where they do not follow.
        line_length: characters a line.
        positions: where each column ends, as fractions of the line or as characters.

    Raises:
        ArgumentError: it is no Symbol, a name is unknown, or there are not four growing positions.
        ShapeError: the shapes do not fit.
    """
    print(summary(symbol, shape, line_length, positions))


def summary(
    symbol: Symbol,
    shape: Mapping[str, Shape] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> str:
    """What `print_summary` prints."""
    ends = [int(line_length * p) if positions[-1] <= 1 else int(p) for p in positions]
    if len(ends) != len(TITLES) or ends != sorted(set(ends)):
        raise ArgumentError(f"print_summary() needs four growing positions, got {tuple(positions)}")
    symbol.infer_shape_partial(**(shape or {}))  # refuses unknown names
    inference = Inference(symbol.values, shape or {})
    counts = parameter_counts(symbol, shape or {})
    rule = "_" * line_length
    lines = [rule, _columns(TITLES, ends), "=" * line_length]
    for row in _rows(symbol, inference, counts):
        lines += [*_printed(row, ends), rule]
    total = sum(sum(sizes.values()) for sizes in counts.values())
    return "\n".join([*lines[:-1], "=" * line_length, f"Total params: {total}", rule])


def parameter_counts(symbol: Symbol, shape: Mapping[str, Shape]) -> dict[str, dict[str, int]]:
    """Node → the parameters it is the first to read, with their sizes, where those are known.

    Auxiliary states, labels and what `shape` names are not parameters.
    """
    inference = Inference(symbol.values, shape)
    nodes = symbol.nodes
    seen = {*auxiliary(nodes), *(id(n) for n in nodes if n.name in shape)}
    counts: dict[str, dict[str, int]] = {}
    for node in nodes:
        is_loss = isinstance(node.bound, BoundOp) and node.bound.op.loss
        for value in node.inputs[1:]:
            if value.node.is_variable and not is_loss and id(value.node) not in seen:
                seen.add(id(value.node))
                found = inference.shape(value)
                counts.setdefault(node.name, {})[value.node.name] = 0 if found is None else math.prod(found)
    return counts


def _rows(symbol: Symbol, inference: Inference, counts: Mapping[str, Mapping[str, int]]) -> Iterator[Row]:
    parameters = {name for sizes in counts.values() for name in sizes}
    states = auxiliary(symbol.nodes)
    read_first = {id(n.inputs[0].node) for n in symbol.nodes if n.inputs}
    for node in symbol.nodes:
        if node.is_variable and (node.name in parameters or id(node) not in read_first or id(node) in states):
            continue
        before = [v.node.name for v in node.inputs if not (v.node.is_variable and _is_beside(v.node, node))]
        size = str(sum(counts.get(node.name, {}).values()))
        yield f"{node.name}({node.op})", _shown(inference.shape(Value(node))), size, before


def _is_beside(variable: Node, node: Node) -> bool:
    return variable is not node.inputs[0].node


def _shown(shape: Shape | None) -> str:
    return "" if shape is None else "x".join(map(str, shape[1:]))


def _printed(row: Row, ends: Sequence[int]) -> list[str]:
    name, shape, size, before = row
    lines = [_columns((name, shape, size, before[0] if before else ""), ends)]
    return lines + [_columns(("", "", "", each), ends) for each in before[1:]]


def _columns(fields: Sequence[str], ends: Sequence[int]) -> str:
    line = ""
    for field, end in zip(fields, ends, strict=True):
        line = (line + field)[:end].ljust(end)
    return line
