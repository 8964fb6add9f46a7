"""Random keys and random programs of writes: an NDArray does what a NumPy array does.

MXNet's rule for views: a key that selects one run of memory gives a view, any other a copy.  NumPy's flags say
which keys those are.
"""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench import engine, nd

SHAPES = st.sampled_from([(4,), (3, 4), (2, 3, 2), (1, 3, 1)])
MODES = {"naive": engine.naive, "bulk of 2": lambda: engine.bulk(2), "default": lambda: engine.bulk(2000)}


@st.composite
def arrays_and_keys(draw, advanced=False):
    shape = draw(SHAPES)
    if advanced:
        return shape, draw(
            hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3))
        )
    return shape, draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))


def numbered(shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@settings(max_examples=60)
@given(arrays_and_keys())
@example(((4,), slice(-9, None, -1)))
@example(((3, 4), (slice(None, None, -1), 0)))
@example(((3, 4), (slice(1, 3), slice(None))))
def test_basic_keys_read_write_and_alias_as_in_numpy(pair):
    shape, key = pair
    host, array = numbered(shape), nd.array(numbered(shape))
    part, mine = host[key], array[key]
    assert mine.shape == (np.shape(part) or (1,))  # MXNet has no arrays of no axes
    np.testing.assert_array_equal(mine.asnumpy(), part)
    array[key] = -1
    host[key] = -1
    np.testing.assert_array_equal(array.asnumpy(), host)
    if np.size(part) == 0:
        return
    mine += 100
    is_view = isinstance(part, np.ndarray) and part.flags.c_contiguous
    is_view = is_view or not isinstance(
        part, np.ndarray
    )  # one element: NumPy gives a number, the workbench a view
    if is_view:
        host[key] += 100
    np.testing.assert_array_equal(array.asnumpy(), host)


@settings(max_examples=25)
@given(arrays_and_keys(advanced=True))
def test_advanced_keys_read_and_write_as_in_numpy(pair):
    shape, key = pair
    host, array = numbered(shape), nd.array(numbered(shape))
    np.testing.assert_array_equal(array[key].asnumpy(), host[key])
    copied = array[key]
    copied += 1
    np.testing.assert_array_equal(array.asnumpy(), host)
    array[key] = 7
    host[key] = 7
    np.testing.assert_array_equal(array.asnumpy(), host)


ROWS = st.integers(0, 2)
STATEMENTS = st.one_of(
    st.tuples(st.just("assign"), ROWS, ROWS),
    st.tuples(st.just("add"), ROWS, ROWS),
    st.tuples(st.just("scale"), ROWS, st.sampled_from([0.5, 2.0])),
    st.tuples(st.just("write row"), ROWS, st.integers(0, 1)),
    st.tuples(st.just("add to part"), ROWS, ROWS),
    st.tuples(st.just("view"), ROWS, st.integers(0, 1)),
    st.tuples(st.just("reshape"), ROWS, st.just(0)),
    st.tuples(st.just("read"), ROWS, st.just(0)),
    st.tuples(st.just("drop"), ROWS, ROWS),
)


def perform(statements, arrays, views, read):
    """Runs the statements on NumPy arrays or NDArrays alike."""
    for what, i, j in statements:
        if what == "assign":
            arrays[i][:] = arrays[j]
        elif what == "add":
            arrays[i] += arrays[j]
        elif what == "scale":
            arrays[i] *= j
        elif what == "write row":
            arrays[i][j] = 3
        elif what == "add to part":
            arrays[i][1:2] += arrays[j][0:1]
        elif what == "view":
            views.append(arrays[i][j])
        elif what == "reshape":
            arrays[i].reshape((4,))[2] = -1
        elif what == "read":
            read(arrays[i])
        elif what == "drop":
            arrays[i] = arrays[j] * 1.0
        if views:
            views[-1] += 1


@settings(max_examples=40)
@given(st.lists(STATEMENTS, min_size=1, max_size=12))
def test_programs_of_writes_leave_what_numpy_leaves(statements):
    start = [np.array([[1.0, 2], [3, 4]], np.float32) * (k + 1) for k in range(3)]
    host, host_views = [a.copy() for a in start], []
    perform(statements, host, host_views, lambda a: None)
    for mode in MODES.values():
        with mode():
            arrays, views = [nd.array(a) for a in start], []
            perform(statements, arrays, views, lambda a: a.asnumpy())
            for got, want in zip([*arrays, *views], [*host, *host_views], strict=True):
                np.testing.assert_array_equal(got.asnumpy(), want)
