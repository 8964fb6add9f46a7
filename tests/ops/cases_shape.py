"""Shape operators against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, each_shape, fixed, real, whole

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


def write_flat(x, indices, value):
    x = x.copy()
    x.reshape(-1)[indices.astype(int)] = value
    return x


CASES += [
    case("_getitem", lambda x, key: x[1], real(3, 4), key=ROW),
    case("_getitem", lambda x, key: x[1], real(2, 4), key=ROW),
    case("_getitem", lambda x, key: x[0:2, None, ::-2], real(3, 4), key=CORNER),
    case("_setitem", write_row, real(3, 4), real(4), key=ROW),
    case("_setitem", write_corner, real(3, 4), real(2, 1, 2), key=CORNER),
]
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


def joined(*arrays, dim=1):
    return np.concatenate(arrays, axis=dim)


CASES += [
    case("Concat", joined, real(2, 3), real(2, 1)),
    case("Concat", joined, real(2, 3), real(4, 3), real(1, 3), dim=0),
    case("Concat", joined, real(2, 2, 1), real(2, 2, 2), dim=-1),
    case("stack", lambda *a, axis=0: np.stack(a, axis), real(2, 3), real(2, 3)),
    case("stack", lambda *a, axis=0: np.stack(a, axis), real(2), real(2), real(2), axis=-1),
    case("SliceChannel", lambda x, num_outputs: np.split(x, 2, 1), real(3, 4), num_outputs=2),
    case("SliceChannel", lambda x, num_outputs, axis: np.split(x, 3, 0), real(3, 4), num_outputs=3, axis=0),
    case("SliceChannel", lambda x, num_outputs: [x], real(3, 4), num_outputs=1),
    case(
        "SliceChannel",
        lambda x, num_outputs, axis, squeeze_axis: [x[:, 0], x[:, 1]],
        real(3, 2, 2), num_outputs=2, axis=1, squeeze_axis=True,
    ),
    case("tile", lambda x, reps: np.tile(x, reps), real(2, 3), reps=(2, 1)),
    case("tile", lambda x, reps: np.tile(x, reps), real(3), reps=(2, 2)),
    case("repeat", lambda x, repeats: np.repeat(x, repeats), real(2, 3), repeats=2),
    case("repeat", lambda x, repeats, axis: np.repeat(x, repeats, axis), real(2, 3, 2), repeats=3, axis=1),
    case("flip", lambda x, axis: np.flip(x, axis), real(2, 3), axis=1),
    case("flip", lambda x, axis: np.flip(x, axis), real(2, 3, 2), axis=(0, 2)),
    case("broadcast_to", lambda x, shape: np.broadcast_to(x, (3, 4)), real(3, 1), shape=(0, 4)),
    case("broadcast_to", lambda x, shape: np.broadcast_to(x, shape), real(1, 4), shape=(3, 4)),
    case("broadcast_like", lambda x, y: np.broadcast_to(x, y.shape), real(3, 1), real(3, 4)),
    case("broadcast_like", lambda x, y: np.broadcast_to(x, y.shape), real(1, 3, 1), real(2, 3, 2)),
    case("reshape_like", lambda x, y: x.reshape(y.shape), real(2, 6), real(3, 4)),
    case("reshape_like", lambda x, y: x.reshape(y.shape), real(2, 3, 2), real(12)),
]  # fmt: skip


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


def from_hex(data, shape, dtype):
    return np.frombuffer(bytes.fromhex(data), dtype).reshape(shape)


def arange(start, stop=None, step=1.0, repeat=1, dtype="float32"):
    first, last = (0, start) if stop is None else (start, stop)
    return np.repeat(np.arange(first, last, step), repeat).astype(dtype)


CASES += [
    case("_full", lambda shape, value=0.0, dtype="float32": np.full(shape, value, dtype), **facts, gradient=False)
    for facts in (
        {"shape": (2, 3)}, {"shape": (4,), "value": 2.5, "dtype": "float64"},
        {"shape": (), "value": 7.0, "dtype": "int32"},
    )
] + [
    case("_arange", arange, **facts, gradient=False)
    for facts in (
        {"start": 5.0}, {"start": 2.0, "stop": 3.0, "step": 0.25, "dtype": "float64"},
        {"start": 3.0, "stop": 0.0, "step": -1.0, "repeat": 2, "dtype": "int32"}, {"start": 3.0, "stop": 1.0},
    )
] + [
    case("_constant", from_hex, **facts, gradient=False)
    for facts in (
        {"data": "01000000020000000300000004000000", "shape": (2, 2), "dtype": "int32"},
        {"data": "000000000000e03f0000000000000080", "shape": (2,), "dtype": "float64"},
    )
]  # fmt: skip
