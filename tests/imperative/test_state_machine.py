"""Random programs on NDArrays, views, writes and devices included, do what a NumPy model does.

The model holds a NumPy array beside each NDArray.  MXNet's views are NumPy's where the selection is one run of
memory; elsewhere MXNet copies, and so does the model.  Numbers are small whole ones, so that every result is exact
whichever way it is compiled.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import workbench as mx
from workbench import engine, nd

pytestmark = pytest.mark.devices

SHAPES = st.sampled_from([(4,), (2, 3), (3, 2), (2, 2, 2)])
DTYPES = st.sampled_from(["float32", "int32"])
DEVICES = [mx.cpu(0), mx.cpu(2)]
MOST = 5  # arrays at once: few, so that they meet
PICK = st.integers(0, MOST - 1)
NUMBERS = st.sampled_from([-2, 0, 1, 3])
KEYS = st.sampled_from(
    [
        *(0, -1, slice(1, None), slice(None, -1), slice(None, None, -1), slice(None), slice(2, 1)),
        *((..., 0), (..., slice(0, 1)), (0, slice(1, 2)), None, (0, ..., None), ()),
        *([0, 1], [-1, 0, -1], np.array([[1], [0]])),
    ]
)
BINARY = {
    "add": (lambda a, b: a + b, np.add),
    "sub": (lambda a, b: a - b, np.subtract),
    "maximum": (nd.maximum, np.maximum),
    "lesser": (lambda a, b: a < b, lambda a, b: (a < b).astype(a.dtype)),
}
UNARY = {
    "negative": (lambda a: -a, np.negative),
    "relu": (nd.relu, lambda a: np.maximum(a, 0).astype(a.dtype)),
    "clip": (lambda a: a.clip(-8, 8), lambda a: np.clip(a, -8, 8)),
    "sum": (lambda a: a.sum(axis=0, keepdims=True), lambda a: a.sum(0, keepdims=True, dtype=a.dtype)),
    "transpose": (lambda a: a.T, lambda a: a.T.copy()),
    "flip": (lambda a: a.flip(axis=0), lambda a: a[::-1].copy()),
}


def selected(host, key):
    """What MXNet's ``a[key]`` is of: the same memory where that is one run of it, else a copy."""
    part = host[key]
    if np.ndim(part) == 0:  # one element keeps an axis
        parts = key if isinstance(key, tuple) else (key,)
        last = parts[-1] % host.shape[-1]
        part = host[(*parts[:-1], slice(last, last + 1))]
    shares = np.shares_memory(part, host) and part.flags.c_contiguous
    return part if shares else part.copy()


def same(array, host):
    np.testing.assert_array_equal(array.asnumpy(), host, strict=True)


class Arrays(RuleBasedStateMachine):
    """NDArrays, each with the NumPy array it should be equal to."""

    mode = staticmethod(lambda: engine.bulk(2000))

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.scope = self.mode()
        self.scope.__enter__()

    def teardown(self):
        for array, host in self.pairs:
            same(array, host)
        self.scope.__exit__(None, None, None)

    def keep(self, array, host):
        assert array.shape == host.shape
        if array.size:
            self.pairs = [*self.pairs[-MOST + 1 :], (array, host)]

    def pick(self, number):
        return self.pairs[number % len(self.pairs)]

    def fitting(self, number, array, shape):
        """An operand for `array`: one of the arrays where one broadcasts to the shape, else a number."""
        for offset in range(len(self.pairs)):
            other, host = self.pick(number + offset)
            like = other.context == array.context and other.dtype == array.dtype
            if like and other.ndim <= len(shape) and fits(other.shape, shape):
                return other, host
        return number, number

    @initialize(shape=SHAPES, dtype=DTYPES)
    def begin(self, shape, dtype):
        self.make(shape, dtype, 0)

    @rule(shape=SHAPES, dtype=DTYPES, device=st.integers(0, 1))
    def make(self, shape, dtype, device):
        host = (np.arange(np.prod(shape)).reshape(shape) - 2).astype(dtype)
        self.keep(nd.array(host, DEVICES[device], dtype), host)

    @rule(number=PICK, key=KEYS)
    def index(self, number, key):
        array, host = self.pick(number)
        if selects(host, key):
            self.keep(array[key], selected(host, key))

    @rule(number=PICK, key=KEYS, value=NUMBERS)
    def write_to_what_was_selected(self, number, key, value):
        array, host = self.pick(number)
        if selects(host, key):
            part, mine = array[key], selected(host, key)
            part += value
            mine += value
            same(array, host)
            self.keep(part, mine)

    @rule(number=PICK)
    def reshape(self, number):
        array, host = self.pick(number)
        self.keep(array.reshape((-1,)), host.reshape(-1))

    @rule(number=PICK)
    def detach(self, number):
        array, host = self.pick(number)
        self.keep(array.detach(), host)

    @rule(number=PICK, key=KEYS, other=PICK, value=st.none() | NUMBERS)
    def write(self, number, key, other, value):
        array, host = self.pick(number)
        if not selects(host, key):
            return
        target = selected(host, key).shape
        mine, theirs = (value, value) if value is not None else self.fitting(other, array, target)
        array[key] = mine
        host[key] = theirs if np.ndim(host[key]) else np.reshape(theirs, -1)[0]

    @rule(number=PICK, other=PICK, name=st.sampled_from(["add", "sub", "scale"]))
    def in_place(self, number, other, name):
        array, host = self.pick(number)
        mine, theirs = self.fitting(other, array, array.shape)
        if name == "add":
            array += mine
            host += theirs
        elif name == "sub":
            array -= mine
            host -= theirs
        else:
            array *= -1
            host *= -1

    @rule(number=PICK, other=PICK, name=st.sampled_from([*BINARY]))
    def combine(self, number, other, name):
        array, host = self.pick(number)
        mine, theirs = self.fitting(other, array, array.shape)
        ours, numpys = BINARY[name]
        self.keep(ours(array, mine), numpys(host, theirs).astype(host.dtype))

    @rule(number=PICK, name=st.sampled_from([*UNARY]))
    def change(self, number, name):
        array, host = self.pick(number)
        ours, numpys = UNARY[name]
        self.keep(ours(array), numpys(host))

    @rule(number=PICK, other=PICK)
    def out(self, number, other):
        array, host = self.pick(number)
        target, result = self.pick(other)
        if (target.shape, target.context, target.dtype) == (array.shape, array.context, array.dtype):
            nd.relu(array, out=target)
            result[...] = np.maximum(host, 0)

    @rule(number=PICK, device=st.integers(0, 1))
    def move(self, number, device):
        array, host = self.pick(number)
        there = array.as_in_context(DEVICES[device])
        self.keep(there, host if there is array else host.copy())

    @rule(number=PICK, other=PICK)
    def copyto(self, number, other):
        array, host = self.pick(number)
        target, result = self.pick(other)
        if target.shape == array.shape:
            array.copyto(target)
            result[...] = host.astype(result.dtype)

    @rule(number=PICK, dtype=DTYPES)
    def astype(self, number, dtype):
        array, host = self.pick(number)
        self.keep(array.astype(dtype), host.astype(dtype))

    @rule(number=PICK)
    def read(self, number):
        same(*self.pick(number))

    @rule()
    def wait(self):
        nd.waitall()

    @precondition(lambda self: len(self.pairs) > 1)
    @rule(number=PICK)
    def drop(self, number):
        del self.pairs[number % len(self.pairs)]

    @invariant()
    def numbers_stay_small(self):
        """So that float32 and int32 hold every sum."""
        for array, host in self.pairs:
            if np.abs(host).max() > 1000:
                array[:] = 1
                host[...] = 1


def selects(host, key):
    try:
        return host[key].size > 0
    except IndexError:
        return False


def fits(shape, target):
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


class NaiveArrays(Arrays):
    mode = staticmethod(engine.naive)


class GroupedArrays(Arrays):
    mode = staticmethod(lambda: engine.bulk(3))


LIMITS = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBulked, TestNaive, TestGrouped = Arrays.TestCase, NaiveArrays.TestCase, GroupedArrays.TestCase
TestBulked.settings = TestNaive.settings = TestGrouped.settings = LIMITS
