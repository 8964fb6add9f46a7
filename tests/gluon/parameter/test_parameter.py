"""Parameters: shapes known late, gradients, devices and what is said when something is missing."""

import copy

import numpy as np
import pytest

from workbench.errors import ArgumentError, DTypeError, NotInitializedError, NotSupportedError, ShapeError
from workbench.gluon import DeferredInitializationError, Parameter, nn
from workbench.imperative import autograd, nd
from workbench.runtime.device import cpu
from workbench.train import initializer


def test_it_starts_as_its_initializer_says():
    one = Parameter("a_bias", shape=(2, 3), init="ones")
    one.initialize(default_init=initializer.Zero())
    np.testing.assert_array_equal(one.data().asnumpy(), np.ones((2, 3)))
    one.initialize(init=initializer.Constant(4.0), force_reinit=True)
    np.testing.assert_array_equal(one.data().asnumpy(), np.full((2, 3), 4.0))
    two = Parameter("no_known_ending", shape=(2,))
    two.initialize(default_init="ones")
    np.testing.assert_array_equal(two.data().asnumpy(), [1, 1])


def test_initializers_may_choose_by_name():
    one = Parameter("a_bias", shape=(2,))
    one.initialize(initializer.Mixed([".*bias", ".*"], [initializer.Constant(3.0), initializer.One()]))
    np.testing.assert_array_equal(one.data().asnumpy(), [0, 0])  # Constant knows what a bias is
    two = Parameter("b", shape=(2,))
    two.initialize(default_init=initializer.Load({"b": nd.array([5.0, 6.0])}))
    np.testing.assert_array_equal(two.data().asnumpy(), [5, 6])


def test_initializing_twice_warns_and_changes_nothing():
    one = Parameter("w", shape=(1,), init="ones")
    one.initialize()
    one.set_data(nd.array([7.0]))
    with pytest.warns(UserWarning, match="'w' is initialized already, and stays so; force_reinit=True"):
        one.initialize()
    assert one.data().asscalar() == 7


def test_initializing_twice_warns_at_the_line_that_did():
    net = nn.Dense(1, in_units=1)
    net.initialize()
    for initialize in (net.weight.initialize, net.collect_params().initialize, net.initialize):
        with pytest.warns(UserWarning, match="is initialized already") as told:
            initialize()
        assert {warning.filename for warning in told} == {__file__}


def test_a_shape_may_come_later():
    one = Parameter("w", shape=(2, 0), init="ones", allow_deferred_init=True)
    one.initialize()
    with pytest.raises(
        DeferredInitializationError, match=r"'w' has shape \(2, 0\) so far.*call the network on data"
    ):
        one.data()
    with pytest.raises(ShapeError, match=r"'w' waits for its shape; \(2, 0\) is all that is known"):
        one.finish_deferred_init()
    with pytest.raises(ShapeError, match=r"'w' has shape \(2, 0\), which \(3, 4\) does not fit"):
        one.shape = (3, 4)
    one.shape = (2, 4)
    one.finish_deferred_init()
    np.testing.assert_array_equal(one.data().asnumpy(), np.ones((2, 4)))
    with pytest.raises(ShapeError, match=r"has shape \(2, 4\), which \(2, 5\) does not fit"):
        one.shape = (2, 5)


def test_an_unknown_shape_must_be_allowed():
    with pytest.raises(
        ShapeError, match=r"its shape \(2, 0\) is not known; state all sizes, or .*allow_deferred"
    ):
        Parameter("w", shape=(2, 0)).initialize()


def test_before_initialization_it_says_what_to_do():
    one = Parameter("w", shape=(1,))
    for read in (one.data, one.grad, one.list_data, one.list_grad, one.list_ctx):
        with pytest.raises(NotInitializedError, match=r"'w' has not been initialized: call \.initialize\(\)"):
            read()
    with pytest.raises(NotInitializedError, match="'w' has not been initialized"):
        one.set_data(nd.ones((1,)))


def test_gradients_are_written_added_or_not_kept():
    one = Parameter("w", shape=(2,), init="ones")
    one.initialize()
    with autograd.record():
        loss = (one.data() * 3).sum()
    loss.backward()
    np.testing.assert_array_equal(one.grad().asnumpy(), [3, 3])
    one.grad_req = "add"
    for _ in range(2):
        with autograd.record():
            loss = (one.data() * 3).sum()
        loss.backward()
    np.testing.assert_array_equal(one.grad().asnumpy(), [6, 6])
    one.zero_grad()
    np.testing.assert_array_equal(one.grad().asnumpy(), [0, 0])
    one.grad_req = "null"
    with pytest.raises(NotInitializedError, match="'w' keeps no gradient: its grad_req is 'null'"):
        one.grad()
    with pytest.raises(
        ArgumentError, match="grad_req of Parameter 'w' is 'write', 'add' or 'null', got 'read'"
    ):
        one.grad_req = "read"


def test_a_state_never_has_a_gradient():
    one = Parameter("w", shape=(2,), differentiable=False)
    one.grad_req = "write"
    assert one.grad_req == "null"


def test_set_data_writes_into_the_same_array():
    one = Parameter("w", shape=(2,), init="zeros")
    one.initialize()
    array = one.data()
    with autograd.record():
        one.set_data(np.array([1.0, 2.0]))
    assert one.data() is array
    np.testing.assert_array_equal(array.asnumpy(), [1, 2])
    with pytest.raises(ShapeError, match=r"which \(3,\) does not fit"):
        one.set_data(nd.ones((3,)))


def test_set_data_ends_the_wait():
    one = Parameter("w", shape=(0, 2), allow_deferred_init=True)
    one.initialize()
    given = nd.array([[1.0, 2.0]])
    one.set_data(given)
    given[:] = 0
    np.testing.assert_array_equal(one.data().asnumpy(), [[1, 2]])


def test_cast_keeps_the_value():
    one = Parameter("w", shape=(2,), init="ones")
    one.initialize()
    one.cast("float16")
    assert (one.dtype, one.data().dtype, one.grad().dtype) == (np.float16,) * 3
    one.dtype = "float32"
    np.testing.assert_array_equal(one.data().asnumpy(), [1, 1])
    with pytest.raises(DTypeError, match="unknown dtype 'float23'"):
        one.cast("float23")


@pytest.mark.devices
def test_copies_on_several_devices():
    one = Parameter("w", shape=(2,), init="uniform")
    one.initialize(ctx=[cpu(1), cpu(2)])
    assert one.list_ctx() == [cpu(1), cpu(2)]
    assert [a.context for a in one.list_data()] == [a.context for a in one.list_grad()] == [cpu(1), cpu(2)]
    np.testing.assert_array_equal(*[a.asnumpy() for a in one.list_data()])
    with cpu(2):
        assert one.data().context is cpu(2)
    with pytest.raises(
        NotInitializedError, match=r"'w' is not on cpu\(0\); it was initialized on cpu\(1\), cpu\(2\)"
    ):
        one.data()
    one.reset_ctx(cpu(3))
    assert one.data().context is cpu(3)
    with pytest.raises(ArgumentError, match="names a device twice"):
        one.reset_ctx([cpu(1), cpu(1)])
    with pytest.raises(ArgumentError, match="ctx is a device or a list of devices, got \\[3\\]"):
        one.reset_ctx([3])


@pytest.mark.devices
def test_copies_that_differ_become_their_mean_where_they_move():
    """The moving averages of a network that learned on two devices."""
    one = Parameter("mean", shape=(2,), init="ones")
    one.initialize(ctx=[cpu(1), cpu(2)])
    one.data(cpu(2))[:] = nd.array([3.0, 5.0], ctx=cpu(2))
    one.reset_ctx(cpu(0))
    np.testing.assert_array_equal(one.data().asnumpy(), [2, 3])


@pytest.mark.devices
def test_a_waiting_parameter_moves_too():
    one = Parameter("w", shape=(0,), init="ones", allow_deferred_init=True)
    one.initialize()
    one.reset_ctx(cpu(1))
    assert one.list_ctx() == [cpu(1)]
    one.shape = (2,)
    one.finish_deferred_init()
    assert one.data().context is cpu(1)


def test_as_a_variable_it_keeps_its_facts():
    one = Parameter("w", shape=(2, 3), lr_mult=0.5, wd_mult=0.0, init="ones", dtype="float64")
    variable = one.var()
    assert one.var() is variable
    attrs = variable.list_attr()
    assert (variable.name, attrs["lr_mult"], attrs["wd_mult"]) == ("w", "0.5", "0.0")
    assert (attrs["__shape__"], attrs["__init__"], attrs["__dtype__"]) == ("(2, 3)", "ones", "float64")


def test_sparse_storage_is_not_supported():
    with pytest.raises(NotSupportedError, match="'row_sparse' and 'default'; only dense"):
        Parameter("w", stype="row_sparse")


def test_a_copy_has_arrays_and_gradients_of_its_own():
    one = Parameter("w", shape=(2,), grad_req="add")
    one.initialize(init="ones")
    two = copy.deepcopy(one)
    with autograd.record():
        (3 * two.data()).sum().backward()
    two.set_data(nd.zeros(2))
    assert one.data().asnumpy().tolist() == [1, 1]
    assert one.grad().asnumpy().tolist() == [0, 0]
    assert two.grad().asnumpy().tolist() == [3, 3]
    assert (two.name, two.grad_req) == ("w", "add")
    waiting = Parameter("late", shape=(0,), allow_deferred_init=True)
    waiting.initialize(init="ones")
    late = copy.deepcopy(waiting)
    late.shape = (3,)
    late.finish_deferred_init()
    assert late.data().shape == (3,)
    assert waiting.shape == (0,)


def test_repr():
    assert repr(Parameter("w", shape=(2, 0))) == "Parameter w (shape=(2, 0), dtype=float32)"
