"""Shape operators against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, each_shape, real

CASES: list[Case] = []

# MXNet's reshape codes, with the shapes its documentation gives for them.
for codes, target in (
    ((6, 4), (6, 4)), ((4, 0, 2), (4, 3, 2)), ((-1,), (24,)), ((6, 1, -1), (6, 1, 4)), ((-2,), (2, 3, 4)),
    ((2, -2), (2, 3, 4)), ((-2, 1, 1), (2, 3, 4, 1, 1)), ((-3, 4), (6, 4)), ((0, -3), (2, 12)),
    ((-4, 1, 2, -2), (1, 2, 3, 4)), ((2, -4, -1, 3, -2), (2, 1, 3, 4)),
):  # fmt: skip
    CASES.append(case("Reshape", lambda x, shape, t=target: x.reshape(t), real(2, 3, 4), shape=codes))
CASES += [
    case("Reshape", lambda x, shape, reverse: x.reshape(50, 4), real(10, 5, 4), shape=(-1, 0), reverse=True),
    case("Reshape", lambda x, shape: x.reshape(shape), real(6), shape=(2, 3)),
    case("_reshape_to", lambda x, shape: x.reshape(shape), real(2, 6), shape=(3, 4)),
    case("_reshape_to", lambda x, shape: x.reshape(shape), real(1), shape=()),
]
CASES += each_shape("Flatten", lambda x: x.reshape(len(x), -1), [real(2, 3, 4), real(3, 2), real(3)])
CASES += each_shape("transpose", lambda x: x.T, [real(2, 3, 4), real(3, 4), real(3)])
CASES += [
    case("transpose", lambda x, axes: x.transpose(axes), real(2, 3, 4), axes=(1, 0, 2)),
    case("SwapAxis", lambda x, dim1, dim2: x.swapaxes(dim1, dim2), real(2, 3, 4), dim1=0, dim2=2),
    case("SwapAxis", lambda x, dim1, dim2: x.swapaxes(dim1, dim2), real(3, 4), dim1=1, dim2=0),
    case("expand_dims", lambda x, axis: np.expand_dims(x, axis), real(2, 3), axis=1),
    case("expand_dims", lambda x, axis: np.expand_dims(x, axis), real(3), axis=-1),
    case("squeeze", lambda x: x.squeeze(), real(1, 3, 1)),
    case("squeeze", lambda x: x.reshape(1), real(1, 1)),
    case("squeeze", lambda x, axis: x.squeeze(axis), real(1, 3, 1), axis=2),
    case("squeeze", lambda x, axis: x.squeeze(axis), real(1, 3, 1), axis=(0, 2)),
]

CASES += [
    case("reverse", lambda x, axis: np.flip(x, axis), real(2, 3), axis=1),
    case("reverse", lambda x, axis: np.flip(x, axis), real(2, 3, 2), axis=(0, 2)),
    case("broadcast_to", lambda x, shape: np.broadcast_to(x, (3, 4)), real(3, 1), shape=(0, 4)),
    case("broadcast_to", lambda x, shape: np.broadcast_to(x, shape), real(1, 4), shape=(3, 4)),
    case("broadcast_like", lambda x, y: np.broadcast_to(x, y.shape), real(3, 1), real(3, 4)),
    case("broadcast_like", lambda x, y: np.broadcast_to(x, y.shape), real(1, 3, 1), real(2, 3, 2)),
    case("reshape_like", lambda x, y: x.reshape(y.shape), real(2, 6), real(3, 4)),
    case("reshape_like", lambda x, y: x.reshape(y.shape), real(2, 3, 2), real(12)),
]  # fmt: skip


def like_part(lhs, rhs, lhs_begin=None, lhs_end=None, rhs_begin=None, rhs_end=None):
    old, new = list(lhs.shape), list(rhs.shape)
    old[slice(lhs_begin, lhs_end)] = new[slice(rhs_begin, rhs_end)]
    return lhs.reshape(old)


def stretched(x, axis, size):
    shape = list(x.shape)
    for a, n in zip(axis, size, strict=True):
        shape[a] = n
    return np.broadcast_to(x, shape)


def blocks_out(x, block_size):
    """One pixel at a time, from the definition."""
    n, c, h, w = x.shape
    depth = c // block_size**2
    out = np.zeros((n, depth, h * block_size, w * block_size))
    for k, i, j, row, column in np.ndindex(depth, h, w, block_size, block_size):
        source = (row * block_size + column) * depth + k
        out[:, k, i * block_size + row, j * block_size + column] = x[:, source, i, j]
    return out


def blocks_in(x, block_size):
    n, c, h, w = x.shape
    out = np.zeros((n, c * block_size**2, h // block_size, w // block_size))
    for k, i, j in np.ndindex(c, h, w):
        place = (i % block_size * block_size + j % block_size) * c + k
        out[:, place, i // block_size, j // block_size] = x[:, k, i, j]
    return out


CASES += [
    case("Reshape", lambda x, target_shape: x.reshape(2, 12), real(2, 3, 4), target_shape=(2, 0)),
    case(
        "Reshape",
        lambda x, target_shape, keep_highest: x.reshape(3, 8),
        real(3, 2, 4), target_shape=(0, 8), keep_highest=True,
    ),
    case(
        "Reshape",
        lambda x, shape, reverse: x.reshape(2, 3, 2, 2),
        real(2, 3, 4), shape=(0, 0, 2, -1, -4), reverse=True,
    ),
    case("reshape_like", like_part, real(2, 3, 2), real(5, 6), lhs_begin=0, lhs_end=2, rhs_begin=1, rhs_end=2),
    case("reshape_like", like_part, real(2, 12), real(4, 3, 2), lhs_begin=-1, rhs_end=-1),
    case(
        "broadcast_like",
        lambda x, y, lhs_axes, rhs_axes: np.broadcast_to(x, (6, 2)),
        real(1, 2), real(4, 5, 6), lhs_axes=(0,), rhs_axes=(-1,),
    ),
    case("broadcast_axis", stretched, real(1, 2, 1), axis=(0, 2), size=(2, 3)),
    case("broadcast_axis", stretched, real(3, 1), axis=(1,), size=(4,)),
    case("broadcast_axis", lambda x: x, real(2)),
    case("depth_to_space", blocks_out, real(1, 8, 1, 2), block_size=2),
    case("depth_to_space", blocks_out, real(2, 9, 2, 1), block_size=3),
    case("space_to_depth", blocks_in, real(1, 2, 4, 2), block_size=2),
    case("space_to_depth", blocks_in, real(2, 1, 3, 6), block_size=3),
    case("shape_array", lambda x: np.array(x.shape), real(2, 3), gradient=False),
    case("shape_array", lambda x: np.array(x.shape), real(4, 1, 2), gradient=False),
    case("size_array", lambda x: np.array([x.size]), real(2, 3), gradient=False),
    case("size_array", lambda x: np.array([x.size]), real(5), gradient=False),
]  # fmt: skip
