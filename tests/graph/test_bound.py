"""What an operator says of inputs that do not fit: the call, its attributes, and the reason."""

import numpy as np
import pytest

from workbench import nd, sym
from workbench.errors import ArgumentError, ShapeError

X = nd.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nd.split(X, 2, 2), r"SliceChannel with data \(2, 3\) \(num_outputs=2, axis=2\): "),
        (lambda: nd.tile(X, (-1,)), r"tile with data \(2, 3\) \(reps=\(-1,\)\): an output of shape \(2, -3\)"),
        (lambda: nd.random.uniform(shape=(2, -1)), r"_random_uniform .*\(shape=\(2, -1\)\): "),
        (lambda: nd.zeros((10**20,)), r"an output of shape \(10{20},\) was asked for"),
        (lambda: nd.add_n(X, nd.ones((3,))), r"add_n .*one input or more, all of one shape"),
        (lambda: nd.add_n(), r"add_n .*one input or more, all of one shape"),
        (lambda: nd.where(X, X, nd.ones((3,))), r"x and y have one shape, and the condition that or that of their"),
        (lambda: nd.slice_axis(X, axis=0, begin=1, end=6), r"begin and end must be within an axis of 2"),
        (lambda: nd.Pooling(nd.ones((1, 1, 8, 8)), kernel=(2, 2), pad=(5, 5)), r"pad \(5, 5\) must be less than"),
        (
            lambda: nd.Pad(nd.ones((1, 1, 3, 3)), mode="reflect", pad_width=(0, 0, 0, 0, 3, 0, 0, 0)),
            "a reflection is shorter than the axis it reflects",
        ),
    ],
)  # fmt: skip
def test_the_message_has_the_call_and_the_reason(call, text):
    with pytest.raises(ShapeError, match=text):
        call()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nd.Dropout(X, axes=(9,), mode="always"), r"axes must be among the 2 of the data, got \(9,\)"),
        (lambda: nd.arange(5, repeat=0), "repeat must be 1 or more, got 0"),
        (lambda: nd.relu(X, ctx="x"), r"nd\.relu\(\) runs where its arrays are, on cpu\(0\); it takes no ctx, got 'x'"),
        (lambda: nd.sgd_update(X, X, lr=nd.ones((1,))), r"'lr' must be float, got"),
        (lambda: nd.sgd_update(X, X, lr=10**400), r"'lr' must be float, got 1000"),
    ],
)  # fmt: skip
def test_values_out_of_range(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_a_condition_of_one_axis_chooses_rows():
    x, y = np.arange(9.0).reshape(3, 3), -np.ones((3, 3))
    got = nd.where(nd.array([1, 0, 1]), nd.array(x), nd.array(y)).asnumpy()
    assert (got == np.where(np.array([[1], [0], [1]]), x, y)).all()
    chosen = sym.where(sym.var("c"), sym.var("x"), sym.var("y"))
    assert chosen.infer_shape(c=(3,), x=(3, 3), y=(3, 3))[1] == [(3, 3)]
