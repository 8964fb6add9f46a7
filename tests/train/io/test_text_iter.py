import numpy as np
import pytest

from workbench.errors import ArgumentError, DataFileError, NotSupportedError
from workbench.train import io


@pytest.fixture
def files(tmp_path):
    """Seven examples of four numbers, and their labels."""
    np.savetxt(tmp_path / "data.csv", np.arange(28).reshape(7, 4), delimiter=",", fmt="%d")
    np.savetxt(tmp_path / "label.csv", np.arange(7) * 10, fmt="%d")
    return str(tmp_path / "data.csv"), str(tmp_path / "label.csv")


def epoch(data):
    return [(batch.label[0].asnumpy().ravel().tolist(), batch.pad) for batch in data]


def test_an_epoch_begins_after_what_filled_up_the_last(files):
    data = io.CSVIter(files[0], (4,), files[1], batch_size=3)
    assert data.provide_data == [("data", (3, 4))]
    assert data.provide_label == [("softmax_label", (3,))]
    found = []
    for _ in range(3):
        found.append(epoch(data))
        data.reset()
    assert found == [
        [([0, 10, 20], 0), ([30, 40, 50], 0), ([60, 0, 10], 2)],
        [([20, 30, 40], 0), ([50, 60, 0], 1)],
        [([10, 20, 30], 0), ([40, 50, 60], 0)],
    ]
    next(data)
    data.reset()  # not at the end: from the beginning
    assert next(data).label[0].asnumpy().tolist() == [0, 10, 20]
    data.hard_reset()
    assert next(data).data[0].asnumpy().tolist() == np.arange(12).reshape(3, 4).tolist()


def test_without_rounding_every_epoch_is_the_same(files):
    data = io.CSVIter(files[0], (4,), files[1], batch_size=3, round_batch=False)
    first = epoch(data)
    data.reset()
    assert first == epoch(data) == [([0, 10, 20], 0), ([30, 40, 50], 0), ([60, 0, 10], 2)]


def test_shapes_dtypes_and_labels_that_are_not_there(files):
    data = io.CSVIter(files[0], (2, 2), batch_size=7, dtype="int32")
    batch = next(data)
    assert batch.data[0].shape == (7, 2, 2)
    assert batch.data[0].dtype == batch.label[0].dtype == np.int32
    assert (batch.label[0].asnumpy() == 0).all()
    assert batch.label[0].shape == (7,)
    wide = io.CSVIter(files[0], (4,), files[0], label_shape=(4,), batch_size=7)
    assert next(wide).label[0].shape == (7, 4)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1,2,3\n4,5,6\n", r"data\.csv: a line holds 3 numbers, the shape \(4,\) asks for others"),
        ("1,2,3,x\n", r"data\.csv: not comma-separated numbers: .*'x'"),
        ("1,2,3,4\n1,2\n", r"data\.csv: not comma-separated numbers: .*columns changed"),
        ("", r"data\.csv: there is no line in it"),
    ],
)
def test_files_that_are_no_tables(tmp_path, text, error):
    (tmp_path / "data.csv").write_text(text)
    with pytest.raises(DataFileError, match=error):
        io.CSVIter(str(tmp_path / "data.csv"), (4,))


def test_as_many_labels_as_examples(files, tmp_path):
    (tmp_path / "short.csv").write_text("1\n2\n")
    with pytest.raises(ArgumentError, match=r"holds 7 examples, .*short\.csv 2 labels"):
        io.CSVIter(files[0], (4,), str(tmp_path / "short.csv"))


@pytest.fixture
def libsvm(tmp_path):
    (tmp_path / "data").write_text("1 0:1.5 3:2\n\n0 1:1 # a remark\n2 2:-1 3:4\n1 0:2\n")
    (tmp_path / "label").write_text("0:1\n1:1\n2:-1\n0:2\n")
    return str(tmp_path / "data"), str(tmp_path / "label")


def test_libsvm_batches_are_dense(libsvm):
    data = io.LibSVMIter(libsvm[0], (4,), batch_size=3)
    first, second = data
    assert first.data[0].asnumpy().tolist() == [[1.5, 0, 0, 2], [0, 1, 0, 0], [0, 0, -1, 4]]
    assert first.label[0].asnumpy().tolist() == [1, 0, 2]
    assert second.data[0].asnumpy().tolist() == [[2, 0, 0, 0], [1.5, 0, 0, 2], [0, 1, 0, 0]]
    assert second.pad == 2


def test_libsvm_labels_of_their_own_and_parts(libsvm, tmp_path):
    bare = tmp_path / "bare"
    bare.write_text("0:1.5 3:2\n1:1\n2:-1 3:4\n0:2\n")
    data = io.LibSVMIter(
        str(bare), (4,), libsvm[1], label_shape=(3,), batch_size=2, num_parts=2, part_index=1
    )
    (batch,) = data
    assert batch.label[0].asnumpy().tolist() == [[0, 0, -1], [2, 0, 0]]
    assert batch.data[0].asnumpy()[1].tolist() == [2, 0, 0, 0]
    with pytest.raises(ArgumentError, match="part_index must lie from 0 to num_parts - 1 = 1, got 2"):
        io.LibSVMIter(libsvm[0], (4,), num_parts=2, part_index=2)
    with pytest.raises(NotSupportedError, match=r"round_batch=False"):
        io.LibSVMIter(libsvm[0], (4,), round_batch=False)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1 4:2\n", "line 1: .*index 4 lies beyond the 4 features"),
        ("1 0:1\n1 x:2\n", "line 2: not 'label index:value …'"),
        ("1 0\n", "line 1: not 'label index:value …'"),
        ("\n", "there is no line in it"),
    ],
)
def test_files_that_are_not_libsvm(tmp_path, text, error):
    (tmp_path / "data").write_text(text)
    with pytest.raises(DataFileError, match=error):
        io.LibSVMIter(str(tmp_path / "data"), (4,))


def test_packed_images_are_not_decoded():
    with pytest.raises(NotSupportedError, match=r"io\.ImageRecordIter: .*io\.NDArrayIter"):
        _ = io.ImageRecordIter
    with pytest.raises(NotSupportedError, match=r"io has no 'NDArrayIte'. Did you mean 'NDArrayIter'"):
        _ = io.NDArrayIte
