"""Products of matrices against NumPy."""

import numpy as np

from tests.ops.case import Case, case, each_shape, real


def dot(a, b, transpose_a=False, transpose_b=False):
    a = np.moveaxis(a, 0, -1) if transpose_a else a
    b = np.moveaxis(b, -1, 0) if transpose_b else b
    return np.atleast_1d(np.tensordot(a, b, axes=1))


def batch_dot(a, b, transpose_a=False, transpose_b=False):
    a = a.transpose(0, 2, 1) if transpose_a else a
    b = b.transpose(0, 2, 1) if transpose_b else b
    return np.einsum("bnk,bkm->bnm", a, b)


def khatri_rao(*matrices):
    columns = matrices[0].T
    for one in matrices[1:]:
        columns = [np.kron(a, b) for a, b in zip(columns, one.T, strict=True)]
    return np.stack(columns, -1)


def gemm2(a, b, transpose_a=False, transpose_b=False, alpha=1.0, axis=-2):
    a, b = np.moveaxis(a, axis, -2), np.moveaxis(b, axis, -2)
    a, b = a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b
    return np.moveaxis(alpha * np.einsum("...nk,...km->...nm", a, b), -2, axis)


def gemm(a, b, c, beta=1.0, **attrs):
    return gemm2(a, b, **attrs) + beta * c


def syrk(a, transpose=False, alpha=1.0):
    return gemm2(a, a, transpose, not transpose, alpha)


def trmm(a, b, transpose=False, rightside=False, lower=True, alpha=1.0):
    a = np.tril(a) if lower else np.triu(a)
    return gemm2(b, a, False, transpose, alpha) if rightside else gemm2(a, b, transpose, False, alpha)


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
CASES += [
    case("dot", dot, real(4, 2, 3), real(4, 5), transpose_a=True),
    case("dot", dot, real(2, 4), real(5, 3, 4), transpose_b=True),
    *each_shape("khatri_rao", khatri_rao, [(real(2, 3), real(4, 3)), (real(2, 2), real(3, 2), real(2, 2))]),
    case("_linalg_gemm2", gemm2, real(3, 4), real(4, 2)),
    case("_linalg_gemm2", gemm2, real(2, 4, 3), real(2, 5, 4), transpose_a=True, transpose_b=True, alpha=0.5),
    case("_linalg_gemm2", gemm2, real(3, 2, 4), real(4, 2, 5), axis=0),
    case("_linalg_gemm", gemm, real(3, 4), real(4, 2), real(3, 2)),
    case(
        "_linalg_gemm",
        gemm,
        real(2, 4, 3),
        real(2, 4, 2),
        real(2, 3, 2),
        transpose_a=True,
        alpha=2.0,
        beta=0.5,
    ),
]
for attrs in ({}, {"transpose": True, "alpha": 0.5}):
    CASES += each_shape("_linalg_syrk", syrk, [real(3, 4), real(2, 2, 3)], **attrs)
for attrs in ({}, {"transpose": True, "alpha": 0.5}, {"lower": False}):
    CASES += [case("_linalg_trmm", trmm, real(3, 3), real(3, 2), **attrs)]
    CASES += [case("_linalg_trmm", trmm, real(2, 3, 3), real(2, 2, 3), rightside=True, **attrs)]
