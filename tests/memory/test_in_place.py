"""Results that lie over what their operation reads, in a graph."""

from workbench.graph.bind import bind
from workbench.graph.node import Node, Value
from workbench.memory.in_place import overlays, passed_on
from workbench.ops import registry
from workbench.types import tensor_type

SQUARE = tensor_type((6, 6), "float32")


def bound(name):
    return bind(registry.get(name), {}, True)[0]


def graph():
    """b = relu(a), c = relu(b), d = b + c, e = d + d; a belongs to the caller."""
    add, relu = bound("elemwise_add"), bound("relu")
    a = Node(None, name="a")
    b = Node(relu, (Value(a),), name="b")
    c = Node(relu, (Value(b),), name="c")
    d = Node(add, (Value(b), Value(c)), name="d")
    e = Node(add, (Value(d), Value(d)), name="e")
    return [b, c, d, e], {Value(n): SQUARE for n in (a, b, c, d, e)}


def test_each_value_has_one_partner_and_what_belongs_to_the_caller_none():
    nodes, types = graph()
    found = {n.name: [(str(g), str(r)) for g, r in pairs_] for n, pairs_ in overlays(nodes, types).items()}
    assert found == {
        "c": [("c[0]", "b[0]")],  # b is read again, so in this order nothing comes of it
        "d": [("d[0]", "b[0]")],
        "e": [("e[0]", "d[0]")],
    }


def test_an_input_that_dies_is_preferred():
    nodes, types = graph()
    later = Node(nodes[2].bound, (nodes[2].inputs[0], nodes[2].inputs[0]), name="again")  # reads b once more
    types[Value(later)] = SQUARE
    found = overlays([*nodes, later], types)
    assert [(str(g), str(r)) for g, r in found[nodes[2]]] == [("d[0]", "c[0]")]


def test_what_an_operation_passes_on_needs_no_memory():
    a = Node(None, name="a")
    b = Node(bound("identity"), (Value(a),), name="b")
    c = Node(bound("relu"), (Value(b),), name="c")
    types = {Value(n): SQUARE for n in (a, b, c)}
    assert passed_on([b, c], types) == {Value(b)}
