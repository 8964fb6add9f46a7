"""Resampling, one pixel at a time from the definitions."""

import math

import numpy as np

from tests.ops.case import Case, between, case, fixed, real


def repeated(*images, scale, sample_type, multi_input_mode="concat"):
    height = images[0].shape[2] * scale
    larger = [np.kron(x, np.ones((height // x.shape[2],) * 2)) for x in images]
    return sum(larger) if multi_input_mode == "sum" else np.concatenate(larger, 1)


def transposed(x, weight, scale, sample_type, num_filter):
    """Each pixel adds the kernel, scaled, to the output; then the frame is cut off."""
    n, c, h, w = x.shape
    k, edge = weight.shape[2], math.ceil((scale - 1) / 2)
    out = np.zeros((n, c, (h - 1) * scale + k, (w - 1) * scale + k))
    for i, j in np.ndindex(h, w):
        window = out[:, :, i * scale : i * scale + k, j * scale : j * scale + k]
        window += x[:, :, i, j, None, None] * weight[:, 0]
    return out[:, :, edge : edge + h * scale, edge : edge + w * scale]


def read(image, y, x):
    """The image at one place, between pixels linearly, zero outside."""
    total = np.zeros(image.shape[0])
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
                total += image[:, row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return total


def resized(data, *like, align_corners=True, size=None, **_):
    height, width = size or (like[0].shape[2:] if like else (_["height"], _["width"]))
    out = np.zeros((*data.shape[:2], height, width))

    def source(i, old, new):
        if align_corners:
            return i * (old - 1) / (new - 1) if new > 1 else 0.0
        return min(max((i + 0.5) * old / new - 0.5, 0.0), old - 1.0)

    for n, i, j in np.ndindex(len(data), height, width):
        out[n, :, i, j] = read(data[n], source(i, data.shape[2], height), source(j, data.shape[3], width))
    return out


def averaged(data, output_size=()):
    height, width = (*output_size, *output_size)[:2] or (1, 1)
    out = np.zeros((*data.shape[:2], height, width))
    for i, j in np.ndindex(height, width):
        rows = slice(i * data.shape[2] // height, math.ceil((i + 1) * data.shape[2] / height))
        columns = slice(j * data.shape[3] // width, math.ceil((j + 1) * data.shape[3] / width))
        out[:, :, i, j] = data[:, :, rows, columns].mean((2, 3))
    return out


def grid(data, transform_type, target_shape=(0, 0)):
    height, width = target_shape if transform_type == "affine" else data.shape[2:]
    out = np.zeros((len(data), 2, height, width))
    for n, i, j in np.ndindex(len(data), height, width):
        if transform_type == "affine":
            place = (2 * j / (width - 1) - 1, 2 * i / (height - 1) - 1, 1)
            out[n, :, i, j] = data[n].reshape(2, 3) @ place
        else:
            x, y = data[n, :, i, j] + (j, i)
            out[n, :, i, j] = 2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1
    return out


def sampled(data, where):
    out = np.zeros((*data.shape[:2], *where.shape[2:]))
    for n, i, j in np.ndindex(len(data), *where.shape[2:]):
        x, y = (where[n, :, i, j] + 1) * (np.array(data.shape[:1:-1]) - 1) / 2
        out[n, :, i, j] = read(data[n], y, x)
    return out


def transformed(data, loc, target_shape, **_):
    return sampled(data, grid(loc, "affine", target_shape))


def pooled(data, rois, pooled_size, spatial_scale):
    out = np.zeros((len(rois), data.shape[1], *pooled_size))
    for r, (image, *corners) in enumerate(rois):
        x1, y1, x2, y2 = (math.floor(c * spatial_scale + 0.5) for c in corners)
        for i, j in np.ndindex(*pooled_size):
            height, width = max(y2 - y1 + 1, 1) / pooled_size[0], max(x2 - x1 + 1, 1) / pooled_size[1]
            cell = data[
                int(image),
                :,
                y1 + math.floor(i * height) : y1 + math.ceil((i + 1) * height),
                x1 + math.floor(j * width) : x1 + math.ceil((j + 1) * width),
            ]
            out[r, :, i, j] = cell.max((1, 2)) if cell.size else 0
    return out


NEAREST, BILINEAR = {"scale": 2, "sample_type": "nearest"}, {"sample_type": "bilinear", "num_filter": 2}
RESIZE, SAMPLE = "_contrib_BilinearResize2D", {"transform_type": "affine", "sampler_type": "bilinear"}
MAPS = fixed([[0.5, 0.1, 0.63, 0.0, 1.2, 0.27], [0.9, -0.2, 0.13, 0.3, 0.7, -0.31]], moves=True)


def to(height, width, **attrs):
    """A resizing to a size that its attributes stand for, one way or another."""
    return case(RESIZE, lambda x, **_: resized(x, size=(height, width)), real(1, 2, 3, 4), **attrs)


CASES: list[Case] = [
    case("UpSampling", repeated, real(1, 2, 2, 3), **NEAREST),
    case("UpSampling", repeated, real(1, 2, 1, 2), real(1, 1, 2, 4), **NEAREST),
    case("UpSampling", repeated, real(1, 1, 2, 2), real(1, 1, 1, 1), multi_input_mode="sum", **NEAREST),
    case("UpSampling", transposed, real(1, 2, 2, 3), real(2, 1, 4, 4), scale=2, **BILINEAR),
    case("UpSampling", transposed, real(2, 2, 2, 1), real(2, 1, 5, 5), scale=3, **BILINEAR),
    case(RESIZE, resized, real(1, 2, 3, 4), height=2, width=3),
    case(RESIZE, resized, real(2, 1, 3, 4), height=5, width=3, align_corners=False),
    case(RESIZE, resized, real(1, 2, 3, 2), real(1, 1, 4, 4), mode="like"),
    to(6, 2, scale_height=2.0, scale_width=0.5),
    to(5, 2, scale_height=2.0, scale_width=0.5, mode="odd_scale"),
    to(2, 4, mode="to_even_down"), to(4, 4, mode="to_even_up"),
    to(3, 3, mode="to_odd_down"), to(3, 5, mode="to_odd_up"),
    case("_contrib_AdaptiveAvgPooling2D", averaged, real(1, 2, 3, 4)),
    case("_contrib_AdaptiveAvgPooling2D", averaged, real(2, 1, 5, 3), output_size=(2,)),
    case("_contrib_AdaptiveAvgPooling2D", averaged, real(1, 2, 4, 5), output_size=(3, 2)),
    case("GridGenerator", grid, MAPS, transform_type="affine", target_shape=(2, 3)),
    case("GridGenerator", grid, real(1, 2, 3, 2), transform_type="warp"),
    case("BilinearSampler", sampled, real(2, 2, 3, 4), between(-0.62, 0.63, 2, 2, 2, 2)),
    case("BilinearSampler", sampled, real(1, 1, 2, 3), between(-1.4, 1.4, 1, 2, 3, 2)),
    case("SpatialTransformer", transformed, real(2, 1, 3, 4), MAPS, target_shape=(2, 3), **SAMPLE),
    case("SpatialTransformer", transformed, real(2, 2, 4, 3), MAPS, target_shape=(3, 2), **SAMPLE),
    case(
        "ROIPooling",
        pooled,
        real(2, 2, 3, 4), fixed([[0, 0, 0, 3, 2], [1, 1, 1, 2, 2]]), pooled_size=(2, 2), spatial_scale=1.0,
    ),
    case(
        "ROIPooling",
        pooled,
        real(1, 1, 4, 5), fixed([[0, 1, 0, 8, 7], [0, 6, 6, 20, 9]]), pooled_size=(2, 3), spatial_scale=0.5,
    ),
]  # fmt: skip
