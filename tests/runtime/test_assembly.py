"""Long programs: each distinct block is compiled once, and the result is that of one program."""

import numpy as np
import pytest

import workbench as mx
from workbench import nd, sym, trace
from workbench.graph import divide, gather
from workbench.graph.divide import LONGEST
from workbench.runtime import assembly, run
from workbench.runtime.compile import cache


def tower(layers, width=6):
    x = sym.var("data")
    for i in range(layers):
        y = sym.FullyConnected(x, num_hidden=width, name=f"fc{i}")
        x = sym.Activation(y, act_type="tanh") + x
    return sym.LinearRegressionOutput(x, name="out")


def module(symbol, seed=0):
    made = mx.mod.Module(symbol, label_names=["out_label"], context=mx.cpu())
    made.bind([("data", (4, 6))], [("out_label", (4, 6))])
    mx.random.seed(seed)
    made.init_params(mx.init.Xavier())
    made.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.05, "momentum": 0.9})
    return made


def trained(symbol, steps=3):
    made = module(symbol)
    rng = np.random.default_rng(1)
    for _ in range(steps):
        x, y = (nd.array(rng.uniform(-1, 1, (4, 6))) for _ in range(2))
        made.forward_backward(mx.io.DataBatch([x], [y]))
        made.update()
    args, _ = made.get_params()
    return {name: value.asnumpy() for name, value in args.items()}


@pytest.fixture
def short(monkeypatch):
    """Assembles every segment where something repeats."""
    monkeypatch.setattr(assembly, "ASSEMBLE_FROM", 2)


def test_training_from_parts_is_training_as_one_program(monkeypatch):
    symbol = tower(40)
    whole = trained(symbol)
    monkeypatch.setattr(assembly, "ASSEMBLE_FROM", 2)
    cache.clear()
    with trace.record() as events:
        parts = trained(symbol)
    assert len(events) > 3 * 2  # a step is several programs now
    for name, value in whole.items():
        np.testing.assert_allclose(parts[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("layers", [120, 360])
def test_what_is_compiled_does_not_grow_with_the_layers(short, layers):
    cache.clear()
    with trace.record() as events:
        trained(tower(layers), steps=1)
    ran = [event.segment for event in events]
    distinct = {segment for segment in ran if len(segment.instructions) > 1}
    assert sum(len(segment.instructions) for segment in ran) > 10 * layers
    assert sum(len(segment.instructions) for segment in distinct) <= 3 * LONGEST


def test_a_long_step_is_assembled_and_a_short_one_is_one_program():
    def programs(layers):
        made = module(tower(layers))
        batch = mx.io.DataBatch([nd.ones((4, 6))], [nd.zeros((4, 6))])
        nd.waitall()
        with trace.record() as events:
            made.forward_backward(batch)
            made.update()
            nd.waitall()
        return len(events)

    assert programs(6) == 1
    assert 1 < programs(80) < 80


def test_an_unrolled_loop_compiles_the_same_parts_for_any_length():
    def step(length):
        x = nd.ones((3, 4))
        with mx.autograd.record():
            for _ in range(length):
                x = nd.tanh(nd.dot(x, w) + x)
            loss = x.sum()
        loss.backward()
        return w.grad.asnumpy()

    w = nd.array(np.random.default_rng(0).uniform(-0.5, 0.5, (4, 4)))
    w.attach_grad()
    for length in (60, 60):
        step(length)
    before = cache.misses
    for length in (72, 72, 84, 84):
        step(length)
    assert cache.misses - before <= 12


def test_a_recurrent_net_gathers_its_gradients_and_compiles_few_blocks(monkeypatch):
    def step(length):
        h = nd.zeros((2, 4))
        with mx.autograd.record():
            for _ in range(length):
                h = nd.tanh(nd.FullyConnected(x, w, num_hidden=4, no_bias=True) + nd.dot(h, v))
            loss = h.sum()
        loss.backward()
        return w.grad.asnumpy(), v.grad.asnumpy()

    def traced(length):
        assembly.assembly.cache_clear()
        step(length)
        with trace.record() as events:
            return step(length), events

    rng = np.random.default_rng(0)
    x = nd.array(rng.uniform(-1, 1, (2, 4)))
    w, v = (nd.array(rng.uniform(-0.5, 0.5, (4, 4))) for _ in range(2))
    for each in (w, v):
        each.attach_grad()
    monkeypatch.setattr(gather, "MOST", 40)
    # In small parts it shows whether the products leave blocks alike.
    monkeypatch.setattr(divide, "DISPATCH", 2)
    monkeypatch.setattr(gather, "SAVES", -(2**20))
    got, events = traced(320)
    ran = [event.segment for event in events]
    products = [bound for segment in ran for bound, _ in segment.instructions if bound.name == "Concat"]
    # The data, the states, and what the sum hands to both.
    assert 3 * 320 / 40 <= len(products) <= 3 * 320 / 30
    assert sum(len(segment.instructions) for segment in set(ran)) <= 3 * LONGEST
    monkeypatch.setattr(gather, "LEAST", 10**9)
    expected, _ = traced(320)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_random_layers_draw_what_they_draw_in_one_program(monkeypatch):
    x = sym.var("data")
    for _ in range(12):
        x = sym.Dropout(sym.tanh(x) + x, p=0.3)

    def drawn():
        mx.random.seed(7)
        executor = x.simple_bind(mx.cpu(), data=(8, 8))
        executor.arg_dict["data"][:] = 1.0
        out = executor.forward(is_train=True)[0].asnumpy()
        executor.backward(nd.ones((8, 8)))
        return out, executor.grad_dict["data"].asnumpy()

    whole = drawn()
    monkeypatch.setattr(assembly, "ASSEMBLE_FROM", 2)
    cache.clear()
    for got, expected in zip(drawn(), whole, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_a_failure_in_a_part_names_the_line(short, monkeypatch):
    w, x = nd.ones((4, 4)), nd.ones((2, 4))
    nd.waitall()

    def broken(*_):
        raise RuntimeError("no memory")

    for _ in range(9):
        x = nd.tanh(nd.dot(x, w))
    monkeypatch.setattr(run, "run_segment", broken)
    with pytest.raises(
        mx.errors.ExecutionError, match=r"failed while running, called at .*test_assembly\.py"
    ):
        nd.waitall()
