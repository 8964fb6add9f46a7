"""A training step that reads nothing is one program, whatever the optimizer, and a schedule compiles none."""

import pytest

from workbench.imperative import autograd, nd
from workbench.runtime import compile as compiling
from workbench.runtime import trace
from workbench.train import optimizer as opt
from workbench.train.lr_scheduler import FactorScheduler

CASES = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("nag", {"momentum": 0.9}),
    ("adam", {}),
    ("adagrad", {}),
    ("rmsprop", {"centered": True}),
    ("adadelta", {}),
    ("adamax", {}),
    ("nadam", {}),
    ("ftrl", {}),
    ("ftml", {}),
    ("signum", {}),
    ("dcasgd", {}),
    ("lamb", {}),
    ("lars", {"momentum": 0.9}),
    ("lbsgd", {}),
    ("sgld", {}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_forward_backward_and_update_are_one_program(name, arguments):
    weight, bias, data = nd.ones((4, 3)), nd.zeros((4,)), nd.ones((2, 3))
    weight.attach_grad()
    bias.attach_grad()
    schedule = FactorScheduler(1, 0.9)
    updater = opt.get_updater(
        opt.create(name, learning_rate=0.01, wd=0.1, lr_scheduler=schedule, **arguments)
    )

    def step():
        with autograd.record():
            loss = nd.FullyConnected(data, weight, bias, num_hidden=4).square().sum()
        loss.backward()
        updater([0, 1], [weight.grad, bias.grad], [weight, bias])
        nd.waitall()

    for _ in range(4):  # the first makes the state; then each new program has to be seen and compiled
        step()
    compiled, before = compiling.cache.misses, weight.asnumpy()
    for _ in range(3):
        with trace.record() as events:
            step()
        assert len(events) == 1
    assert compiling.cache.misses == compiled
    assert (weight.asnumpy() != before).all()
