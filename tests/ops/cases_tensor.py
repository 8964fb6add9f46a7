"""Layers with factorised weights: the whole weight is built by loops over its ranks, then used as a dense one."""

import numpy as np

from tests.ops.case import Case, case, real


def outer(vectors):
    """The rank-one tensor of these vectors."""
    found = np.ones(())
    for vector in vectors:
        found = np.multiply.outer(found, vector)
    return found


def cp(matrices):
    return sum(outer(columns) for columns in zip(*(m.T for m in matrices), strict=True))


def tucker(core, matrices):
    places = np.ndindex(*core.shape)
    return sum(
        core[place] * outer([m[:, r] for m, r in zip(matrices, place, strict=True)]) for place in places
    )


def tt(cores):
    found = cores[0][0]
    for core in cores[1:]:
        found = np.tensordot(found, core, 1)
    return found[..., 0]


def whole(form, weights):
    """The weight that these factors stand for."""
    return {"cp": cp, "tt": tt, "tucker": lambda all_: tucker(all_[0], all_[1:])}[form](weights)


def contraction(x, *weights, ranks, axes=()):
    for place, matrix in zip(axes or range(1, len(ranks) + 1), weights, strict=True):
        x = np.moveaxis(np.tensordot(matrix, x, (1, place)), 0, place)
    return x


def regression(x, *weights, output_shape, ranks, factorization="tucker", num_axes=0, no_bias=False):
    bias = 0 if no_bias else weights[-1]
    full = whole(factorization, weights if no_bias else weights[:-1])
    return np.tensordot(x, full, x.ndim - 1) + bias


CASES: list[Case] = [
    case("TensorContraction", contraction, real(2, 3, 4), real(2, 3), real(3, 4), ranks=(2, 3)),
    case("TensorContraction", contraction, real(2, 3, 4, 2), real(2, 3), ranks=(2,)),
    case("TensorContraction", contraction, real(2, 3, 4, 2), real(5, 2), real(1, 3), ranks=(5, 1), axes=(3, 1)),
    case(
        "TensorRegression", regression,
        real(2, 3, 2), real(2, 1, 2), real(3, 2), real(2, 1), real(4, 2), real(4),
        output_shape=(4,), ranks=(2, 1, 2),
    ),
    case(
        "TensorRegression", regression,
        real(3, 4), real(2, 2, 1), real(4, 2), real(2, 2), real(3, 1),
        output_shape=(2, 3), ranks=(2, 2, 1), no_bias=True,
    ),
    case(
        "TensorRegression", regression,
        real(2, 3, 2), real(3, 2), real(2, 2), real(4, 2), real(4),
        output_shape=(4,), ranks=(2,), factorization="cp", num_axes=2,
    ),
    case(
        "TensorRegression", regression,
        real(2, 3, 2), real(1, 3, 2), real(2, 2, 3), real(3, 4, 1), real(4),
        output_shape=(4,), ranks=(2, 3), factorization="tt",
    ),
]  # fmt: skip
