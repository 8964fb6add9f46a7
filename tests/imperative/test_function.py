"""autograd.Function: gradients written by hand, against jax.grad and counted calls; and what each misuse says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, gluon, nd
from workbench.errors import ArgumentError, AutogradError, DeviceError, NotSupportedError, ShapeError

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)
MODES = {"naive": engine.naive, "bulk of 2": lambda: engine.bulk(2), "bulk of 7": lambda: engine.bulk(7)}


@pytest.fixture(params=[*MODES, "default"], autouse=True)
def mode(request):
    if request.param == "default":
        yield
        return
    with MODES[request.param]():
        yield


class Sigmoid(autograd.Function):
    def forward(self, x):
        y = 1 / (1 + nd.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, dy):
        (y,) = self.saved_tensors
        return dy * y * (1 - y)


class Product(autograd.Function):
    """Product and sum of two arrays; ten times the product's gradient, so that it is told from the true one."""

    def forward(self, x, w):
        self.save_for_backward(x, w)
        return x * w, x + w

    def backward(self, dy, dz):
        x, w = self.saved_tensors
        return 10 * dy * w + dz, 10 * dy * x + dz


def marked(value=X, **facts):
    x = nd.array(value)
    x.attach_grad(**facts)
    return x


def close(got, want):
    np.testing.assert_allclose(got.asnumpy(), np.asarray(want), rtol=2e-5, atol=1e-6)


def test_a_function_in_the_middle_of_a_recording():
    x = marked()
    with autograd.record():
        y = (Sigmoid()(nd.tanh(x) * 3) * x).sum()
    y.backward()
    close(x.grad, jax.grad(lambda v: (jax.nn.sigmoid(jnp.tanh(v) * 3) * v).sum())(X))


def test_several_inputs_and_outputs():
    x, w = marked(), marked(X + 2)
    with autograd.record():
        y, z = Product()(x, w)
        total = y * 2 + z
    total.backward()
    close(y, X * (X + 2))
    close(x.grad, 20 * (X + 2) + 1)
    close(w.grad, 20 * X + 1)


def test_an_output_nobody_uses_has_a_gradient_of_zeros():
    x, w = marked(), marked(X + 2)
    with autograd.record():
        _, z = Product()(x, w)
    z.backward(nd.array(X))
    close(x.grad, X)
    close(w.grad, X)


def test_functions_in_a_row_share_inputs_and_read_values_on_the_way():
    class Reading(autograd.Function):
        def forward(self, x):
            self.scale = float(x.sum().asscalar())
            return x * self.scale

        def backward(self, dy):
            assert dy.shape == x.shape
            return dy * self.scale * float((dy * 0 + 1).mean().asscalar())

    x = marked()
    with autograd.record():
        y = x * 2
        a = Reading()(y)
        b = Reading()(a * x)
        total = (b * y).sum() + (a * a).sum()
    total.backward()

    def loss(v):
        y = v * 2
        a = y * jax.lax.stop_gradient(y.sum())
        b = (a * v) * jax.lax.stop_gradient((a * v).sum())
        return (b * y).sum() + (a * a).sum()

    close(x.grad, jax.grad(loss)(X))


@pytest.mark.parametrize("read", [False, True])
def test_backward_runs_its_python_code_at_every_turn_of_a_loop(read):
    turns = []

    class Counting(autograd.Function):
        def forward(self, x):
            return x * 1

        def backward(self, dy):
            turns.append(len(turns))
            return dy * len(turns)

    w = marked()
    for turn in range(1, 6):
        with autograd.record():
            loss = (Counting()(w) * 2).sum()
        loss.backward()
        if read:
            close(w.grad, np.full_like(X, 2 * turn))
        w -= 0.125 * w.grad
    close(w, X - 0.25 * 15)
    assert len(turns) == 5


def test_modes_inside_and_what_is_recorded():
    seen = []

    class Asking(autograd.Function):
        def forward(self, x):
            seen.append((autograd.is_recording(), autograd.is_training()))
            return x * 2

        def backward(self, dy):
            seen.append((autograd.is_recording(), autograd.is_training()))
            return dy

    x = marked()
    for mode in (True, False):
        with autograd.record(train_mode=mode):
            y = Asking()(x)
        y.backward(train_mode=mode)
    assert seen == [(False, True), (False, True), (False, False), (False, False)]
    assert Asking()(nd.ones((2,))).asnumpy().tolist() == [2, 2]
    with autograd.record():
        unmarked = Asking()(nd.ones((2,)))
    with pytest.raises(AutogradError, match="that was not recorded"):
        unmarked.backward()


def test_inputs_without_a_gradient_get_none():
    class First(autograd.Function):
        def forward(self, x, index, scale):
            return x * scale

        def backward(self, dy):
            return dy * 3, None, None

    x, scale = marked(), marked()
    with autograd.record():
        y = First()(x, nd.array([1, 2], dtype="int32"), scale)
    y.backward()
    close(x.grad, np.full_like(X, 3))
    close(scale.grad, np.zeros_like(X))


def test_grad_req_add_retain_graph_and_grad():
    x = marked(grad_req="add")
    with autograd.record():
        y = Sigmoid()(x)
    slope = (1 / (1 + np.exp(-X))) * (1 - 1 / (1 + np.exp(-X)))
    y.backward(retain_graph=True)
    (got,) = autograd.grad(y, x, retain_graph=True)
    y.backward()
    close(got, slope)
    close(x.grad, 2 * slope)


def test_each_misuse_is_named():
    class Wrong(autograd.Function):
        def __init__(self, grads, outputs=None):
            super().__init__()
            self.grads, self.outputs = grads, outputs

        def forward(self, x, w):
            return x * w if self.outputs is None else self.outputs

        def backward(self, dy):
            return self.grads

    x, w = marked(), marked()
    once = Sigmoid()
    once(x)
    with pytest.raises(AutogradError, match="this Sigmoid was called before; make a new one for each call"):
        once(x)
    with pytest.raises(ArgumentError, match="Sigmoid: input 0 must be an NDArray, got float"):
        Sigmoid()(2.0)
    with pytest.raises(ArgumentError, match=r"Wrong\.forward\(\): output 1 must be an NDArray, got int"):
        Wrong(None, (x, 3))(x, w)
    with pytest.raises(NotImplementedError, match=r"Function has no forward\(\)"):
        autograd.Function()(x)
    cases = [
        (w, ArgumentError, r"Wrong\.backward\(\) must give 2 gradients, one an input; it gave 1"),
        ((w, 3), ArgumentError, r"Wrong\.backward\(\): gradient 1 must be an NDArray, got int"),
        ((w, w[0]), ShapeError, r"gradient 1 has shape \(3,\), its input \(2, 3\)"),
    ]
    for grads, kind, text in cases:
        with autograd.record():
            y = Wrong(grads)(x, w)
        with pytest.raises(kind, match=text):
            y.backward()
        close(x.grad, np.zeros_like(X))


def test_a_second_derivative_is_refused_by_name():
    x = marked()
    with autograd.record():
        y = Sigmoid()(x)
        with pytest.raises(NotSupportedError, match=r"create_graph=True through the Function Sigmoid"):
            autograd.grad(y, x, create_graph=True)


def test_a_hybridized_block_can_not_hold_one():
    class Block(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return Sigmoid()(x)

    block = Block()
    block(nd.array(X))
    block.hybridize()
    with pytest.raises(
        ArgumentError, match=r"must be an NDArray, got Symbol; .*block that calls it unhybridized"
    ):
        block(nd.array(X))


@pytest.mark.devices
def test_arrays_of_several_devices_are_refused():
    class Moving(autograd.Function):
        def forward(self, x):
            return x.as_in_context(mx.cpu(1))

    x = marked()
    with autograd.record(), pytest.raises(DeviceError, match=r"its arrays are on cpu\(1\) and cpu\(0\)"):
        Moving()(x)
