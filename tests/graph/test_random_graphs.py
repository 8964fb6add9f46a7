"""Every way of cutting a graph computes the same: op by op, in groups, as one program, optimised or not."""

from __future__ import annotations

import jax
import numpy as np
from hypothesis import given, settings

import workbench as mx
from tests.graph.random_graphs import PROGRAMS, SHAPE, Program
from workbench import autograd, cut, engine, nd, passes, sym
from workbench.graph.infer import Inference
from workbench.graph.node import Graph
from workbench.runtime.program import Program as CutProgram

RTOL, ATOL = 1e-9, 1e-9  # float64; orders of summation differ
HEAD = np.linspace(0.5, 1.5, 6).reshape(SHAPE)


def close(got, want):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=RTOL, atol=ATOL)


def by_jax(program: Program) -> tuple[list[np.ndarray], list[np.ndarray]]:
    with jax.enable_x64(True):
        inputs = program.inputs()
        outputs = program.run(None, inputs)
        weights = [HEAD * (i + 1) for i in range(len(outputs))]

        def total(*arrays):
            return sum((h * o).sum() for h, o in zip(weights, program.run(None, arrays), strict=True))

        grads = jax.grad(total, argnums=(0, 1))(*inputs)
        return [np.asarray(o) for o in outputs], [np.asarray(g) for g in grads]


def head_gradients(count: int) -> list[nd.NDArray]:
    return [nd.array(HEAD * (i + 1), dtype="float64") for i in range(count)]


def by_nd(program: Program) -> tuple[list[np.ndarray], list[np.ndarray]]:
    inputs = [nd.array(a, dtype="float64") for a in program.inputs()]
    for x in inputs:
        x.attach_grad()
    with autograd.record():
        outputs = program.run(nd, inputs)
    autograd.backward(outputs, head_gradients(len(outputs)))
    return [o.asnumpy() for o in outputs], [x.grad.asnumpy() for x in inputs]


def symbol_of(program: Program) -> sym.Symbol:
    with mx.name.NameManager():
        return sym.Group(program.run(sym, [sym.var("x0"), sym.var("x1")]))


@settings(max_examples=40)
@given(PROGRAMS)
def test_every_bound_on_what_waits_gives_the_same_values_and_gradients(program):
    values, grads = by_jax(program)
    modes = [engine.naive, lambda: engine.bulk(1), lambda: engine.bulk(3), lambda: engine.bulk(5)]
    for mode in modes:
        with mode():
            got = by_nd(program)
        close(got[0], values)
        close(got[1], grads)
    for _turn in range(2):  # operation by operation at first, then compiled as one program
        got = by_nd(program)
        close(got[0], values)
        close(got[1], grads)


@settings(max_examples=25)
@given(PROGRAMS)
def test_an_executor_gives_the_same_values_and_gradients(program):
    values, grads = by_jax(program)
    symbol = symbol_of(program)
    names = symbol.list_arguments()
    inputs = dict(zip(("x0", "x1"), program.inputs(), strict=True))
    args = {n: nd.array(inputs[n], dtype="float64") for n in names}
    slots = {n: nd.full(SHAPE, 9, dtype="float64") for n in names}
    executor = symbol.bind(mx.cpu(), args, args_grad=slots)
    close([o.asnumpy() for o in executor.forward(is_train=True)], values)
    executor.backward(head_gradients(len(values)))
    wanted = {"x0": grads[0], "x1": grads[1]}
    close([executor.grad_dict[n].asnumpy() for n in names], [wanted[n] for n in names])
    close([o.asnumpy() for o in executor.forward()], values)
    again = sym.load_json(symbol.tojson())
    close([o.asnumpy() for o in again.eval(**args)], values)


@settings(max_examples=20)
@given(PROGRAMS)
def test_every_cut_policy_and_every_pass_gives_the_same_values(program):
    values, _ = by_jax(program)
    symbol = symbol_of(program)
    variables = tuple(n for n in symbol.nodes if n.is_variable)
    graph = Graph(symbol.values, variables)
    inputs = dict(zip(("x0", "x1"), program.inputs(), strict=True))
    arrays = [nd.array(inputs[n.name], dtype="float64").jax for n in variables]
    graphs = {
        "as written": graph,
        "optimised": passes.optimise(graph).graph,
        "folded": passes.fold_constants(graph).graph,
        "merged": passes.common_subexpressions(graph).graph,
    }
    for one in graphs.values():
        names = [n.name for n in one.nodes]
        policies = [cut.every(1)]
        if one is graph:
            policies += [cut.whole(), cut.every(3), cut.into(2), cut.after(names[:1])]
        known = Inference(
            one.heads, dict.fromkeys(("x0", "x1"), SHAPE), dict.fromkeys(("x0", "x1"), "float64")
        )
        for policy in policies:
            made = CutProgram(one, policy, known.type, mx.cpu())
            close(made.run(arrays), values)
            assert sum(len(p.nodes) for p in made.pieces) == len(one.nodes)
