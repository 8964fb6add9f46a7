"""Joining and splitting against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, real

CASES: list[Case] = []


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
]  # fmt: skip


def parts(x, indices=(), axis=1, squeeze_axis=False, sections=0):
    found = np.split(x, sections or list(indices[1:]), axis)
    return [part.squeeze(axis) for part in found] if squeeze_axis else found


CASES += [
    case("_split_v2", parts, real(3, 4), indices=(0, 1)),
    case("_split_v2", parts, real(5, 2), indices=(0, 1, 3), axis=0),
    case("_split_v2", parts, real(2, 6), indices=(), sections=3),
    case("_split_v2", parts, real(2, 3), indices=(), sections=3, squeeze_axis=True),
]
