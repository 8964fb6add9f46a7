"""Images against loops over pixels."""

import math
from colorsys import hls_to_rgb, rgb_to_hls

import numpy as np

from tests.ops.case import Case, between, case, real

LIGHT = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
GREY = np.array([0.299, 0.587, 0.114])


def to_tensor(x):
    return np.moveaxis(x / 255, -1, -3)


def normalize(x, mean, std):
    out = x.copy()
    for channel in range(x.shape[-3]):
        out[..., channel, :, :] -= np.atleast_1d(mean)[channel if np.ndim(mean) else 0]
        out[..., channel, :, :] /= np.atleast_1d(std)[channel if np.ndim(std) else 0]
    return out


def weights(old, new):
    """Rows of a matrix that interpolates `old` samples at the centres of `new` pixels."""
    made = np.zeros((new, old))
    for i in range(new):
        at = np.clip((i + 0.5) * old / new - 0.5, 0, old - 1)
        low = int(np.floor(at))
        made[i, low] += 1 - (at - low)
        made[i, min(low + 1, old - 1)] += at - low
    return made


def resize(x, size, keep_ratio=False, interp=1):
    h, w = x.shape[-3:-1]
    if len(size) == 2:
        new_w, new_h = size
    elif keep_ratio:
        new_h, new_w = (h * size[0] // w, size[0]) if h > w else (size[0], w * size[0] // h)
    else:
        new_h = new_w = size[0]
    if interp == 0:
        return x[..., np.arange(new_h) * h // new_h, :, :][..., np.arange(new_w) * w // new_w, :]
    return np.einsum("ph,qw,...hwc->...pqc", weights(h, new_h), weights(w, new_w), x)


def hue(x, turn):
    out = np.empty_like(x)
    for at in np.ndindex(*x.shape[:-1]):
        h, light, s = rgb_to_hls(*x[at] / 255)
        out[at] = 255 * np.array(hls_to_rgb(h + turn, light, s))
    return out


def blend(x, alpha, towards):
    grey = (x @ GREY)[..., None]
    other = {"black": 0, "grey": grey, "mean": grey.mean((-3, -2), keepdims=True)}[towards]
    return alpha * x + (1 - alpha) * other


def zoom(angle, h, w, zoom_in, zoom_out):
    corners = [
        (abs(w * np.cos(angle)) + abs(h * np.sin(angle))) / w,
        (abs(w * np.sin(angle)) + abs(h * np.cos(angle))) / h,
    ]
    return max(corners) if zoom_out else 1 / max(corners) if zoom_in else 1.0


def rotate(x, degrees, zoom_in=False, zoom_out=False):
    h, w = x.shape[-2:]
    a = math.radians(degrees)
    out = np.zeros_like(x)
    for row, column in np.ndindex(h, w):
        y, z = (row - (h - 1) / 2, column - (w - 1) / 2)
        scale = zoom(a, h, w, zoom_in, zoom_out)
        r = scale * (z * math.sin(a) + y * math.cos(a)) + (h - 1) / 2
        c = scale * (z * math.cos(a) - y * math.sin(a)) + (w - 1) / 2
        for i, j in np.ndindex(2, 2):
            at, along = math.floor(r) + i, math.floor(c) + j
            if 0 <= at < h and 0 <= along < w:
                out[..., row, column] += x[..., at, along] * (1 - abs(r - at)) * (1 - abs(c - along))
    return out


CASES: list[Case] = [
    *[
        each
        for shape in ((4, 5, 3), (2, 3, 4, 3))
        for each in (
            case("_image_to_tensor", to_tensor, between(0, 255, *shape), gradient=False, coarse=False),
            case("_image_resize", resize, real(*shape), size=(7, 2), coarse=False),
            case("_image_resize", resize, real(*shape), size=(6,), keep_ratio=True, coarse=False),
            case("_image_resize", resize, real(*shape), size=(7,), interp=0),
            case(
                "_image_crop",
                lambda a, x, y, width, height: a[..., y : y + height, x : x + width, :],
                real(*shape),
                x=1,
                y=1,
                width=3,
                height=2,
            ),
            case("_image_flip_left_right", lambda x: x[..., :, ::-1, :], real(*shape)),
            case("_image_flip_top_bottom", lambda x: x[..., ::-1, :, :], real(*shape)),
            case(
                "_image_adjust_lighting",
                lambda x, alpha: x + LIGHT @ (np.array([55.46, 4.794, 1.148]) * alpha),
                between(0, 200, *shape),
                alpha=(0.1, -0.2, 0.05),
                gradient=False,
                coarse=False,
            ),
            *[
                case("_image_blend", blend, real(*shape), alpha=0.7, towards=to, coarse=False)
                for to in ("black", "grey", "mean")
            ],
            case("_image_shift_hue", hue, between(0, 255, *shape), turn=0.3, gradient=False, coarse=False),
        )
    ],
    *[
        each
        for shape in ((3, 4, 5), (2, 3, 3, 4))
        for each in (
            case("_image_normalize", normalize, real(*shape), mean=(0.1, 0.2, 0.3), std=0.5, coarse=False),
            case("_image_rotate", rotate, real(*shape), degrees=20.0, gradient=False, coarse=False),
        )
    ],
    case("_image_rotate", rotate, real(3, 4, 5), degrees=-30.0, zoom_in=True, gradient=False, coarse=False),
    case("_image_rotate", rotate, real(3, 5, 4), degrees=50.0, zoom_out=True, gradient=False, coarse=False),
]
