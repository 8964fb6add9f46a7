import pytest

from workbench import sym
from workbench.errors import ShapeError

data, other = sym.var("data"), sym.var("other")
conv = sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv")
dense = sym.FullyConnected(data, num_hidden=3, name="fc")


def partial(symbol: sym.Symbol, **shapes: tuple[int, ...]) -> list[list[tuple[int, ...]]]:
    return [list(group) for group in symbol.infer_shape_partial(**shapes)]


def test_an_unknown_size_stays_unknown_where_it_goes_and_only_there() -> None:
    arguments, outputs, states = partial(sym.BatchNorm(conv, name="bn"), data=(0, 3, 0, 10))
    assert arguments == [(0, 3, 0, 10), (4, 3, 3, 3), (4,), (4,), (4,)]
    assert outputs == [(0, 4, 0, 8)]
    assert states == [(4,), (4,)]
    assert partial(sym.SoftmaxOutput(dense, name="softmax"), data=(0, 4)) == [
        [(0, 4), (3, 4), (3,), (0,)],
        [(0, 3)],
        [],
    ]
    assert partial(sym.Reshape(conv, shape=(-1, 10)), data=(0, 3, 10, 10))[1] == [(0, 10)]


def test_what_follows_from_elsewhere_fills_an_unknown_size() -> None:
    assert (data + other).infer_shape(data=(0, 4), other=(3, 4)) == ([(3, 4), (3, 4)], [(3, 4)], [])
    assert (sym.var("stated", shape=(0, 4)) + other).infer_shape(other=(3, 4))[1] == [(3, 4)]
    pooled = sym.Pooling(conv, global_pool=True, kernel=(1, 1), pool_type="max")
    assert partial(pooled, data=(2, 3, 0, 0))[1] == [(2, 4, 1, 1)]


def test_infer_shape_promises_everything_or_nothing() -> None:
    with pytest.warns(UserWarning, match="the shape of data does not follow from what was given"):
        assert dense.infer_shape(data=(0, 4)) == (None, None, None)


def test_shapes_that_contradict_are_refused_and_sizes_that_must_differ_are_left() -> None:
    with pytest.raises(ShapeError, match=r"'data' is given as \(0, 5\), and \(3, 4\) follows for it"):
        (data + other).infer_shape(data=(0, 5), other=(3, 4))
    assert partial(sym.dot(data, other), data=(0, 5), other=(0, 4)) == [[(0, 5), (0, 4)], [()], []]
