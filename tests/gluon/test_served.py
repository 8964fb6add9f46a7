"""A trainer whose parameters are on servers of this process."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon import Parameter, StaleGradientError, Trainer, loss, nn
from workbench.imperative import autograd, nd
from workbench.runtime import random
from workbench.runtime.device import cpu
from workbench.train.kvstore.parameter_server import ParameterServer
from workbench.train.kvstore.server_store import staleness
from workbench.train.kvstore.servers import Here, Servers, connected
from workbench.train.lr_scheduler import FactorScheduler


@pytest.fixture
def servers():
    return [Here(ParameterServer()) for _ in range(2)]


def worker(servers, params, rank=0, **options):
    """A worker's trainer; each worker is told that it is the only one, so that no barrier waits."""
    with connected(Servers(servers, rank, num_workers=1)):
        return Trainer(params, "sgd", kvstore="dist_async", **options)


def learned(*values, ctx=None):
    made = []
    for at, value in enumerate(values):
        made.append(Parameter(f"w{at}", shape=(1,)))
        made[-1].initialize("zeros", ctx=ctx)
        made[-1].set_data(nd.array([value]))
    return made


def backward(params, factor=1.0):
    with autograd.record():
        total = nd.add_n(*[p.data() * factor for p in params])
    total.backward()


def values(params):
    return [p.data().asscalar() for p in params]


def fitted(**options):
    rng, chosen = np.random.default_rng(0), loss.SoftmaxCrossEntropyLoss()
    x, y = nd.array(rng.normal(size=(20, 6))), nd.array(rng.integers(0, 3, 20))
    random.seed(5)
    net = nn.HybridSequential()
    net.add(nn.Dense(5, activation="tanh"), nn.Dense(3))
    net.initialize()
    net[0].weight.lr_mult, net[1].bias.wd_mult = 0.5, 0.0
    net[1].weight.grad_req = "null"
    arguments = {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.01, "clip_gradient": 0.05}
    trainer = Trainer(net.collect_params(), "sgd", arguments, **options)
    for _ in range(2):
        for rows in (slice(0, 8), slice(8, 16), slice(16, 20)):  # the last batch is smaller
            with autograd.record():
                lost = chosen(net(x[rows]), y[rows])
            lost.backward()
            trainer.step(lost.size)
    return [p.data().asnumpy() for p in net.collect_params().values()]


def test_a_trainer_on_servers_reaches_what_it_reaches_alone(servers):
    alone = fitted()
    with connected(Servers(servers, 0, 1)):
        served = fitted(kvstore="dist_async")
    for mine, theirs in zip(served, alone, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-6)
    assert staleness(Servers(servers, 0, 1)) == {0: 6 * (len(alone) - 1)}


def test_workers_begin_with_those_of_worker_0_and_pull_what_all_have_pushed(servers):
    mine, theirs = learned(1.0, 2.0), learned(7.0, 7.0)
    first = worker(servers, mine, optimizer_params={"learning_rate": 0.5})
    second = worker(servers, theirs, rank=1, optimizer_params={"learning_rate": 100.0})
    backward(mine, 4.0)
    first.step(2)  # 0.5 · 4 / 2
    assert values(mine) == [0.0, 1.0]
    backward(theirs, 2.0)
    second.step(2)
    assert values(theirs) == [-0.5, 0.5]
    backward(mine, 0.0)
    first.step(2)
    assert values(mine) == [-0.5, 0.5]
    assert staleness(Servers(servers, 0, 1)) == {0: 2, 1: 4}


@pytest.mark.devices
def test_gradients_of_devices_are_summed_and_all_pull(servers):
    params = learned(1.0, ctx=[cpu(0), cpu(1)])
    trainer = worker(servers, params, optimizer_params={"learning_rate": 1.0})
    with autograd.record():
        parts = [params[0].data(cpu(i)) * factor for i, factor in enumerate((1.0, 2.0))]
    autograd.backward(parts)
    trainer.step(1)
    assert [copy.asscalar() for copy in params[0].list_data()] == [-2.0, -2.0]


def test_two_bits_are_pushed(servers):
    params = learned(0.0, 0.0)
    packed = {"type": "2bit", "threshold": 0.5}
    trainer = worker(servers, params, optimizer_params={"learning_rate": 1.0}, compression_params=packed)
    for expected in (0.0, -0.5, -0.5, -1.0):
        backward(params, 0.25)
        trainer.step(1)
        assert values(params) == [expected] * 2


def test_a_stale_gradient_is_not_pushed(servers):
    params = learned(1.0, 1.0)
    trainer = worker(servers, params, optimizer_params={"learning_rate": 1.0})
    backward(params[:1])
    with pytest.raises(StaleGradientError, match=r"written the gradient of 'w1' since the last step"):
        trainer.step(1)
    trainer.step(1, ignore_stale_grad=True)
    assert values(params) == [0, 1]
    trainer.step(1, ignore_stale_grad=True)
    assert values(params) == [0, 1]


def test_the_rate_that_worker_0_sets_is_the_servers(servers):
    mine, theirs = learned(0.0), learned(0.0)
    first, second = worker(servers, mine), worker(servers, theirs, rank=1)
    first.set_learning_rate(1.0)
    for rate, expected in ((1.0, -1.0), (0.25, -1.25)):
        first.set_learning_rate(rate)
        backward(mine)
        first.step(1)
        assert values(mine) == [expected]
    backward(theirs)
    second.step(1)
    second.set_learning_rate(100.0)
    backward(theirs)
    second.step(1)
    assert values(theirs) == [-1.75]
    assert first.learning_rate == second.learning_rate == 0.25


def test_a_schedule_counts_the_updates_of_all(servers):
    schedule = FactorScheduler(step=2, factor=0.5)
    params = learned(0.0)
    trainer = worker(servers, params, optimizer_params={"learning_rate": 1.0, "lr_scheduler": schedule})
    rates = []
    for _ in range(4):
        backward(params)
        trainer.step(1)
        rates.append(trainer.learning_rate)
    assert rates == [1.0, 1.0, 0.5, 0.5]
    with pytest.raises(ArgumentError, match="the rate is decided by FactorScheduler"):
        trainer.set_learning_rate(1.0)


def test_what_servers_do_is_no_workers_to_do(servers, tmp_path):
    trainer = worker(servers, learned(0.0), update_on_kvstore=True)
    for call, text in (
        (
            trainer.allreduce_grads,
            r"Trainer\.allreduce_grads\(\): with kvstore='dist_async' the servers update",
        ),
        (lambda: trainer.update(1), r"Trainer\.update\(\): with kvstore='dist_async' the servers update"),
        (trainer.trained, "a checkpoint does not keep what parameter servers have"),
        (lambda: trainer.save_states(tmp_path / "x"), "'dist_async' are on the servers"),
        (lambda: trainer.load_states(tmp_path / "x"), "'dist_async' are on the servers"),
        (
            lambda: worker(servers, [], update_on_kvstore=False),
            "update_on_kvstore=False; updates are made by the servers of 'dist_async', leave it None",
        ),
    ):
        with pytest.raises(NotSupportedError, match=text):
            call()
    with pytest.raises(ArgumentError, match="batch_size is the number of examples, 1 or more, got 0"):
        trainer.step(0)
    worker(servers, []).step(1)  # nothing to push
