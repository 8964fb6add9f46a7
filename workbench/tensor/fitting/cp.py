"""CP by alternating least squares: with all factors but one held fast, the one that is left is a linear problem.

Non-negative factors come from multiplicative updates, which scale each entry up or down and so never change a sign.
Both take missing entries, as TensorLy does: what a fit says is filled in from one iteration to the next.

Source: T. G. Kolda, B. W. Bader, "Tensor Decompositions and Applications", SIAM Review 51(3), 2009, Section 3.4;
A. Shashua, T. Hazan, "Non-negative Tensor Factorization with Applications to Statistics and Computer Vision",
ICML 2005.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.lowrank import CP, Rank
from workbench.tensor.fitting.fit import Effort, Factors, Fitting
from workbench.tensor.fitting.leading import leading, leading_svd, unfolded
from workbench.tensor.fitting.observed import Observed

RIDGE = 1e-14  # of a tensor of norm 1: more terms than the tensor has make the linear problem singular


class CPFitting(Fitting[CP]):
    """Fits CP."""

    methods = ("als",)
    tolerance = 1e-8

    def fit(self, data: Observed, rank: Rank, effort: Effort) -> list[np.ndarray]:
        from tensorly.decomposition import non_negative_parafac, parafac

        options: dict[str, Any] = {
            "rank": rank[0],
            "n_iter_max": effort.iterations,
            "tol": effort.tolerance,
            "svd": leading_svd,
            "random_state": effort.seed,
            "mask": None if data.mask is None else jnp.asarray(data.mask),
        }
        tensor = jnp.asarray(data.values / data.norm)
        if effort.nonnegative:
            _, factors = non_negative_parafac(tensor, **options)
        else:
            start = "svd" if data.mask is not None else (None, singular_start(data, rank[0], effort.seed))
            _, factors = parafac(tensor, init=start, l2_reg=RIDGE, callback=told(effort.callback), **options)
        return balanced([np.asarray(factor) for factor in factors], data.norm)

    def reconstruct(self, factors: Factors) -> np.ndarray:
        *some, last = factors
        rows = reduce(lambda a, b: (a[:, None] * b[None]).reshape(-1, b.shape[1]), some)
        return (rows @ last.T).reshape([len(factor) for factor in factors])


def told(callback: Callable[[float], object] | None) -> Callable[[Any, Any], None] | None:
    """A callback as TensorLy calls it, with the terms and their error."""
    if callback is None:
        return None

    def tell(_: Any, error: Any) -> None:
        callback(float(error))

    return tell


def singular_start(data: Observed, rank: int, seed: int) -> list[jax.Array]:
    """TensorLy's start of a whole tensor: leading singular vectors a mode, those of the first by their values.

    Where the rank is above what a mode has, numbers from 0 to 1 fill up its columns.
    """
    rng = np.random.RandomState(seed)
    factors = []
    for mode, n in enumerate(data.shape):
        matrix = unfolded(data.values / data.norm, mode)
        vectors, values, _ = leading(matrix, min(rank, *matrix.shape))
        columns = vectors if mode else vectors * values
        factors.append(jnp.asarray(np.hstack([columns, rng.random_sample((n, rank - columns.shape[1]))])))
    return factors


def balanced(factors: list[np.ndarray], scale: float) -> list[np.ndarray]:
    """The factors with each term's size shared out equally, times `scale` in all, and the largest terms first."""
    norms = np.array([np.linalg.norm(factor, axis=0) for factor in factors])
    sizes = norms.prod(axis=0)
    order = np.argsort(-sizes, kind="stable")
    shared = (sizes * scale) ** (1 / len(factors))
    shares = shared / np.where(norms > 0, norms, 1)
    return [(factor * share)[:, order] for factor, share in zip(factors, shares, strict=True)]
