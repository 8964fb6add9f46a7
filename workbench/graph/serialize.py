"""Symbol files: MXNet's JSON format, read with suspicion.

A file is data: it is parsed as JSON, checked field by field, and only operators and attributes the
registry knows are built.  Nothing in it is evaluated.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.errors import SymbolFileError, WorkbenchError
from workbench.graph.bind import BoundOp, bind
from workbench.graph.control import KINDS, Control
from workbench.graph.node import Graph, Node, Value, topological
from workbench.ops import registry
from workbench.ops.attribute import Attribute
from workbench.types import as_dtype

VERSION = 10901  # the MXNet version whose layout this is
USER_ATTRIBUTES = (
    "ctx_group",
    "lr_mult",
    "wd_mult",
    "force_mirroring",
    "mirror_stage",
)  # without __ in old files
DTYPE_CODES = {
    "0": "float32",
    "1": "float64",
    "2": "float16",
    "3": "uint8",
    "4": "int32",
    "5": "int8",
    "6": "int64",
    "12": "bfloat16",
}  # MXNet's
CODES_OF = {name: code for code, name in DTYPE_CODES.items()}
SIZE_LIMIT = 64 * 2**20  # characters; far above any real network, far below harm


def dumps(heads: Iterable[Value]) -> str:
    """The graph of the heads as MXNet's JSON, one line a node."""
    graph = _graph(list(heads), ())
    graph["attrs"] = {"mxnet_version": ["int", VERSION]}
    nodes = ",\n    ".join(map(json.dumps, graph.pop("nodes")))
    rest = "".join(f',\n  "{name}": {json.dumps(value)}' for name, value in graph.items())
    return f'{{\n  "nodes": [\n    {nodes}\n  ]{rest}\n}}'


def _graph(heads: Sequence[Value], inputs: Sequence[Node]) -> dict[str, Any]:
    """A graph as data; `inputs` are its variables, in a subgraph even those that it does not need."""
    nodes = topological(heads)
    known = set(map(id, nodes))
    nodes += [n for n in inputs if id(n) not in known]
    at = {id(node): i for i, node in enumerate(nodes)}
    rows = [0]
    for node in nodes:
        rows.append(rows[-1] + (node.bound.output_count if node.bound else 1))
    return {
        "nodes": [_row(node, at) for node in nodes],
        "arg_nodes": [i for i, n in enumerate(nodes) if n.is_variable],
        "node_row_ptr": rows,
        "heads": [[at[id(h.node)], h.index, 0] for h in heads],
    }


def _row(node: Node, at: dict[int, int]) -> dict[str, Any]:
    attrs = {**node.attrs, **written(node)}
    if "__dtype__" in node.attrs:
        attrs["__dtype__"] = CODES_OF.get(node.attrs["__dtype__"], node.attrs["__dtype__"])
    row: dict[str, Any] = {
        "op": node.op,
        "name": node.name,
        "inputs": [[at[id(v.node)], v.index, 0] for v in node.inputs],
    }
    if attrs:
        row["attrs"] = attrs
    if isinstance(node.bound, Control):
        row["subgraphs"] = [_graph(g.heads, g.inputs) for g in node.bound.graphs]
    return row


def written(node: Node) -> dict[str, str]:
    """The operator's attributes as text: those that were written down, or all where nobody wrote them."""
    bound = node.bound
    if isinstance(bound, BoundOp):
        own = {**bound.attrs, **bound.unpack(node.scalars)}
        given = getattr(node, "given", own)
        attrs = {k: str(v) for k, v in own.items() if k in given and not k.startswith("_")}
        return {**attrs, "num_args": str(len(node.inputs))} if bound.op.variadic else attrs
    if isinstance(bound, Control):
        places = {k: str(list(v)) if isinstance(v, tuple) else str(v) for k, v in bound.attrs.items()}
        return {**places, "num_args": str(bound.graph_count + len(node.inputs))}
    return {}


def loads(text: str) -> tuple[Value, ...]:
    """The heads of the graph that `dumps` or MXNet wrote.

    Raises:
        SymbolFileError: the text is not such a file; the message says where.
    """
    return _heads(_parsed(text), "the file")[0]


def _heads(data: Any, where: str) -> tuple[tuple[Value, ...], list[Node]]:
    """The heads of a graph given as data, and all its nodes."""
    nodes: list[Node] = []
    for position, row in enumerate(_field(data, "nodes", list, where)):
        nodes.append(_node(row, position, nodes))
    heads = _field(data, "heads", list, where)
    if not heads:
        raise SymbolFileError("symbol file: 'heads' is empty")
    return tuple(_value(entry, nodes, "heads") for entry in heads), nodes


def _parsed(text: str) -> dict[str, Any]:
    if not isinstance(text, str):
        raise SymbolFileError(f"symbol file: expected JSON text, got {type(text).__name__}")
    if len(text) > SIZE_LIMIT:
        raise SymbolFileError(f"symbol file: {len(text)} characters, more than the limit of {SIZE_LIMIT}")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SymbolFileError(f"symbol file: not JSON: {error}") from error
    if not isinstance(data, dict):
        raise SymbolFileError(f"symbol file: expected an object, got {type(data).__name__}")
    return data


def _field(data: Any, name: str, kind: type, where: str) -> Any:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise SymbolFileError(f"symbol file: {where} needs {name!r} as {kind.__name__}, got {value!r:.80}")
    return value


def _node(row: Any, position: int, before: list[Node]) -> Node:
    where = f"node {position}"
    name = _field(row, "name", str, where)
    op = _field(row, "op", str, where)
    where = f"node {position} ({op} {name!r})"
    inputs = tuple(_value(entry, before, where) for entry in _field(row, "inputs", list, where))
    given = _attributes(row, where)
    if op == "null":
        return Node(None, (), (), name, _variable_attributes(given, where))
    if op in KINDS:
        return _control(KINDS[op], row, inputs, name, given, where)
    try:
        definition = registry.get(op)
        own = {k: v for k, v in given.items() if k in definition.attributes and not k.startswith("_")}
        rest = {k: v for k, v in given.items() if k not in own}
        unknown = [k for k in rest if not k.startswith("__")]
        bound, scalars = bind(definition, {**own, **{k: rest[k] for k in unknown}})
    except WorkbenchError as error:
        raise SymbolFileError(f"symbol file: {where}: {error}") from error
    if definition.variadic:
        rest.pop("num_args", None)  # the inputs say how many they are
    names = bound.input_names
    if names is not None and len(inputs) != len(names):
        raise SymbolFileError(f"symbol file: {where} takes {len(names)} inputs, got {len(inputs)}")
    node = Node(bound, inputs, scalars, name, rest)
    node.given = frozenset(own)
    return node


def _control(
    kind: type[Control], row: Any, inputs: tuple[Value, ...], name: str, given: dict[str, str], where: str
) -> Node:
    graphs = []
    for part in _field(row, "subgraphs", list, where):
        heads, nodes = _heads(part, where)
        graphs.append(Graph(heads, tuple(n for n in nodes if n.is_variable)))
    try:
        parts = {k: Attribute(k, (tuple if k.endswith("_locs") else int,), (), None) for k in kind.attributes}
        attrs = {k: part.parse(given.pop(k, None), kind.name) for k, part in parts.items()}
        bound = kind(tuple(graphs), attrs)
        bound.check(len(inputs))
    except WorkbenchError as error:
        raise SymbolFileError(f"symbol file: {where}: {error}") from error
    given.pop("num_args", None)
    return Node(bound, inputs, (), name, given)


def _attributes(row: dict[str, Any], where: str) -> dict[str, str]:
    """The node's attributes: all in "attrs" since MXNet 1.0, before that in "param" and "attr"."""
    given: dict[str, str] = {}
    for part in ("param", "attr", "attrs"):
        found = row.get(part) or {}
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise SymbolFileError(f"symbol file: {where} needs its attributes as text, got {found!r:.80}")
        given.update(found)
    return {f"__{k}__" if k in USER_ATTRIBUTES else k: v for k, v in given.items()}


def _variable_attributes(given: dict[str, str], where: str) -> dict[str, str]:
    """A variable may state its shape and its dtype; MXNet writes the latter as a number."""
    attrs = dict(given)
    try:
        if "__shape__" in given:
            shape = Attribute("__shape__", (tuple,), (), None).parse(given["__shape__"], where)
            attrs["__shape__"] = str(tuple(map(operator.index, shape)))
        if "__dtype__" in given:
            attrs["__dtype__"] = as_dtype(DTYPE_CODES.get(given["__dtype__"], given["__dtype__"])).name
    except (WorkbenchError, TypeError) as error:
        raise SymbolFileError(f"symbol file: {where}: {error}") from error
    return attrs


def _value(entry: Any, nodes: list[Node], where: str) -> Value:
    fits = isinstance(entry, list) and len(entry) >= 2 and all(type(n) is int for n in entry[:2])
    if not fits or not 0 <= entry[0] < len(nodes):
        raise SymbolFileError(
            f"symbol file: {where} refers to {entry!r:.60}, not to one of the {len(nodes)} nodes before it"
        )
    node, index = nodes[entry[0]], entry[1]
    count = node.bound.output_count if node.bound else 1
    if not 0 <= index < count:
        raise SymbolFileError(
            f"symbol file: {where} asks for output {index} of {node.name!r}, which has {count}"
        )
    return Value(node, index)
