"""Arrays as MXNet's: what each key selects and whether it shares memory, writes, methods, and gradients by hand."""

import os
import sys

import numpy as np

import workbench as mx

nd, autograd = mx.nd, mx.autograd
folder = sys.argv[1]
result = {}


def keep(name, array):
    assert name not in result
    result[name] = array.asnumpy() if isinstance(array, nd.NDArray) else np.asarray(array)


def grid(shape=(2, 3, 4)):
    return nd.arange(int(np.prod(shape))).reshape(shape).copy()


KEYS = {
    "one": 1,
    "two": (0, 1),
    "element": (0, 1, 2),
    "column": (slice(None), 1),
    "last": -1,
    "whole": slice(None),
    "rows": slice(1, 2),
    "step": slice(None, None, 2),
    "back": slice(None, None, -1),
    "part": (0, slice(1, 3)),
    "block": (slice(0, 1), slice(1, 2)),
    "split": (slice(0, 2), slice(0, 1)),
    "new": None,
    "dots": Ellipsis,
    "dots then": (Ellipsis, 0),
    "then new": (Ellipsis, None),
    "deep": (1, slice(1, 2), slice(1, 3)),
    "list": [1, 0, 1],
    "pairs": ([0, 1], [1, 2]),
    "mixed": (slice(None), [1, 2]),
    "table": np.array([[0, 1], [1, 1]]),
    "between": (slice(None), [0, 1], 1),
    "one of list": (0, [2, 1]),
}
for name, key in KEYS.items():
    array = grid()
    part = array[key]
    keep(f"get {name}", part)
    part[:] = -7
    keep(f"shares {name}", array)
    array = grid()
    array[key] = 5
    keep(f"set {name}", array)
    array[key] = array[key] * 2
    keep(f"set again {name}", array)
array = grid()
keep("by an array", array[nd.array([1, 0])])
keep("by a negative array", array[np.array([-1])])  # writing so ends MXNet's process
keep("by comparison", array[array[:, 0, 0] > 3])
array[0] = np.arange(12).reshape(3, 4) * 2
array[1, 0] = [9, 8, 7, 6]
array[1, 1:] = nd.array([1, 2, 3, 4])
array[1, 2] = nd.array([[4, 3, 2, 1]])
keep("values of every kind", array)

array = grid()
for name, change in {
    "reshape": lambda a: a.reshape((6, 4)),
    "codes": lambda a: a.reshape((-4, 1, 2, -3)),
    "reverse": lambda a: a.reshape((-1, 0), reverse=True),
    "expand": lambda a: a.expand_dims(1, inplace=True),
    "flatten": lambda a: a.flatten(inplace=True),
    "flat copy": lambda a: a.flatten(),
    "detach": lambda a: a.detach(),
    "same device": lambda a: a.as_in_context(mx.cpu()),
    "astype": lambda a: a.astype("float32"),
    "astype itself": lambda a: a.astype("float32", copy=False),
    "copy": lambda a: a.copy(),
    "dense": lambda a: a.tostype("default"),
}.items():
    changed = change(array)
    keep(f"{name} gives", changed)
    changed[:] = changed + 1
    keep(f"after {name}", array)
before = array
array += 1
array -= nd.ones((4,))
array *= 2
array /= nd.array([[1], [2], [4]])
keep("in place", before)
array **= 2
keep("in place by name only", before)
keep("power", array)
keep("slice_assign", array.slice_assign(nd.ones((1, 3, 4)), (0, 0, 0), (1, 3, 4), (1, 1, 1)))
keep("elements", [len(row) for row in array] + [e.asscalar() for e in array[0, 0]])
for name, made in {
    "linspace": nd.linspace(0, 1, 5, endpoint=False),
    "eye": nd.eye(2, 3, 1),
    "arange": nd.arange(1, 5, 2, repeat=2, dtype="int32"),
    "full": nd.full((2,), 7, out=nd.zeros((2,))),
    "moveaxis": nd.moveaxis(grid(), [0, 1], [1, 2]),
    "onehot": nd.onehot_encode(nd.array([0, 2]), nd.zeros((2, 3))),
    "joined": nd.concatenate([grid(), grid()], axis=1),
}.items():
    keep(name, made)
for number, piece in enumerate(nd.split_v2(grid(), (1, 3), axis=2)):
    keep(f"piece {number}", piece)

nd.save(os.path.join(folder, "arrays"), {"b": grid(), "a": nd.array([1, 2], dtype="int32")})
for name, array in nd.load(os.path.join(folder, "arrays")).items():
    keep(f"loaded {name}", array)


class Scaled(autograd.Function):
    """A product whose gradient is made ten times too large."""

    def forward(self, x, w):
        self.save_for_backward(x, w)
        return x * w, x + w

    def backward(self, dy, dz):
        x, w = self.saved_tensors
        return 10 * dy * w + dz, 10 * dy * x + dz


x, w, unused = nd.array([1.0, 2.0, 3.0]), nd.array([4.0, 5.0, 6.0]), nd.ones((3,))
x.attach_grad()
w.attach_grad()  # MXNet 1.9.1 drops a Function's gradient where it is to be added
added = nd.array([1.0, 2.0, 3.0])
added.attach_grad("add")
unused.attach_grad("null")
for turn in range(3):
    with autograd.record():
        y, z = Scaled()(x, w)
        total = y * y + z * unused * added + x[1:3].sum() * x[[0, 0, 2]]
    total.backward(nd.array([1.0, turn, 2.0]))
    keep(f"x after {turn}", x.grad)
    keep(f"w after {turn}", w.grad)
    keep(f"added after {turn}", added.grad)
assert unused.grad is None
with autograd.record():
    y, z = x * w, nd.exp(x)
for number, gradient in enumerate(autograd.grad([y, z], [x, w], [None, nd.array([1.0, 0.0, 2.0])])):
    keep(f"grad {number}", gradient)
with autograd.record(), autograd.predict_mode():
    keep("modes", [autograd.is_recording(), autograd.is_training()])
kept, left = nd.ones((2,)), nd.full((2,), 5)
autograd.mark_variables([kept, x], [left, nd.zeros((3,))], ["add", "write"])
with autograd.record():
    y = kept * kept * x.sum()
autograd.backward([y])
keep("marked", left)

np.savez(os.path.join(folder, "result.npz"), **result)
