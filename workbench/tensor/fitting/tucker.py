"""Tucker by singular vectors: the factor of a mode spans the directions in which the unfolded tensor is largest.

HOSVD takes each mode's leading singular vectors by themselves: one pass, and within a factor √N of the best.  HOOI
starts there and takes them again of the tensor already projected in all other modes, until the error stays.  Both have
orthonormal factors, so the error follows from the core alone: what is cut off the core of *all* singular vectors is,
in squares, what the reconstruction lacks.  That gives the smallest HOSVD for an error, exactly and without a fit.

HOOI is TensorLy's on its NumPy backend: after each SVD TensorLy reads one entry of each singular vector to settle its
sign, and each such read from JAX is a call of its own.  Measured on two busy CPU cores, a 128×64×3×3 kernel of noise to
rank (32, 16): 24 s of processor time on JAX, 9 s so.

Missing entries are filled in from one iteration of HOOI to the next.  Non-negative factors come from multiplicative
updates; TensorLy's take no missing entries, so these are filled in around them.

Source: L. De Lathauwer, B. De Moor, J. Vandewalle, "A Multilinear Singular Value Decomposition" and "On the Best
Rank-1 and Rank-(R1, …, RN) Approximation of Higher-Order Tensors", SIAM Journal on Matrix Analysis 21(4), 2000;
Y.-D. Kim, S. Choi, "Nonnegative Tucker Decomposition", CVPR 2007.
"""

from __future__ import annotations

import math
from functools import reduce

import jax.numpy as jnp
import numpy as np

from workbench.errors import NotSupportedError
from workbench.lowrank import Rank, Tucker
from workbench.tensor.fitting.fit import Effort, Factors, Fitting
from workbench.tensor.fitting.imputation import imputed
from workbench.tensor.fitting.leading import leading, leading_svd, unfolded
from workbench.tensor.fitting.local_tensorly import tensorly_on
from workbench.tensor.fitting.observed import Observed
from workbench.types import Shape

STEPS = 10  # multiplicative updates from one filling in to the next


class TuckerFitting(Fitting[Tucker]):
    """Fits Tucker, in all modes or in some."""

    methods = ("hooi", "hosvd")
    tolerance = 1e-5

    def refuse(self, data: Observed, effort: Effort) -> None:
        super().refuse(data, effort)
        if effort.method == "hosvd" and (data.mask is not None or effort.nonnegative):
            raise NotSupportedError(
                "method='hosvd' is one pass of singular vectors: it takes no missing entries and gives negative "
                "numbers; method='hooi' iterates"
            )
        if effort.nonnegative and len(self.format.modes(data.shape)) < len(data.shape):
            raise NotSupportedError("non-negative Tucker has a factor in every mode; modes=… leaves some out")

    def fit(self, data: Observed, rank: Rank, effort: Effort) -> list[np.ndarray]:
        if effort.nonnegative:
            return self._nonnegative(data, rank, effort)
        if effort.method == "hosvd":
            return self.singular(data, rank)
        from tensorly.decomposition import partial_tucker

        with tensorly_on("numpy"):
            (core, factors), _ = partial_tucker(
                data.values / data.norm,
                rank,
                modes=list(self.format.modes(data.shape)),
                n_iter_max=effort.iterations,
                tol=effort.tolerance,
                init="svd" if data.mask is not None else self.singular(data, rank)[1:],
                svd=leading_svd,
                random_state=effort.seed,
                mask=data.mask,
            )
        return [core * data.norm, *factors]

    def singular(self, data: Observed, rank: Rank) -> list[np.ndarray]:
        """The HOSVD: the core, then the singular vectors of each mode."""
        pairs = list(zip(self.format.modes(data.shape), rank, strict=True))
        vectors = [leading(unfolded(data.values, mode), r)[0] for mode, r in pairs]
        core = reduce(
            lambda x, pair: _times(x, pair[1].T, pair[0][0]), zip(pairs, vectors, strict=True), data.values
        )
        return [core, *vectors]

    def _nonnegative(self, data: Observed, rank: Rank, effort: Effort) -> list[np.ndarray]:
        from tensorly.decomposition import non_negative_tucker

        steps = effort.iterations if data.mask is None else STEPS

        def fit(values: np.ndarray, before: list[np.ndarray] | None) -> list[np.ndarray]:
            start = "svd" if before is None else (before[0] / data.norm, before[1:])
            core, factors = non_negative_tucker(
                jnp.asarray(values / data.norm),
                rank,
                n_iter_max=steps,
                init=start,
                tol=effort.tolerance,
                random_state=effort.seed,
            )
            return [np.asarray(core) * data.norm, *map(np.asarray, factors)]

        rounds = max(1, effort.iterations // steps)
        return imputed(data, fit, self.reconstruct, rounds, effort.tolerance)

    def reconstruct(self, factors: Factors) -> np.ndarray:
        core, *by_mode = factors
        modes = self.format.modes(core.shape)
        return reduce(lambda x, pair: _times(x, *pair), zip(by_mode, modes, strict=True), core)

    def rank_within(self, data: Observed, error: float, effort: Effort) -> Rank | None:
        """The rank of the HOSVD with the fewest parameters within the error, found in the core of all vectors."""
        if data.mask is not None or effort.nonnegative:
            return None
        core = self.singular(data, self.format.bounds(data.shape))[0]
        kept = energy(core, self.format.modes(data.shape))
        parameters, useful = _sizes(self.format, data.shape, kept.shape)
        fits = useful & (1 - kept <= error**2)
        best = np.argmin(np.where(fits, parameters, math.inf))
        return tuple(int(i) + 1 for i in np.unravel_index(best, kept.shape))


def _times(x: np.ndarray, factor: np.ndarray, mode: int) -> np.ndarray:
    return np.moveaxis(np.tensordot(x, factor, (mode, 1)), -1, mode)


def energy(core: np.ndarray, modes: Shape) -> np.ndarray:
    """The part of a core's sum of squares that is in each leading part of it, by its ranks less one."""
    others = tuple(mode for mode in range(core.ndim) if mode not in modes)
    squares = (core**2).sum(axis=others)
    sums = reduce(np.cumsum, range(squares.ndim), squares)
    return sums / sums.flat[-1]


def _sizes(format: Tucker, shape: Shape, ranks: Shape) -> tuple[np.ndarray, np.ndarray]:
    """The parameters of every rank up to `ranks`, and whether each number is at most the product of the others."""
    modes = format.modes(shape)
    whole = math.prod(n for mode, n in enumerate(shape) if mode not in modes)
    grid = np.ogrid[tuple(slice(1, r + 1) for r in ranks)]
    core = np.full(ranks, float(whole))
    factors = np.zeros(ranks)
    for r, mode in zip(grid, modes, strict=True):
        core *= r
        factors += r * shape[mode]
    return core + factors, np.logical_and.reduce([r * r <= core for r in grid])
