"""Slicing and padding against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, real

CASES: list[Case] = [
    case("slice", lambda x, begin, end: x[1:3, 0:2], real(3, 4), begin=(1, 0), end=(3, 2)),
    case("slice", lambda x, begin, end: x[:, 1:-1], real(2, 3, 4), begin=(None, 1), end=(None, -1)),
    case(
        "slice",
        lambda x, begin, end, step: x[::2, 3:0:-1],
        real(3, 4),
        begin=(0, 3),
        end=(3, 0),
        step=(2, -1),
    ),
    case("slice_axis", lambda x, axis, begin, end: x[:, 1:3], real(3, 4), axis=1, begin=1, end=3),
    case("slice_axis", lambda x, axis, begin, end: x[:, -2:], real(3, 4), axis=-1, begin=-2, end=None),
    case("slice_axis", lambda x, axis, begin, end: x[0:-1], real(3), axis=0, begin=0, end=-1),
]

ROW, CORNER = (("int", 1), ("slice", 0, 4, 1)), (("slice", 0, 2, 1), ("new",), ("slice", 3, None, -2))


def write_row(x, value, key):
    x = x.copy()
    x[1] = value
    return x


def write_corner(x, value, key):
    x = x.copy()
    x[0:2, None, ::-2] = value
    return x


LATE = (("new",), ("slice", 2, None, -2), ("run", 1))


def write_late(x, value, key, start):
    x = x.copy()
    x[None, ::-2, 3:4] = value
    return x


CASES += [
    case("_getitem", lambda x, key: x[1], real(3, 4), key=ROW),
    case("_row", lambda x, index: x[index], real(3, 4), index=2),
    case("_row", lambda x, index: x[index], real(2, 3, 2), index=0),
    case("_getitem", lambda x, key: x[1], real(2, 4), key=ROW),
    case("_getitem", lambda x, key: x[0:2, None, ::-2], real(3, 4), key=CORNER),
    case("_getitem", lambda x, key, start: x[1:3, 2], real(4, 5), key=(("run", 2), ("at",)), start=(1, 2)),
    case("_getitem", lambda x, key, start: x[None, ::-2, 3:4], real(3, 4), key=LATE, start=(3,)),
    case("_setitem", write_late, real(3, 4), real(1, 2, 1), key=LATE, start=(3,)),
    case("_setitem", write_row, real(3, 4), real(4), key=ROW),
    case("_setitem", write_corner, real(3, 4), real(2, 1, 2), key=CORNER),
]


def leading(x, like, axes=()):
    kept = {a % x.ndim for a in axes} or range(x.ndim)
    return x[tuple(slice(like.shape[a]) if a in kept else slice(None) for a in range(x.ndim))]


def window(x, *like, offset=(0, 0), h_w=(0, 0), center_crop=False):
    h, w = like[0].shape[2:] if like else h_w
    top, left = ((x.shape[2] - h) // 2, (x.shape[3] - w) // 2) if center_crop else offset
    return x[:, :, top : top + h, left : left + w]


def padded(x, mode, pad_width, constant_value=0.0):
    widths = np.reshape(pad_width, (-1, 2))
    return np.pad(x, widths, mode, **({"constant_values": constant_value} if mode == "constant" else {}))


CASES += [
    case("slice_like", leading, real(3, 4), real(2, 3)),
    case("slice_like", leading, real(2, 3, 4), real(1, 2, 2)),
    case("slice_like", leading, real(2, 3, 4), real(1, 2), axes=(0, -2)),
    case("Crop", window, real(1, 2, 4, 3), h_w=(2, 2), offset=(1, 1)),
    case("Crop", window, real(1, 2, 5, 4), h_w=(2, 3), center_crop=True),
    case("Crop", window, real(1, 2, 3, 4), real(2, 1, 2, 3)),
    case("Pad", padded, real(1, 2, 3, 4), mode="constant", pad_width=(0, 0, 0, 0, 1, 2, 0, 3), constant_value=2.5),
    case("Pad", padded, real(1, 1, 2, 3), mode="edge", pad_width=(0, 0, 0, 0, 1, 1, 2, 0)),
    case("Pad", padded, real(1, 1, 3, 3), mode="reflect", pad_width=(0, 0, 0, 0, 1, 2, 2, 1)),
    case("Pad", padded, real(1, 1, 2, 2, 3), mode="constant", pad_width=(0, 0, 0, 0, 1, 0, 0, 1, 1, 1)),
]  # fmt: skip
