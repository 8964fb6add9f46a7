"""Schedules against closed forms, and against rates MXNet 1.9.1 gives."""

import logging
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ArgumentError
from workbench.train.lr_scheduler import (
    CosineScheduler,
    FactorScheduler,
    LRScheduler,
    MultiFactorScheduler,
    PolyScheduler,
)
from workbench.train.optimizer import SGD

WARM = {"base_lr": 0.1, "warmup_steps": 3, "warmup_begin_lr": 0.01}

# Rates MXNet 1.9.1 gives for updates 0, 1, 2, …
MXNET = [
    (FactorScheduler(5, 0.5, **WARM), [0.01, 0.04, 0.07, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.025]),
    (MultiFactorScheduler([3, 6], 0.5, base_lr=0.1), [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]),
    (
        PolyScheduler(10, 0.1, 2, 0.01, 3, 0.0),
        [
            0,
            0.0333333,
            0.0666667,
            0.1,
            0.0761224,
            0.0559184,
            0.0393878,
            0.0265306,
            0.0173469,
            0.0118367,
            0.01,
            0.01,
        ],
    ),
    (
        CosineScheduler(10, 0.1, 0.01, 3, 0.0),
        [
            0,
            0.0333333,
            0.0666667,
            0.1,
            0.0955436,
            0.083057,
            0.0650134,
            0.0449866,
            0.026943,
            0.0144564,
            0.01,
            0.01,
        ],
    ),
]


@pytest.mark.parametrize(("schedule", "rates"), MXNET, ids=lambda x: type(x).__name__)
def test_agrees_with_mxnet(schedule, rates):
    np.testing.assert_allclose([schedule(i) for i in range(len(rates))], rates, rtol=1e-5)


@given(st.integers(0, 500), st.integers(1, 50), st.floats(0.1, 1))
def test_factor(update, step, factor):
    rate = FactorScheduler(step, factor, base_lr=2.0, stop_factor_lr=0)(update)
    assert math.isclose(rate, 2.0 * factor ** (max(0, math.ceil(update / step) - 1)))


def test_factor_stops_falling():
    schedule = FactorScheduler(1, 0.1, stop_factor_lr=1e-3, base_lr=1.0)
    assert [schedule(i) for i in (1, 2, 100)] == [1.0, 0.1, 1e-3]


@given(st.integers(0, 200), st.floats(0.5, 4))
def test_falling_schedules_end_at_final_lr(update, power):
    for schedule in (PolyScheduler(100, 1.0, power, 0.25), CosineScheduler(100, 1.0, 0.25)):
        rate = schedule(update)
        assert 0.25 <= rate <= 1.0
        assert rate <= schedule(max(0, update - 1))
        if update >= 100:
            assert math.isclose(rate, 0.25, abs_tol=1e-12)


def test_a_schedule_is_a_function_of_the_update_alone():
    schedule = FactorScheduler(10, 0.5, base_lr=1.0)
    late = schedule(95)
    assert schedule(5) == 1.0
    assert schedule(95) == late


def test_setting_base_lr_moves_the_whole_schedule():
    for schedule in (PolyScheduler(10), CosineScheduler(10), FactorScheduler(5), MultiFactorScheduler([3])):
        schedule.base_lr = 0.5
        assert schedule(0) == 0.5


def test_base_lr_is_the_rate_that_training_came_to():
    factor, many = FactorScheduler(5, 0.5, base_lr=1.0), MultiFactorScheduler([3, 6], 0.1, base_lr=1.0)
    falling = PolyScheduler(10, 1.0, 1)
    seen = []
    for update in (1, 4, 6, 11):
        for schedule in (factor, many, falling):
            schedule(update)
        seen.append([round(s.base_lr, 6) for s in (factor, many, falling)])
    # MXNet 1.9.1 gives the same but for the last, which it leaves where the update before the end put it.
    assert seen == [[1.0, 1.0, 0.9], [1.0, 0.1, 0.6], [0.5, 0.1, 0.4], [0.25, 0.01, 0.0]]


def test_base_lr_set_in_training_is_where_the_schedule_goes_on():
    factor, many = FactorScheduler(5, 0.5, base_lr=1.0), MultiFactorScheduler([3, 6], 0.1, base_lr=1.0)
    for schedule in (factor, many):
        schedule(6)
        schedule.base_lr = 0.3
    assert [factor(i) for i in (6, 10, 11)] == [0.3, 0.3, 0.15]
    np.testing.assert_allclose([many(i) for i in (6, 7)], [0.3, 0.03])
    falling = PolyScheduler(10, 1.0, 1)
    falling(8)
    falling.base_lr = 0.5
    assert [falling(i) for i in (8, 9, 10)] == [0.5, 0.25, 0.0]
    falling.base_lr = 0.5
    assert falling(11) == 0.5


def test_an_optimizer_starts_a_schedule_that_was_plotted_anew():
    schedule = FactorScheduler(5, 0.5, base_lr=1.0)
    rates = [schedule(i) for i in range(20)]
    SGD(lr_scheduler=schedule)
    assert schedule.base_lr == 1.0
    assert [schedule(i) for i in range(20)] == rates
    SGD(learning_rate=2.0, lr_scheduler=schedule)
    assert [schedule(i) for i in range(20)] == [2 * rate for rate in rates]


def test_a_schedule_of_the_users_own_may_count_down_in_base_lr():
    class Halving(LRScheduler):
        def __init__(self):
            self.base_lr = 1.0

        def __call__(self, num_update):
            self.base_lr *= 0.5
            return self.base_lr

    optimizer = SGD(learning_rate=4.0, lr_scheduler=Halving())
    assert [optimizer.learning_rate, optimizer.learning_rate] == [2.0, 1.0]


def test_drops_are_logged(caplog):
    caplog.set_level(logging.INFO)
    factor = FactorScheduler(2, 0.1, stop_factor_lr=1e-2, base_lr=0.5, warmup_steps=2)
    many = MultiFactorScheduler([2, 4], 0.1, base_lr=0.5)
    for schedule in (factor, many):
        for update in (0, 1, 2, 2, 3, 3, 4, 5, 7):
            schedule(update)
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        ("root", "Update[3]: Change learning rate to 5.00000e-02"),
        ("root", "Update[5]: now learning rate arrived at 1.00000e-02, will not change in the future"),
        ("root", "Update[3]: Change learning rate to 5.00000e-02"),
        ("root", "Update[5]: Change learning rate to 5.00000e-03"),
    ]


def test_warm_up():
    linear, constant = (FactorScheduler(10, **WARM, warmup_mode=m) for m in ("linear", "constant"))
    np.testing.assert_allclose([linear(i) for i in range(4)], [0.01, 0.04, 0.07, 0.1])
    np.testing.assert_allclose([constant(i) for i in range(4)], [0.01, 0.01, 0.01, 0.1])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LRScheduler(warmup_steps=-1), "warmup_steps must be a whole number of updates, got -1"),
        (
            lambda: LRScheduler(0.1, warmup_begin_lr=0.2),
            "warmup_begin_lr must not exceed base_lr, got 0.2 and 0.1",
        ),
        (lambda: LRScheduler(warmup_mode="slow"), "'linear' or 'constant', got 'slow'"),
        (lambda: FactorScheduler(0), "step must be at least 1 update, got 0"),
        (lambda: FactorScheduler(1, 1.5), "factor must not exceed 1, or the rate would grow, got 1.5"),
        (lambda: MultiFactorScheduler([3, 3]), r"increasing update numbers from 1, got \[3, 3\]"),
        (lambda: MultiFactorScheduler([]), r"increasing update numbers from 1, got \[\]"),
        (lambda: PolyScheduler(5, warmup_steps=5), "beyond warmup_steps=5, got 5"),
        (lambda: CosineScheduler(2.5), "max_update must be a whole number, got 2.5"),
    ],
)
def test_wrong_arguments_are_named(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_the_base_has_no_schedule():
    with pytest.raises(NotImplementedError, match="LRScheduler must define decayed"):
        LRScheduler()(1)
