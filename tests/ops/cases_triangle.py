"""Diagonals and triangles, element by element."""

import numpy as np

from tests.ops.case import Case, each_shape, real


def places(size, offset, lower):
    """(row, column) of the elements of a triangle, in the order in which they are packed."""
    below = offset < 0 or (offset == 0 and lower)
    every = [(i, j) for i in range(size) for j in range(size)]
    if below:
        return [(i, j) for i, j in every if j - i <= offset]
    return sorted(((i, j) for i, j in every if j - i >= offset), key=lambda place: place[::-1])


def extracttrian(a, offset=0, lower=True):
    return np.stack([a[..., i, j] for i, j in places(a.shape[-1], offset, lower)], -1)


def maketrian(a, offset=0, lower=True):
    size = abs(offset) + next(m for m in range(9) if m * (m + 1) // 2 == a.shape[-1])
    out = np.zeros((*a.shape[:-1], size, size))
    for k, (i, j) in enumerate(places(size, offset, lower)):
        out[..., i, j] = a[..., k]
    return out


def makediag(a, offset=0):
    size = a.shape[-1] + abs(offset)
    return sum(a[..., [k], None] * np.eye(size)[k + max(-offset, 0)][:, None] * np.eye(size)[k + max(offset, 0)]
               for k in range(a.shape[-1]))  # fmt: skip


def extractdiag(a, offset=0):
    return np.diagonal(a, offset, -2, -1)


CASES: list[Case] = []
for offset in (0, 1, -2):
    CASES += each_shape("_linalg_extractdiag", extractdiag, [real(3, 3), real(2, 4, 4)], offset=offset)
    CASES += each_shape("_linalg_makediag", makediag, [real(3), real(2, 2)], offset=offset)
    for lower in (True, False):
        facts = {"offset": offset, "lower": lower}
        CASES += each_shape("_linalg_extracttrian", extracttrian, [real(3, 3), real(2, 4, 4)], **facts)
        CASES += each_shape("_linalg_maketrian", maketrian, [real(3), real(2, 6)], **facts)
