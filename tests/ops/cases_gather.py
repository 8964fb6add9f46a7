"""Gathering and scattering against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, each_shape, fixed, real, whole

CASES: list[Case] = []


def one_hot(indices, depth, on_value=1.0, off_value=0.0, dtype="float32"):
    hot = indices.astype(int)[..., None] == np.arange(depth)
    return np.where(hot, on_value, off_value).astype(dtype)


CASES += [
    case("one_hot", one_hot, whole(4, 3), depth=4, gradient=False, ints=True),
    case("one_hot", one_hot, fixed([[0, 5], [-1, 2]]), depth=3, on_value=2.0, off_value=-1.0, gradient=False),
    case("one_hot", one_hot, whole(3, 4), depth=3, dtype="int32", gradient=False),
]


def take(a, indices, axis=0, mode="clip"):
    return np.take(a, indices.astype(int), axis=axis, mode=mode)


def pick(data, index, axis=-1, keepdims=False, mode="clip"):
    n = data.shape[axis]
    index = index.reshape([1 if a == axis % data.ndim else s for a, s in enumerate(data.shape)]).astype(int)
    index = np.clip(index, 0, n - 1) if mode == "clip" else index % n
    out = np.take_along_axis(data, index, axis)
    return out if keepdims else out.squeeze(axis)


CASES += [
    case("take", take, real(4, 3), whole(4, 5)),
    case("take", take, real(4, 3), fixed([[-2, 9], [1, 3]]), axis=1),
    case("take", take, real(4, 3), fixed([-1, 4, 9]), mode="wrap"),
    case("pick", pick, real(3, 4), whole(4, 3)),
    case("pick", pick, real(3, 4), fixed([-3, 9, 1, 2]), axis=0),
    case("pick", pick, real(2, 3), fixed([[4], [-1]]), axis=1, keepdims=True, mode="wrap"),
]


def embedding(data, weight, input_dim, output_dim):
    return weight[np.clip(data.astype(int), 0, input_dim - 1)]


CASES += [
    case("Embedding", embedding, whole(5, 3), real(5, 2), input_dim=5, output_dim=2),
    case("Embedding", embedding, whole(4, 2, 3), real(4, 3), input_dim=4, output_dim=3),
]


def write_flat(x, indices, value):
    x = x.copy()
    x.reshape(-1)[indices.astype(int)] = value
    return x


CASES += each_shape(
    "_getflat",
    lambda x, indices: x.reshape(-1)[indices.astype(int)],
    [(real(3, 4), whole(12, 5, dtype="int32")), (real(6), whole(6, 2, 2, dtype="int32"))],
)
CASES += each_shape(
    "_setflat",
    write_flat,
    [
        (real(3, 4), fixed([0, 7, 11], "int32"), real(3)),
        (real(6), fixed([[5, 1]], "int32"), real(1, 2)),
    ],
)


def gather_nd(data, indices):
    return data[tuple(indices.astype(int))]


def scatter_nd(data, indices, shape):
    out = np.zeros(shape)
    out[tuple(indices.astype(int))] = data
    return out


def fill(lhs, mhs, rhs):
    out = lhs.copy()
    for row, (column, value) in enumerate(zip(rhs.astype(int), mhs, strict=True)):
        out[row, column] = value
    return out


def index_copy(old, index, new):
    out = old.copy()
    out[index.astype(int)] = new
    return out


def ravelled(data, shape):
    return np.ravel_multi_index(tuple(data.astype(int)), shape)


def unravelled(data, shape):
    return np.stack(np.unravel_index(data.astype(int), shape))


def diagonal(x, k=0, axis1=0, axis2=1):
    return np.diag(x, k) if x.ndim == 1 else np.diagonal(x, k, axis1, axis2)


CASES += [
    case("batch_take", lambda a, i: a[[0, 1, 2], [3, 0, 2]], real(3, 4), fixed([3, 0, 2], "int32"), gradient=False),
    case("batch_take", lambda a, i: a[:, 1], real(2, 2), fixed([1, 5], "int32"), gradient=False),
    case("fill_element_0index", fill, real(2, 3), real(2), whole(3, 2), gradient=False),
    case("fill_element_0index", fill, real(4, 2), real(4), whole(2, 4), gradient=False),
    case("gather_nd", gather_nd, real(3, 4), fixed([[0, 2, 1, 0], [3, 0, 0, 3]])),
    case("gather_nd", gather_nd, real(3, 2), fixed([[2, 0]])),
    case("gather_nd", gather_nd, real(3, 2, 2), fixed([[[2, 0]], [[0, 1]]])),
    case("scatter_nd", scatter_nd, real(3), fixed([[1, 1, 0], [0, 1, 0]]), shape=(2, 2)),
    case("scatter_nd", scatter_nd, real(2, 3), fixed([[3, 1]]), shape=(4, 3)),
    case("_contrib_index_copy", index_copy, real(4, 3), fixed([2, 0]), real(2, 3)),
    case("_contrib_index_copy", index_copy, real(3, 1, 2), fixed([1]), real(1, 1, 2)),
    case("_ravel_multi_index", ravelled, fixed([[0, 1], [2, 0]]), shape=(2, 3), gradient=False, ints=True),
    case("_ravel_multi_index", ravelled, fixed([[1, 0, 1], [2, 0, 1], [3, 1, 0]]), shape=(2, 3, 4), gradient=False),
    case("_unravel_index", unravelled, fixed([2, 5]), shape=(2, 3), gradient=False, ints=True),
    case("_unravel_index", unravelled, fixed([7, 0, 23, 11]), shape=(2, 3, 4), gradient=False),
    case("diag", diagonal, real(3, 4)),
    case("diag", diagonal, real(2), k=-1),
    case("diag", diagonal, real(2, 3, 3), k=1, axis1=1, axis2=-1),
]  # fmt: skip
