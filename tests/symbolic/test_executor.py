"""Executors: binding, running, gradients as requested, states, and what each misuse says."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd, sym
from workbench.errors import (
    ArgumentError,
    AutogradError,
    DeviceError,
    NotSupportedError,
    NotWrittenError,
    ShapeError,
)

X = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], np.float32)
W = np.array([[0.5, 1.0, -1.0], [2.0, 0.0, 1.0]], np.float32)


def dense():
    return sym.FullyConnected(sym.var("x"), num_hidden=2, no_bias=True, name="fc")


def values():
    return {"x": nd.array(X), "fc_weight": nd.array(W)}


def test_bind_takes_lists_in_order_or_dicts_by_name():
    named = dense().bind(mx.cpu(), values())
    listed = dense().bind(mx.cpu(), list(values().values()))
    for executor in (named, listed):
        np.testing.assert_allclose(executor.forward()[0].asnumpy(), X @ W.T, rtol=1e-6)
        assert list(executor.output_dict) == ["fc_output"]
    assert [a.shape for a in named.arg_arrays] == [(2, 3), (2, 3)]
    assert named.grad_arrays == [None, None]


def test_simple_bind_makes_every_array():
    net = sym.BatchNorm(dense(), name="bn")
    executor = net.simple_bind(mx.cpu(), x=(2, 3), type_dict={"x": "float64"})
    assert {n: a.shape for n, a in executor.arg_dict.items()} == {
        "x": (2, 3), "fc_weight": (2, 3), "bn_gamma": (2,), "bn_beta": (2,),
    }  # fmt: skip
    assert {n: a.shape for n, a in executor.aux_dict.items()} == {
        "bn_moving_mean": (2,),
        "bn_moving_var": (2,),
    }
    assert all(np.dtype(a.dtype) == np.float64 for a in executor.arg_dict.values())
    assert executor.grad_dict.keys() == executor.arg_dict.keys()


@pytest.mark.parametrize("turns", [1, 3])
def test_grad_req_may_differ_by_argument(turns):
    args = values()
    grads = {n: nd.full(a.shape, 100) for n, a in args.items()}
    executor = dense().bind(mx.cpu(), args, args_grad=grads, grad_req={"x": "add", "fc_weight": "write"})
    for _ in range(turns):
        executor.forward(is_train=True)
        executor.backward(nd.ones((2, 2)))
    np.testing.assert_allclose(
        executor.grad_dict["x"].asnumpy(), 100 + turns * (np.ones((2, 2)) @ W), rtol=1e-6
    )
    np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), np.ones((2, 2)) @ X, rtol=1e-6)
    assert grads["x"] is executor.grad_dict["x"]


def test_null_leaves_gradients_alone():
    grad = nd.full((2, 3), 100)
    executor = dense().bind(mx.cpu(), values(), args_grad={"x": grad}, grad_req="null")
    executor.forward(is_train=True)
    executor.backward()
    assert (grad.asnumpy() == 100).all()
    assert executor.grad_dict == {"x": None, "fc_weight": None}


def test_head_gradients_by_name_in_order_or_single():
    net = sym.Group([sym.tanh(sym.var("x"), name="a"), sym.square(sym.var("x") * 1, name="b")])
    with pytest.raises(ArgumentError, match=r"2 inputs of .* are called 'x'"):
        net.simple_bind(x=(2,))
    x = sym.var("x")
    net = sym.Group([sym.tanh(x, name="a"), sym.square(x, name="b")])
    executor = net.simple_bind(x=(2,))
    executor.arg_dict["x"][:] = np.array([0.5, -1.0])
    want = 2 * (1 - np.tanh([0.5, -1.0]) ** 2) + 3 * 2 * np.array([0.5, -1.0])
    heads = [nd.full((2,), 2), nd.full((2,), 3)]
    for given in (heads, dict(zip(("a_output", "b_output"), heads, strict=True))):
        executor.forward(is_train=True)
        executor.backward(given)
        np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, rtol=1e-5)
    executor.forward(is_train=True)
    with pytest.raises(ArgumentError, match="got 2 heads and 1 head gradients"):
        executor.backward(heads[0])
    with pytest.raises(ShapeError, match=r"the head has shape \(2,\), its gradient \(3,\)"):
        executor.backward([nd.ones((3,)), heads[1]])
    with pytest.raises(ArgumentError, match=r"no 'c_output' among a_output, b_output"):
        executor.backward({"c_output": heads[0]})


def test_two_equal_losses_push_twice():
    data, label = sym.var("data"), sym.var("label")
    losses = sym.Group([sym.LinearRegressionOutput(data, label), sym.LinearRegressionOutput(data, label)])
    executor = losses.simple_bind(data=(2, 1), label=(2, 1))
    executor.arg_dict["data"][:] = 3
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_dict["data"].asnumpy().tolist() == [[6], [6]]


def test_forward_copies_its_inputs_in_and_checks_them_first():
    executor = dense().bind(mx.cpu(), values())
    other = nd.array(X * 2, dtype="float64")
    np.testing.assert_allclose(executor.forward(x=other)[0].asnumpy(), 2 * X @ W.T, rtol=1e-6)
    other[:] = 0
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), 2 * X)
    with pytest.raises(ArgumentError, match=r"no argument 'fc_weigth'.*Did you mean 'fc_weight'\?"):
        executor.forward(x=X, fc_weigth=W)
    with pytest.raises(ShapeError, match=r"'fc_weight' was bound with shape \(2, 3\), got \(3, 2\)"):
        executor.forward(x=X, fc_weight=W.T)
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), 2 * X)


def test_outputs_and_backward_need_a_forward():
    executor = dense().simple_bind(x=(2, 3))
    with pytest.raises(NotWrittenError, match="were read before forward"):
        executor.outputs[0].asnumpy()
    with pytest.raises(NotWrittenError, match="were read before forward"):
        (executor.outputs[0] + 1).asnumpy()
    with pytest.raises(AutogradError, match=r"backward\(\) needs forward\(is_train=True\) before it"):
        executor.backward()


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (lambda a: a.pop("x"), ArgumentError, "args: 'x' not given"),
        (
            lambda a: a.update(fc_wieght=a.pop("fc_weight")),
            ArgumentError,
            r"args: no 'fc_wieght' among x, fc_weight\. Did you mean 'fc_weight'\?",
        ),
        (lambda a: a.update(x=X), ArgumentError, "'x' must be an NDArray, got ndarray"),
        (
            lambda a: a.update(fc_weight=nd.ones((2, 4))),
            ShapeError,
            r"weight must have shape \(2, 3\), got \(2, 4\)",
        ),
        (
            lambda a: a.update(x=nd.array(X, ctx=mx.cpu(1))),
            DeviceError,
            r"'x' is on cpu\(1\), the executor on cpu\(0\)",
        ),
    ],
)
def test_binding_what_does_not_fit_is_refused(change, error, text):
    args = values()
    change(args)
    with pytest.raises(error, match=text):
        dense().bind(mx.cpu(), args)


def test_binding_checks_gradients_requests_and_shapes():
    with pytest.raises(ShapeError, match=r"the gradient of 'x' has shape \(3,\), 'x' \(2, 3\)"):
        dense().bind(mx.cpu(), values(), args_grad={"x": nd.ones((3,))})
    with pytest.raises(ArgumentError, match="grad_req of 'x' is 'write', 'add' or 'null', got 'sum'"):
        dense().simple_bind(grad_req="sum", x=(2, 3))
    with pytest.raises(
        ArgumentError, match=r"grad_req: no 'fc_wieght' among x, .*Did you mean 'fc_weight'\?"
    ):
        dense().simple_bind(grad_req={"fc_wieght": "add"}, x=(2, 3))
    with pytest.raises(ArgumentError, match=r"args_grad: no 'fc_wieght' among x, .*Did you mean 'fc_weight'"):
        dense().bind(mx.cpu(), values(), args_grad={"fc_wieght": nd.ones((2, 3))})
    with pytest.raises(ArgumentError, match=r"simple_bind\(\): no 'fc_wieght' among x, .*Did you mean"):
        dense().simple_bind(x=(2, 3), fc_wieght=(2, 3))
    with pytest.raises(ArgumentError, match="the shape of 'x' does not follow from those given"):
        dense().simple_bind()
    with pytest.raises(ArgumentError, match=r"args needs 2 arrays \(x, fc_weight\), got 1"):
        dense().bind(mx.cpu(), [nd.ones((2, 3))])


def test_bound_arrays_are_the_users_own():
    args = values()
    executor = dense().bind(mx.cpu(), args)
    args["fc_weight"][:] = 0
    assert (executor.forward()[0].asnumpy() == 0).all()
    executor.arg_dict["x"][:] = 7
    assert (args["x"].asnumpy() == 7).all()


def test_an_array_with_a_gradient_of_its_own_keeps_it():
    args = values()
    args["fc_weight"].attach_grad()
    executor = dense().bind(mx.cpu(), args, args_grad={"fc_weight": nd.zeros((2, 3))})
    executor.forward(is_train=True)
    executor.backward(nd.ones((2, 2)))
    assert (args["fc_weight"].grad.asnumpy() == 0).all()
    with autograd.record():
        y = args["fc_weight"] * 2
    y.backward()
    assert (args["fc_weight"].grad.asnumpy() == 2).all()
    np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), np.ones((2, 2)) @ X, rtol=1e-6)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("turns", [1, 4])
def test_auxiliary_states_move_once_a_training_forward_and_never_in_prediction(turns, backward):
    net = sym.BatchNorm(sym.var("x"), name="bn", momentum=0.5, fix_gamma=False)
    executor = net.simple_bind(x=(2, 3))
    executor.arg_dict["x"][:] = X
    executor.arg_dict["bn_gamma"][:] = 1
    mean, var = np.zeros(3), np.zeros(3)
    for _ in range(turns):
        executor.forward(is_train=True)
        if backward:
            executor.backward(nd.ones((2, 3)))
        mean, var = mean / 2 + X.mean(0) / 2, var / 2 + X.var(0) / 2
        executor.forward()
    np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(executor.aux_dict["bn_moving_var"].asnumpy(), var, rtol=1e-5)
    predicted = (X - mean) / np.sqrt(var + 1e-3)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), predicted, rtol=1e-4, atol=1e-5)


def test_arrays_of_other_networks_are_passed_over():
    """Networks of several layers trained one after another share one dict of parameters, as in MXNet's autoencoder."""
    others = {f"fc{i}_weight": nd.ones((7,)) for i in range(3)} | {"y": nd.ones((1,))}
    grads = {"fc_weight": nd.zeros((2, 3)), **others}
    reqs = {"fc_weight": "add", "y": "write"}
    executor = dense().bind(mx.cpu(), values() | others, grads, reqs, aux_states=others)
    executor.forward(is_train=True)
    executor.backward()
    np.testing.assert_allclose(grads["fc_weight"].asnumpy(), np.ones((2, 2)) @ X, rtol=1e-6)
    assert list(executor.arg_dict) == ["x", "fc_weight"]
    assert executor.grad_dict["x"] is None
    made = dense().simple_bind(grad_req=reqs, x=(2, 3), softmax_label=(2,))
    assert {n: a.shape for n, a in made.arg_dict.items()} == {"x": (2, 3), "fc_weight": (2, 3)}


@pytest.mark.parametrize("monitored", [False, True])
@pytest.mark.parametrize("train", [False, True])
def test_outputs_are_the_same_arrays_for_an_executors_life(train, monitored):
    executor = dense().simple_bind(x=(2, 3))
    early = executor.outputs[0]
    assert (early.shape, early.dtype, early.context) == ((2, 2), np.float32, mx.cpu())
    seen = []
    if monitored:
        executor.set_monitor_callback(lambda name, array: seen.append(array))
    executor.arg_dict["fc_weight"][:] = W
    for times in (1, 2, 3):
        out = executor.forward(is_train=train, x=X * times)[0]
        if train:
            executor.backward()
        assert out is early
        assert executor.output_dict["fc_output"] is early
        np.testing.assert_allclose(early.asnumpy(), times * X @ W.T, rtol=1e-6)
    assert all(array is early for array in seen)
    assert len(seen) == (3 if monitored else 0)


@pytest.mark.parametrize("read", [False, True])
def test_an_output_may_be_written_before_backward(read):
    """As where two modules' outputs are summed in the first one's arrays: its gradient is still its own."""
    executor = sym.tanh(dense()).simple_bind(x=(2, 3))
    executor.arg_dict["fc_weight"][:] = W
    for times in (1, 2):
        out = executor.forward(is_train=True, x=X * times)[0]
        if read:
            np.testing.assert_allclose(out.asnumpy(), np.tanh(times * X @ W.T), rtol=1e-5)
        out += 10
        executor.backward(nd.ones((2, 2)))
        want = (1 - np.tanh(times * X @ W.T) ** 2) @ W
        np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, rtol=1e-4, atol=1e-6)
        with pytest.raises(
            AutogradError, match=r"its outputs were written since; call forward\(is_train=True\)"
        ):
            executor.backward(nd.ones((2, 2)))
    np.testing.assert_allclose(out.asnumpy(), 10 + np.tanh(2 * X @ W.T), rtol=1e-5)


@pytest.mark.parametrize("given", [None, 2.0])
@pytest.mark.parametrize("request_", ["write", "add"])
def test_an_output_written_before_it_was_computed_leaves_backward_where_to_start(given, request_):
    executor = sym.tanh(dense()).simple_bind(x=(2, 3), grad_req=request_)
    executor.arg_dict["fc_weight"][:] = W
    out = executor.forward(is_train=True, x=X)[0]
    out[:] = 5
    nd.waitall()
    executor.backward(None if given is None else nd.full((2, 2), given))
    want = (given or 1.0) * (1 - np.tanh(X @ W.T) ** 2) @ W
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(out.asnumpy(), np.full((2, 2), 5, np.float32))


def test_outputs_of_a_pass_without_training_follow_one_with():
    executor = dense().bind(mx.cpu(), values())
    out = executor.forward()[0]
    first = out.copy()
    executor.forward(is_train=True, x=X * 2)
    executor.backward()
    executor.forward(x=X * 3)
    np.testing.assert_allclose(first.asnumpy(), X @ W.T, rtol=1e-6)
    np.testing.assert_allclose(out.asnumpy(), 3 * X @ W.T, rtol=1e-6)


def test_a_gradient_read_after_the_update_belongs_to_the_step_before_it():
    executor = sym.square(sym.var("x")).simple_bind(x=(2, 3))
    executor.arg_dict["x"][:] = X
    value = X.copy()
    for _ in range(4):
        executor.forward(is_train=True)
        executor.backward()
        executor.arg_dict["x"] -= 0.25 * executor.grad_dict["x"]
        np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), 2 * value, rtol=1e-6)
        value = value - 0.5 * value
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), value, rtol=1e-6)


def test_an_output_may_feed_imperative_code():
    executor = dense().bind(mx.cpu(), values())
    out = executor.forward()[0]
    assert float((out * 2).sum()) == pytest.approx(2 * (X @ W.T).sum())


def test_eval_needs_every_input():
    assert dense().eval(**values())[0].shape == (2, 2)
    with pytest.raises(ArgumentError, match="'fc_weight' not given"):
        dense().eval(x=nd.array(X))


def test_copy_params_from_copies_all_or_nothing():
    executor = dense().bind(mx.cpu(), values())
    with pytest.raises(ShapeError, match=r"'fc_weight' has shape \(2, 3\), got \(9,\)"):
        executor.copy_params_from({"x": nd.zeros((2, 3)), "fc_weight": nd.zeros((9,))})
    with pytest.raises(ArgumentError, match=r"no argument 'fc_wieght'.*Did you mean 'fc_weight'\?"):
        executor.copy_params_from({"x": nd.zeros((2, 3)), "fc_wieght": nd.zeros((2, 3))})
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), X)
    executor.copy_params_from({"x": nd.zeros((2, 3)), "y": nd.zeros((1,))}, allow_extra_params=True)
    assert (executor.arg_dict["x"].asnumpy() == 0).all()


def test_a_value_that_is_no_array_is_refused_before_any_is_copied():
    executor = dense().bind(mx.cpu(), values())
    with pytest.raises(
        ArgumentError, match=r"copy_params_from\(\): 'fc_weight' must be an NDArray, got ndarray"
    ):
        executor.copy_params_from({"x": nd.zeros(X.shape), "fc_weight": W})
    np.testing.assert_array_equal(executor.arg_dict["x"].asnumpy(), X)


@pytest.mark.parametrize("req", [None, 3])
def test_a_gradient_request_is_text_or_a_collection(req):
    with pytest.raises(ArgumentError, match=rf"a list or a dict of them, got {req}"):
        dense().simple_bind(mx.cpu(), grad_req=req, x=X.shape)


def test_executors_in_two_threads_train_as_they_would_alone(frequent_switches):
    def trained():
        executor = sym.MakeLoss(sym.sum(dense() ** 2)).simple_bind(mx.cpu(), x=X.shape)
        executor.arg_dict["fc_weight"][:] = W
        for _ in range(80):
            executor.forward(is_train=True, x=X)
            executor.backward()
            executor.arg_dict["fc_weight"] -= 0.01 * executor.grad_dict["fc_weight"]
        return executor.arg_dict["fc_weight"].asnumpy()

    alone = trained()
    with ThreadPoolExecutor(2) as threads:
        both = [thread.result() for thread in [threads.submit(trained), threads.submit(trained)]]
    for found in both:
        np.testing.assert_allclose(found, alone, rtol=1e-5, atol=1e-7)


@pytest.fixture
def frequent_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_an_executor_runs_on_its_device():
    executor = dense().simple_bind(mx.cpu(2), x=(2, 3))
    executor.forward(is_train=True, x=X, fc_weight=W)
    executor.backward()
    for array in (*executor.outputs, *executor.grad_dict.values()):
        assert array.context == mx.cpu(2)
        assert {d.id for d in array.jax.devices()} == {nd.ones((1,), ctx=mx.cpu(2)).jax.device.id}


# -- once more for the same forward -------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("read", [False, True])
def test_backward_can_be_called_again_for_one_forward(times, read):
    executor = dense().bind(
        mx.cpu(),
        values(),
        args_grad={"x": nd.zeros((2, 3)), "fc_weight": nd.zeros((2, 3))},
        grad_req={"x": "add", "fc_weight": "write"},
    )
    head = np.array([[1.0, 2.0], [3.0, -1.0]], np.float32)
    executor.forward(is_train=True)
    for i in range(times):
        executor.backward(nd.array(head * (i + 1)))
        if read:
            executor.grad_dict["x"].wait_to_read()
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), sum(range(times + 1)) * head @ W, rtol=1e-5)
    np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), times * head.T @ X, rtol=1e-5)


def test_backward_again_drops_what_forward_dropped_and_moves_no_state():
    net = sym.BatchNorm(sym.Dropout(sym.var("x"), p=0.5), name="bn", fix_gamma=False, momentum=0.5)
    executor = sym.MakeLoss(sym.sum(net * net)).simple_bind(x=(64, 3))
    executor.arg_dict["x"][:] = np.random.default_rng(0).standard_normal((64, 3))
    executor.arg_dict["bn_gamma"][:] = 1
    executor.forward(is_train=True)
    executor.backward()
    first, state = executor.grad_dict["x"].asnumpy(), executor.aux_dict["bn_moving_mean"].asnumpy()
    executor.backward()
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), first, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(executor.aux_dict["bn_moving_mean"].asnumpy(), state)


@pytest.mark.parametrize("read", [False, True])
def test_backward_again_follows_a_losss_own_gradient(read):
    executor = sym.SoftmaxOutput(dense(), name="softmax").simple_bind(x=(2, 3), grad_req="add")
    out = executor.forward(is_train=True, x=X, fc_weight=W, softmax_label=np.array([1, 0]))[0]
    for _ in range(3):
        executor.backward()
        if read:
            executor.grad_dict["x"].wait_to_read()
    want = 3 * (out.asnumpy() - np.eye(2)[[1, 0]]) @ W
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, rtol=1e-5, atol=1e-6)


def test_a_forward_that_does_not_train_can_be_differentiated_too():
    executor = sym.Dropout(sym.square(sym.var("x")), p=0.9).simple_bind(x=(2, 3))
    executor.arg_dict["x"][:] = X
    executor.forward()
    executor.backward(nd.ones((2, 3)))
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), 2 * X, rtol=1e-6)


def test_backward_again_after_its_inputs_were_written_is_refused():
    executor = dense().simple_bind(x=(2, 3))
    executor.forward(is_train=True, x=X)
    executor.backward()
    executor.arg_dict["fc_weight"][:] = 1
    with pytest.raises(AutogradError, match=r"its inputs were written since; call forward\(is_train=True\)"):
        executor.backward()


# -- other shapes, shared arrays ----------------------------------------------------------------------------


def test_reshape_shares_every_array_whose_shape_stays():
    executor = dense().simple_bind(x=(4, 3))
    executor.arg_dict["fc_weight"][:] = W
    small = executor.reshape(x=(2, 3))
    assert small.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    np.testing.assert_allclose(small.forward(is_train=True, x=X)[0].asnumpy(), X @ W.T, rtol=1e-6)
    small.backward(nd.ones((2, 2)))
    np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), np.ones((2, 2)) @ X, rtol=1e-6)
    with pytest.raises(ShapeError, match=r"'x' would grow from \(4, 3\) to \(5, 3\).*allow_up_sizing=True"):
        executor.reshape(x=(5, 3))
    assert executor.reshape(x=(5, 3), allow_up_sizing=True).arg_dict["x"].shape == (5, 3)
    with pytest.raises(
        ShapeError, match=r"'fc_weight' would change from \(2, 3\) to \(2, 2\).*partial_shaping=True"
    ):
        executor.reshape(x=(4, 2))
    wide = executor.reshape(x=(4, 2), partial_shaping=True)
    assert wide.arg_dict["fc_weight"].shape == wide.grad_dict["fc_weight"].shape == (2, 2)
    with pytest.raises(ArgumentError, match=r"reshape\(\): no argument 'y'"):
        executor.reshape(y=(1,))


def test_executors_may_share_arrays_by_name_or_through_a_buffer():
    first = dense().simple_bind(x=(4, 3))
    second = dense().simple_bind(x=(2, 3), shared_arg_names=["fc_weight"], shared_exec=first)
    first.arg_dict["fc_weight"][:] = W
    np.testing.assert_array_equal(second.arg_dict["fc_weight"].asnumpy(), W)
    assert second.grad_dict["fc_weight"] is first.grad_dict["fc_weight"]
    buffer = {}
    third = dense().simple_bind(x=(2, 3), shared_buffer=buffer)
    assert sorted(buffer) == ["fc_weight", "grad of fc_weight", "grad of x", "x"]
    fourth = dense().simple_bind(x=(5, 3), shared_buffer=buffer)
    third.arg_dict["fc_weight"][:] = 2 * W
    np.testing.assert_array_equal(fourth.arg_dict["fc_weight"].asnumpy(), 2 * W)
    with pytest.raises(ArgumentError, match="shared_arg_names needs shared_exec"):
        dense().simple_bind(x=(2, 3), shared_arg_names=["fc_weight"])
    with pytest.raises(ArgumentError, match=r"shared_exec has no argument 'w'|no argument 'w'"):
        dense().simple_bind(x=(2, 3), shared_arg_names=["w"], shared_exec=first)
    with pytest.raises(ShapeError, match=r"'fc_weight' is float32.*in shared_exec"):
        dense().simple_bind(x=(2, 5), shared_arg_names=["fc_weight"], shared_exec=first)


def test_groups_that_the_symbol_does_not_have_change_nothing():
    groups = {"dev1": mx.cpu(0), "dev2": mx.cpu(1)}
    executor = dense().simple_bind(mx.cpu(), x=(2, 3), group2ctx=groups)
    assert {a.context for a in executor.arg_arrays} == {mx.cpu(0)}
    assert repr(executor) == "<Executor of <Symbol fc> on cpu(0)>"


def test_storage_types_other_than_dense_are_refused():
    with pytest.raises(NotSupportedError, match="'x' as 'csr'; only dense"):
        dense().simple_bind(mx.cpu(), x=(2, 3), stype_dict={"x": "csr"})


# -- looking inside -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("train", [False, True])
def test_a_monitor_sees_every_output_in_order_and_changes_nothing(train):
    net = sym.BatchNorm(dense(), name="bn", fix_gamma=False)
    executor = net.simple_bind(x=(2, 3))
    executor.arg_dict["fc_weight"][:] = W
    executor.arg_dict["bn_gamma"][:] = 1
    plain = executor.forward(is_train=train, x=X)[0].asnumpy()
    executor.aux_dict["bn_moving_mean"][:] = 0
    executor.aux_dict["bn_moving_var"][:] = 0
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.__setitem__(name, array.asnumpy()))
    watched = executor.forward(is_train=train)[0].asnumpy()
    assert list(seen) == ["fc_output", "bn_output", "bn_mean", "bn_var"]
    np.testing.assert_allclose(seen["fc_output"], X @ W.T, rtol=1e-6)
    np.testing.assert_allclose(watched, plain, rtol=1e-5, atol=1e-6)
    if train:
        executor.backward(nd.ones((2, 2)))
        assert executor.grad_dict["bn_beta"].asnumpy().tolist() == [2, 2]
        np.testing.assert_allclose(
            executor.aux_dict["bn_moving_mean"].asnumpy(), 0.1 * (X @ W.T).mean(0), rtol=1e-5
        )
    seen.clear()
    executor.set_monitor_callback(None)
    executor.forward()
    assert not seen


def test_a_monitor_of_all_sees_what_nodes_read():
    seen = []
    executor = dense().bind(mx.cpu(), values())
    executor.set_monitor_callback(lambda name, _: seen.append(name), monitor_all=True)
    executor.forward()
    assert seen == ["x", "fc_data", "fc_weight", "fc_weight", "fc_output"]


def test_the_listing_has_the_backward_nodes_and_the_memory():
    executor = sym.tanh(dense(), name="act").simple_bind(x=(512, 3), grad_req={"fc_weight": "write"})
    lines = executor.debug_str().splitlines()
    assert lines[:3] == ["Symbol Outputs:", "\toutput[0]=act(0)", "\toutput[1]=fc_backward(0)"]
    assert "Op:_backward_tanh, Name=act_backward" in lines
    assert lines[-2] == "Total 0 MB allocated"
    assert re.fullmatch(r"Total [01] TempSpace resource requested", lines[-1])
    assert executor.get_optimized_symbol().list_arguments() == ["x", "fc_weight"]


def test_a_gradient_request_is_checked_where_no_gradients_are_given_too():
    with pytest.raises(ArgumentError, match="grad_req of 'x' is 'write', 'add' or 'null', got 'wrte'"):
        (sym.var("x") * 2).bind(mx.cpu(), {"x": nd.ones((2,))}, grad_req="wrte")
