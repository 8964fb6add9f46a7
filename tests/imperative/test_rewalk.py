"""Backward again: a repeated walk gives what the first one gave, and no walk is repeated where it would differ."""

import random

import jax
import numpy as np
import pytest

from workbench import autograd, engine, nd
from workbench.errors import AutogradError, ExecutionError
from workbench.imperative import rewalk
from workbench.runtime.compile import Executable

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)


@pytest.fixture(autouse=True)
def fresh():
    rewalk._ways.clear()


def marked(value=X, **facts):
    x = nd.array(value)
    x.attach_grad(**facts)
    return x


def run(loss, *arrays):
    """The gradients of a loss, and how many walks were remembered so far."""
    with autograd.record():
        value = loss(*arrays)
    value.backward()
    return [a.grad.asnumpy() for a in arrays], len(rewalk._ways)


def test_repeated_turns_take_the_walk_once_and_give_numpys_gradient():
    x = marked()
    for turn in range(4):
        x[:] = X * (turn + 1)
        (grad,), known = run(lambda x: (nd.square(x) * x).sum(), x)
        np.testing.assert_allclose(grad, 3 * (X * (turn + 1)) ** 2, rtol=1e-5)
        assert known == 1


def test_numbers_that_change_between_turns_count():
    x = marked()
    for factor in (0.5, 2.0, -3.0):
        (grad,), known = run(lambda x, f=factor: (x * f).sum(), x)
        np.testing.assert_allclose(grad, np.full_like(X, factor), rtol=1e-6)
    assert known == 1


@pytest.mark.parametrize("first", ["write", "add", "null"])
def test_what_the_tape_says_of_an_array_is_part_of_the_situation(first):
    a, b = marked(), marked(X + 1)
    run(lambda a, b: (a * b).sum(), a, b)
    a.attach_grad(first)
    b._slot = None
    with autograd.record():
        value = (a * b).sum()
    if first == "null":
        with pytest.raises(AutogradError, match="not recorded"):
            value.backward()
        return
    value.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), X + 1, rtol=1e-6)


def test_the_same_array_twice_is_not_two_arrays():
    a, b = marked(), marked(X * 2)
    for _ in range(2):
        (one, two), _ = run(lambda a, b: (a * b).sum(), a, b)
        np.testing.assert_allclose(one, X * 2)
        np.testing.assert_allclose(two, X)
        (both,), _ = run(lambda a: (a * a).sum(), a)
        np.testing.assert_allclose(both, 2 * X)


def test_two_losses_of_one_recording():
    a = marked()
    for _ in range(3):
        with autograd.record():
            h = nd.exp(a)
            one, two = (h * h).sum(), nd.sin(a).sum()
        one.backward()
        first = a.grad.copy()
        two.backward()
        np.testing.assert_allclose(first.asnumpy(), 2 * np.exp(2 * X), rtol=1e-5)
        np.testing.assert_allclose(a.grad.asnumpy(), np.cos(X), rtol=1e-5)


def test_a_repeated_walk_uses_the_tape_up():
    a = marked()
    for _ in range(3):
        with autograd.record():
            loss = nd.exp(a).sum()
        loss.backward()
        with pytest.raises(AutogradError, match="backward"):
            loss.backward()


def test_what_waits_is_listed_call_by_call():
    a = marked()
    listed = []
    for _ in range(2):
        with autograd.record():
            loss = (nd.exp(a) * 2).sum()
        loss.backward()
        listed.append([(call.op, [c.type for c in call.outputs]) for call in engine.pending()])
    assert listed[0] == listed[1]
    assert len(listed[0]) > 4
    np.testing.assert_allclose(a.grad.asnumpy(), 2 * np.exp(X), rtol=1e-5)


def test_a_failure_in_a_repeated_walk_names_the_forward_line(monkeypatch):
    a = marked()

    def turn():
        with autograd.record():
            loss = nd.exp(a).sum()
        loss.backward()

    turn()
    a.grad.asnumpy()
    turn()
    start = Executable.__call__

    def refusing(self, *given):
        if any("_backward_exp" in bound.text for bound, _ in self.segment.instructions):
            raise RuntimeError("RESOURCE_EXHAUSTED: out of memory")
        return start(self, *given)

    monkeypatch.setattr(Executable, "__call__", refusing)
    with pytest.raises(
        ExecutionError, match=r"_backward_exp failed.*test_rewalk\.py:\d+: loss = nd.exp\(a\)"
    ):
        a.grad.asnumpy()


def test_walks_are_forgotten_before_they_fill_memory(monkeypatch):
    monkeypatch.setattr(rewalk, "MOST", 3)
    a = marked()
    for n in range(1, 9):
        (grad,), known = run(lambda a, n=n: sum([a * 1.0 for _ in range(n)]).sum(), a)
        np.testing.assert_allclose(grad, np.full_like(X, n))
        assert known <= 3


class Draft:
    """A random program of one variable: sums and products of what came before, some of it read on the way."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.steps = [
            (
                draw.randrange(9),
                draw.randrange(9),
                draw.choice("+*"),
                draw.uniform(-1, 1),
                draw.random() < 0.3,
            )
            for _ in range(draw.randrange(2, 9))
        ]
        self.apart = draw.random() < 0.3

    def value(self, x, factor, see=lambda value: None):
        values = [x, x * factor]
        for left, right, sign, number, seen in self.steps:
            a, b = values[left % len(values)], values[right % len(values)]
            values.append((a + b if sign == "+" else a * b) * number)
            if seen:
                see(values[-1])
        return values[-1]


@pytest.mark.parametrize("seed", range(40))
def test_what_was_read_on_the_way_is_differentiated_too(seed):
    """Each turn of a loop: values printed inside the recording, or a second recording, cut what waits."""
    draft = Draft(seed)
    x = marked()

    def see(value):
        if not draft.apart:
            value.asnumpy()
            return
        autograd.set_recording(False)
        autograd.record().__enter__()

    for factor in (0.5, -1.5, 2.0):
        with autograd.record():
            loss = draft.value(x, factor, see)
        loss.backward()
        expected = jax.grad(lambda x, f=factor: draft.value(x, f).sum())(jax.numpy.asarray(X))
        np.testing.assert_allclose(x.grad.asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_a_value_read_before_its_sum_is_differentiated():
    x = marked()
    for _ in range(2):
        with autograd.record():
            y = x * 2
            y.asnumpy()
            z = y.sum()
        z.backward()
        np.testing.assert_array_equal(x.grad.asnumpy(), np.full_like(X, 2))
