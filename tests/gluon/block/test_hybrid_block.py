"""Hybrid blocks: the same outputs, gradients and states whether run op by op, in bulk or as one graph."""

import copy
import threading
from contextlib import nullcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, ShapeError
from workbench.gluon import HybridBlock, Trainer, nn
from workbench.imperative import autograd, nd
from workbench.runtime import engine, random, trace
from workbench.symbolic import sym


def network():
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Conv2D(4, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D())
        net.add(nn.Flatten(), nn.Dense(6, activation="tanh"), nn.Dropout(0.5), nn.Dense(3))
    return net


def run(mode):
    """Output, gradients and states of one training call, then the output of a prediction."""
    random.seed(3)
    net = network()
    net.initialize("normal")
    x = nd.random.normal(shape=(4, 2, 6, 6))
    net(x)  # every parameter has its values, drawn in one order
    if mode == "hybridized":
        net.hybridize()
    random.seed(4)
    with engine.naive() if mode == "naive" else nullcontext():
        with autograd.record():
            out = net(x)
            loss = nd.square(out).sum()
        loss.backward()
        params = net.collect_params()
        found = [out] + [p.grad() for p in params.values() if p.grad_req != "null"]
        found += [net[1].running_mean.data(), net[1].running_var.data(), net(x)]
        return [a.asnumpy() for a in found]


@pytest.mark.parametrize("mode", ["naive", "hybridized"])
def test_every_mode_computes_the_same(mode):
    for expected, found in zip(run("bulked"), run(mode), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_graph_is_one_operation():
    net = nn.HybridSequential()
    for _ in range(5):
        net.add(nn.Dense(4, in_units=4))
    net.initialize()
    x = nd.ones((2, 4))
    x.wait_to_read()
    engine.flush()
    net(x)
    assert len(engine.pending()) == 5
    net.hybridize()
    engine.flush()
    out = net(x)
    assert len(engine.pending()) == 1
    out.wait_to_read()


def test_hybridize_can_be_taken_back():
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
    net.initialize()
    net.hybridize(static_alloc=True, static_shape=True)
    net.hybridize(False)
    engine.flush()
    net(nd.ones((2, 4)))
    assert len(engine.pending()) > 1
    with pytest.raises(ArgumentError, match=r"hybridize\(\) has no flag 'activ'. Did you mean 'active'\?"):
        nn.Dense(1).hybridize(activ=True)
    with pytest.raises(ArgumentError, match=r"hybridize\(\) has no flag 'static'. Did you mean 'static_"):
        net.hybridize(static=True)


def test_the_graph_is_traced_once_for_each_mode():
    calls = []

    class Counting(HybridBlock):
        def hybrid_forward(self, F, x):
            calls.append(F)
            return x + 1

    block = Counting()
    block.hybridize()
    for _ in range(3):
        block(nd.ones((2,)))
        block(nd.ones((3,)))
    assert calls == [sym]
    with autograd.record():
        block(nd.ones((2,)))
    assert calls == [sym, sym]


def test_the_namespace_follows_the_input():
    class Net(HybridBlock):
        def hybrid_forward(self, F, x):
            self.F = F
            return F.relu(x)

    net = Net()
    net(nd.ones((1,)))
    assert net.F is nd
    assert net(sym.var("x")).list_arguments() == ["x"]
    assert net.F is sym


def test_a_symbol_gives_the_network_as_a_graph():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3), nn.BatchNorm())
    graph = net(sym.var("data"))
    assert graph.list_arguments() == [
        "data",
        "net_dense0_weight",
        "net_dense0_bias",
        "net_batchnorm0_gamma",
        "net_batchnorm0_beta",
    ]
    assert graph.list_auxiliary_states() == ["net_batchnorm0_running_mean", "net_batchnorm0_running_var"]
    assert graph.list_outputs() == ["net_batchnorm0_fwd_output"]


def test_shapes_follow_from_the_data():
    net = network()
    net.initialize()
    assert net[0].weight.shape == (4, 0, 3, 3)
    net.infer_shape(nd.ones((1, 5, 8, 8)))
    assert net[0].weight.shape == (4, 5, 3, 3)
    assert net[5].weight.shape == (6, 64)
    net(nd.ones((1, 5, 8, 8)))
    assert net[1].gamma.data().shape == (4,)


def test_hybridized_before_the_first_call_shapes_follow_too():
    net = network()
    net.initialize()
    net.hybridize()
    assert net(nd.ones((2, 1, 4, 4))).shape == (2, 3)
    assert net[5].weight.shape == (6, 16)


def test_data_of_another_width_names_the_layer():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3, in_units=4))
    net.initialize()
    for hybridize in (False, True):
        net.hybridize(hybridize)
        with pytest.raises(ShapeError, match=r"weight must have shape \(3, 5\), got \(3, 4\)"):
            net(nd.ones((2, 5)))


def test_uninitialized_parameters_are_named():
    net = nn.Dense(3, in_units=4, prefix="fc_")
    for hybridize in (False, True):
        net.hybridize(hybridize)
        with pytest.raises(NotInitializedError, match="'fc_weight' has not been initialized"):
            net(nd.ones((2, 4)))


def test_several_threads_may_call_a_network_on_its_first_data():
    net = nn.HybridSequential()
    net.add(nn.Dense(8), nn.Dense(3))
    net.initialize()
    net.hybridize()
    data, gate, found = nd.ones((2, 4)), threading.Barrier(6), []

    def call():
        gate.wait(30)
        found.append(net(data).asnumpy())

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 6
    for each in found:
        np.testing.assert_array_equal(each, found[0])


def test_a_parameter_that_comes_after_the_first_graph_is_part_of_the_next():
    class Grows(HybridBlock):
        def hybrid_forward(self, F, x, scale=None):
            return x if scale is None else F.broadcast_mul(x, scale)

    net = Grows()
    net.hybridize()
    net(nd.ones((2, 3)))
    net.scale = net.params.get("scale", shape=(1,), init="ones")
    net.initialize()
    net.scale.set_data(nd.array([3.0]))
    np.testing.assert_array_equal(net(nd.ones((2, 3))).asnumpy(), np.full((2, 3), 3, np.float32))


def test_only_hybrid_children_fit():
    with pytest.raises(
        ArgumentError, match=r"'a child' is a Sequential. A plain Block or Sequential may hold both"
    ):
        nn.HybridSequential().add(nn.Sequential())


def test_other_inputs_are_refused():
    net = nn.Dense(1, prefix="fc_")
    net.initialize()
    with pytest.raises(ArgumentError, match=r"fc takes an NDArray or a Symbol, got ndarray; nd\.array\(\)"):
        net(np.ones((1, 1)))
    given = {"a list of int": [[1, 2, 3]], "a tuple of float": ((1.0,),), "list": [], "int": 3}
    for kind, value in given.items():
        with pytest.raises(ArgumentError, match=rf"got {kind}; nd\.array\(\) makes an NDArray"):
            net(value)


def test_a_graph_needs_symbols_back():
    class Wrong(HybridBlock):
        def hybrid_forward(self, F, x):
            return 3

    net = Wrong()
    net.hybridize()
    with pytest.raises(ArgumentError, match=r"hybrid_forward\(\) must return Symbols .* got 3"):
        net(nd.ones((1,)))


def test_a_stray_variable_is_named():
    class Stray(HybridBlock):
        def hybrid_forward(self, F, x):
            return x + F.var("other")

    net = Stray()
    net.hybridize()
    with pytest.raises(ArgumentError, match="an input 'other' that is neither data nor a parameter"):
        net(nd.ones((1,)))


class Several(HybridBlock):
    """Nested inputs, fixed values and nested outputs, as a recurrent cell has."""

    def hybrid_forward(self, F, x, states, times=1):
        return x * times, [states[0] + x, [states[1] - x]], F.split(x, num_outputs=2)


@pytest.mark.parametrize("hybridize", [False, True])
def test_inputs_and_outputs_may_nest(hybridize):
    net = Several()
    net.hybridize(hybridize)
    x, a, b = nd.array([[1.0, 2.0]]), nd.ones((1, 2)), nd.zeros((1, 2))
    for times in (2, 3):
        out, (first, (second,)), (left, right) = net(x, [a, b], times)
        np.testing.assert_array_equal(out.asnumpy(), [[times, 2 * times]])
        np.testing.assert_array_equal(first.asnumpy(), [[2, 3]])
        np.testing.assert_array_equal(second.asnumpy(), [[-1, -2]])
        assert (left.asscalar(), right.asscalar()) == (1, 2)


def test_a_list_may_come_first():
    class Sum(HybridBlock):
        def hybrid_forward(self, F, xs):
            return F.add_n(*xs)

    net = Sum()
    for hybridize in (False, True):
        net.hybridize(hybridize)
        assert net([nd.ones((1,)), nd.ones((1,))]).asscalar() == 2


def test_a_layer_used_twice_moves_its_statistics_twice():
    class Twice(HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.norm = nn.BatchNorm(in_channels=2)

        def hybrid_forward(self, F, x):
            return self.norm(self.norm(x) * 2 + 1)

    found = []
    for hybridize in (False, True):
        net = Twice()
        net.initialize()
        net.hybridize(hybridize)
        with autograd.record():
            net(nd.array([[1.0, 2.0], [3.0, 5.0]]))
        found.append(net.norm.running_mean.data().asnumpy())
    # 0.9 * (0.1 * mean) + 0.1 * 1, the mean of the second input
    np.testing.assert_allclose(found[0], [0.28, 0.415], rtol=1e-5)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


def test_a_change_below_makes_the_graph_anew():
    outer, inner = nn.HybridSequential(), nn.HybridSequential()
    outer.add(inner)
    inner.add(nn.HybridLambda(lambda F, x: x + 1))
    outer.hybridize()
    assert outer(nd.ones((1,))).asscalar() == 2
    inner.add(nn.HybridLambda(lambda F, x: x * 10))
    assert outer(nd.ones((1,))).asscalar() == 20


def test_new_arrays_reach_the_graph():
    net = nn.Dense(1, in_units=1, use_bias=False)
    net.initialize("ones")
    net.hybridize()
    x = nd.ones((1, 1))
    assert net(x).asscalar() == 1
    net.weight.set_data(nd.array([[5.0]]))
    assert net(x).asscalar() == 5
    net.initialize("zeros", force_reinit=True)
    assert net(x).asscalar() == 0


def test_a_hybridized_step_is_one_segment_with_its_gradient():
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=4, activation="relu"), nn.Dense(2, in_units=4))
    net.initialize()
    net.hybridize()
    x = nd.ones((3, 4))
    for _ in range(3):
        with autograd.record():
            loss = net(x).sum()
        loss.backward()
        net[0].weight.grad().wait_to_read()
    with trace.record() as recording:
        with autograd.record():
            loss = net(x).sum()
        loss.backward()
        net[0].weight.grad().wait_to_read()
    assert len(recording) == 1


def test_to_jax_gives_a_pure_function_of_the_parameters():
    net = nn.Dense(2, activation="tanh")
    net.initialize("normal")
    x = nd.array([[1.0, 2.0, 3.0]])
    function, params = net.to_jax(x)
    assert set(params) == {net.weight.name, net.bias.name}
    np.testing.assert_allclose(jax.jit(function)(params, x.jax), net(x).asnumpy(), rtol=1e-6)
    with autograd.record():
        loss = net(x).sum()
    loss.backward()
    grads = jax.grad(lambda p: function(p, x.jax).sum())(params)
    np.testing.assert_allclose(grads[net.weight.name], net.weight.grad().asnumpy(), rtol=1e-5)


def test_to_jax_in_training_returns_the_states():
    net = nn.HybridSequential()
    net.add(nn.BatchNorm(in_channels=2), nn.Dropout(0.5))
    net.initialize()
    x = nd.array([[1.0, 2.0], [3.0, 6.0]])
    function, params = net.to_jax(x, train=True)
    out, states = function(params, x.jax, key=jax.random.key(0))
    np.testing.assert_allclose(states[net[0].running_mean.name], [0.2, 0.4], rtol=1e-6)
    assert np.isin(np.round(np.abs(out)), [0, 2]).all()
    with pytest.raises(ArgumentError, match=r"draws random numbers 1 times; give key="):
        function(params, x.jax)
    with pytest.raises(ArgumentError, match="was traced with 1 inputs, got 2"):
        function(params, x.jax, x.jax, key=jax.random.key(0))
    assert isinstance(out, jnp.ndarray)


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_copy_learns_by_itself(hybridize):
    random.seed(4)  # with some first weights a step is too small to be seen
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=2, activation="tanh"), nn.BatchNorm(), nn.Dense(1))
    net.initialize()
    net.hybridize(hybridize)
    x = nd.array([[1, 2], [3, -4]])
    before = net(x).asnumpy()
    again = copy.deepcopy(net)
    np.testing.assert_allclose(again(x).asnumpy(), before, rtol=1e-6)
    trainer = Trainer(again.collect_params(), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        loss = (again(x) ** 2).sum()
    loss.backward()
    trainer.step(1)
    assert np.abs(again(x).asnumpy() - before).max() > 1e-3
    np.testing.assert_array_equal(net(x).asnumpy(), before)
