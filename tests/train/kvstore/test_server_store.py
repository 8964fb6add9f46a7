"""Stores on parameter servers of this process, and what a push that waits for nobody does."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, NotWrittenError
from workbench.imperative import nd
from workbench.module import Module, SequentialModule
from workbench.runtime import random
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train import initializer, io, kvstore, optimizer
from workbench.train.kvstore.parameter_server import ParameterServer
from workbench.train.kvstore.server_store import mean_staleness, staleness
from workbench.train.kvstore.servers import Here, Servers, connected
from workbench.train.resuming import Checkpoint


@pytest.fixture
def servers():
    return [Here(ParameterServer()) for _ in range(3)]


def store(servers, rank=0):
    """A worker's store; each is told that it is the only one, so that no barrier waits."""
    with connected(Servers(servers, rank, num_workers=1)):
        return kvstore.create("dist_async")


def pulled(found, key, like=2):
    out = nd.zeros((like,))
    found.pull(key, out)
    return out.asnumpy().tolist()


def test_each_push_is_applied_as_it_arrives_and_its_staleness_counted(servers):
    first, second = store(servers), store(servers, rank=1)
    first.init("w", nd.array([1.0, 2.0]))
    second.init("w", nd.array([7.0, 7.0]))  # worker 0's counts
    first.set_optimizer(optimizer.SGD(learning_rate=0.5))
    second.set_optimizer(optimizer.SGD(learning_rate=100.0))
    assert pulled(first, "w") == pulled(second, "w") == [1.0, 2.0]
    first.push("w", nd.array([1.0, 0.0]))  # staleness 0
    second.push("w", nd.array([0.0, 2.0]))  # 1: the other's came in between
    second.push("w", [nd.array([0.0, 1.0]), nd.array([0.0, 1.0])])  # 2; a sum over devices
    assert pulled(first, "w") == [0.5, 0.0]
    first.push("w", nd.array([1.0, 0.0]))  # 0: it has just pulled
    assert pulled(second, "w") == [0.0, 0.0]
    assert staleness(Servers(servers, 0, 1)) == {0: 2, 1: 1, 2: 1}
    measured = first.staleness()
    assert (measured.value, measured.unit, measured.kind, measured.spread) == (0.75, "1", "measured", (0, 2))
    assert "over 4 gradients" in measured.how


def test_momentum_is_the_servers(servers):
    found = store(servers)
    found.init([3, "b"], [nd.zeros((2,)), nd.zeros((2,))])
    found.set_optimizer(optimizer.SGD(learning_rate=1.0, momentum=0.5))
    for expected in (-1.0, -2.5, -4.25):
        found.push([3, "b"], [nd.ones((2,)), nd.ones((2,))])
        assert pulled(found, 3) == pulled(found, "b") == [expected] * 2


class Listening(Here):
    """A server that keeps what is sent to it."""

    def __init__(self):
        super().__init__(ParameterServer())
        self.heard = []

    def send(self, method, *args):
        self.heard.append((method, *args))
        return super().send(method, *args)


def test_two_bits_reach_the_server_and_each_worker_keeps_what_they_leave_out():
    server = Listening()
    first, second = store([server]), store([server], rank=1)
    first.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    second.set_gradient_compression({"type": "2bit", "threshold": 2.0})
    first.init("w", nd.zeros((5,)))
    second.init("w", nd.zeros((5,)))
    first.set_optimizer(optimizer.SGD(learning_rate=1.0))
    gradient, expected = [0.3, -0.6, 0.5, 0.1, -0.2], np.zeros(5)
    arrives = ([0, -0.5, 0.5, 0, 0], [0.5, -0.5, 0.5, 0, 0], [0, -0.5, 0.5, 0, -0.5])  # by MXNet 1.9.1
    for turn, arrived in enumerate(arrives):
        first.push("w", nd.array(gradient))
        # Halves from two devices, 1, -2, 0, 1.5, 0 in all: only what two pushes add up to is sent, but for -2.
        second.push("w", [nd.array([0.5, -1.0, 0.0, 0.75, 0.0])] * 2)
        expected -= arrived
        expected -= ([0, -2, 0, 0, 0], [2, -2, 0, 2, 0], [0, -2, 0, 2, 0])[turn]
        assert pulled(second, "w", 5) == expected.tolist()
    pushed = [message[1]["w"] for message in server.heard if message[0] == "push"]
    assert [gradient.array.packed.nbytes for gradient in pushed] == [4] * 6
    assert first.staleness().how.endswith("over 6 gradients")


def test_a_module_pushes_two_bits():
    head = sym.MakeLoss(sym.FullyConnected(sym.Variable("data"), num_hidden=1, no_bias=True, name="fc"))
    packed = {"type": "2bit", "threshold": 0.5}
    module = Module(head, label_names=None, compression_params=packed)
    module.bind([("data", (1, 2))])
    module.init_params(initializer.Zero())
    with connected(Servers([Here(ParameterServer())], 0, 1)):
        arguments = {"learning_rate": 1.0, "rescale_grad": 1.0}
        module.init_optimizer("dist_async", optimizer_params=arguments)
    for expected in ([[0, -0.5]], [[-0.5, -1.0]], [[-0.5, -1.5]]):
        module.forward_backward(io.DataBatch([nd.array([[0.3, 0.7]])]))
        module.update()
        np.testing.assert_array_equal(module.get_params()[0]["fc_weight"].asnumpy(), expected)


@pytest.mark.devices
def test_what_a_module_compresses_for_servers_is_the_sum_over_its_devices():
    head = sym.MakeLoss(sym.FullyConnected(sym.Variable("data"), num_hidden=1, no_bias=True, name="fc"))
    packed = {"type": "2bit", "threshold": 0.5}
    module = Module(head, label_names=None, context=[cpu(0), cpu(1)], compression_params=packed)
    module.bind([("data", (2, 2))])
    module.init_params(initializer.Zero())
    with connected(Servers([Here(ParameterServer())], 0, 1)):
        arguments = {"learning_rate": 1.0, "rescale_grad": 1.0}
        module.init_optimizer("dist_async", optimizer_params=arguments)
    batch = io.DataBatch(
        [nd.array([[0.25, 0.5], [0.25, -0.5]])]
    )  # in all 0.5 and 0; each by itself 0 and ±0.5
    for expected in ([[-0.5, 0]], [[-1.0, 0]]):
        module.forward_backward(batch)
        module.update()
        np.testing.assert_array_equal(module.get_params()[0]["fc_weight"].asnumpy(), expected)
    module.bind([("data", (2, 2))], force_rebind=True)
    module.forward_backward(batch)
    module.update()
    np.testing.assert_array_equal(module.get_params()[0]["fc_weight"].asnumpy(), [[-1.5, 0]])


def test_keys_are_shared_out_and_all_workers_agree():
    names = [f"layer{i}_weight" for i in range(60)]
    found = [Servers([None] * 3, rank, 2).shares(names) for rank in range(2)]
    assert found[0] == found[1]
    assert sorted(key for keys in found[0].values() for key in keys) == sorted(names)
    assert all(10 <= len(keys) <= 30 for keys in found[0].values())


def test_the_barriers_of_a_second_store_are_others_than_those_of_the_first(servers):
    here = Servers(servers, 0, num_workers=1)
    for _ in range(2):
        with connected(here):
            kvstore.create("dist_async").barrier()
    assert [servers[0].send("arrived", turn) for turn in (1, 2, 3)] == [1, 1, 0]


def test_no_gradients_have_no_staleness(servers):
    for call in (store(servers).staleness, lambda: mean_staleness({})):
        with pytest.raises(
            NotWrittenError, match=r"staleness\(\): no gradient was pushed to the servers yet"
        ):
            call()


def network():
    hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=5, name="fc1")
    outputs = sym.FullyConnected(sym.Activation(hidden, act_type="tanh"), num_hidden=3, name="fc2")
    return sym.SoftmaxOutput(outputs, name="softmax")


def fitted(**options):
    rng = np.random.default_rng(0)
    data = io.NDArrayIter(rng.normal(size=(32, 6)).astype("float32"), rng.integers(0, 3, 32), batch_size=8)
    random.seed(5)
    module = Module(network())
    arguments = {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.01}
    module.fit(data, num_epoch=2, optimizer_params=arguments, **options)
    return module


def test_a_module_that_trains_on_servers_reaches_what_it_reaches_alone(servers):
    alone = fitted().get_params()[0]
    with connected(Servers(servers, 0, 1)):
        module = fitted(kvstore="dist_async")
    for name, array in module.get_params()[0].items():
        np.testing.assert_allclose(array.asnumpy(), alone[name].asnumpy(), rtol=0, atol=1e-6)
    assert staleness(Servers(servers, 0, 1)) == {0: 8 * len(alone)}


def test_a_chain_of_modules_has_more_optimizers_than_servers_have(servers):
    hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=5, name="fc0")
    chain = SequentialModule().add(Module(hidden, label_names=None))
    chain.add(Module(network()), take_labels=True, auto_wiring=True)
    chain.bind([("data", (8, 6))], [("softmax_label", (8,))])
    chain.init_params()
    said = "kvstore='dist_async' with a chain of 2 modules: servers have one optimizer, and each module its own; make"
    for name in ("dist_async", store(servers)):
        with pytest.raises(NotSupportedError, match=said):
            chain.init_optimizer(kvstore=name)
    assert not chain.optimizer_initialized


def test_what_goes_wrong_is_named(servers, tmp_path):
    with pytest.raises(
        NotInitializedError, match=r"kvstore 'dist_async' needs parameter servers.*parameter_server\("
    ):
        kvstore.create("dist_async")
    found = store(servers)
    found.init("w", nd.zeros((2,)))
    for call, text in (
        (lambda: found.init("w", nd.zeros((2,))), "key 'w' is taken already"),
        (lambda: found.push("x", nd.zeros((2,))), "key 'x' was never initialised"),
        (lambda: pulled(found, "x"), "key 'x' was never initialised"),
        (lambda: found.pull("w"), "needs 'out'"),
        (lambda: found.set_optimizer("sgd"), r"set_optimizer\(\) takes an Optimizer, got str"),
        (
            lambda: found.push("w", nd.zeros((2,))),
            r"by an optimizer on the servers; call set_optimizer\(\) first",
        ),
        (lambda: found.set_learning_rate(0.1), r"call set_optimizer\(\) first"),
        (lambda: found.learning_rate("w"), r"call set_optimizer\(\) first"),
        (lambda: ParameterServer().pull(["w"]), "key 'w' was never initialised"),
        (lambda: store(servers).init("w", nd.zeros((2,))), "key 'w' is taken already"),
        (lambda: found.set_gradient_compression({"type": "1bit"}), "the type is '2bit', got '1bit'"),
    ):
        with pytest.raises(ArgumentError, match=text):
            call()


def test_what_servers_do_not_do_is_named(servers, tmp_path):
    found = store(servers)
    with connected(Servers(servers, 0, 1)):
        for call, text in (
            (lambda: found._set_updater(print), "the servers update by an optimizer"),
            (lambda: found.save_optimizer_states("x"), "are on the servers"),
            (lambda: found.load_optimizer_states("x"), "are on the servers"),
            (
                lambda: fitted(kvstore="dist_async", checkpoint=Checkpoint(tmp_path / "a")),
                "does not keep what parameter",
            ),
        ):
            with pytest.raises(NotSupportedError, match=text):
                call()
