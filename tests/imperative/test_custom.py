"""mx.operator: operators in Python, with auxiliary states, requests and declared shapes; and what each misuse says."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, gluon, nd, sym
from workbench.errors import ArgumentError, NotSupportedError, ShapeError

X = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]], np.float32)
LABELS = np.array([0.0, 2.0], np.float32)


class SoftmaxLoss(mx.operator.CustomOp):
    """Reads values in NumPy, as published ones do."""

    def __init__(self, scale):
        self.scale = scale

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], nd.softmax(in_data[0]))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        y = out_data[0].asnumpy()
        y[np.arange(len(y)), in_data[1].asnumpy().astype(int)] -= 1
        self.assign(in_grad[0], req[0], self.scale * y)
        self.assign(in_grad[1], req[1], nd.ones((99,)))  # not wanted, so never written


@mx.operator.register("test_softmax_loss")
class SoftmaxLossProp(mx.operator.CustomOpProp):
    def __init__(self, scale="1"):
        super().__init__(need_top_grad=False)
        self.scale = float(scale)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], [in_shape[0][0]]], [in_shape[0]], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        assert (ctx, in_shapes, in_dtypes) == ("cpu(0)", [[2, 3], [2]], [np.float32, np.float32])
        return SoftmaxLoss(self.scale)


class Counting(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        aux[0][:] += 1
        self.assign(out_data[0], req[0], in_data[0] * aux[0])
        self.assign(out_data[1], "add", in_data[0] + int(is_train))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], "add", out_grad[0] * aux[0])
        self.assign(in_grad[0], "add", out_grad[1])


@mx.operator.register("test_counting")
class CountingProp(mx.operator.CustomOpProp):
    def list_outputs(self):
        return ["scaled", "same"]

    def list_auxiliary_states(self):
        return ["count"]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Counting()


@pytest.fixture(params=["naive", "bulked"], autouse=True)
def mode(request):
    with engine.naive() if request.param == "naive" else engine.bulk(2000):
        yield


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_loss_in_python(by_name):
    x, label = nd.array(X), nd.array(LABELS)
    x.attach_grad()
    with autograd.record():
        if by_name:
            y = nd.Custom(label=label, data=x, op_type="test_softmax_loss", scale=2, name="loss")
        else:
            y = nd.Custom(x, label, op_type="test_softmax_loss", scale=2)
        z = y * 1
    y[:] = 0
    z.backward()
    np.testing.assert_allclose(z.asnumpy(), softmax(X), rtol=1e-6)
    np.testing.assert_allclose(x.grad.asnumpy(), 2 * (softmax(X) - np.eye(3)[[0, 2]]), rtol=1e-5, atol=1e-6)


def test_auxiliary_states_and_several_outputs():
    x, count = nd.array(X), nd.array([1.0])
    x.attach_grad()
    for turn in (2, 3):
        with autograd.record():
            scaled, same = nd.Custom(x, count, op_type="test_counting")
            total = scaled + 10 * same
        total.backward()
        assert count.asscalar() == turn
        np.testing.assert_allclose(total.asnumpy(), X * turn + 10 * (X + 1))
        np.testing.assert_allclose(x.grad.asnumpy(), np.full_like(X, turn + 10))
    _, same = nd.Custom(x, count=count, op_type="test_counting")
    np.testing.assert_allclose(same.asnumpy(), X)


def test_a_block_may_call_one_until_it_is_hybridized():
    class Block(gluon.HybridBlock):
        def hybrid_forward(self, F, x, label):
            return F.Custom(x, label, op_type="test_softmax_loss")

    block = Block()
    assert block(nd.array(X), nd.array(LABELS)).shape == X.shape
    block.hybridize()
    with pytest.raises(NotSupportedError, match=r"sym\.Custom is not supported: Python code can't be part"):
        block(nd.array(X), nd.array(LABELS))
    assert not hasattr(sym, "Custom")


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: nd.Custom(x, op_type="test_countin"), ArgumentError, "Did you mean 'test_counting'"),
        (
            lambda x: nd.Custom(x, op_type="test_counting"),
            ArgumentError,
            "takes data, count; got 1 by position",
        ),
        (lambda x: nd.Custom(x, x, x, op_type="test_counting"), ArgumentError, "got 3 by position, 3 in all"),
        (lambda x: nd.Custom(x, sum=x, op_type="test_counting"), ArgumentError, "got 1 by position, 'sum'"),
        (
            lambda x: nd.Custom(x, 3, op_type="test_counting"),
            ArgumentError,
            "'count' of 'test_counting' must be",
        ),
        (
            lambda x: nd.Custom(x, x, op_type="test_softmax_loss"),
            ShapeError,
            r"'test_softmax_loss' takes shapes \[\[2, 3\], \[2\]\], got \[\(2, 3\), \(2, 3\)\]",
        ),
        (lambda x: mx.operator.register("a")(3), ArgumentError, "a class derived from CustomOpProp, got 3"),
        (lambda x: Counting().assign(x, "over", x), ArgumentError, "got 'over'"),
        (lambda x: mx.operator.CustomOpp, NotSupportedError, "operator has no 'CustomOpp'"),
    ],
)
def test_each_misuse_is_named(call, kind, text):
    with pytest.raises(kind, match=text):
        call(nd.array(X))


def test_the_last_of_a_name_counts():
    assert {"test_counting", "test_softmax_loss"} <= set(mx.operator.get_all_registered_operators())
    assert mx.operator.register("test_counting")(CountingProp) is CountingProp
