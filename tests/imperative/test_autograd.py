"""autograd: what is recorded, where gradients go, and what each misuse says; jax.grad is the oracle."""

import re
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd
from workbench.errors import ArgumentError, AutogradError, DeviceError, ShapeError
from workbench.runtime import trace

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)
MODES = {"naive": engine.naive, "bulk of 2": lambda: engine.bulk(2), "bulk of 7": lambda: engine.bulk(7)}


@pytest.fixture(params=[*MODES, "default"], autouse=True)
def mode(request):
    if request.param == "default":
        yield
        return
    with MODES[request.param]():
        yield


def marked(value=X, **facts):
    x = nd.array(value)
    x.attach_grad(**facts)
    return x


def close(got, want):
    np.testing.assert_allclose(got.asnumpy(), np.asarray(want), rtol=2e-5, atol=1e-6)


def test_gradient_of_a_graph_with_shared_parts_equals_jax():
    def loss(x):
        y = jnp.tanh(x) * x
        z = jnp.exp(y) + y
        return (z * z[:, :1]).sum() + jnp.dot(y, x.T).sum()

    x = marked()
    with autograd.record():
        y = nd.tanh(x) * x
        z = nd.exp(y) + y
        total = (z * z[:, :1]).sum() + nd.dot(y, x.T).sum()
    total.backward()
    close(x.grad, jax.grad(loss)(X))


def test_reading_in_the_middle_of_a_recording_changes_nothing():
    x = marked()
    with autograd.record():
        y = nd.exp(x)
        before = float(y.sum())
        z = (y * y * float(y.sum())).sum()
        assert float(z) > 0
    z.backward()
    close(x.grad, 2 * np.exp(2 * X) * before)


def test_intermediate_values_may_be_dropped_before_backward():
    x = marked()
    with autograd.record():
        y = nd.sigmoid(nd.exp(x) * x)
        z = nd.tanh(y)
        del y
        z.wait_to_read()
        w = z * z
        del z
    w.backward()
    close(x.grad, jax.grad(lambda v: (jnp.tanh(jax.nn.sigmoid(jnp.exp(v) * v)) ** 2).sum())(X))


@pytest.mark.parametrize(("req", "want"), [("write", 2 * X), ("add", 6 * X), ("null", None)])
def test_grad_req(req, want):
    x = marked(grad_req=req)
    other = marked()
    for _ in range(3):
        with autograd.record():
            y = x * x + other
        y.backward()
    if want is None:
        assert x.grad is None
    else:
        close(x.grad, want)


def test_add_accumulates_and_can_be_reset():
    x = marked(grad_req="add")
    for _ in range(2):
        with autograd.record():
            y = x * 3
        y.backward()
    x.grad[:] = 0
    with autograd.record():
        y = x * 3
    y.backward()
    close(x.grad, np.full_like(X, 3))


def test_one_variable_used_many_times_and_several_heads():
    x = marked()
    with autograd.record():
        a, b = x * 2, x * x
        c = a + b + x
    autograd.backward([a, c], [nd.full(X.shape, 10), None])
    close(x.grad, 20 + 2 + 2 * X + 1)


@pytest.mark.parametrize("uses", [2, 8, 9, 21])
def test_a_variable_used_at_every_step_gets_the_sum_of_its_gradients(uses):
    def steps(w, sin):
        state = w
        for at in range(uses):
            state = sin(state * w) + at * w
        return state

    w = marked(X / 4)
    with autograd.record():
        (first,) = autograd.grad(steps(w, nd.sin), w, create_graph=True)
        total = (first * first).sum()
    total.backward()

    gradient = jax.grad(lambda w: steps(w, jnp.sin).sum())
    second = jax.grad(lambda w: (gradient(w) ** 2).sum())(X / 4)
    np.testing.assert_allclose(first.asnumpy(), gradient(X / 4), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(w.grad.asnumpy(), second, rtol=1e-3, atol=1e-3 * np.abs(second).max())


def test_gradients_of_one_variable_are_added_eight_at_once_where_operations_run_one_by_one():
    x = marked()
    with engine.naive(), trace.record() as events:
        with autograd.record():
            total = nd.add_n(*[x * number for number in range(21)])
        total.backward()
        x.grad.wait_to_read()
    ran = Counter(bound.name for event in events for bound, _ in event.segment.instructions)
    assert ran["add_n"] == 1 + 3
    assert "elemwise_add" not in ran
    close(x.grad, np.full_like(X, 210))


def test_head_gradients_scale_and_are_not_taken_away():
    x = marked()
    head = nd.array(X) * 2
    with autograd.record():
        y = x * x
    y.backward(head)
    close(x.grad, 4 * X * X)
    x.backward(head)
    close(x.grad, 2 * X)
    x.grad[:] = 0
    close(head, 2 * X)


def test_a_head_gradient_that_does_not_fit_is_refused():
    x = marked()
    with autograd.record():
        y = x * x
    with pytest.raises(ShapeError, match=r"the head has shape \(2, 3\), its gradient \(3,\)"):
        y.backward(nd.ones((3,)))
    with pytest.raises(ArgumentError, match="got 1 heads and 2 head gradients"):
        autograd.backward([y], [nd.ones((2, 3))] * 2)
    with pytest.raises(DeviceError, match=r"the head is on cpu\(0\), its gradient on cpu\(1\)"):
        y.backward(nd.ones((2, 3), ctx=mx.cpu(1)))
    y.backward(nd.ones((2, 3), dtype="float64"))
    close(x.grad, 2 * X)


def test_a_second_backward_needs_retain_graph():
    x = marked()
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    x.grad[:] = 0
    y.backward()
    close(x.grad, 2 * X)
    with pytest.raises(AutogradError, match=r"second time: the first has freed .* retain_graph=True"):
        y.backward()
    close(x.grad, 2 * X)


@pytest.mark.parametrize("read", [False, True])
def test_a_second_backward_through_a_shared_part_names_retain_graph(read):
    x = marked()
    with autograd.record():
        shared = x * x
        first, second = shared * 2, shared * 3
    first.backward()
    if read:
        x.grad.asnumpy()
    with pytest.raises(
        AutogradError, match=r"an earlier backward.. has freed; give that one retain_graph=True"
    ):
        second.backward()
    close(x.grad, 4 * X)


def test_backward_of_what_was_not_recorded_is_refused():
    x = marked()
    y = x * x
    with pytest.raises(AutogradError, match="that was not recorded"):
        y.backward()
    with autograd.record(), autograd.pause():
        z = x * x
    with pytest.raises(AutogradError, match="that was not recorded"):
        z.backward()


def why(head):
    with pytest.raises(AutogradError) as caught:
        head.backward()
    message = str(caught.value)
    assert re.search(r" \(called at test_autograd.py:\d+: head.backward\(\)\)$", message)
    return message


def test_a_forgotten_record_is_told_from_a_forgotten_attach_grad():
    x, y = marked(), nd.array(X)
    with autograd.record():
        unmarked = y * y
    outside = x * x
    said = why(outside), why(unmarked)
    if engine.pending():  # what has run is no longer known by its call
        assert "of shape (2, 3) that was not recorded: it was computed outside; compute it inside" in said[0]
        assert "computed inside `with autograd.record():`, but nothing behind it asks" in said[1]
        assert "call attach_grad() on a float array" in said[1]
    for message in said:
        assert "compute it inside" in message or "attach_grad()" in message
    unmarked.asnumpy()
    assert "compute it inside `with autograd.record():`, and call attach_grad()" in why(unmarked)


def test_part_of_a_graph_that_was_freed_is_not_said_to_lack_attach_grad():
    x = marked()
    with autograd.record():
        y = x * x
        z = (y * 2).sum()
    z.backward()
    assert "but nothing behind it" not in why(y)
    if engine.bulks():
        assert "or whose graph an earlier backward() has freed" in why(y)


def test_integers_have_no_gradient_and_may_be_marked_as_in_mxnet():
    x = nd.array([1, 2, 3], dtype="int32")
    x.attach_grad()
    assert x.grad.dtype is np.int32
    with autograd.record():
        y = (x * x).sum()
    assert "an array of int32: only floats have gradients; astype('float32')" in why(y)
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


def test_what_ends_a_gradient_on_purpose_is_named():
    x = marked(grad_req="null")
    assert "grad_req is 'null'" in why(x)
    x = marked()
    with autograd.record():
        y = x * x
    assert "what detach() gave" in why(y.detach())
    y.backward()
    close(x.grad, 2 * X)


def test_pause_detach_and_block_grad_stop_the_gradient():
    x = marked()
    with autograd.record():
        y = x * x
        with autograd.pause():
            constant = y * 2
        z = y * y.detach() + y * constant + x * nd.BlockGrad(x)
    z.backward()
    close(x.grad, 2 * X * (X * X) + 2 * X * (2 * X * X) + X)


def test_modes_nest_and_are_restored():
    assert (autograd.is_recording(), autograd.is_training()) == (False, False)
    with autograd.record():
        assert (autograd.is_recording(), autograd.is_training()) == (True, True)
        with autograd.pause():
            assert (autograd.is_recording(), autograd.is_training()) == (False, False)
            with autograd.train_mode():
                assert (autograd.is_recording(), autograd.is_training()) == (False, True)
        with autograd.predict_mode():
            assert (autograd.is_recording(), autograd.is_training()) == (True, False)
    with autograd.record(train_mode=False):
        assert (autograd.is_recording(), autograd.is_training()) == (True, False)
    with pytest.raises(KeyError), autograd.record():
        raise KeyError
    assert (autograd.is_recording(), autograd.is_training()) == (False, False)


def test_writing_in_place_into_a_recorded_array_is_refused_and_changes_nothing():
    x = marked()
    with autograd.record():
        y = x * 2
        for write in (lambda: x.__setitem__(0, 1), lambda: y.__iadd__(1), lambda: nd.relu(y, out=x)):
            with pytest.raises(AutogradError, match="its gradient would be lost"):
                write()
    y.backward()
    close(x, X)
    close(x.grad, np.full_like(X, 2))


def test_a_variable_may_be_updated_after_it_was_recorded():
    x = marked()
    with autograd.record():
        y = x * x
    x[:] = 100
    y.backward()
    close(x.grad, 2 * X)
    close(x, np.full_like(X, 100))


def test_higher_derivatives():
    x = marked()
    with autograd.record():
        y = nd.sin(x) * nd.exp(x)
        (first,) = autograd.grad(y, x, create_graph=True)
        (second,) = autograd.grad(first, [x], create_graph=True)
        total = (second * first).sum()
    total.backward()

    def f(v):
        return jnp.sin(v) * jnp.exp(v)

    def first_of(v):
        return jax.grad(lambda u: f(u).sum())(v)

    def second_of(v):
        return jax.grad(lambda u: first_of(u).sum())(v)

    close(first, first_of(X))
    close(second, second_of(X))
    close(x.grad, jax.grad(lambda v: (second_of(v) * first_of(v)).sum())(X))


def test_grad_returns_new_arrays_and_leaves_attached_ones_alone():
    x, w = marked(), marked()
    with autograd.record():
        y = x * x * w
    gx, gw = autograd.grad(y, [x, w], head_grads=nd.full(X.shape, 2), retain_graph=True)
    close(gx, 4 * X * X)
    close(gw, 2 * X * X)
    close(x.grad, np.zeros_like(X))
    with pytest.raises(AutogradError, match="was never marked"):
        autograd.grad(y, nd.array(X))
    with pytest.raises(AutogradError, match="do not depend on the variable"):
        autograd.grad(y, marked())


def test_mark_variables_uses_the_gradient_arrays_given():
    x, grad = nd.array(X), nd.zeros(X.shape)
    autograd.mark_variables(x, grad)
    with autograd.record():
        y = x * x
    y.backward()
    assert x.grad is grad
    close(grad, 2 * X)
    with pytest.raises(ShapeError, match=r"a variable float32\[2, 3\] can't have a gradient float32\[3\]"):
        autograd.mark_variables(x, nd.zeros((3,)))
    with pytest.raises(ArgumentError, match="grad_req is 'write', 'add' or 'null', got 'sum'"):
        x.attach_grad("sum")


def test_gradients_flow_through_indexing_recorded_or_not():
    x = marked()
    with autograd.record():
        y = (x[0] * x[1:, ::2].sum()).sum() + x[[0, 1], [2, 0]].sum() + x.reshape((3, 2))[2, 1]
    y.backward()

    def loss(v):
        return (
            (v[0] * v[1:, ::2].sum()).sum()
            + v[jnp.array([0, 1]), jnp.array([2, 0])].sum()
            + v.reshape(3, 2)[2, 1]
        )

    close(x.grad, jax.grad(loss)(X))
