"""Rows: an update of the same arrays once more is the update it would be anew."""

import copy
import weakref

import numpy as np
import pytest

from workbench import autograd, engine, nd, optimizer
from workbench.errors import ArgumentError, AutogradError, ShapeError
from workbench.imperative.rows import Rows

SHAPES = ((3, 4), (3,), (2, 3))
RATES = {"lrs": (0.1, 0.2, 0.3), "wds": (0.0, 0.01, 0.02), "momentum": 0.9, "rescale_grad": 0.5}


def column(seed, dtype=np.float32):
    numbers = np.random.default_rng(seed)
    return [nd.array(numbers.normal(size=shape), dtype=dtype) for shape in SHAPES]


def columns():
    return [column(1), column(2), column(3)]


def values(found):
    return [array.asnumpy() for each in found for array in each]


def by_function(given, rates):
    rows = [array for row in zip(*given, strict=True) for array in row]
    nd.multi_sgd_mom_update(*rows, out=given[0], num_weights=len(given[0]), **rates)


def same(given, expected):
    for a, b in zip(values(given), values(expected), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cut", ["bulked", "naive"])
def test_steps_with_other_rates_are_those_of_the_function(cut):
    given, expected = columns(), columns()
    rows = Rows("multi_sgd_mom_update", given)
    with engine.naive() if cut == "naive" else engine.bulk(2000):
        for rate in (1.0, 0.5, 0.5, 2.0):
            rates = {**RATES, "lrs": tuple(rate * lr for lr in RATES["lrs"])}
            rows.update(given, rates)
            by_function(expected, rates)
    same(given, expected)


def test_rates_in_a_list_that_is_written_to_are_the_new_ones():
    given, expected = columns(), columns()
    rows = Rows("multi_sgd_mom_update", given)
    rates = {**RATES, "lrs": list(RATES["lrs"])}
    for rate in (0.1, 0.1, 0.7):
        rates["lrs"][1] = rate
        rows.update(given, rates)
        by_function(expected, rates)
    same(given, expected)


def test_after_a_mistake_the_rates_before_it_are_good_again():
    given, expected = columns(), columns()
    rows = Rows("multi_sgd_mom_update", given)
    for rates in (RATES, RATES):
        rows.update(given, rates)
    for wrong in ({**RATES, "lrs": (0.1, 0.2)}, {**RATES, "rescale_grad": np.array([0.5, 0.5])}):
        with pytest.raises(ArgumentError):
            rows.update(given, wrong)
    rows.update(given, RATES)
    for _ in range(3):
        by_function(expected, RATES)
    same(given, expected)


def test_what_was_written_in_between_is_what_is_updated():
    given, expected = columns(), columns()
    rows = Rows("multi_sgd_mom_update", given)
    for step in range(3):
        for each in (given, expected):
            each[0][1][:] = step
            each[2][0] *= 0.5
        rows.update(given, RATES)
        by_function(expected, RATES)
    same(given, expected)


def test_a_view_is_written_through():
    whole = nd.array(np.arange(24).reshape(4, 6))
    weight, grad, momentum = whole[1:3], nd.ones((2, 6)), nd.zeros((2, 6))
    view = [[weight], [grad], [momentum]]
    for _ in range(2):
        Rows("multi_sgd_mom_update", view).update(view, {"lrs": (1.0,), "wds": (0.0,), "momentum": 0.0})
    expected = np.arange(24, dtype=np.float32).reshape(4, 6)
    expected[1:3] -= 2
    np.testing.assert_array_equal(whole.asnumpy(), expected)


def test_mistakes_are_told_as_by_the_function():
    weights, grads, _ = columns()
    rates = {"lrs": (0.1,) * 3, "wds": (0.0,) * 3}
    crossed = [weights, grads[::-1]]
    with pytest.raises(ShapeError, match=r"grad of parameter 0 has shape .*called at test_rows"):
        Rows("multi_sgd_update", crossed).update(crossed, rates)
    foreign = [[np.ones(3)], [nd.ones(3)]]
    with pytest.raises(ArgumentError, match="must be an NDArray, got ndarray"):
        Rows("multi_sgd_update", foreign).update(foreign, {"lrs": (0.1,), "wds": (0.0,)})
    given = [weights, grads]
    rows = Rows("multi_sgd_update", given)
    rows.update(given, rates)
    with pytest.raises(ArgumentError, match="needs 3 lrs, got 2"):
        rows.update(given, {**rates, "lrs": (0.1,) * 2})
    with pytest.raises(ArgumentError, match="needs 3 lrs, got 2"):  # as many numbers, otherwise shared out
        rows.update(given, {"lrs": (0.1,) * 2, "wds": (0.0,) * 4})
    with pytest.raises(ArgumentError, match="rescale_grad"):
        rows.update(given, {**rates, "rescale_grad": "fast"})


def test_a_marked_weight_is_not_overwritten_while_recording():
    weights, grads, _ = columns()
    weights[0].attach_grad()
    rows = Rows("multi_sgd_update", [weights, grads])
    with autograd.record(), pytest.raises(AutogradError):
        rows.update([weights, grads], {"lrs": (0.1,) * 3, "wds": (0.0,) * 3})


def test_no_array_is_kept_alive_and_no_other_taken_for_one_that_is_gone():
    given = columns()
    rows = Rows("multi_sgd_mom_update", given)
    rows.update(given, RATES)
    nd.waitall()
    memory = [weakref.ref(array._storage) for array in given[0]]
    assert rows.are("multi_sgd_mom_update", given)
    given[0][0] = nd.zeros(SHAPES[0])
    assert not rows.are("multi_sgd_mom_update", given)
    given.clear()
    assert [ref() for ref in memory] == [None] * 3


def test_they_are_the_same_by_identity_alone():
    given = columns()
    rows = Rows("multi_sgd_mom_update", given)
    assert rows.are("multi_sgd_mom_update", [list(each) for each in given])
    assert not rows.are("multi_sgd_update", given[:2])
    assert not rows.are("multi_sgd_mom_update", [given[0], given[1], column(3)])
    assert not rows.are("multi_sgd_mom_update", [each[:2] for each in given])


def test_an_optimizer_is_copied_without_the_arrays_it_updated():
    weight, grad = nd.ones(3), nd.ones(3)
    made = optimizer.SGD(learning_rate=0.5)
    made.update([0], [weight], [grad], [None])
    other = copy.deepcopy(made)
    other.update([0], [weight], [grad], [None])
    np.testing.assert_array_equal(weight.asnumpy(), np.zeros(3, np.float32))
