"""Products of matrices against NumPy."""

import numpy as np

from tests.ops.case import Case, case, each_shape, real


def dot(a, b, transpose_a=False, transpose_b=False):
    a, b = a.T if transpose_a else a, b.T if transpose_b else b
    return np.atleast_1d(np.tensordot(a, b, axes=1))


def batch_dot(a, b, transpose_a=False, transpose_b=False):
    a = a.transpose(0, 2, 1) if transpose_a else a
    b = b.transpose(0, 2, 1) if transpose_b else b
    return np.einsum("bnk,bkm->bnm", a, b)


CASES: list[Case] = each_shape(
    "dot",
    dot,
    [(real(3, 4), real(4, 2)), (real(4), real(4)), (real(3, 4), real(4)), (real(2, 3, 4), real(4, 2))],
)
CASES += [
    case("dot", dot, real(4, 3), real(4, 2), transpose_a=True),
    case("dot", dot, real(3, 4), real(2, 4), transpose_b=True),
    case("dot", dot, real(4, 3), real(2, 4), transpose_a=True, transpose_b=True),
    case("batch_dot", batch_dot, real(2, 3, 4), real(2, 4, 5)),
    case("batch_dot", batch_dot, real(2, 4, 3), real(2, 4, 5), transpose_a=True),
    case("batch_dot", batch_dot, real(2, 3, 4), real(2, 5, 4), transpose_b=True),
]
