"""Passes: what is dropped, merged and folded, what is said about it, and what must be left alone."""

import numpy as np
import pytest

from workbench import passes, sym
from workbench.graph import passes as module
from workbench.graph.node import Graph


def graph_of(symbol):
    return Graph(symbol.values, tuple(n for n in symbol.nodes if n.is_variable))


def names(graph):
    return [n.name for n in graph.nodes]


def notes(outcome):
    return [(c.node.name, c.fate, c.note) for c in outcome.changes]


def test_what_no_head_depends_on_is_dropped_and_said():
    x = sym.var("x")
    used, unused = sym.tanh(x, name="used"), sym.exp(sym.sin(x, name="a"), name="b")
    outcome = passes.dead_code(graph_of(used), sym.Group([used, unused]).nodes)
    assert names(outcome.graph) == ["used"]
    assert notes(outcome) == [(n, "removed", "nothing that was asked for depends on it") for n in ("a", "b")]


def test_equal_work_is_done_once():
    x, y = sym.var("x"), sym.var("y")
    left = sym.exp(sym.elemwise_add(x, y, name="sum1"), name="exp1")
    right = sym.exp(sym.elemwise_add(x, y, name="sum2"), name="exp2")
    other = sym.exp(sym.elemwise_add(y, x, name="sum3"), name="exp3")
    outcome = passes.common_subexpressions(graph_of(sym.Group([left, right, other])))
    assert names(outcome.graph) == ["sum1", "exp1", "sum3", "exp3"]
    assert notes(outcome) == [
        ("sum2", "merged", "computes the same as sum1"),
        ("exp2", "merged", "computes the same as exp1"),
    ]
    assert [h.node.name for h in outcome.graph.heads] == ["exp1", "exp1", "exp3"]


@pytest.mark.parametrize(
    "make",
    [
        lambda x, n: sym.Dropout(x, p=0.5, name=n),
        lambda x, n: sym.random_uniform(shape=(2,), name=n),
        lambda x, n: sym.LinearRegressionOutput(x, sym.var("label") if n == "a" else x, name=n),
        lambda x, n: sym.MakeLoss(x, name=n),
        lambda x, n: sym._plus_scalar(x, scalar={"a": 1.0, "b": 2.0}[n], name=n),
        lambda x, n: sym.sum(x, axis={"a": 0, "b": 1}[n], name=n),
    ],
)
def test_what_differs_draws_or_pushes_is_not_merged(make):
    x = sym.var("x")
    graph = graph_of(sym.Group([make(x, "a"), make(x, "b")]))
    outcome = passes.common_subexpressions(graph)
    assert names(outcome.graph) == names(graph)
    assert outcome.changes == []


def test_constants_are_computed_once_and_neutral_steps_vanish():
    x = sym.var("x")
    known = sym.tanh(
        sym.elemwise_add(sym.ones((2,), name="one"), sym.ones((2,), name="uno"), name="two"), name="known"
    )
    net = sym.elemwise_mul(
        sym._mul_scalar(sym._plus_scalar(x, scalar=0, name="p0"), scalar=1, name="m1"), known, name="out"
    )
    outcome = passes.optimise(graph_of(net))
    assert notes(outcome) == [
        ("p0", "removed", "changes nothing"),
        ("m1", "removed", "changes nothing"),
        ("two", "folded", "does not depend on any input: computed once"),
        ("known", "folded", "does not depend on any input: computed once"),
    ]
    assert [n.op for n in outcome.graph.nodes] == ["_constant", "elemwise_mul"]
    (constant,) = outcome.graph.nodes[0].bound.call((), ())
    np.testing.assert_allclose(constant, np.tanh([2, 2]), rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "scalar"), [("_mul_scalar", 2), ("_plus_scalar", 1), ("_rminus_scalar", 0), ("_rdiv_scalar", 1)]
)
def test_what_is_not_neutral_stays(op, scalar):
    net = getattr(sym, op)(sym.var("x"), scalar=scalar, name="n")
    assert names(passes.fold_constants(graph_of(net)).graph) == ["n"]


def test_a_large_constant_is_left_to_the_compiler_and_not_computed(monkeypatch):
    monkeypatch.setattr(module, "_constant", lambda *a: pytest.fail("a large constant was computed"))
    total = sym.sum(sym.ones((10**6, 10**6), name="huge"), name="total")
    outcome = passes.fold_constants(graph_of(total))
    assert names(outcome.graph) == ["huge", "total"]
    assert outcome.changes == []


def test_a_pass_makes_a_new_graph_and_leaves_the_old_one():
    x = sym.var("x")
    graph = graph_of(sym.elemwise_add(sym.exp(x, name="a"), sym.exp(x, name="b"), name="out"))
    before = names(graph)
    passes.optimise(graph)
    assert names(graph) == before == ["a", "b", "out"]
