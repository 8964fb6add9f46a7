"""Tensor train by one SVD a bond, from the left: what is kept of each goes on to the next.

Every bond cuts off its smallest singular values, and since what is cut off is orthogonal to all that is kept, the
squares of the errors add up.  So an error can be shared out over the bonds beforehand, and what a bond leaves over
goes to those after it.  The fit is one pass; missing entries are filled in around it.

Source: I. V. Oseledets, "Tensor-Train Decomposition", SIAM Journal on Scientific Computing 33(5), 2011, Algorithm 1 and
Theorem 2.2.
"""

from __future__ import annotations

from functools import reduce

import jax.numpy as jnp
import numpy as np

from workbench.errors import NotSupportedError
from workbench.lowrank import Rank, TensorTrain
from workbench.tensor.fitting.fit import Effort, Factors, Fitting
from workbench.tensor.fitting.imputation import imputed
from workbench.tensor.fitting.leading import leading, leading_svd
from workbench.tensor.fitting.observed import Observed


class TensorTrainFitting(Fitting[TensorTrain]):
    """Fits tensor trains."""

    methods = ("svd",)
    tolerance = 1e-6

    def refuse(self, data: Observed, effort: Effort) -> None:
        super().refuse(data, effort)
        if effort.nonnegative:
            raise NotSupportedError(
                "a tensor train is fitted by singular vectors, which have both signs; 'cp' and 'tucker' have a "
                "non-negative form"
            )

    def fit(self, data: Observed, rank: Rank, effort: Effort) -> list[np.ndarray]:
        from tensorly.decomposition import tensor_train

        def fit(values: np.ndarray, _: list[np.ndarray] | None) -> list[np.ndarray]:
            cores = tensor_train(jnp.asarray(values / data.norm), [1, *rank, 1], svd=leading_svd)
            *some, last = map(np.asarray, cores.factors)
            return [*some, last * data.norm]

        return imputed(data, fit, self.reconstruct, effort.iterations, effort.tolerance)

    def reconstruct(self, factors: Factors) -> np.ndarray:
        joined = reduce(lambda a, b: a.reshape(-1, len(b)) @ b.reshape(len(b), -1), factors)
        return joined.reshape([core.shape[1] for core in factors])

    def rank_within(self, data: Observed, error: float, effort: Effort) -> Rank | None:
        """The ranks that one pass of SVDs needs, each bond given an equal part of the error that is left."""
        if data.mask is not None:
            return None
        rest, left = data.values / data.norm, error**2
        ranks: list[int] = []
        for mode, n in enumerate(data.shape[:-1]):
            rest = rest.reshape((ranks[-1] if ranks else 1) * n, -1)
            _, values, vectors = leading(rest, min(rest.shape))
            tails = np.cumsum(values[::-1] ** 2)[::-1]  # what is lost by stopping before each
            allowed = left / (len(data.shape) - 1 - mode)
            ranks.append(max(1, int(np.searchsorted(-tails, -allowed))))
            left -= float(tails[ranks[-1]]) if ranks[-1] < len(tails) else 0.0
            rest = (values[:, None] * vectors)[: ranks[-1]]
        return tuple(ranks)
