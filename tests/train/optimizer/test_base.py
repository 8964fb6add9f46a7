"""Rates, multipliers, counters, and what the base says about wrong arguments."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train import optimizer as opt
from workbench.train.lr_scheduler import FactorScheduler


def test_the_rate_is_a_hundredth_unless_told():
    assert opt.SGD().learning_rate == 0.01
    assert opt.Adam().learning_rate == 0.001
    assert opt.RMSProp().learning_rate == 0.001


def test_set_learning_rate():
    sgd = opt.SGD(learning_rate=0.5)
    sgd.set_learning_rate(0.25)
    assert sgd.learning_rate == 0.25


def test_a_scheduler_decides_the_rate():
    sgd = opt.SGD(learning_rate=1.0, lr_scheduler=FactorScheduler(2, 0.5))
    weight = nd.zeros((1,))
    moves = []
    for _ in range(6):
        before = weight.asscalar()
        sgd.update(0, weight, nd.ones((1,)), None)
        moves.append(before - weight.asscalar())
    np.testing.assert_allclose(moves, [1, 1, 0.5, 0.5, 0.25, 0.25], rtol=1e-6)
    with pytest.raises(
        ArgumentError, match=r"set_learning_rate\(0.1\): the rate is decided by FactorScheduler"
    ):
        sgd.set_learning_rate(0.1)


def test_without_a_rate_the_schedulers_stands():
    assert opt.SGD(lr_scheduler=FactorScheduler(2, base_lr=0.3)).learning_rate == 0.3
    assert opt.SGD(learning_rate=0.7, lr_scheduler=FactorScheduler(2, base_lr=0.3)).learning_rate == 0.7


def test_names_switch_weight_decay_off_for_biases():
    names = {0: "fc1_weight", 1: "fc1_bias", 2: "bn_gamma", 3: "bn_beta"}
    sgd = opt.SGD(wd=0.5, param_idx2name=names)
    assert sgd._get_wds([0, 1, 2, 3]) == [0.5, 0, 0.5, 0]
    sgd.set_wd_mult({"fc1_bias": 2.0, 2: 0.0})
    assert sgd._get_wds([0, 1, 2, 3]) == [0.5, 1.0, 0, 0]


def test_multipliers_go_by_name_and_by_index():
    sgd = opt.SGD(learning_rate=0.5, param_idx2name={0: "a_weight", 1: "b_weight"})
    sgd.set_lr_mult({"a_weight": 0.0, 7: 4.0})
    assert sgd._get_lrs([0, 1, 7]) == [0, 0.5, 2.0]
    assert sgd._get_lr(0) == 0
    weights = [nd.zeros((1,)), nd.zeros((1,))]
    sgd.update([0, 1], weights, [nd.ones((1,)), nd.ones((1,))], [None, None])
    assert [w.asscalar() for w in weights] == [0, -0.5]


def test_multipliers_come_from_the_symbols_attributes():
    class Net:
        def attr_dict(self):
            return {"a_weight": {"__lr_mult__": "0.5", "__wd_mult__": "3"}, "b_bias": {"__wd_mult__": "1"}}

        def list_arguments(self):
            return ["data", "a_weight", "b_bias"]

    sgd = opt.SGD(learning_rate=1.0, wd=0.1, sym=Net(), param_idx2name={0: "a_weight", 1: "b_bias"})
    assert sgd._get_lrs([0, 1]) == [0.5, 1.0]
    np.testing.assert_allclose(sgd._get_wds([0, 1]), [0.3, 0.1])


def test_multipliers_come_from_gluons_parameters():
    class Parameter:
        lr_mult, wd_mult = 0.5, 0.0

    sgd = opt.SGD(learning_rate=1.0, wd=0.1, param_dict={0: Parameter()})
    assert sgd._get_lrs([0, 1]) == [0.5, 1.0]
    assert sgd._get_wds([0, 1]) == [0.0, 0.1]


def test_updates_are_counted_from_begin_num_update():
    sgd = opt.SGD(begin_num_update=10)
    for _ in range(3):
        sgd.update([0, 1], [nd.zeros((1,))] * 2, [nd.ones((1,))] * 2, [None, None])
    assert sgd.num_update == 13


def test_an_optimizer_of_ones_own():
    @opt.register
    class SignDescent(opt.Optimizer):
        def update(self, index, weight, grad, state):
            self._update_count(index)
            weight[:] = weight - self._get_lr(index) * (2 * (grad > 0) - 1)

    updater = opt.get_updater(opt.create("signdescent", learning_rate=0.5))
    weights = [nd.zeros((2,)), nd.ones((2,))]
    updater([0, 1], [nd.array([3, -3]), nd.array([-1, 1])], weights)
    np.testing.assert_array_equal(weights[0].asnumpy(), [-0.5, 0.5])
    np.testing.assert_array_equal(weights[1].asnumpy(), [1.5, 0.5])
    assert updater.optimizer.num_update == 1


def test_an_optimizer_without_a_rule_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer must define update"):
        opt.Optimizer().update(0, nd.zeros((1,)), nd.zeros((1,)), None)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(
        ArgumentError, match=r"no optimizer 'rmspop'; known are .*sgd.* Did you mean 'rmsprop'\?"
    ):
        opt.create("rmspop")
    with pytest.raises(
        ArgumentError, match=r"optimizer 'sgd' has no argument 'learing_rate'.*Did you mean 'learning_rate'"
    ):
        opt.create("sgd", learing_rate=0.1)
    with pytest.raises(ArgumentError, match="param_idx2name must be a dict or None, got 'a'"):
        opt.SGD(param_idx2name="a")


def test_create_takes_an_optimizer_as_it_is():
    sgd = opt.SGD()
    assert opt.create(sgd) is sgd
    assert isinstance(opt.create("RMSProp"), opt.RMSProp)
    assert isinstance(opt.Optimizer.create_optimizer("nag"), opt.NAG)


@pytest.mark.parametrize("name", ["wd", "rescale_grad", "learning_rate", "clip_gradient"])
def test_rates_are_numbers(name):
    with pytest.raises(ArgumentError, match=f"^SGD: {name} must be a number( or None)?, got '0.1'$"):
        opt.SGD(**{name: "0.1"})


@pytest.mark.parametrize(
    ("lists", "text"),
    [
        (([0, 1], [1, 1], [1], [None, None]), "index 2, weight 2, grad 1, state 2"),
        (([0], 1, 1, None), "index 1, weight NDArray, grad NDArray, state NoneType"),
        (([0, 1], [1, 1], [1, 1], [None]), "index 2, weight 2, grad 2, state 1"),
    ],
)
def test_lists_of_several_lengths_are_refused_and_nothing_is_counted(lists, text):
    index, *rest = lists
    arrays = [
        [nd.ones((2,)) if v == 1 else v for v in r] if isinstance(r, list) else r and nd.ones((2,))
        for r in rest
    ]
    sgd = opt.create("sgd")
    with pytest.raises(ArgumentError, match=f"takes four lists of one length, got {text}"):
        sgd.update(index, *arrays)
    assert sgd.num_update == 0


@pytest.mark.parametrize("rate", ["fast", None, True])
def test_a_learning_rate_is_a_number(rate):
    sgd = opt.create("sgd", learning_rate=0.5)
    with pytest.raises(ArgumentError, match="a rate is a number, got"):
        sgd.set_learning_rate(rate)
    assert sgd.learning_rate == 0.5
