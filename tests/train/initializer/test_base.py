"""Which initial value a name gets."""

import logging

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train import initializer as init


def filled(name, initializer=None, shape=(4, 4), attrs=None):
    arr = nd.full(shape, 9.0)
    (initializer or init.Constant(7.0))(init.InitDesc(name, attrs), arr)
    return arr.asnumpy()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fc1_weight", 7),
        ("fc1_bias", 0),
        ("bn_gamma", 1),
        ("bn_beta", 0),
        ("bn_moving_mean", 0),
        ("bn_moving_var", 1),
        ("bn_running_mean", 0),
        ("bn_running_var", 1),
        ("x_moving_inv_var", 0),
        ("x_moving_avg", 0),
        ("q_min", 0),
        ("q_max", 1),
    ],
)
def test_the_end_of_the_name_is_the_role(name, value):
    np.testing.assert_array_equal(filled(name), np.full((4, 4), value))


def test_plain_text_is_a_name_too():
    arr = nd.zeros((2,))
    init.One()("weight", arr)
    np.testing.assert_array_equal(arr.asnumpy(), [1, 1])


def test_a_name_of_no_role_is_an_error():
    with pytest.raises(ArgumentError, match=r"no initial value is known for 'theta'.*weight, bias.*init="):
        filled("theta")


def test_a_variables_own_initializer_goes_first():
    attrs = {"__init__": init.Constant(3.0).dumps()}
    np.testing.assert_array_equal(filled("theta", attrs=attrs), np.full((4, 4), 3.0))
    np.testing.assert_array_equal(filled("fc_bias", attrs={"__init__": "ones"}), np.ones((4, 4)))


def test_the_networks_initializer_is_remembered():
    desc, whole = init.InitDesc("a_weight"), init.One()
    whole(desc, nd.zeros((1,)))
    assert desc.global_init is whole


@pytest.mark.parametrize(
    "made",
    [
        init.Zero(),
        init.One(),
        init.Constant(0.5),
        init.Constant([1.0, 2.0]),
        init.Uniform(0.2),
        init.Normal(0.3),
        init.Xavier("gaussian", "in", 2),
        init.MSRAPrelu("out", 0.1),
        init.Orthogonal(1.0, "normal"),
        init.Bilinear(),
        init.LSTMBias(2.0),
    ],
    ids=repr,
)
def test_text_makes_it_again(made):
    again = init.create(made.dumps())
    assert again == made
    assert hash(again) == hash(made)
    assert vars(again).keys() == vars(made).keys()


def test_text_is_mxnets():
    assert (
        init.Xavier().dumps() == '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]'
    )
    assert init.MSRAPrelu().dumps() == '["msraprelu", {"factor_type": "avg", "slope": 0.25}]'
    assert init.Zero().dumps() == '["zero", {}]'


def test_by_name():
    assert init.create("zeros") == init.Zero()
    assert init.create("ones") == init.One()
    assert init.create("normal", sigma=0.5) == init.Normal(0.5)
    assert init.Normal(0.5) != init.Normal(0.6)
    with pytest.raises(ArgumentError, match=r"no initializer 'xaver'.*Did you mean 'xavier'\?"):
        init.create("xaver")


def test_an_initializer_of_ones_own():
    @init.register
    @init.alias("halves")
    class Half(init.Initializer):
        def _init_weight(self, desc, arr):
            arr[:] = 0.5

        def _init_bias(self, desc, arr):
            arr[:] = 0.25

    np.testing.assert_array_equal(filled("a_weight", init.create("half")), np.full((4, 4), 0.5))
    np.testing.assert_array_equal(filled("a_bias", init.create("halves")), np.full((4, 4), 0.25))


def test_one_without_a_rule_says_so():
    with pytest.raises(NotImplementedError, match="Initializer must define _init_weight"):
        filled("a_weight", init.Initializer())


def test_a_name_must_be_text():
    with pytest.raises(ArgumentError, match="takes a parameter's name and array, got 3 for the name"):
        init.Zero()(3, nd.zeros((1,)))


def test_verbosity(caplog):
    with caplog.at_level(logging.INFO):
        filled("a_weight", init.Constant(2.0).set_verbosity(True))
        filled("a_weight", init.Constant(2.0).set_verbosity(True, lambda a: f"{a.shape}"))
        filled("a_weight", init.Constant(2.0).set_verbosity(False))
    texts = [r.getMessage() for r in caplog.records]
    assert texts == ["Initialized a_weight as weight: 2.0", "Initialized a_weight as weight: (4, 4)"]
