"""Writes that are not recorded, into arrays that are: the value changes, and the gradient passes by."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from workbench import autograd, engine, nd
from workbench.errors import AutogradError

A = np.array([1.0, 2.0, 3.0], np.float32)
W = np.array([0.5, -1.0, 2.0], np.float32)


@pytest.fixture(params=["naive", "bulk of 2", "default"], autouse=True)
def mode(request):
    if request.param == "default":
        yield
        return
    with engine.naive() if request.param == "naive" else engine.bulk(2):
        yield


def marked(value):
    x = nd.array(value)
    x.attach_grad()
    return x


def by_key(y):
    y[:] = 50


def by_part(y):
    y[1:] = 50


def by_positions(y):
    y[[0, 2]] = 50


def by_view(y):
    y[1:][0:1] = 50


def in_place(y):
    y *= 3


def by_out(y):
    nd.negative(y, out=y)


def by_copy(y):
    (y * 5).copyto(y)


WRITES = [by_key, by_part, by_positions, by_view, in_place, by_out, by_copy]


def written(write):
    value = nd.array(A * A)
    write(value)
    return value.asnumpy()


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("way", ["paused", "after", "detached"])
def test_what_reads_it_afterwards_passes_the_gradient_on(write, way):
    a, w = marked(A), marked(W)
    if way == "paused":
        with autograd.record():
            b = a * a
            with autograd.pause():
                write(b)
            c = b * w
    elif way == "after":
        with autograd.record():
            b = a * a
        write(b)
        with autograd.record():
            c = b * w
    elif write is by_view:
        pytest.skip("while recording, a view is a copy")
    else:
        with autograd.record():
            b = a * a
            write(b.detach())
            c = b * w
    c.backward()
    np.testing.assert_allclose(b.asnumpy(), written(write), rtol=1e-6)
    np.testing.assert_allclose(w.grad.asnumpy(), written(write), rtol=1e-6)
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * A * W, rtol=1e-6)


def test_what_read_it_before_keeps_what_it_read():
    a = marked(A)
    with autograd.record():
        b = a * a
        square = b * b
        with autograd.pause():
            b[:] = 50
        both = square + b
    both.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 4 * A**3 + 2 * A, rtol=1e-6)


def test_many_writes_leave_one_behind():
    a = marked(A)
    with autograd.record():
        b = a * a
    for i in range(20):
        b[:] = i
        b += 1
    steps, call = 0, b._cell().node
    while call is not None and call.inputs:
        steps, call = steps + 1, call.inputs[0].node
    assert steps == 2
    with autograd.record():
        c = b * b
    c.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * 20 * 2 * A, rtol=1e-6)


def test_many_writes_that_are_read_keep_what_the_gradient_goes_back_through():
    a = marked(A)
    with autograd.record():
        b = a * a
    for i in range(3):
        b += 1
        np.testing.assert_allclose(b.asnumpy(), A * A + i + 1, rtol=1e-6)
    b.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * A, rtol=1e-6)


def test_an_array_that_got_a_gradient_of_its_own_leaves_its_history_when_written():
    a = marked(A)
    with autograd.record():
        b = a * a
    b.attach_grad()
    for _ in range(2):
        b[:] = 4
    assert b._cell().node is None or b._cell().node.tape is None
    with autograd.record():
        c = b * b
    c.backward()
    np.testing.assert_allclose(b.grad.asnumpy(), [8, 8, 8], rtol=1e-6)
    np.testing.assert_allclose(a.grad.asnumpy(), np.zeros(3))


@pytest.mark.parametrize("write", [by_key, by_part, by_positions, by_copy])
def test_several_threads_may_write(write):
    def work(_):
        for _ in range(60):
            a = marked(A)
            with autograd.record():
                b = a * a
                with autograd.pause():
                    write(b)
                c = b * b
            c.backward()
            np.testing.assert_allclose(a.grad.asnumpy(), 4 * A * written(write), rtol=1e-6)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
    finally:
        sys.setswitchinterval(interval)


def test_after_backward_it_is_an_array_like_others():
    a = marked(A)
    with autograd.record():
        b = a * a
        total = (b * 2).sum()
    total.backward()
    b[:] = 1
    with autograd.record():
        c = b * a
    c.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), np.ones(3), rtol=1e-6)


def test_it_is_differentiated_twice():
    a = marked(A)
    with autograd.record():
        b = a * a
        with autograd.pause():
            b[:] = 50
        (first,) = autograd.grad(b * b * a, a, create_graph=True)  # 4a²b + b²
    first.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), 8 * A * 50 + 8 * A**3 + 2 * 50 * 2 * A, rtol=1e-5)


def test_a_symbol_of_what_was_recorded_has_no_writes():
    a = marked(A)
    with autograd.record():
        b = nd.exp(a)
        with autograd.pause():
            b[:] = 50
        c = nd.tanh(b)
    symbol = autograd.get_symbol(c)
    (name,) = symbol.list_arguments()
    (value,) = symbol.eval(**{name: nd.array(A)})
    np.testing.assert_allclose(value.asnumpy(), np.tanh(np.exp(A)), rtol=1e-6)


def test_a_recorded_write_is_still_refused():
    a = marked(A)
    with autograd.record():
        b = a * a
        with autograd.pause():
            b[:] = 50
        with pytest.raises(AutogradError, match="its gradient would be lost"):
            b[:] = 3
    np.testing.assert_array_equal(b.asnumpy(), [50, 50, 50])
