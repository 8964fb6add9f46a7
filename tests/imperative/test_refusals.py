"""What is refused where it is called: the message says what was asked and what came, and nothing changes."""

from contextlib import nullcontext

import pytest

import workbench as mx
from workbench import nd, sym
from workbench.errors import ArgumentError, AutogradError, ExecutionError, ShapeError

IMAGE, SMALL = nd.ones((1, 1, 4, 4)), nd.ones((1, 1, 2, 2))


def convolution(**attrs):
    return nd.Convolution(IMAGE, SMALL, **{"kernel": (2, 2), "num_filter": 1, "no_bias": True, **attrs})


@pytest.mark.parametrize("make", [nd.zeros, nd.ones, nd.random.randn, lambda _, ctx: nd.array([1], ctx=ctx)])
@pytest.mark.parametrize("device", ["cpu", 0])
def test_a_device_is_a_context(make, device):
    with pytest.raises(ArgumentError, match=rf"a device is a Context such as cpu\(0\), got {device!r}"):
        make(2, ctx=device)


def test_a_context_is_made_of_a_kind_and_a_number():
    with pytest.raises(ArgumentError, match=r"a device is 'cpu' or 'gpu', got \[1\]"):
        mx.Context([1])


@pytest.mark.parametrize("value", [None, "x", [[1], [1, 2]]])
def test_what_is_no_number_is_neither_made_nor_written(value):
    a = nd.ones((2,))
    with pytest.raises(ArgumentError, match=r"nd\.array\(\) can't read \w+ as numbers"):
        nd.array(value)
    with pytest.raises(ArgumentError, match=r"writing into an array can't read \w+ as numbers"):
        a[:] = value
    assert a.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize("target", [None, 3, [0.0, 0.0]])
def test_copies_go_to_devices_and_arrays(target):
    with pytest.raises(ArgumentError, match=r"copyto\(\) takes a Context or an NDArray, got"):
        nd.ones((2,)).copyto(target)


def test_a_number_given_as_text_is_named():
    with pytest.raises(ArgumentError, match=r"sgd_update\(\): 'lr' must be float, got 'x'"):
        nd.sgd_update(nd.ones((2,)), nd.ones((2,)), lr="x")


def test_an_input_left_out_between_others_is_named_and_never_skipped():
    a = nd.ones((2, 2))
    with pytest.raises(ArgumentError, match=r"nd\.Concat\(\): argument 1 must be an NDArray, got NoneType"):
        nd.concat(a, None, a)
    with pytest.raises(ArgumentError, match=r"nd\.dot\(\): 'lhs' must be an NDArray, got NoneType"):
        nd.dot(rhs=a)
    x = sym.Variable("x")
    with pytest.raises(ArgumentError, match=r"sym\.Concat: argument 1 must be a Symbol, got NoneType"):
        sym.concat(x, None)


def test_a_symbol_left_out_becomes_a_variable_in_its_own_place():
    layer = sym.FullyConnected(sym.Variable("x"), None, sym.Variable("b"), num_hidden=2, name="fc")
    assert layer.list_arguments() == ["x", "fc_weight", "b"]


def test_an_axis_given_twice_is_refused():
    with pytest.raises(
        ShapeError, match=r"sum with data \(2, 3\) \(axis=\(0, -2\)\): axis \(0, -2\) has one of 2 axes twice"
    ):
        nd.sum(nd.ones((2, 3)), axis=(0, -2))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: convolution(dilate=(4, 4)), "reaches over 5 does not fit into 4 padded by 0 at each end"),
        (lambda: convolution(stride=(0, 1)), r"stride \(0, 1\) and dilate \(1, 1\) must be 1 or more"),
        (lambda: convolution(pad=(1,)), r"\(1,\) has 1 entries for the 2 axes of kernel \(2, 2\)"),
        (lambda: nd.Pooling(IMAGE, kernel=(5, 5)), "reaches over 5 does not fit into 4"),
        (
            lambda: nd.Convolution(nd.array(1), SMALL, kernel=(2, 2), num_filter=1, no_bias=True),
            "a kernel of 2 axes needs data of 4 axes, got 0",
        ),
    ],
)
def test_a_window_that_does_not_fit_gives_no_empty_output(call, text):
    with pytest.raises(ShapeError, match=text):
        call()


def test_a_dense_layer_takes_an_empty_batch():
    out = nd.FullyConnected(nd.zeros((0, 3)), nd.ones((2, 3)), num_hidden=2, no_bias=True)
    assert out.shape == (0, 2)


def test_backward_and_grad_start_from_arrays():
    with pytest.raises(ArgumentError, match=r"backward\(\) starts from NDArrays, got Symbol"):
        mx.autograd.backward(sym.Variable("x"))
    with pytest.raises(AutogradError, match="a variable was never marked"):
        mx.autograd.grad(nd.ones((2,)), None)


@pytest.mark.parametrize("shape", ["abc", 3, (2.5, 4)])
def test_a_shape_is_a_tuple_of_integers(shape):
    layer = sym.FullyConnected(sym.Variable("x"), num_hidden=2)
    with pytest.raises(ArgumentError, match="the shape of 'x' must be a tuple of integers, got"):
        layer.infer_shape(x=shape)


def test_a_value_too_large_for_memory_is_an_error_and_not_the_end_of_the_process():
    with pytest.raises(
        ExecutionError, match=r"this value \(float32\[100000000000000\]\) could not be computed"
    ):
        nd.arange(10**14).asnumpy()
    assert nd.arange(2).asnumpy().tolist() == [0, 1]


@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("hybridized", [False, True])
@pytest.mark.parametrize("mode", [mx.engine.naive, lambda: mx.engine.bulk(2), nullcontext])
def test_a_shape_that_does_not_fit_names_the_users_line(mode, hybridized, recording):
    net = mx.gluon.nn.Dense(4, in_units=5)
    net.initialize()
    net.hybridize(hybridized)
    with (
        mode(),
        mx.autograd.record() if recording else nullcontext(),
        pytest.raises(
            ShapeError, match=r"must have shape \(4, 3\), got \(4, 5\).*called at test_refusals.py:\d+"
        ),
    ):
        net(mx.nd.ones((2, 3)))


def test_indices_that_are_none():
    x = nd.ones((2, 3))
    with pytest.raises(
        ArgumentError, match=r"the bounds of a slice are integers or None, got slice\('a', None"
    ):
        _ = x["a":]
    with pytest.raises(ArgumentError, match="an array of positions holds nan, which is none"):
        _ = x[nd.array([float("nan")])]


@pytest.mark.parametrize("name", ["sort", "argsort", "topk"])
@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_to_sort_along_that_is_not_there(name, axis):
    x = nd.ones((2, 3))
    with pytest.raises(
        ShapeError, match=rf"{name} with data \(2, 3\) .*axis {axis} is out of range for 2 axes"
    ):
        getattr(nd, name)(x, axis=axis)
    assert getattr(nd, name)(x, axis=-2).shape == ((1, 3) if name == "topk" else (2, 3))


def test_an_axis_that_the_inputs_lack_is_told_in_words():
    with pytest.raises(
        ShapeError, match=r"SliceChannel with data \(5,\) .*: it reads an axis that its inputs don't have"
    ):
        nd.split(nd.ones(5), num_outputs=5)
