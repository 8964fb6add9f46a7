import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.gluon.data import ArrayDataset, Dataset, SimpleDataset
from workbench.imperative import nd


def test_arrays_side_by_side():
    data = ArrayDataset(nd.array([[1.0], [2.0]]), [3, 4])
    assert len(data) == 2
    image, label = data[1]
    np.testing.assert_array_equal(image.asnumpy(), [2.0])
    assert label == 4
    np.testing.assert_array_equal(ArrayDataset(np.array([5.0, 6.0]))[0], 5.0)
    with pytest.raises(ArgumentError, match="takes arrays of one length, got 2, 3"):
        ArrayDataset([1, 2], [1, 2, 3])
    with pytest.raises(ArgumentError, match="at least one array"):
        ArrayDataset()


def test_examples_of_an_ndarray_are_ndarrays():
    """Published transforms call operators on them; labels, of one axis, are numbers."""
    images = np.arange(24, dtype=np.float64).reshape(2, 2, 2, 3)
    data = ArrayDataset(nd.array(images, dtype="float64"), nd.array([7, 8]))
    turned, label = data.transform(lambda image, label: (nd.transpose(image, (2, 0, 1)), label))[1]
    np.testing.assert_array_equal(turned.asnumpy(), images[1].transpose(2, 0, 1))
    assert turned.dtype == np.float64
    assert isinstance(label, np.float32)
    assert label == 8
    assert data[0:2][0].shape == images.shape


def test_transforms():
    data = ArrayDataset([1, 2, 3], [10, 20, 30])
    assert data.transform(lambda a, b: a + b)[1] == 22
    assert data.transform_first(lambda a: -a)[2] == (-3, 30)
    seen = []
    SimpleDataset([1, 2]).transform(seen.append, lazy=False)
    assert seen == [1, 2]
    assert SimpleDataset([1, 2]).transform_first(lambda a: a * 5)[1] == 10


def test_filter_and_take():
    data = SimpleDataset([1, 2, 3, 4])
    even = data.filter(lambda v: v % 2 == 0)
    assert [even[0], even[1], len(even)] == [2, 4, 2]
    assert len(data.take(3)) == 3
    assert len(data.take(None)) == len(data.take(9)) == 4


def test_a_subclass_must_define_both():
    with pytest.raises(NotImplementedError, match=r"Dataset must define __len__\(self\)"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match=r"Dataset must define __getitem__\(self, idx\)"):
        Dataset()[0]
