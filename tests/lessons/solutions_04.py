"""Solutions of lesson 04's exercises."""

from functools import reduce

import numpy as np


def best_factor(x, factors, mode):
    rest = [factor for k, factor in enumerate(factors) if k != mode]
    product = reduce(lambda a, b: (a[:, None] * b[None]).reshape(-1, a.shape[1]), rest)
    gram = reduce(np.multiply, (factor.T @ factor for factor in rest))
    flat = np.moveaxis(x, mode, 0).reshape(x.shape[mode], -1)
    return flat @ product @ np.linalg.pinv(gram)


def ranks_within(x, error):
    allowed = error**2 * (x**2).sum() / x.ndim  # an equal part of the squared error a mode
    ranks = []
    for mode in range(x.ndim):
        flat = np.moveaxis(x, mode, 0).reshape(x.shape[mode], -1)
        squares = np.linalg.svd(flat, compute_uv=False) ** 2
        left_out = np.append(np.cumsum(squares[::-1])[::-1], 0)  # by how many are kept
        ranks.append(max(1, int(np.argmax(left_out <= allowed))))
    return tuple(ranks)


def choose_rank(x, ranks, fit):
    def predicted(rank):
        squares = 0
        for seed in range(3):
            seen = np.random.default_rng(seed).random(x.shape) > 0.2
            squares += ((x - fit(x, seen, rank))[~seen] ** 2).sum()
        return squares

    return min(ranks, key=predicted)
