"""A listing of a graph's nodes, laid out as MXNet's ``debug_str``, so that scripts which read it keep working."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.graph.node import Node, Value, topological
from workbench.symbolic import attributes

RULE = "--------------------"


def listing(heads: Sequence[Value]) -> str:
    """The heads, then every node with its inputs and attributes, in the order in which they run."""
    lines = ["Symbol Outputs:"]
    lines += [f"\toutput[{i}]={_shown(head)}" for i, head in enumerate(heads)]
    for node in topological(heads):
        lines += [f"Variable:{node.name}"] if node.is_variable else _operation(node)
    return "\n".join(lines) + "\n"


def _operation(node: Node) -> list[str]:
    lines = [RULE, f"Op:{node.op}, Name={node.name}", "Inputs:"]
    for i, value in enumerate(node.inputs):
        lines.append(f"\targ[{i}]={_shown(value)}" + (" version=0" if value.node.is_variable else ""))
    attrs = attributes.listed(node)
    if attrs:
        lines += ["Attrs:", *(f"\t{k}={attrs[k]}" for k in sorted(attrs))]
    return lines


def _shown(value: Value) -> str:
    return f"{value.node.name}({value.index})"
