import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train.io import DataBatch, DataDesc


def test_a_description_is_a_name_and_a_shape():
    desc = DataDesc("data", [4, 3], np.float16, "NT")
    name, shape = desc
    assert (name, shape) == ("data", (4, 3)) == desc
    assert (desc.dtype, desc.layout) == (np.float16, "NT")
    assert repr(desc) == "DataDesc[data,(4, 3),<class 'numpy.float16'>,NT]"
    assert (DataDesc("data", (4,)).dtype, DataDesc("data", (4,)).layout) == (np.float32, "NCHW")


def test_the_batch_axis_is_that_of_n():
    assert [DataDesc.get_batch_axis(x) for x in ("NCHW", "TNC", "TC", None)] == [0, 1, -1, 0]


def test_a_list_of_descriptions():
    shapes = [("a", (1, 2)), ("b", (3,))]
    assert [d.dtype for d in DataDesc.get_list(shapes, [("b", np.int32)])] == [np.float32, np.int32]
    assert DataDesc.get_list(shapes) == shapes


def test_a_batch_says_its_shapes():
    data = [nd.zeros((2, 3))]
    assert str(DataBatch(data)) == "DataBatch: data shapes: [(2, 3)] label shapes: None"
    assert str(DataBatch(data, [nd.zeros((2,))])) == "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"


@pytest.mark.parametrize("what", ["data", "label"])
def test_a_batch_takes_lists(what):
    with pytest.raises(ArgumentError, match=f"DataBatch {what} must be a list of arrays, got NDArray"):
        DataBatch(**{"data": [], what: nd.zeros((2,))})
