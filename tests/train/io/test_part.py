import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.train.io import NDArrayIter, PartIter


def parts(count, examples=10, batch=4, **kwargs):
    """Each part's batches as (data, label, pad, index)."""
    found = []
    for part in range(count):
        whole = NDArrayIter(np.arange(examples), -np.arange(examples), batch, **kwargs)
        found.append(
            [
                (b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad, b.index.tolist())
                for b in PartIter(whole, part, count)
            ]
        )
    return found


def test_parts_make_up_each_batch():
    first, second = parts(2, 8)
    assert [row[0] for row in first] == [[0, 1], [4, 5]]
    assert [row[1] for row in second] == [[-2, -3], [-6, -7]]
    assert [row[3] for row in second] == [[2, 3], [6, 7]]


def test_padding_stands_where_it_stands_in_the_whole():
    assert [[row[2] for row in part] for part in parts(2)] == [[0, 0, 0], [0, 0, 2]]
    assert [[row[2] for row in part] for part in parts(2, 9)] == [[0, 0, 1], [0, 0, 2]]


def test_it_describes_its_part_along_the_batch_axis():
    whole = NDArrayIter(np.zeros((3, 4, 5)), None, 4, layout="TNC")
    part = PartIter(whole, 1, 2)
    assert (part.batch_size, part.provide_data[0].shape) == (2, (3, 2, 5))
    assert part.next().data[0].shape == (3, 2, 5)
    with pytest.raises(StopIteration):
        part.next()
    part.reset()
    assert part.iter_next()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((2, 2), "part_index must be below num_parts=2, got 2"),
        ((0, 3), "a batch of 4 examples has no 3 equal parts; choose a batch_size that is a multiple of 3"),
    ],
)
def test_parts_that_do_not_exist(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        PartIter(NDArrayIter(np.arange(8), batch_size=4), *arguments)
    with pytest.raises(ArgumentError, match=r"PartIter\(\) takes an iterator, got list"):
        PartIter([], 0, 1)
