import struct

import numpy as np
import pytest

from workbench.errors import ArgumentError, DataFileError
from workbench.train import io


@pytest.fixture
def files(tmp_path):
    """Ten images of 4 × 3 pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 4, 3)).astype(np.uint8)
    (tmp_path / "images").write_bytes(struct.pack(">IIII", 2051, 10, 4, 3) + pixels.tobytes())
    (tmp_path / "labels").write_bytes(struct.pack(">II", 2049, 10) + bytes(range(10)))
    return {"image": str(tmp_path / "images"), "label": str(tmp_path / "labels"), "silent": True}, pixels


def test_images_are_scaled_and_whole_batches_given(files):
    options, pixels = files
    data = io.MNISTIter(**options, batch_size=3, shuffle=False)
    assert data.provide_data == [("data", (3, 1, 4, 3))]
    assert data.provide_label == [("softmax_label", (3,))]
    for _ in range(2):
        batches = list(data)
        assert [b.label[0].asnumpy().tolist() for b in batches] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
        np.testing.assert_array_equal(
            batches[1].data[0].asnumpy()[:, 0], pixels[3:6].astype(np.float32) / 256
        )
        data.reset()


@pytest.mark.parametrize(
    ("options", "shape"), [({"flat": True}, (2, 12)), ({"input_shape": (1, 3, 4)}, (2, 1, 3, 4))]
)
def test_the_shape_of_an_image(files, options, shape):
    data = io.MNISTIter(**files[0], batch_size=2, **options)
    assert next(data).data[0].shape == shape


def test_an_order_follows_from_its_seed(files):
    def order(seed):
        data = io.MNISTIter(**files[0], batch_size=10, seed=seed)
        batch = next(data)
        return batch.label[0].asnumpy().astype(int).tolist(), batch.data[0].asnumpy()

    labels, images = order(1)
    assert labels == order(1)[0] != order(2)[0]
    assert sorted(labels) == list(range(10))
    np.testing.assert_array_equal(images[:, 0], files[1][labels].astype(np.float32) / 256)


def test_parts_are_disjoint(files):
    parts = [
        next(io.MNISTIter(**files[0], batch_size=3, shuffle=False, num_parts=3, part_index=i)).label[0]
        for i in range(3)
    ]
    assert [p.asnumpy().tolist() for p in parts] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "begins with that number, this one with 0"),
        (struct.pack(">II", 2049, 3) + b"abc", "of kind 2051 begins with that number, this one with 2049"),
        (struct.pack(">IIII", 2051, 10, 4, 3) + bytes(7), "the header says 10 × 4 × 3 bytes, there are 7"),
        (
            struct.pack(">IIII", 2051, 2**32 - 1, 2**32 - 1, 9) + bytes(12),
            "the header says 4294967295 × 4294967295 × 9 bytes, there are 12",
        ),
    ],
    ids=["empty", "labels", "short", "hostile"],
)
def test_files_of_another_format(files, tmp_path, content, text):
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    with pytest.raises(DataFileError, match=text):
        io.MNISTIter(**{**files[0], "image": str(bad)})


@pytest.mark.parametrize("missing", ["image", "label"])
def test_a_file_that_is_not_there_is_named_with_its_argument(files, missing):
    with pytest.raises(
        ArgumentError, match=rf"MNISTIter: {missing} must name a file, and there is none at 'x'"
    ):
        io.MNISTIter(**{**files[0], missing: "x"})


def test_what_does_not_belong_together(files, tmp_path):
    few = tmp_path / "few"
    few.write_bytes(struct.pack(">II", 2049, 3) + bytes(3))
    with pytest.raises(DataFileError, match=r"images holds 10 images, .*few 3 labels"):
        io.MNISTIter(**{**files[0], "label": str(few)})
    with pytest.raises(ArgumentError, match=r"input_shape \(28, 28\) holds 784 pixels, an image \(4, 3\)"):
        io.MNISTIter(**files[0], input_shape=(28, 28))
