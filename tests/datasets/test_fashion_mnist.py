import gzip
import hashlib
import socket

import numpy as np
import pytest

from workbench.datasets import fashion_mnist
from workbench.datasets.make_fashion_mnist import first_of_each_class, read_idx, write_npz

CONTENTS = "d5b91c929ef64cdf3fac6a13820932f698037ef77030a9584f3d6499a1ccee00"


@pytest.fixture(scope="module")
def data():
    return fashion_mnist()


@pytest.mark.parametrize(("part", "count"), [("train", 10_000), ("test", 2_000)])
def test_has_the_promised_shapes_and_bytes(data, part, count):
    images, labels = getattr(data, f"{part}_images"), getattr(data, f"{part}_labels")
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)


def test_it_shows_itself_in_a_line(data):
    assert repr(data).startswith(
        "Split(train_images=(10000, 28, 28), test_images=(2000, 28, 28), classes=('T-shirt"
    )


def test_every_class_is_equally_often_there(data):
    assert len(data.classes) == 10
    assert np.bincount(data.train_labels).tolist() == [1000] * 10
    assert np.bincount(data.test_labels).tolist() == [200] * 10


def test_contents_are_the_published_images(data):
    digest = hashlib.sha256()
    for array in data[:4]:
        digest.update(array.tobytes())
    assert digest.hexdigest() == CONTENTS


def test_no_test_image_was_trained_on(data):
    trained = {image.tobytes() for image in data.train_images}
    assert not any(image.tobytes() in trained for image in data.test_images)


def test_classes_come_mixed_enough_to_take_batches_in_order(data):
    for start in range(0, 10_000, 1000):
        assert len(np.unique(data.train_labels[start : start + 1000])) == 10


def test_arrays_belong_to_the_caller(data):
    mine = fashion_mnist()
    mine.train_images[:] = 7
    assert not np.array_equal(fashion_mnist().train_images, mine.train_images)


def test_reads_without_a_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a dataset asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(fashion_mnist().train_images) == 10_000


def test_choice_keeps_the_order_of_the_file():
    labels = np.array([1, 0, 1, 1, 0, 0], np.uint8)
    assert first_of_each_class(labels, 2).tolist() == [0, 1, 2, 4]


def test_written_file_is_the_same_every_time_and_reads_back(tmp_path):
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for name in ("first", "second"):
        write_npz(tmp_path / f"{name}.npz", {"a": array})
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    with np.load(tmp_path / "first.npz", allow_pickle=False) as stored:
        assert np.array_equal(stored["a"], array)


def test_a_file_that_is_no_idx_is_named(tmp_path):
    path = tmp_path / "wrong.gz"
    path.write_bytes(gzip.compress(b"GIF89a"))
    with pytest.raises(
        ValueError, match=r"wrong\.gz begins with 47 49 46; an IDX file of bytes begins with 00 00 08"
    ):
        read_idx(path)
