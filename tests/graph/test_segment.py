"""Segments: equal where they do the same, different where anything that is compiled in differs, in every process."""

import os
import subprocess
import sys

import numpy as np
import pytest

import workbench as mx
from workbench import cut, nd, sym, trace
from workbench.errors import ArgumentError
from workbench.graph.infer import Inference
from workbench.graph.node import Graph
from workbench.runtime.compile import cache
from workbench.runtime.program import Program

PROGRAM = """
import workbench as mx
from workbench import cut, sym
from workbench.graph.infer import Inference
from workbench.graph.node import Graph
from workbench.runtime.program import Program
net = sym.SoftmaxOutput(sym.FullyConnected(sym.Pooling(sym.var("x"), kernel=(2, 2), stride=(2, 2)), num_hidden=3))
graph = Graph(net.values, tuple(n for n in net.nodes if n.is_variable))
made = Program(graph, cut.every(2), Inference(net.values, {"x": (2, 1, 4, 4)}).type, mx.cpu())
print(*[s.fingerprint for s in made.segments])
"""


def segment(symbol, dtype="float32", device=None, **shapes):
    graph = Graph(symbol.values, tuple(n for n in symbol.nodes if n.is_variable))
    types = Inference(symbol.values, shapes, dict.fromkeys(shapes, dtype)).type
    return Program(graph, cut.whole(), types, device or mx.cpu()).segments[0]


def net(scalar=2.0, axis=1, name=None):
    return sym.sum(sym._mul_scalar(sym.tanh(sym.var("x"), name=name), scalar=scalar), axis=axis)


def test_fingerprints_are_equal_in_every_process():
    def run(seed):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
        ).stdout

    first, second = run("1"), run("2")
    assert first == second
    assert len({*first.split()}) == 2


def test_names_places_and_dynamic_numbers_do_not_matter():
    same = [
        segment(net(), x=(2, 3)),
        segment(net(name="other"), x=(2, 3)),
        segment(net(scalar=7.0), x=(2, 3)),
    ]
    assert same[0] == same[1] == same[2]
    assert len({hash(s) for s in same}) == len({s.fingerprint for s in same}) == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda: segment(net(axis=0), x=(2, 3)),
        lambda: segment(net(), x=(2, 4)),
        lambda: segment(net(), dtype="float64", x=(2, 3)),
        lambda: segment(net(), device=mx.cpu(1), x=(2, 3)),
        lambda: segment(sym.sum(sym._mul_scalar(sym.sin(sym.var("x")), scalar=2.0), axis=1), x=(2, 3)),
        lambda: segment(sym.Group([net(), net()[0]]), x=(2, 3)),
    ],
    ids=["attribute", "shape", "dtype", "device", "operator", "outputs"],
)
def test_what_is_compiled_in_makes_another_segment(other):
    one, two = segment(net(), x=(2, 3)), other()
    assert one != two
    assert one.fingerprint != two.fingerprint


def test_both_styles_share_one_executable():
    x = nd.array(np.ones((3, 5)))
    for _ in range(4):  # two would do, but a flush by whoever else runs in this process cuts a segment in two
        nd.sum(nd.tanh(x) * 3.0, axis=1).wait_to_read()
    with trace.record() as events:
        nd.sum(nd.tanh(x) * 4.0, axis=1).wait_to_read()
    symbol = net(scalar=5.0)
    graph = Graph(symbol.values, tuple(n for n in symbol.nodes if n.is_variable))
    program = Program(graph, cut.whole(), Inference(symbol.values, {"x": (3, 5)}).type, mx.cpu())
    with trace.record() as more:
        (out,) = program.run([x.jax])
    np.testing.assert_allclose(out, np.tanh(np.ones((3, 5))).sum(1) * 5, rtol=1e-6)
    assert more[0].executable is events[0].executable
    assert not events[0].compiled
    assert not more[0].compiled


def test_executors_of_equal_graphs_share_executables():
    def run(width):
        with mx.name.NameManager():
            symbol = sym.SoftmaxOutput(sym.FullyConnected(sym.var("x"), num_hidden=width))
        executor = symbol.simple_bind(x=(2, 3))
        executor.forward(is_train=True)
        executor.backward()
        executor.grad_dict["x"].wait_to_read()

    run(4)
    run(4)
    misses = cache.misses
    run(4)
    assert cache.misses == misses
    run(5)
    assert cache.misses > misses


def test_an_executable_says_what_it_costs():
    x, w = nd.array(np.ones((16, 8))), nd.array(np.ones((4, 8)))
    nd.waitall()  # what other tests left waiting would run with it
    with trace.record() as events:
        nd.FullyConnected(x, w, num_hidden=4, no_bias=True).wait_to_read()
    executable = events[0].executable
    assert executable.compile_s > 0
    assert executable.flops >= 2 * 16 * 8 * 4
    assert executable.workspace_bytes >= 0
    assert "HloModule" in executable.hlo
    assert executable.runs >= 1
    assert executable.segment in cache


def chain(length):
    out = sym.var("x")
    for i in range(length):
        out = sym.tanh(out, name=f"t{i}")
    return [n for n in out.nodes if not n.is_variable]


@pytest.mark.parametrize(
    ("policy", "want"),
    [
        (cut.whole(), [7]),
        (cut.every(1), [1] * 7),
        (cut.every(3), [3, 3, 1]),
        (cut.into(3), [2, 2, 3]),
        (cut.into(99), [1] * 7),
        (cut.after(["t1", "t4"]), [2, 3, 2]),
        (cut.after(["t6"]), [7]),
    ],
    ids=repr,
)
def test_cut_policies_divide_without_loss_or_reordering(policy, want):
    nodes = chain(7)
    groups = policy(nodes)
    assert [len(g) for g in groups] == want
    assert [n for g in groups for n in g] == nodes


def test_cut_policies_refuse_nonsense():
    for make in (cut.every, cut.into):
        for size in (0, -3, 1.5, True):
            with pytest.raises(ArgumentError, match=r"1 (node|segment) or more"):
                make(size)
    with pytest.raises(ArgumentError, match="the graph has no node 't9'"):
        cut.after(["t9"])(chain(3))
