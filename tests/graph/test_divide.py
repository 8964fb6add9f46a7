"""A divided segment computes what the whole does, and its equal blocks are equal segments."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import sym
from workbench.graph.composite import composite, prepared
from workbench.graph.divide import LONGEST, borders, divide, split
from workbench.graph.flatten import flatten, size
from workbench.graph.node import Graph
from workbench.graph.repeats import Run
from workbench.graph.segment import Segment
from workbench.ops import registry
from workbench.types import tensor_type

ROW = tensor_type((2, 4), "float32")


def tower(layers, train=False, drop=False):
    """x → (x · w + x) ^ tanh, `layers` times, each with a weight of its own."""
    x = sym.var("x")
    for i in range(layers):
        x = sym.tanh(sym.dot(x, sym.var(f"w{i}")) + x * (1 + i / 64))
        x = sym.Dropout(x, p=0.5) if drop else x
    return whole(x, train)


def whole(symbol, train=False):
    """A symbol as a segment of one composite."""
    graph = prepared(Graph(symbol.values, tuple(n for n in symbol.nodes if n.is_variable)), train)
    made = composite(graph, "tower")
    types = [ROW if n.name == "x" else tensor_type((4, 4), "float32") for n in graph.inputs]
    if made.key_type is not None:
        types[-1] = made.key_type
    slots = tuple(~i for i in range(len(types)))
    return Segment(((made, slots),), tuple(types), tuple(range(made.output_count)))


def arrays(segment, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.integers(0, 2**32, t.shape, np.uint32)
        if t.dtype == np.uint32
        else rng.uniform(-1, 1, t.shape).astype(t.dtype)
        for t in segment.inputs
    ]


def run(parts, outputs, inputs, numbers):
    slots = {~i: array for i, array in enumerate(inputs)}
    for part in parts:
        results = part.segment.evaluate([slots[s] for s in part.reads], numbers[part.scalars])
        slots.update(zip(part.gives, results, strict=True))
        for slot in part.released:
            del slots[slot]
    return [slots[s] for s in outputs], slots


def test_flattening_writes_the_operators_out_and_keeps_their_numbers():
    segment = tower(3)
    flat = flatten(segment)
    names = [bound.name for bound, _ in flat.segment.instructions]
    assert sorted(names[:4]) == ["_mul_scalar", "dot", "elemwise_add", "tanh"]
    assert len(names) == size(segment) == 12
    assert [(s.number, s.place) for s in flat.scalars] == [(1 + i / 64, None) for i in range(3)]
    inputs = arrays(segment)
    (expected,) = segment.evaluate(inputs, [])
    (got,) = flat.segment.evaluate(inputs, [s.number for s in flat.scalars])
    np.testing.assert_array_equal(got, expected)


def test_an_update_of_many_parameters_becomes_one_update_each():
    from workbench.graph.bind import bind

    rows = 5
    rates = {"lrs": tuple(i / 10 for i in range(rows)), "wds": (0.25,) * rows, "momentum": 0.5}
    many, numbers = bind(registry.get("multi_sgd_mom_update"), {**rates, "num_weights": rows})
    types = (ROW,) * (3 * rows)
    outputs = tuple(range(2 * rows))
    segment = Segment(((many, tuple(~i for i in range(3 * rows))),), types, outputs)
    flat = flatten(segment)
    assert [bound.name for bound, _ in flat.segment.instructions] == ["sgd_mom_update"] * rows
    assert len({bound for bound, _ in flat.segment.instructions}) == 1
    inputs = arrays(segment)
    given = [number if place is None else numbers[place] for number, place in flat.scalars]
    for got, expected in zip(
        flat.segment.evaluate(inputs, given), segment.evaluate(inputs, numbers), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("drop", [False, True])
def test_a_tower_is_divided_into_equal_parts(drop):
    flat = flatten(tower(60, train=drop, drop=drop)).segment
    parts = divide(flat)
    assert sum(len(part.segment.instructions) for part in parts) == len(flat.instructions)
    distinct = {part.segment for part in parts}
    assert len(distinct) <= 4
    assert sum(len(segment.instructions) for segment in distinct) <= 2 * LONGEST
    assert all(len(part.segment.instructions) <= LONGEST for part in parts)


def test_what_is_let_go_is_not_read_again():
    segment = tower(40)
    flat = flatten(segment)
    parts = divide(flat.segment)
    inputs = arrays(segment)
    (expected,) = segment.evaluate(inputs, [])
    results, left = run(parts, flat.segment.outputs, inputs, [s.number for s in flat.scalars])
    np.testing.assert_allclose(results[0], expected, rtol=1e-6)
    assert set(left) == set(flat.segment.outputs)


@given(st.integers(1, 12), st.sets(st.integers(1, 47), max_size=6))
def test_any_borders_compute_the_same(layers, cuts):
    segment = tower(layers)
    flat = flatten(segment)
    length = len(flat.segment.instructions)
    parts = split(flat.segment, sorted({0, length, *(c for c in cuts if c < length)}))
    inputs = arrays(segment)
    numbers = [s.number for s in flat.scalars]
    results, _ = run(parts, flat.segment.outputs, inputs, numbers)
    np.testing.assert_array_equal(results[0], flat.segment.evaluate(inputs, numbers)[0])


def test_borders_stand_at_the_ends_of_runs_and_of_groups_of_blocks():
    assert borders([], 10) == [0, 10]
    found = borders([Run(5, 40, 6)], 300)
    assert found[0] == 0
    assert found[-1] == 300
    assert {5, 245} <= set(found)
    steps = {b - a for a, b in pairwise(found[1:-1])}
    assert steps <= {40, 80}


def test_an_output_that_is_an_input_is_handed_through():
    x, y = sym.var("x"), sym.var("x2")
    segment = whole(sym.Group([x, sym.tanh(x), y]))
    flat = flatten(segment).segment
    inputs = arrays(segment)
    results, _ = run(split(flat, [0, 1]), flat.outputs, inputs, [])
    np.testing.assert_array_equal(results[0], inputs[0])
    np.testing.assert_array_equal(results[2], inputs[1])
