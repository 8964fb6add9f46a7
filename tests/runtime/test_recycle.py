"""Recycled memory: what is written in place swaps between two buffers, and nothing readable is given away."""

import jax
import numpy as np
import pytest

from workbench import autograd, engine, nd
from workbench.runtime import run

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


class Descent:
    """Steps of w -= 0.1 * gradient of sum(w²) / 2; by hand: w shrinks by a tenth a step."""

    def __init__(self, start=X):
        self.start = start
        self.w = nd.array(start)
        self.w.attach_grad()
        self.turns = 0

    def step(self):
        with autograd.record():
            loss = nd.square(self.w).sum() * 0.5
        loss.backward()
        nd.sgd_update(self.w, self.w.grad, lr=0.1, out=self.w)
        self.turns += 1

    def address(self):
        nd.waitall()
        return self.w.jax.unsafe_buffer_pointer()

    def value(self):
        return self.start * np.float32(0.9) ** self.turns

    def check(self):
        np.testing.assert_allclose(self.w.asnumpy(), self.value(), rtol=1e-5, atol=1e-7)


def settled(make=Descent):
    made = make()
    for _ in range(4):
        made.step()
        made.address()
    return made


def test_a_parameter_swaps_between_two_buffers():
    descent = settled()
    seen = []
    for _ in range(6):
        descent.step()
        seen.append(descent.address())
    assert len(set(seen)) == 2
    assert seen[0] == seen[2] == seen[4] != seen[1]
    descent.check()


def test_a_value_that_is_held_keeps_its_memory():
    descent = settled()
    held = []
    for _ in range(5):
        descent.step()
        held.append((descent.w.jax, descent.value()))
    for array, value in held:
        assert not array.is_deleted()
        np.testing.assert_allclose(np.asarray(array), value, rtol=1e-5, atol=1e-7)
    descent.check()


def test_numpys_window_on_a_value_keeps_showing_it():
    descent = settled()
    windows = []
    for _ in range(4):
        descent.step()
        windows.append((np.asarray(descent.w.jax), descent.value()))
    for window, value in windows:
        np.testing.assert_allclose(window, value, rtol=1e-5, atol=1e-7)


def aligned(shape):
    """Memory of NumPy's that JAX shares instead of copying."""
    size = int(np.prod(shape)) * 4
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(np.float32).reshape(shape)


def test_memory_of_others_is_never_written_to():
    memory = aligned(X.shape)
    memory[:] = X
    descent = Descent()
    descent.w = nd.from_jax(jax.device_put(memory, jax.devices("cpu")[0]))
    descent.w.attach_grad()
    outside = []
    for _ in range(6):
        descent.step()
        descent.address()
        outside.append((np.from_dlpack(descent.w.jax), descent.value()))
    np.testing.assert_array_equal(memory, X)
    for window, value in outside:
        np.testing.assert_allclose(window, value, rtol=1e-5, atol=1e-7)
    descent.check()


def test_a_copy_shares_a_value_and_survives_the_next_steps():
    descent = settled()
    before, value = descent.w.copy(), descent.value()
    for _ in range(3):
        descent.step()
    np.testing.assert_allclose(before.asnumpy(), value, rtol=1e-5, atol=1e-7)
    descent.check()


def test_a_gradient_that_was_promised_can_be_had_after_the_step():
    descent = settled()
    for _ in range(3):
        before = descent.value()
        descent.step()
        nd.waitall()
        descent.w._slot.grad._storage.lazy = True
        np.testing.assert_allclose(descent.w.grad.asnumpy(), before, rtol=1e-5, atol=1e-7)
    descent.check()


def test_a_recording_that_is_kept_reads_the_values_it_saw():
    descent = settled()
    value = descent.value()
    with autograd.record():
        loss = nd.square(descent.w).sum()
    loss.wait_to_read()
    with autograd.pause():
        for _ in range(3):
            descent.w *= 0.5
            nd.waitall()
    loss.backward()
    np.testing.assert_allclose(descent.w.grad.asnumpy(), 2 * value, rtol=1e-5, atol=1e-7)


def test_two_networks_of_one_shape_share_a_program_and_no_memory():
    one, two = Descent(X), Descent(X[::-1].copy())
    for _ in range(6):
        one.step()
        two.step()
    one.check()
    two.check()


def test_an_interrupt_before_the_results_are_taken_loses_nothing(monkeypatch):
    descent = settled()
    start = run.execute

    def interrupted(*given):
        start(*given)
        raise KeyboardInterrupt

    descent.step()
    monkeypatch.setattr(run, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.flush()
    monkeypatch.setattr(run, "execute", start)
    descent.check()
    descent.step()
    descent.check()
