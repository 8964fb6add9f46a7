"""Layers with factorised weights: the whole weight is built by loops over its ranks, then used as a dense one."""

import numpy as np

from tests.ops.case import Case, case, real
from tests.ops.case import whole as indices
from tests.ops.cases_convolution import convolve


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


def matrix(weights, factorization, rows, columns):
    """The whole matrix, (product of rows, product of columns)."""
    form = "cp" if factorization == "svd" else factorization
    if form != "tt":
        return whole(form, weights).reshape(np.prod(rows), np.prod(columns))
    joined = tt([c.reshape(c.shape[0], -1, c.shape[-1]) for c in weights])
    pairs = joined.reshape([n for pair in zip(rows, columns, strict=True) for n in pair])
    order = [*range(0, pairs.ndim, 2), *range(1, pairs.ndim, 2)]
    return pairs.transpose(order).reshape(np.prod(rows), np.prod(columns))


def dense(
    x, *weights, out_shape, ranks, in_shape=(), factorization="svd", no_bias=False, flatten=True
):  # fmt: skip
    bias = 0 if no_bias else weights[-1]
    x = x.reshape(len(x), -1) if flatten else x
    found = weights if no_bias else weights[:-1]
    return x @ matrix(found, factorization, out_shape, in_shape or x.shape[-1:]).T + bias


def embedding(x, *weights, input_dim, output_dim, ranks, in_shape=(), out_shape=(), factorization="svd"):
    table = matrix(weights, factorization, in_shape or (input_dim,), out_shape or (output_dim,))
    return table[np.clip(x.astype(int), 0, input_dim - 1)]


FULL, EMBED = "FactorizedFullyConnected", "FactorizedEmbedding"
CASES += [
    case(FULL, dense, real(3, 4), real(5, 2), real(4, 2), real(5), out_shape=(5,), ranks=(2,)),
    case(
        FULL, dense, real(2, 3, 4), real(5, 2), real(4, 2),
        out_shape=(5,), in_shape=(4,), ranks=(2,), no_bias=True, flatten=False,
    ),
    case(
        FULL, dense, real(2, 2, 3), real(2, 2), real(2, 2), real(3, 2), real(2, 2), real(4),
        out_shape=(2, 2), in_shape=(3, 2), ranks=(2,), factorization="cp",
    ),
    case(
        FULL, dense, real(3, 6), real(2, 1, 2), real(2, 2), real(3, 1), real(6, 2), real(6),
        out_shape=(2, 3), in_shape=(6,), ranks=(2, 1, 2), factorization="tucker",
    ),
    case(
        FULL, dense, real(2, 6), real(1, 2, 3, 2), real(2, 2, 2, 1), real(4),
        out_shape=(2, 2), in_shape=(3, 2), ranks=(2,), factorization="tt",
    ),
    case(EMBED, embedding, indices(5, 3), real(5, 2), real(4, 2), input_dim=5, output_dim=4, ranks=(2,)),
    case(
        EMBED, embedding, indices(5, 2, 2), real(2, 2), real(3, 2), real(4, 2),
        input_dim=5, output_dim=4, in_shape=(2, 3), ranks=(2,), factorization="cp",
    ),
    case(
        EMBED, embedding, indices(6, 4), real(2, 1, 2), real(2, 2), real(3, 1), real(4, 2),
        input_dim=6, output_dim=4, in_shape=(2, 3), ranks=(2, 1, 2), factorization="tucker",
    ),
    case(
        EMBED, embedding, indices(6, 4), real(1, 2, 2, 3), real(3, 3, 2, 1),
        input_dim=6, output_dim=4, in_shape=(2, 3), out_shape=(2, 2), ranks=(3,), factorization="tt",
    ),
]  # fmt: skip


def convolution(x, *weights, kernel, num_filter, ranks, factorization="tucker", no_bias=False, **window):
    bias = None if no_bias else weights[-1]
    found = weights if no_bias else weights[:-1]
    if factorization == "tucker":
        core, out, into = found
        full = np.moveaxis(np.tensordot(into, np.tensordot(out, core, 1), (1, 1)), 0, 1)
    else:
        full = whole(factorization, found)
        full = full if factorization == "cp" else np.moveaxis(full, -1, 0)
    return convolve(x, full, bias, kernel, num_filter, **window)


CONV = "FactorizedConvolution"
TALL, THIN = (
    (2, 3, 5, 4),
    (1, 2, 9, 8),
)  # dense kernels pay for the first, chains of convolutions for the second
CASES += [
    case(
        CONV, convolution, real(*TALL), real(2, 2, 3, 2), real(4, 2), real(3, 2), real(4),
        kernel=(3, 2), num_filter=4, ranks=(2, 2), pad=(1, 0),
    ),
    case(
        CONV, convolution, real(*TALL), real(4, 2), real(3, 2), real(3, 2), real(3, 2), real(4),
        kernel=(3, 3), num_filter=4, ranks=(2,), factorization="cp", stride=(2, 1), pad=(1, 1),
    ),
    case(
        CONV, convolution, real(1, 7, 9, 8), real(7, 1), real(7, 1), real(3, 1), real(3, 1),
        kernel=(3, 3), num_filter=7, ranks=(1,), factorization="cp", stride=(2, 1), dilate=(1, 2), pad=(1, 2),
        no_bias=True,
    ),
    case(
        CONV, convolution, real(*THIN), real(1, 2, 2), real(2, 3, 1), real(1, 3, 2), real(2, 3, 1), real(3),
        kernel=(3, 3), num_filter=3, ranks=(2, 1, 2), factorization="tt", dilate=(2, 1),
    ),
    case(
        CONV, convolution, real(2, 3, 6), real(4, 2), real(3, 2), real(3, 2), real(4),
        kernel=(3,), num_filter=4, ranks=(2,), factorization="cp", stride=(2,),
    ),
    case(
        CONV, convolution, real(1, 2, 3, 4, 3), real(2, 1, 2, 2, 2), real(3, 2), real(2, 1),
        kernel=(2, 2, 2), num_filter=3, ranks=(2, 1), no_bias=True,
    ),
]  # fmt: skip
