import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon import Parameter, ParameterDict, nn
from workbench.imperative import nd
from workbench.train.initializer import Initializer


def test_get_makes_and_finds():
    params = ParameterDict("net_")
    weight = params.get("weight", shape=(2, 0))
    assert weight.name == "net_weight"
    assert params.get("weight", shape=(2, 3)) is weight
    assert weight.shape == (2, 3)
    assert params.get("weight", shape=(0, 0)).shape == (2, 3)
    assert ("net_weight" in params, len(params), list(params)) == (True, 1, ["net_weight"])


def test_a_found_one_must_be_what_was_asked_for():
    params = ParameterDict()
    params.get("w", shape=(2,), lr_mult=2.0, dtype="float64")
    with pytest.raises(ShapeError, match=r"has shape \(2,\), which \(3,\) does not fit"):
        params.get("w", shape=(3,))
    with pytest.raises(ArgumentError, match=r"'w' exists already with lr_mult=2.0, not 1.0"):
        params.get("w", lr_mult=1.0)
    assert params.get("w", dtype="float64").dtype is np.float64


def test_unknown_names_get_a_suggestion():
    params = ParameterDict("net_")
    params.get("weight", shape=(1,))
    with pytest.raises(ArgumentError, match=r"there is no parameter 'net_wieght'. Did you mean 'net_weight'"):
        params["net_wieght"]


def test_shared_ones_come_first():
    first = ParameterDict("a_")
    weight = first.get("w", shape=(1,))
    second = ParameterDict("a_", shared=first)
    assert second.get("w", shape=(1,)) is weight
    assert second.get("v", shape=(1,)) is not None
    assert "a_v" not in first


def test_constants():
    params = ParameterDict()
    one = params.get_constant("c", [1.0, 2.0])
    assert params.get_constant("c") is one
    assert params.get_constant("c", nd.array([1.0, 2.0])) is one
    with pytest.raises(ArgumentError, match="constant 'c' exists already, with another value"):
        params.get_constant("c", [1.0, 3.0])
    with pytest.raises(ArgumentError, match="there is no constant 'd'; give its value"):
        params.get_constant("d")
    params.get("w", shape=(2,))
    with pytest.raises(ArgumentError, match="'w' is a Parameter, not a Constant"):
        params.get_constant("w", [1.0])


def test_update_refuses_another_of_the_same_name():
    params = ParameterDict()
    weight = params.get("w", shape=(1,))
    params.update({"w": weight})
    with pytest.raises(ArgumentError, match="two different parameters are called 'w'"):
        params.update({"w": Parameter("w", shape=(1,))})


def test_all_at_once():
    params = ParameterDict()
    for name in ("a", "b"):
        params.get(name, shape=(2,))
    params.initialize("ones")
    assert params.list_ctx() == params["a"].list_ctx()
    params.setattr("grad_req", "null")
    assert params["b"].grad_req == "null"
    params.setattr("lr_mult", 0.5)
    params.zero_grad()
    assert params["a"].lr_mult == 0.5
    with pytest.raises(ArgumentError, match=r"parameters have no 'grad_reg'. Did you mean 'grad_req'\?"):
        params.setattr("grad_reg", "write")
    assert repr(params).splitlines()[1] == "  Parameter a (shape=(2,), dtype=float32)"


def test_prefixes_can_be_dropped_and_put_back(tmp_path):
    path = tmp_path / "net.params"
    one = nn.Dense(1, in_units=2, prefix="one_")
    one.initialize("normal")
    one.collect_params().save(path, strip_prefix="one_")
    assert sorted(nd.load(path)) == ["bias", "weight"]
    two = nn.Dense(1, in_units=2, prefix="two_")
    two.collect_params().load(path, restore_prefix="two_")
    np.testing.assert_array_equal(two.weight.data().asnumpy(), one.weight.data().asnumpy())
    with pytest.raises(ArgumentError, match="'one_weight' does not start with strip_prefix 'two_'"):
        one.collect_params().save(path, strip_prefix="two_")


def test_arguments_of_load_are_checked(tmp_path):
    path = tmp_path / "net.params"
    nd.save(path, {"arg:w": nd.ones((1,))})
    params = ParameterDict()
    params.get("w", shape=(1,))
    with pytest.raises(ArgumentError, match="dtype_source is 'current' or 'saved', got 'mine'"):
        params.load(path, dtype_source="mine")
    params.load(path)
    assert params["w"].data().asscalar() == 1


def test_an_initializer_that_fails_changes_no_parameter():
    class Failing(Initializer):
        def _init_weight(self, name, array):
            if "second" in name:
                raise RuntimeError("no such distribution")
            array[:] = 9

    params = ParameterDict()
    for name in ("first_weight", "second_weight"):
        params.get(name, shape=(2,), init="ones")
    params.initialize()
    for parameter in params.values():
        parameter.init = None
    with pytest.raises(RuntimeError, match="no such distribution"):
        params.initialize(Failing(), force_reinit=True)
    assert [p.data().asnumpy().tolist() for p in params.values()] == [[1, 1], [1, 1]]


@pytest.mark.parametrize("shape", ["x", (2, 2.5), -1, (3, -1), 2.5])
def test_a_shape_is_whole_numbers(shape):
    with pytest.raises(ArgumentError, match="a shape is whole numbers, 0 where one is not known yet, got"):
        Parameter("weight", shape=shape)
