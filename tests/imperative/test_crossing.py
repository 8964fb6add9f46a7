"""Recorded copies between devices: gradients come back, however calls are gathered."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd
from workbench.errors import AutogradError, NotSupportedError
from workbench.parallel import mesh

pytestmark = pytest.mark.devices

A = np.array([0.25, -0.5, 1.0], np.float32)
MODES = {"naive": engine.naive, "bulk of 1": lambda: engine.bulk(1), "default": lambda: engine.bulk(2000)}


def marked(values=A, ctx=None, req="write"):
    array = nd.array(values, ctx=ctx or mx.cpu(1))
    array.attach_grad(req)
    return array


@pytest.mark.parametrize("mode", MODES)
def test_the_gradient_of_a_copy_is_copied_back(mode):
    with MODES[mode]():
        for _ in range(2):
            a, w = marked(), marked(2 * A, mx.cpu(2))
            with autograd.record():
                b = nd.tanh(a * 2)
                there = b.as_in_context(mx.cpu(2)) * w + b.copyto(mx.cpu(2))
                back = there.as_in_context(mx.cpu(1)) * a
            back.backward()
            t = np.tanh(2 * A)
            inner = t * 2 * A + t
            np.testing.assert_allclose(back.asnumpy(), inner * A, rtol=1e-6)
            expected = inner + A * (2 * A + 1) * 2 * (1 - t * t)
            np.testing.assert_allclose(a.grad.asnumpy(), expected, rtol=1e-5)
            np.testing.assert_allclose(w.grad.asnumpy(), t * A, rtol=1e-6)
            assert (a.grad.context, w.grad.context, back.context) == (mx.cpu(1), mx.cpu(2), mx.cpu(1))


def test_a_marked_array_is_copied_itself_and_its_gradients_add_up():
    a = marked(req="add")
    for _ in range(2):
        with autograd.record():
            heads = [a.as_in_context(mx.cpu(n)) * (n + 1) for n in (0, 2, 3)]
        autograd.backward(heads)
    np.testing.assert_array_equal(a.grad.asnumpy(), np.full(3, 2 * (1 + 3 + 4)))


def test_a_copy_is_written_into_an_array_of_another_device():
    a, target = marked(), nd.zeros((3,), ctx=mx.cpu(2))
    with autograd.record():
        (a * a).copyto(target)
        loss = target * 3
    loss.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 6 * A)


def test_the_tape_is_freed_or_kept_as_for_any_call():
    a = marked()
    with autograd.record():
        y = (a * a).as_in_context(mx.cpu(0))
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * A)
    with pytest.raises(AutogradError, match="second time"):
        y.backward()


def test_a_copy_of_what_is_not_recorded_is_none_either():
    a = marked()
    with autograd.record():
        copies = [(a.detach() * 2).as_in_context(mx.cpu(0))]
        with autograd.pause():
            copies.append((a * 2).as_in_context(mx.cpu(0)))
    for copy in copies:
        np.testing.assert_array_equal(copy.asnumpy(), 2 * A)
        with pytest.raises(AutogradError, match="not recorded"):
            copy.backward()


def test_it_is_differentiated_once_and_a_symbol_has_no_devices():
    a = marked()
    with autograd.record():
        y = (a * a).as_in_context(mx.cpu(0))
        again = r"create_graph=True through the copy from cpu\(1\) to cpu\(0\): its gradient is a copy that"
        with pytest.raises(NotSupportedError, match=again):
            autograd.grad(y, a, create_graph=True)
    with autograd.record():
        y = nd.tanh((a * a).as_in_context(mx.cpu(0)))
    symbol = autograd.get_symbol(y)
    assert [node.op for node in symbol.nodes] == ["null", "broadcast_mul", "tanh"]


def test_a_mesh_is_reached_outside_a_recording():
    a, both = marked(), mesh(data=2)
    with autograd.record():
        y = a * 3
        with pytest.raises(NotSupportedError, match=r"from cpu\(1\) to .*: its gradient would be lost"):
            y.as_in_context(both)
    assert y.as_in_context(both).asnumpy().tolist() == (3 * A).tolist()
