"""Recorded values within a budget: the same gradients, fewer bytes, and what was let go is made again."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd
from workbench.errors import ArgumentError

LAYERS, BATCH, WIDTH = 24, 16, 32
VALUE = BATCH * WIDTH * 4


def gradients(context, dropout=0.0):
    mx.random.seed(4)
    weights = [nd.random.normal(scale=0.3, shape=(WIDTH, WIDTH)) for _ in range(LAYERS)]
    moving = nd.zeros(WIDTH), nd.ones(WIDTH)
    gamma, beta = nd.ones(WIDTH), nd.zeros(WIDTH)
    for array in (*weights, gamma):
        array.attach_grad()
    with context as record:
        with autograd.record():
            x = nd.random.normal(shape=(BATCH, WIDTH))
            for weight in weights:
                x = nd.tanh(nd.dot(x, weight))
                if dropout:
                    x = nd.Dropout(x, p=dropout)
            x = nd.BatchNorm(x, gamma, beta, *moving, fix_gamma=False)
            loss = (x * x).sum()
        loss.backward()
        found = [w.grad.asnumpy() for w in (*weights, gamma)] + [m.asnumpy() for m in moving]
    return found, record


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("bulk", [1, 5])
@pytest.mark.parametrize("values", [6, 12])
def test_gradients_under_a_budget_are_those_without(values, bulk, dropout):
    plain, _ = gradients(mx.engine.bulk(bulk), dropout)
    kept, record = gradients(mx.memory.online(values * VALUE, bulk), dropout)
    for one, other in zip(kept, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert record.evictions > 0
    assert record.recomputations > 0


def test_what_is_kept_stays_near_the_budget():
    _, free = gradients(mx.memory.online("1GB"))
    assert (free.evictions, free.recomputations) == (0, 0)
    assert free.peak > LAYERS * VALUE
    _, tight = gradients(mx.memory.online(8 * VALUE))
    assert tight.peak <= (8 + 4) * VALUE  # what the operation at hand reads and gives comes on top


def test_a_value_that_was_let_go_can_be_read():
    with mx.memory.online(2 * VALUE), autograd.record():
        x = nd.ones((BATCH, WIDTH))
        x.attach_grad()
        values = [nd.tanh(x * (i + 1)) for i in range(8)]
        for i, value in enumerate(values):
            np.testing.assert_allclose(value.asnumpy(), np.tanh(i + 1.0), rtol=1e-6)


def test_nothing_is_kept_once_backward_has_run():
    _, record = gradients(mx.memory.online(8 * VALUE))
    assert record._there() == []


@pytest.mark.parametrize("arguments", [("lots",), (0,), ("4MB", 0), ("4MB", 1.5)])
def test_what_is_no_budget_is_refused(arguments):
    with pytest.raises(
        ArgumentError, match=r"a budget is a size of a byte or more|bulk must be a whole number, 1 or more"
    ):
        mx.memory.online(*arguments)
