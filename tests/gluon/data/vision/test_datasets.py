"""Image datasets from files written here in their published formats."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from workbench.errors import ArgumentError, SymbolFileError
from workbench.gluon.data import vision

rng = np.random.default_rng(0)


def test_fashion_mnist_needs_no_files():
    train, test = vision.FashionMNIST(), vision.FashionMNIST(train=False)
    assert (len(train), len(test)) == (10_000, 2_000)
    image, label = train[3]
    assert (image.shape, image.dtype) == ((28, 28, 1), np.uint8)
    assert 0 <= label < 10


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [vision.MNIST, vision.FashionMNIST])
def test_idx_files(tmp_path, kind, packed):
    images = rng.integers(0, 256, (5, 28, 28)).astype(np.uint8)
    labels = rng.integers(0, 10, 5).astype(np.uint8)

    def write(path, raw):
        if packed:
            path.with_suffix(".gz").write_bytes(gzip.compress(raw))
        else:
            path.write_bytes(raw)

    write(tmp_path / "t10k-images-idx3-ubyte", struct.pack(">4i", 2051, 5, 28, 28) + images.tobytes())
    write(tmp_path / "t10k-labels-idx1-ubyte", struct.pack(">2i", 2049, 5) + labels.tobytes())
    found = kind(tmp_path, train=False, transform=lambda image, label: (image.astype("float32") / 255, label))
    image, label = found[2]
    np.testing.assert_allclose(image.asnumpy()[..., 0], images[2] / 255, rtol=1e-6)
    assert label == labels[2]
    with pytest.raises(
        ArgumentError, match=r"not downloaded; in .* put train-images-idx3-ubyte, train-labels"
    ):
        kind(tmp_path)


def test_a_file_of_another_format_is_named(tmp_path):
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(b"not an idx file at all")
    with pytest.raises(
        SymbolFileError, match="train-images-idx3-ubyte is not an idx file of bytes with 3 axes"
    ):
        vision.MNIST(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(SymbolFileError, match="5 bytes are no examples of 3073 bytes each"):
        vision.CIFAR10(tmp_path, train=False)


def test_cifar(tmp_path):
    planes = rng.integers(0, 256, (4, 3, 32, 32)).astype(np.uint8)
    labels = rng.integers(0, 10, (4, 2)).astype(np.uint8)
    rows = planes.reshape(4, -1)
    (tmp_path / "test_batch.bin").write_bytes(np.hstack([labels[:, :1], rows]).tobytes())
    (tmp_path / "train.bin").write_bytes(np.hstack([labels, rows]).tobytes())
    image, label = vision.CIFAR10(tmp_path, train=False)[1]
    np.testing.assert_array_equal(image.asnumpy(), planes[1].transpose(1, 2, 0))
    assert label == labels[1, 0]
    assert vision.CIFAR100(tmp_path)[2][1] == labels[2, 0]
    assert vision.CIFAR100(tmp_path, fine_label=True)[2][1] == labels[2, 1]
    with pytest.raises(ArgumentError, match=r"put data_batch_1.bin, data_batch_2.bin"):
        vision.CIFAR10(tmp_path)


def test_a_folder_of_images(tmp_path):
    pixels = rng.integers(0, 256, (5, 4, 3)).astype(np.uint8)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
    Image.fromarray(pixels).save(tmp_path / "cat" / "a.png")
    np.save(tmp_path / "dog" / "b.npy", pixels[..., 0])
    (tmp_path / "dog" / "notes.txt").write_text("none")
    with pytest.warns(UserWarning, match=r"notes.txt is none of .jpg"):
        found = vision.ImageFolderDataset(tmp_path)
    assert found.synsets == ["cat", "dog"]
    assert len(found) == 2
    np.testing.assert_array_equal(found[0][0].asnumpy(), pixels)
    np.testing.assert_array_equal(found[1][0].asnumpy(), pixels[..., :1].repeat(3, axis=2))
    assert found[1][1] == 1
    with pytest.warns(UserWarning, match=r"notes.txt"):
        grey = vision.ImageFolderDataset(tmp_path, flag=0)
    assert grey[0][0].shape == (5, 4, 1)
    with pytest.raises(ArgumentError, match="is no folder"):
        vision.ImageFolderDataset(tmp_path / "none")
