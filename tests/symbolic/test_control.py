"""Loops and branches as nodes: the same as their Python loops, in values, gradients, files and blocks."""

import json

import jax
import numpy as np
import pytest

import workbench as mx
from workbench import gluon, nd, sym
from workbench.errors import ArgumentError, NotSupportedError, SymbolFileError


def recurrent():
    """A recurrent layer whose body makes a weight and takes a value from outside."""
    scale = sym.exp(sym.var("rate"), name="scale")

    def body(x, states):
        new = sym.tanh(sym.FullyConnected(x, num_hidden=2, name="fc") + sym.broadcast_mul(states[0], scale))
        return new * 2, [new]

    outputs, states = sym.contrib.foreach(body, sym.var("x"), [sym.var("h")])
    return sym.Group([outputs, *states])


def drawn(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return {n: rng.standard_normal(s).astype(np.float32) for n, s in sorted(shapes.items())}


def by_hand(x, h, fc_weight, fc_bias, rate):
    outputs = []
    for row in x:
        h = jax.numpy.tanh(row @ fc_weight.T + fc_bias + h * jax.numpy.exp(rate))
        outputs.append(2 * h)
    return jax.numpy.stack(outputs), h


@pytest.mark.parametrize("turns", [1, 5])
@pytest.mark.parametrize("from_file", [False, True])
def test_foreach_is_its_loop_with_gradients_for_all_it_reads(turns, from_file):
    net = recurrent()
    net = sym.load_json(net.tojson()) if from_file else net
    assert net.list_arguments() == ["x", "h", "fc_weight", "fc_bias", "rate"]
    assert [n.removeprefix("_foreach")[1:] for n in net.list_outputs()] == ["_output0", "_output1"]
    executor = net.simple_bind(x=(turns, 3, 4), h=(3, 2), rate=(1, 1))
    given = drawn({n: a.shape for n, a in executor.arg_dict.items()})
    outputs = executor.forward(is_train=True, **given)
    want = by_hand(**given)
    heads = [np.cos(np.arange(o.size)).reshape(o.shape).astype(np.float32) for o in want]
    executor.backward([nd.array(h) for h in heads])
    for got, wanted in zip(outputs, want, strict=True):
        np.testing.assert_allclose(got.asnumpy(), wanted, rtol=1e-5, atol=1e-6)
    grads = jax.vjp(lambda g: by_hand(**g), given)[1](tuple(heads))[0]
    for name, grad in grads.items():
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy(), grad, rtol=1e-4, atol=1e-5)


def counting(limit=10):
    i, s, w = sym.var("i"), sym.var("s"), sym.var("w")
    outputs, variables = sym.contrib.while_loop(
        cond=lambda i, s: i <= 5,
        func=lambda i, s: ([i + s * w], [i + 1, s + i]),
        loop_vars=(i, s),
        max_iterations=limit,
    )
    return sym.Group([*outputs, *variables])


@pytest.mark.parametrize("from_file", [False, True])
@pytest.mark.parametrize(("first", "limit"), [(1.0, 10), (1.0, 3), (9.0, 4)])
def test_while_loop_stops_at_its_condition_or_its_limit(first, limit, from_file):
    net = counting(limit)
    net = sym.load_json(net.tojson()) if from_file else net
    assert net.list_arguments() == ["i", "s", "w"]
    executor = net.simple_bind(i=(1,), s=(1,), w=(1,))
    outputs = executor.forward(is_train=True, i=np.array([first]), s=np.array([2.0]), w=np.array([3.0]))
    i, s, slope, want = first, 2.0, 0.0, []
    while i <= 5 and len(want) < limit:
        want.append(i + s * 3)
        slope += s
        i, s = i + 1, s + i
    stacked = [*want, *[0.0] * (limit - len(want))]
    assert [o.asnumpy().ravel().tolist() for o in outputs] == [stacked, [i], [s]]
    executor.backward([nd.ones(o.shape) for o in outputs])
    assert executor.grad_dict["w"].asnumpy().tolist() == [slope]
    assert executor.grad_dict["s"].asnumpy().tolist() == [3 * len(want) + 1]


@pytest.mark.parametrize("from_file", [False, True])
@pytest.mark.parametrize("p", [1.0, 100.0])
def test_cond_runs_one_branch_and_differentiates_it(p, from_file):
    a, b = sym.var("a"), sym.var("b")
    net = sym.contrib.cond(sym.var("p") * a < 5, lambda: (a + 5) * (b + 5), lambda: (a - 5) * (b - 5))
    net = sym.load_json(net.tojson()) if from_file else net
    assert sorted(net.list_arguments()) == ["a", "b", "p"]
    executor = net.simple_bind(a=(1,), b=(1,), p=(1,))
    (out,) = executor.forward(is_train=True, a=np.array([1.0]), b=np.array([2.0]), p=np.array([p]))
    executor.backward(nd.ones((1,)))
    sign = 1 if p < 5 else -1
    assert out.asnumpy() == (1 + 5 * sign) * (2 + 5 * sign)
    assert executor.grad_dict["a"].asnumpy() == 2 + 5 * sign


def test_a_loss_inside_a_loop_keeps_its_own_gradient():
    def body(x, state):
        return sym.SoftmaxOutput(x, state, name="loss"), state

    outputs, _ = sym.contrib.foreach(body, sym.var("x"), sym.var("label"))
    executor = outputs.simple_bind(x=(2, 3, 4), label=(3,))
    given = drawn({"x": (2, 3, 4)})["x"]
    (got,) = executor.forward(is_train=True, x=given, label=np.array([1, 0, 3]))
    executor.backward()
    want = got.asnumpy() - np.eye(4)[[1, 0, 3]]
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, rtol=1e-5, atol=1e-6)


def test_each_turn_of_a_loop_drops_something_else_and_only_in_training():
    net, _ = sym.contrib.foreach(lambda x, s: (sym.Dropout(x, p=0.5), s), sym.var("x"), [])
    executor = net.simple_bind(x=(2, 1000))
    executor.arg_dict["x"][:] = 1
    first, second = executor.forward(is_train=True)[0].asnumpy()
    assert (first != second).any()
    assert set(first) == {0, 2}
    assert (executor.forward()[0].asnumpy() == 1).all()


def test_a_hybridized_block_with_a_loop_is_one_graph():
    class Sums(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.dense = gluon.nn.Dense(3, in_units=4, flatten=False)

        def hybrid_forward(self, F, x, start):
            return F.contrib.foreach(lambda row, state: (state, state + self.dense(row)), x, start)

    block = Sums()
    block.initialize(mx.init.Uniform(1))
    x, start = nd.array(drawn({"x": (5, 2, 4)})["x"]), nd.ones((2, 3))
    plain = block(x, start)
    block.hybridize()
    for got, want in zip(block(x, start), plain, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-5)


def test_gradient_is_a_symbol_of_its_own():
    x, w = sym.var("x"), sym.var("w")
    net = sym.SoftmaxOutput(sym.dot(x, w), sym.var("label"), name="loss").gradient(["w", "x"])
    assert net.list_arguments() == ["x", "w", "label"]
    assert sym.load_json(net.tojson()).infer_shape(x=(3, 4), w=(4, 2))[1] == [(4, 2), (3, 4)]
    given = drawn({"x": (3, 4), "w": (4, 2)})
    label = np.array([0, 1, 1])
    scores = jax.nn.softmax(given["x"] @ given["w"])
    slope = scores - np.eye(2)[label]
    found = net.eval(label=nd.array(label), **{n: nd.array(v) for n, v in given.items()})
    np.testing.assert_allclose(found[0].asnumpy(), given["x"].T @ slope, rtol=1e-5)
    np.testing.assert_allclose(found[1].asnumpy(), slope @ given["w"].T, rtol=1e-5)
    square = sym.square(sym.square(x)).gradient("x")
    twice = (square * 1).gradient("x").eval(x=nd.array([2.0]))[0].asnumpy()
    np.testing.assert_allclose(twice, [12 * 4.0])
    with pytest.raises(ArgumentError, match=r"gradient\(\): no argument 'y' among x"):
        sym.square(x).gradient("y")


def test_what_does_not_fit_is_refused():
    x, h = sym.var("x"), sym.var("h")
    with pytest.raises(ArgumentError, match=r"foreach\(\): states: 1 were expected, got 2"):
        sym.contrib.foreach(lambda a, s: (a, [s, s]), x, h)
    with pytest.raises(ArgumentError, match=r"foreach\(\) data must be a Symbol of one output.*got NDArray"):
        sym.contrib.foreach(lambda a, s: (a, s), nd.ones((2,)), h)
    with pytest.raises(NotSupportedError, match="BatchNorm 'bn' has auxiliary states"):
        sym.contrib.foreach(lambda a, s: (sym.BatchNorm(a, name="bn"), s), x, h)
    with pytest.raises(ArgumentError, match="needs max_iterations, 1 or more, got None"):
        sym.contrib.while_loop(lambda a: a, lambda a: (a, a), x)
    with pytest.raises(ArgumentError, match="outputs of the two branches: 2 were expected, got 1"):
        sym.contrib.cond(x, lambda: [h, h], lambda: [h])


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["attrs"].update(in_data_locs="[7]"),
        lambda row: row["attrs"].update(num_outputs="5"),
        lambda row: row["attrs"].pop("remain_locs"),
        lambda row: row.update(subgraphs=[]),
        lambda row: row["subgraphs"][0].update(heads=[]),
    ],
)
def test_a_file_with_a_broken_loop_is_refused(change):
    data = json.loads(recurrent().tojson())
    change(next(row for row in data["nodes"] if row["op"] == "_foreach"))
    with pytest.raises(SymbolFileError, match="symbol file"):
        sym.load_json(json.dumps(data))


def test_a_body_gives_two_things():
    with pytest.raises(
        ArgumentError, match=r"foreach\(\): the body must give two things, .*; it gave a Symbol"
    ):
        sym.contrib.foreach(lambda row, s: row, sym.var("x"), sym.var("s"))
