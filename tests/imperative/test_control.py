"""Loops and branches of arrays: plain Python, recorded like any other code."""

import numpy as np
import pytest

from workbench import autograd, nd
from workbench.errors import ArgumentError


def test_foreach_stacks_outputs_and_hands_states_on():
    x = nd.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x.attach_grad()
    with autograd.record():
        (sums, doubles), state = nd.contrib.foreach(
            lambda row, s: ([s + row, row * 2], s + row), x, nd.array([1.0, 1.0])
        )
        loss = (sums * sums).sum() + doubles.sum()
    loss.backward()
    running = 1 + np.cumsum(x.asnumpy(), axis=0)
    np.testing.assert_allclose(sums.asnumpy(), running)
    np.testing.assert_allclose(doubles.asnumpy(), 2 * x.asnumpy())
    np.testing.assert_allclose(state.asnumpy(), running[-1])
    np.testing.assert_allclose(x.grad.asnumpy(), 2 + 2 * np.cumsum(running[::-1], axis=0)[::-1])
    with pytest.raises(ArgumentError, match=r"data of one length, 1 or more, got \[2, 3\]"):
        nd.contrib.foreach(lambda row, s: (row, s), [x, nd.ones((2,))], [])


def test_while_loop_fills_with_zeros_up_to_its_limit():
    outputs, (i, s) = nd.contrib.while_loop(
        lambda i, s: i <= 3, lambda i, s: ([i + s], [i + 1, s + i]), (nd.array([1.0]), nd.array([2.0])), 5
    )
    assert outputs[0].asnumpy().ravel().tolist() == [3, 5, 8, 0, 0]
    assert [float(i), float(s)] == [4, 8]
    outputs, last = nd.contrib.while_loop(lambda i: i < 4, lambda i: (None, i + 1), nd.array([1.0]), 9)
    assert outputs == []
    assert float(last) == 4
    with pytest.raises(ArgumentError, match="needs max_iterations, 1 or more, got None"):
        nd.contrib.while_loop(lambda i: i, lambda i: (i, i), nd.ones((1,)))
    with pytest.raises(ArgumentError, match="loop_vars: 1 were expected, got 2"):
        nd.contrib.while_loop(lambda i: i, lambda i: (i, [i, i]), nd.ones((1,)), 3)


@pytest.mark.parametrize(("value", "want"), [(1.0, 2.0), (0.0, 3.0)])
def test_cond_calls_one_function(value, want):
    called = []
    assert (
        nd.contrib.cond(nd.array([value]), lambda: called.append(1) or 2.0, lambda: called.append(2) or 3.0)
        == want
    )
    assert len(called) == 1


def test_a_body_gives_two_things():
    x = nd.ones((2, 2))
    with pytest.raises(
        ArgumentError, match=r"foreach\(\): the body must give two things, .*; it gave a NDArray"
    ):
        nd.contrib.foreach(lambda row, s: row, x, nd.ones((2,)))
    with pytest.raises(
        ArgumentError, match=r"while_loop\(\): func must give two things, .*; it gave a list of 1"
    ):
        nd.contrib.while_loop(lambda a: a < 3, lambda a: [a], [nd.zeros(1)], max_iterations=2)
    with pytest.raises(
        ArgumentError, match=r"foreach\(\): data must be an NDArray, or lists of them, got int"
    ):
        nd.contrib.foreach(lambda row, s: (row, s), 3, [])
