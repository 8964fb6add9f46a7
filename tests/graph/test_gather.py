"""Gathered gradients are the gradients: the same sums, from fewer and larger products."""

import random
from collections import Counter

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import sym
from workbench.graph import gather as gathering
from workbench.graph.bind import bind
from workbench.graph.composite import composite, prepared
from workbench.graph.flatten import flatten
from workbench.graph.gather import gather
from workbench.graph.node import Graph
from workbench.graph.segment import Segment
from workbench.ops import registry
from workbench.types import tensor_type

WIDTH, ROWS = 3, 2
SHAPES = {"w": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "b": (WIDTH,), "table": (5, WIDTH)}
W, V, B, TABLE = map(sym.var, SHAPES)
LAYERS = {
    "dense": lambda x: sym.FullyConnected(x, W, B, num_hidden=WIDTH),
    "unbiased": lambda x: sym.FullyConnected(x, V, num_hidden=WIDTH, no_bias=True),
    "product": lambda x: sym.dot(x, V),
    "transposed": lambda x: sym.dot(V, x, transpose_a=True, transpose_b=True).reshape((ROWS, WIDTH)),
    "gate": lambda x: sym.FullyConnected(x, W, B, num_hidden=WIDTH) + sym.dot(sym.relu(x), V),
    "tied": lambda x: sym.FullyConnected(x, sym.transpose(W), num_hidden=WIDTH, no_bias=True),
}


@pytest.fixture(autouse=True, scope="module")
def small():
    """Gathers matrices of a few numbers too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "SAVES", -(2**20))
        yield


def backward(symbol, wanted=None, dtype="float64"):
    """The flat segment of the gradients of everything (or of what is wanted) that `symbol` reads."""
    graph = prepared(Graph(symbol.values, tuple(n for n in symbol.nodes if n.is_variable)), True)
    names = [n.name for n in graph.inputs]
    types = tuple(tensor_type(SHAPES.get(n, (ROWS, WIDTH)), dtype) for n in names)
    made = composite(graph, "net")
    outputs = made.infer(types)
    asked = tuple(wanted is None or n in wanted for n in names)
    rule = made.gradient(types, (True,) * len(outputs), asked)
    read = (*(types[k.place] for k in rule.kept), *outputs)
    slots = tuple(~i for i in range(len(read)))
    return flatten(Segment(((rule.bound, slots),), read, tuple(range(rule.bound.output_count)))).segment


def recurrent(steps, layers=("dense",), reads_itself=True):
    h = sym.var("x0")
    for t in range(steps):
        for layer in layers:
            h = sym.tanh(LAYERS[layer](h))
        h = h + sym.var(f"x{t + 1}") if reads_itself else sym.var(f"x{t + 1}")
    return h


def numbers(segment):
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, t.shape).astype(t.dtype) for t in segment.inputs]


def same(segment, other):
    inputs = numbers(segment)
    with jax.enable_x64(True):
        expected = segment.evaluate(inputs, [])
        got = other.evaluate(inputs, [])
    assert other.output_types == segment.output_types
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def names(segment):
    return Counter(bound.name for bound, _ in segment.instructions)


def products(segment):
    """Row counts of the gradients that are given beside none for the rows."""
    return [
        bound.types[0].shape[0]
        for bound, _ in segment.instructions
        if bound.name == "_backward_FullyConnected"
    ]


def test_the_gradients_of_a_weight_and_its_bias_become_one_product():
    segment = backward(recurrent(6))
    made = gather(segment)
    assert names(segment)["_backward_FullyConnected"] == 6
    assert sorted(products(made)) == [ROWS] * 6 + [
        6 * ROWS
    ]  # the data's gradient at each step, one for the rest
    assert names(made)["elemwise_add"] == names(segment)["elemwise_add"] - 2 * 5
    assert names(made)["Concat"] == 2
    same(segment, made)


def test_a_step_whose_data_wants_no_gradient_is_a_term_like_the_others():
    segment = backward(recurrent(6), {"w", "b"})
    made = gather(segment)
    assert sorted(products(made)) == [ROWS] * 5 + [6 * ROWS]
    same(segment, made)


def test_what_is_read_elsewhere_stays_as_it_is():
    segment = backward(recurrent(5), {"w"})
    (total,) = segment.outputs
    adds = [s for s, t in enumerate(segment.types) if t.shape == (WIDTH, WIDTH) and s != total]
    shown = Segment(segment.instructions, segment.inputs, (total, *adds), None)
    assert gather(shown) is shown
    same(segment, gather(segment))


def test_few_terms_are_left_alone():
    segment = backward(recurrent(gathering.LEAST - 1))
    assert gather(segment) is segment
    enough = backward(recurrent(gathering.LEAST))
    assert gather(enough) is not enough


def test_rows_that_are_more_than_the_weight_are_not_copied(monkeypatch):
    segment = backward(recurrent(6))
    weight, bias, rows = WIDTH * WIDTH * 8, WIDTH * 8, 2 * ROWS * WIDTH * 8
    monkeypatch.setattr(gathering, "SAVES", weight + bias - rows + 1)
    assert gather(segment) is segment
    monkeypatch.setattr(gathering, "SAVES", weight + bias - rows)
    assert gather(segment) is not segment


def test_a_sum_of_many_bytes_is_gathered_in_portions(monkeypatch):
    segment = backward(recurrent(12), {"w", "b"})
    each = 2 * ROWS * WIDTH * 8
    monkeypatch.setattr(gathering, "MOST_BYTES", 5 * each)
    made = gather(segment)
    assert sorted(products(made))[-3:] == [4 * ROWS] * 3
    same(segment, made)
    monkeypatch.setattr(gathering, "MOST_BYTES", (gathering.LEAST - 1) * each)
    assert gather(segment) is segment


def test_a_portion_is_computed_when_its_last_row_is_there(monkeypatch):
    monkeypatch.setattr(gathering, "MOST", 4)
    made = gather(backward(recurrent(12), {"w"}))
    order = [
        bound.types[0].shape[0] for bound, _ in made.instructions if bound.name == "_backward_FullyConnected"
    ]
    assert order.index(4 * ROWS) < 6


def test_an_operand_that_is_transposed_has_no_rows():
    segment = backward(recurrent(6, ["transposed"]))
    assert names(gather(segment))["_backward_dot"] == 6


def test_rows_of_different_numbers_are_gathered_apart():
    data = [
        sym.var(f"x{t}") if t % 2 else sym.concat(sym.var(f"x{t}"), sym.var("y"), dim=0) for t in range(10)
    ]
    out = sym.add_n(*[LAYERS["dense"](x).sum() for x in data])
    segment = backward(out, {"w", "b"})
    made = gather(segment)
    assert sorted(products(made)) == [5 * ROWS, 5 * 2 * ROWS]
    same(segment, made)


def test_embeddings_of_every_step_are_one_scatter():
    total = sym.var("x0").sum()
    for t in range(5):
        ids = sym.add_n(*[sym.abs(sym.var(f"x{t}"))] * 4)
        rows = sym.Embedding(ids, TABLE, input_dim=5, output_dim=WIDTH, dtype="float64")
        total = total + sym.square(rows).sum()
    segment = backward(total, {"table"})
    made = gather(segment)
    assert names(segment)["_backward_Embedding"] == 5
    assert names(made)["_backward_Embedding"] == 1
    same(segment, made)


def test_weights_that_read_the_same_rows_are_divided_alike(monkeypatch):
    """Two layers of a gate: what its sum hands back to both is joined once, where both read it."""

    def net(steps, last):
        h = sym.dot(sym.var("x0"), V)
        for t in range(steps):
            h = sym.tanh(sym.FullyConnected(sym.var(f"x{t + 1}"), W, B, num_hidden=WIDTH) + sym.dot(h, V))
        return sym.FullyConnected(h, W, B, num_hidden=WIDTH) if last else h

    segment = backward(net(8, False), {"w", "v", "b"})
    made = gather(segment)
    assert names(made)["Concat"] == 3  # of the data, of the states, of the gates
    assert names(made)["_backward_elemwise_add"] == 0
    same(segment, made)
    segment = backward(net(8, True), {"w", "v", "b"})  # one weight reads what the other does not
    made = gather(segment)
    assert names(made)["Concat"] == 3
    same(segment, made)
    monkeypatch.setattr(gathering, "MOST_BYTES", 5 * 8 * ROWS * 2 * WIDTH)
    made = gather(segment)
    assert names(made)["Concat"] == 6  # in two portions, for both
    same(segment, made)


@pytest.mark.parametrize("times", [1, 2, 3, 4, 12])
def test_a_weight_that_reads_many_rows_is_gathered_whatever_others_read(times):
    """Beside weights that read a few of its rows each, too few to divide it at these."""
    others = [sym.var(f"u{k}") for k in range(24 // times)]
    shapes = {f"u{k}": (WIDTH, WIDTH) for k in range(24 // times)}
    h = sym.dot(sym.var("x0"), V)
    for t in range(24):
        gate = sym.FullyConnected(sym.var(f"x{t + 1}"), W, B, num_hidden=WIDTH)
        h = sym.tanh(gate + sym.dot(h, others[t % len(others)]))
    with pytest.MonkeyPatch.context() as patch:
        for name, shape in shapes.items():
            patch.setitem(SHAPES, name, shape)
        segment = backward(h, {"w", "b", *shapes})
    made = gather(segment)
    assert names(made)["_backward_FullyConnected"] == 1
    same(segment, made)


def test_what_a_sum_hands_back_is_handed_out_as_it_was():
    left, right = sym.var("x1"), sym.var("x2")
    h = sym.tanh(left + right)
    for _ in range(6):
        h = sym.tanh(LAYERS["dense"](h))
    segment = backward(h)
    made = gather(segment)
    assert names(made)["Concat"] == 2
    assert names(made)["_backward_elemwise_add"] == names(segment)["_backward_elemwise_add"] == 1
    same(segment, made)


def test_a_gradient_that_is_converted_is_not_the_one_handed_back():
    add, _ = bind(registry.get("elemwise_add"), {})
    wide, narrow = tensor_type((ROWS, WIDTH), "float64"), tensor_type((ROWS, WIDTH), "float32")

    def handed(*types):
        back = add.gradient(types, (True,), (True, True)).bound
        return gathering.handed_on(Segment(((back, (~0,)),), add.infer(types), ()))

    assert handed(wide, wide) == {0: ~0, 1: ~0}
    assert handed(wide, narrow) == {}


@given(
    steps=st.integers(1, 9),
    layers=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3),
    most=st.integers(4, 9),
    reads_itself=st.booleans(),
)
def test_any_recurrent_network_has_the_same_gradients(steps, layers, most, reads_itself):
    segment = backward(recurrent(steps, layers, reads_itself))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "MOST", most)
        same(segment, gather(segment))


@given(st.integers(1, 9), st.integers(0, 10**6))
def test_any_sum_of_products_is_the_same(count, seed):
    """Terms added in any order and shape of tree, some of them read twice or handed out."""
    draw = random.Random(seed)
    op, _ = bind(registry.get("FullyConnected"), {"num_hidden": WIDTH, "no_bias": True})
    add, _ = bind(registry.get("elemwise_add"), {})
    row, weight = tensor_type((ROWS, WIDTH), "float64"), tensor_type((WIDTH, WIDTH), "float64")
    both, alone = (op.gradient((row, weight), (True,), w).bound for w in ((True, True), (False, True)))
    instructions, terms, slot = [], [~3], 0
    for _ in range(count):
        data, cotangent = ~draw.randrange(2), ~draw.randrange(2)
        instructions.append(
            (both, (data, ~2, cotangent)) if draw.random() < 0.5 else (alone, (data, cotangent))
        )
        slot += instructions[-1][0].output_count
        terms.append(slot - 1)
    handed = draw.sample(terms, draw.randrange(2))
    while len(terms) > 1:
        draw.shuffle(terms)
        instructions.append((add, (terms.pop(), terms.pop())))
        terms += [slot] * (1 + (draw.random() < 0.1))
        slot += 1
    segment = Segment(tuple(instructions), (row, row, weight, weight), (*terms, *handed))
    same(segment, gather(segment))


ROW_BY_ROW = {
    "FullyConnected": ({"num_hidden": 3}, [(4, 5), (3, 5), (3,)]),
    "dot": ({}, [(4, 5), (5, 3)]),
    "Embedding": ({"input_dim": 5, "output_dim": 3, "dtype": "float64"}, [(4, 2), (5, 3)]),
}


def test_operators_that_say_so_work_row_by_row():
    declared = {op.name: op for op in registry.table().values() if op.rows}
    assert declared.keys() == ROW_BY_ROW.keys()
    for name, (attributes, shapes) in ROW_BY_ROW.items():
        bound, _ = bind(declared[name], attributes)
        rng = np.random.default_rng(0)
        inputs = [rng.uniform(0, 4, shape) for shape in shapes]
        at = bound.input_names.index(declared[name].rows)
        with jax.enable_x64(True):
            (whole,) = bound.call(inputs, [])
            for rows in (slice(0, 1), slice(1, 4)):
                (part,) = bound.call([x[rows] if i == at else x for i, x in enumerate(inputs)], [])
                np.testing.assert_allclose(part, whole[rows], rtol=1e-12, err_msg=name)
