"""Factorisations, inverses and determinants against NumPy's, one matrix at a time."""

import numpy as np

from tests.ops.case import Case, Draw, case, each_shape


def _definite(rng, shape):
    a = rng.uniform(-1, 1, shape)
    return 0.2 * a @ np.swapaxes(a, -1, -2) + np.diag(np.arange(shape[-1]) + 1.0)


def definite(*shape: int) -> Draw:
    """Symmetric matrices with eigenvalues of at least 1, and far apart."""
    return Draw(shape, _definite)


def regular(*shape: int) -> Draw:
    """Matrices far from singular, none symmetric."""
    return Draw(shape, lambda rng, s: rng.uniform(-0.5, 0.5, s) + np.diag(np.arange(s[-1]) + 1.5))


def wide(*shape: int) -> Draw:
    return Draw(shape, lambda rng, s: rng.uniform(-1, 1, s) + np.eye(*s[-2:]))


def each(fn):
    """`fn` of every matrix; what it gives for one is stacked."""

    def apply(*arrays, **attrs):
        if arrays[0].ndim == 2:
            out = fn(*arrays, **attrs)
            return tuple(map(np.atleast_1d, out)) if isinstance(out, tuple) else np.atleast_1d(out)
        parts = [apply(*one, **attrs) for one in zip(*arrays, strict=True)]
        whole = isinstance(parts[0], tuple)
        stacked = [np.stack(p) for p in zip(*parts, strict=True)] if whole else [np.stack(parts)]
        small = [s.reshape(s.shape[:1]) if s.shape[1:] == (1,) else s for s in stacked]
        return tuple(small) if whole else small[0]

    return apply


def potri(a):
    return np.linalg.inv(np.tril(a) @ np.tril(a).T)


def trsm(a, b, transpose=False, rightside=False, lower=True, alpha=1.0):
    a = np.tril(a) if lower else np.triu(a)
    a = a.T if transpose else a
    return alpha * (np.linalg.solve(a.T, b.T).T if rightside else np.linalg.solve(a, b))


def gelqf(a):
    q, r = np.linalg.qr(a.T)
    return q.T, r.T


def syevd(a):
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    rows = vectors.T
    return rows * np.sign([[row[np.argmax(np.abs(row))]] for row in rows]), values


SQUARE = ((3, 3), (2, 3, 3))
CASES: list[Case] = []
for op, fn, draw in (
    ("potrf", lambda a: np.linalg.cholesky((a + a.T) / 2), definite),
    ("potri", potri, regular),
    ("inverse", np.linalg.inv, regular),
    ("det", np.linalg.det, regular),
    ("slogdet", lambda a: tuple(np.linalg.slogdet(a)), regular),
    ("syevd", syevd, definite),
    ("sumlogdiag", lambda a: np.sum(np.log(np.diag(a))), regular),
):
    CASES += each_shape(f"_linalg_{op}", each(fn), [draw(*s) for s in SQUARE], coarse=False)
CASES += each_shape("_linalg_gelqf", each(gelqf), [wide(2, 3), wide(2, 2, 4), wide(3, 3)], coarse=False)
for attrs in ({}, {"transpose": True, "alpha": 0.5}, {"lower": False}, {"lower": False, "transpose": True}):
    CASES += [case("_linalg_trsm", each(trsm), regular(3, 3), wide(3, 2), **attrs, coarse=False)]
    right = {**attrs, "rightside": True}
    CASES += [case("_linalg_trsm", each(trsm), regular(2, 3, 3), wide(2, 2, 3), **right, coarse=False)]
