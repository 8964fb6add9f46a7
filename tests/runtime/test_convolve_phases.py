"""Phase by phase, a convolution of each channel by itself is what it is with zeros and gaps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.runtime import convolve as convolving
from workbench.runtime.convolve_phases import kernel_stepped, kernel_stretched, stepped, stretched


def settings(ndim, padding, **steps):
    ones = dict.fromkeys(("window_strides", "lhs_dilation", "rhs_dilation"), (1,) * (ndim - 2))
    rest = {"precision": None, "preferred_element_type": None}
    return {**ones, **rest, "padding": padding, **steps}


def draw(*shape):
    return np.random.default_rng(0).normal(size=shape)


def spread(array, steps, first):
    """Zeros between the places of each axis of space."""
    for axis, step in enumerate(steps, first):
        wide = np.zeros((*array.shape[:axis], (array.shape[axis] - 1) * step + 1, *array.shape[axis + 1 :]))
        wide[(slice(None),) * axis + (slice(None, None, step),)] = array
        array = wide
    return array


def padded(images, padding):
    for axis, (before, after) in enumerate(padding, 1):
        widths = [(0, 0)] * images.ndim
        widths[axis] = max(before, 0), max(after, 0)
        images = np.pad(images, widths)
        kept = slice(max(-before, 0), images.shape[axis] - max(-after, 0))
        images = images[(slice(None),) * axis + (kept,)]
    return images


def plain(images, kernel, given):
    """(n, *space, c) and (*space, filters) with zeros and gaps, one output after another: (n, *out, filters)."""
    images = padded(spread(images, given["lhs_dilation"], 1), given["padding"])
    kernel = spread(kernel, given["rhs_dilation"], 0)
    images = np.repeat(images, kernel.shape[-1] // images.shape[-1], -1)
    extent, strides = kernel.shape[:-1], given["window_strides"]
    out = [(n - k) // s + 1 for n, k, s in zip(images.shape[1:-1], extent, strides, strict=True)]
    result = np.zeros((len(images), *out, kernel.shape[-1]))
    for place in np.ndindex(*out):
        window = tuple(slice(p * s, p * s + k) for p, s, k in zip(place, strides, extent, strict=True))
        product = images[(slice(None), *window)] * kernel
        result[(slice(None), *place)] = product.sum(tuple(range(1, images.ndim - 1)))
    return result


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


CASES = [
    # images, kernel, padding, steps
    ((2, 4, 4, 3), (4, 4, 3), [(2, 2), (2, 2)], (2, 2)),
    ((1, 3, 4, 2), (16, 16, 2), [(11, 11), (11, 11)], (8, 8)),
    ((2, 5, 3, 2), (3, 7, 4), [(0, 3), (2, 1)], (3, 2)),
    ((1, 6, 5, 3), (2, 2, 3), [(1, 0), (0, 1)], (3, 4)),
    ((2, 4, 6, 2), (5, 3, 2), [(-1, 2), (3, -2)], (2, 3)),
    ((2, 4, 5, 2), (1, 3, 2), [(0, 0), (2, 2)], (1, 5)),
    ((2, 7, 3), (4, 6), [(3, 0)], (3,)),
    ((1, 3, 2, 3, 2), (3, 2, 4, 2), [(2, 2), (1, 1), (3, 0)], (2, 3, 2)),
]


@pytest.mark.parametrize(("images", "kernel", "padding", "steps"), CASES)
def test_zeros_between_places(images, kernel, padding, steps):
    given = settings(len(images), padding, lhs_dilation=steps)
    x, w = draw(*images), draw(*kernel)
    with jax.enable_x64(True):
        found = stretched(jnp.asarray(x), jnp.asarray(w)[..., None, :], given)
    same(found, plain(x, w, given))


@pytest.mark.parametrize(("images", "kernel", "padding", "steps"), CASES)
def test_steps_over_places(images, kernel, padding, steps):
    images = (images[0], *(n + 14 for n in images[1:-1]), images[-1])
    given = settings(len(images), padding, window_strides=steps)
    x, w = draw(*images), draw(*kernel)
    with jax.enable_x64(True):
        found = stepped(jnp.asarray(x), jnp.asarray(w)[..., None, :], given)
    same(found, plain(x, w, given))


@pytest.mark.parametrize(("gradients", "kernel", "padding", "steps"), CASES)
def test_the_gradient_of_a_kernel(gradients, kernel, padding, steps):
    """Of images that are as large as it takes for a kernel of this size."""
    filters = kernel[-1]
    gradients = (*gradients[:-1], filters)
    space = [
        (n - 1) * d + k - before - after
        for n, d, k, (before, after) in zip(gradients[1:-1], steps, kernel[:-1], padding, strict=True)
    ]
    given = settings(len(gradients), padding, rhs_dilation=steps)
    x, g = draw(gradients[0], *space, filters // 2 if len(steps) == 1 else filters), draw(*gradients)
    expected = sum(plain(one[None], each, given) for one, each in zip(x, g, strict=True))
    with jax.enable_x64(True):
        found = kernel_stepped(
            jnp.swapaxes(jnp.asarray(x), 0, -1), jnp.moveaxis(jnp.asarray(g), 0, -2), given
        )
    assert found.shape[1:-1] == kernel[:-1]
    same(found, expected)


@pytest.mark.parametrize(("images", "kernel", "padding", "steps"), CASES)
def test_the_gradient_of_a_kernel_over_zeros(images, kernel, padding, steps):
    """Of the result of a convolution with zeros between the places of its images."""
    given = settings(len(images), padding, lhs_dilation=steps, feature_group_count=1)
    x, w = draw(*images), draw(*kernel)
    g = draw(*plain(x, w, given).shape)
    each = np.repeat(x, kernel[-1] // images[-1], -1)
    expected = sum(plain(one[None], top, given) for one, top in zip(each, g, strict=True))
    given["batch_group_count"] = images[-1]
    with jax.enable_x64(True):
        of, by = jnp.swapaxes(jnp.asarray(x), 0, -1), jnp.moveaxis(jnp.asarray(g), 0, -2)
        found = kernel_stretched(of, by, given, convolving._gradient)
    same(found, expected)


@pytest.mark.parametrize(
    ("extent", "steps", "way"),
    [
        ((3, 3), {}, "by_channel"),
        ((9, 9), {}, None),
        ((4, 4), {"lhs_dilation": (2, 2)}, "stretched"),
        ((32, 32), {"lhs_dilation": (16, 16)}, "stretched"),
        ((32, 32), {"lhs_dilation": (2, 2)}, None),
        ((32, 32), {"window_strides": (16, 16)}, "stepped"),
        ((5, 5), {"window_strides": (2, 2)}, "by_channel"),
        ((3, 3), {"lhs_dilation": (2, 2), "rhs_dilation": (2, 2)}, "by_channel"),
    ],
)
def test_the_way_is_that_of_few_products(extent, steps, way):
    given = settings(4, [(0, 0), (0, 0)], feature_group_count=3, batch_group_count=1, **steps)
    found = convolving._grouped(jnp.zeros((1, 40, 40, 3)), jnp.zeros((*extent, 1, 3)), given)
    assert getattr(found, "__name__", None) == way


@pytest.mark.parametrize(
    ("out", "steps", "way"),
    [
        (8, {"rhs_dilation": (2, 2)}, "kernel_by_channel"),
        (9, {"rhs_dilation": (2, 2)}, "kernel_stepped"),
        (9, {}, "kernel_by_channel"),
        (9, {"lhs_dilation": (2, 2)}, "kernel_stretched"),
    ],
)
def test_the_way_of_a_kernel_s_gradient(out, steps, way):
    given = settings(4, [(0, 0), (0, 0)], feature_group_count=1, batch_group_count=3, **steps)
    side = 2 * out - 1 if "lhs_dilation" in steps else out
    gap = 2 if "rhs_dilation" in steps else 1
    images, gradients = jnp.zeros((3, side + gap, side + gap, 1)), jnp.zeros((2, 2, 1, 3))
    found = convolving._grouped(images, gradients, given)
    assert getattr(found, "func", found).__name__ == way


@pytest.mark.parametrize(
    ("images", "kernel", "chosen"),
    [
        ((2, 4, 5, 3), (16, 16, 3), {"lhs_dilation": (8, 8), "padding": ((11, 11), (11, -2))}),
        ((2, 32, 32, 3), (16, 16, 6), {"window_strides": (8, 8), "padding": ((4, 4), (4, -1))}),
    ],
)
def test_single_precision_stays_so(images, kernel, chosen):
    given = settings(4, **chosen) | {"feature_group_count": 3, "batch_group_count": 1}
    x, w = draw(*images), draw(*kernel)
    single = jnp.asarray(x, jnp.float32), jnp.asarray(w, jnp.float32)[..., None, :]
    found = convolving.convolve(*single, False, **given)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, plain(x, w, given), rtol=1e-4, atol=1e-4)
