"""Transforms of images; the operators below them are compared with loops over pixels in tests/ops."""

import numpy as np
import pytest

from workbench import random
from workbench.errors import ArgumentError, DTypeError, NotSupportedError
from workbench.gluon import data
from workbench.gluon.data.vision import transforms as T
from workbench.imperative import nd

rng = np.random.default_rng(0)
BYTES = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
PLANES = rng.normal(size=(3, 6, 8)).astype(np.float32)


def test_bytes_become_normalised_tensors():
    both = T.Compose([T.ToTensor(), T.Normalize((0.1, 0.2, 0.3), 0.5)])
    wanted = (BYTES.transpose(2, 0, 1) / 255 - np.array([0.1, 0.2, 0.3])[:, None, None]) / 0.5
    for image in (BYTES, nd.array(BYTES, dtype="uint8")):
        out = both(image)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out.asnumpy(), wanted, rtol=1e-5, atol=1e-6)
    assert T.Cast("float16")(BYTES).dtype == np.float16


@pytest.mark.parametrize("hybridize", [False, True])
def test_sizes(hybridize):
    layers = {
        (4, 5): T.Resize((5, 4)),
        (7, 7): T.Resize(7),
        (3, 4): T.Resize(3, keep_ratio=True),
        (2, 3): T.CropResize(1, 2, 3, 2),
        (9, 9): T.CropResize(1, 2, 3, 2, size=(9, 9), interpolation=0),
    }
    for shape, layer in layers.items():
        layer.hybridize(hybridize)
        out = layer(BYTES)
        assert out.shape == (*shape, 3)
        assert out.dtype == np.uint8
    np.testing.assert_array_equal(T.CropResize(1, 2, 3, 2)(BYTES).asnumpy(), BYTES[2:4, 1:4])


def test_the_middle():
    np.testing.assert_array_equal(T.CenterCrop((4, 2))(BYTES).asnumpy(), BYTES[2:4, 2:6])
    assert T.CenterCrop(20)(BYTES).shape == (20, 20, 3)


def test_random_crops_have_the_size_and_come_from_the_image():
    flat = np.full((30, 40, 3), 7, np.uint8)
    out = T.RandomResizedCrop((5, 4))(flat)
    assert out.shape == (4, 5, 3)
    assert (out.asnumpy() == 7).all()
    assert T.RandomResizedCrop(5, scale=(3.0, 4.0))(flat).shape == (5, 5, 3)


def test_flips_happen_every_other_time():
    for layer, axis in ((T.RandomFlipLeftRight(), 1), (T.RandomFlipTopBottom(), 0)):
        flipped = 0
        for _ in range(60):
            out = layer(BYTES)
            out = out.asnumpy()
            if (out == np.flip(BYTES, axis)).all():
                flipped += 1
            else:
                np.testing.assert_array_equal(out, BYTES)
        assert 15 < flipped < 45


@pytest.mark.parametrize(
    "layer",
    [
        T.RandomBrightness(0.5),
        T.RandomContrast(0.5),
        T.RandomSaturation(0.5),
        T.RandomHue(0.5),
        T.RandomColorJitter(0.4, 0.4, 0.4, 0.4),
        T.RandomLighting(0.5),
        T.RandomResizedCrop(4),
        T.RandomApply(T.RandomBrightness(0.5), p=0.9),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_one_seed_gives_one_image(layer):
    def drawn(seed):
        random.seed(seed)
        return layer(BYTES).asnumpy()

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert any((drawn(1) != drawn(seed)).any() for seed in (2, 3, 4))
    assert drawn(1).dtype == np.uint8


def test_brightness_stays_within_its_limits():
    image = np.full((2, 2, 3), 100.0, np.float32)
    seen = [T.RandomBrightness(0.2)(image).asnumpy()[0, 0, 0] for _ in range(30)]
    assert 80 <= min(seen) < 95
    assert 105 < max(seen) <= 120
    np.testing.assert_allclose(T.RandomContrast(0.9)(image).asnumpy(), image, rtol=1e-5)
    np.testing.assert_allclose(T.RandomSaturation(0.9)(image).asnumpy(), image, rtol=1e-5)


def test_turns():
    quarter = T.Rotate(90)(np.ascontiguousarray(PLANES[:, :, :6])).asnumpy()
    np.testing.assert_allclose(quarter, np.rot90(PLANES[:, :, :6], axes=(1, 2)), rtol=1e-4, atol=1e-5)
    assert T.RandomRotation((-20, 20), zoom_in=True)(PLANES).shape == (3, 6, 8)
    np.testing.assert_array_equal(
        T.RandomRotation((-9, 9), rotate_with_proba=0)(nd.array(PLANES)).asnumpy(), PLANES
    )
    with pytest.raises(DTypeError, match=r"must be float32, got uint8; put ToTensor\(\) before"):
        T.Rotate(10)(BYTES)


def test_in_a_loader():
    images = rng.integers(0, 256, (10, 6, 6, 3)).astype(np.uint8)
    source = data.ArrayDataset(images, np.arange(10)).transform_first(T.Compose([T.Resize(4), T.ToTensor()]))
    batches = list(data.DataLoader(source, 5))
    assert [x.shape for x, _ in batches] == [(5, 3, 4, 4)] * 2
    assert batches[1][1].asnumpy().tolist() == [5, 6, 7, 8, 9]


def test_bad_arguments_are_named():
    with pytest.raises(ArgumentError, match="CenterCrop: size is a number or"):
        T.CenterCrop((1, 2, 3))
    with pytest.raises(ArgumentError, match="zoom_in and zoom_out exclude each other"):
        T.Rotate(10, True, True)
    with pytest.raises(ArgumentError, match=r"angle_limits are \(least, largest\), got \(3, 1\)"):
        T.RandomRotation((3, 1))
    with pytest.raises(ArgumentError, match="rotate_with_proba must be a number from 0 to 1, got 2"):
        T.RandomRotation((1, 3), rotate_with_proba=2)
    with pytest.raises(ArgumentError, match="RandomHue: hue must be a number, 0 or more, got -1"):
        T.RandomHue(-1)
    with pytest.raises(NotSupportedError, match="interp=2; 0"):
        T.Resize(3, interpolation=2)(BYTES)
    with pytest.raises(ValueError, match="does not lie inside an image of 8 × 6"):
        T.CropResize(7, 0, 3, 3)(BYTES)
