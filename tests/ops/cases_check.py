"""Questions about numbers against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, fixed, real

ODD = [[1.0, np.nan, -np.inf], [np.inf, -0.0, 2.5]]
CASES: list[Case] = []
for name in ("isnan", "isinf", "isfinite"):
    CASES += [
        case(f"_contrib_{name}", getattr(np, name), draw, gradient=False) for draw in (fixed(ODD), real(3))
    ]


def close(a, b, rtol=1e-5, atol=1e-8, equal_nan=True):
    return np.allclose(a, b, rtol, atol, equal_nan)


CASES += [
    case("_contrib_allclose", close, fixed(one), fixed(other), **facts, gradient=False, coarse=False)
    for one, other, facts in (
        ([[1.0], [2.0]], [[1.0], [2.0 + 1e-9]], {}), ([1.0, 2.0, 3.0], [1.0, 2.1, 3.0], {}),
        ([[1.0, 2.0]], [[1.0, 2.1]], {"rtol": 0.1}), ([0.0], [1e-3], {"atol": 1e-2}),
        ([np.nan], [np.nan], {}), ([np.nan], [np.nan], {"equal_nan": False}),
    )
]  # fmt: skip


def finite(*arrays, num_arrays=1, init_output=True):
    return np.array([float(all(np.isfinite(a).all() for a in arrays))])


for draws in ((real(2, 3), real(4)), (fixed(ODD), real(2)), (real(3), fixed([1.0, np.inf]))):
    CASES.append(case("multi_all_finite", finite, *draws, num_arrays=2, gradient=False))
    CASES.append(case("all_finite", finite, draws[0], gradient=False))
