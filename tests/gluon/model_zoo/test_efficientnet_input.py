import numpy as np
import pytest

from workbench.errors import DTypeError, ShapeError
from workbench.gluon.model_zoo.vision import efficientnet_input
from workbench.imperative import nd


def pictured(height, width, seed=0):
    """Bytes that cubic interpolation keeps away from 0 and 255: Pillow cuts there between rows and columns."""
    rough = np.random.default_rng(seed).integers(64, 192, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.kron(rough, np.ones((8, 8, 1), np.uint8))[:height, :width]


@pytest.mark.parametrize("shape", [(300, 451), (512, 400), (120, 90)])
def test_it_is_what_pillow_makes_of_the_middle(shape):
    image = pytest.importorskip("PIL.Image")
    picture = pictured(*shape)
    side = int(min(shape) * 0.875)
    top, left = ((n - side + 1) // 2 for n in shape)
    middle = image.fromarray(picture[top : top + side, left : left + side])
    expected = np.asarray(middle.resize((224, 224), image.Resampling.BICUBIC)).astype(np.float32)
    found = efficientnet_input(picture).asnumpy().transpose(1, 2, 0) * 128 + 127
    assert np.abs(found - expected).max() <= 2
    assert np.abs(found - expected).mean() < 0.2


def test_one_colour_stays_that_colour():
    out = efficientnet_input(np.full((40, 60, 3), (127, 255, 0), np.uint8))
    assert out.shape == (3, 224, 224)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out.asnumpy()[:, 100, 100], [0, 1, -127 / 128])


def test_grey_is_three_equal_channels_and_arrays_of_both_kinds_are_taken():
    grey = pictured(64, 64)[..., 0]
    out = efficientnet_input(nd.array(grey, dtype="uint8")).asnumpy()
    np.testing.assert_array_equal(out, efficientnet_input(np.stack([grey] * 3, -1)).asnumpy())
    assert (out[0] == out[2]).all()


def test_what_is_no_picture_is_named():
    with pytest.raises(ShapeError, match=r"a picture is \(h, w, 3\) or \(h, w\), got \(3, 8, 8\)"):
        efficientnet_input(np.zeros((3, 8, 8), np.uint8))
    with pytest.raises(ShapeError, match=r"got \(0, 8, 3\)"):
        efficientnet_input(np.zeros((0, 8, 3), np.uint8))
    with pytest.raises(DTypeError, match=r"holds bytes \(uint8\), got float64"):
        efficientnet_input(np.zeros((8, 8)))
    with pytest.raises(ShapeError, match=r"^efficientnet_input: lists of different lengths are no picture$"):
        efficientnet_input([[1], [1, 2]])
