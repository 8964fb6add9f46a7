"""The tensor contraction layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.lowrank import RankLike, Tucker
from workbench.ops.factors import AXES, RANKS
from workbench.ops.tensor_contraction import matrices
from workbench.tensor.decompose import decompose
from workbench.tensor.fitting.observed import numpy_of
from workbench.tensor.layers.factorized import Factorized, as_rank, no_error
from workbench.types import Shape


class TensorContraction(Factorized):
    """Makes an activation tensor smaller along some of its axes, by a learned matrix for each: a TCL.

    It takes the place of a dense layer on flattened activations, or stands before one, which then has fewer inputs.

    Args:
        rank: the new sizes: a tuple, one for all, or the fraction of the activation's numbers that is kept, which is
            the fraction that is kept of the weights of a dense layer behind it.
        axes: those contracted, counted from 1 as axis 0 is the batch; by default the first ones after it.
        in_shape: the sizes of the contracted axes, 0 where data will tell; a rank that is no tuple needs them.
        weight_initializer: how the factors start; by default so that signals keep their variance.
        dtype: of the factors.

    Source: J. Kossaifi et al., "Tensor Contraction Layers for Parsimonious Deep Nets", CVPR Workshops 2017, section 3.

    Raises:
        ArgumentError: the rank does not fit, or needs sizes that are not stated.
    """

    @checked
    def __init__(
        self,
        rank: RankLike,
        axes: Shape | None = None,
        in_shape: Shape | None = None,
        weight_initializer: Any = None,
        dtype: Any = "float32",
        error: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        no_error("TensorContraction", error, "from_data")
        rank = as_rank(rank)
        stated = in_shape or axes or (rank if isinstance(rank, Sequence) else ())
        self._axes = tuple(axes or range(1, len(stated) + 1))
        sizes = tuple(in_shape or (0,) * len(self._axes))
        self._ranks = _ranks(sizes, rank)
        if not len(self._axes) == len(sizes) == len(self._ranks):
            raise ArgumentError(
                f"TensorContraction: rank={rank}, axes={axes} and in_shape={in_shape} are of different lengths"
            )
        found = matrices(self._axes, self._ranks)
        letters = "".join(AXES[axis] for axis in self._axes)
        known = dict(zip(letters + RANKS[: len(sizes)], (*sizes, *self._ranks), strict=True))
        self._hold(found, known, letters, weight_initializer, dtype)

    @classmethod
    @checked
    def from_data(
        cls,
        data: Any,
        rank: Any = None,
        *,
        error: float | None = None,
        axes: Shape | None = None,
        **kwargs: Any,
    ) -> TensorContraction:
        """A layer that keeps what activations vary in: its factors span the leading directions of each axis.

        They are those of the activations' truncated higher-order singular value decomposition, transposed.

        Args:
            data: activations, (n, ...).
            rank: of `decompose`, for a Tucker format of the contracted axes.
            error: in place of a rank: how much of the activations' norm may be lost.
            axes: as of the layer; by default all but the first.
            kwargs: other arguments of the layer.

        Source: L. De Lathauwer et al., "A Multilinear Singular Value Decomposition", SIAM J. Matrix Anal. Appl. 21(4),
        2000.
        """
        values = numpy_of(data)
        chosen = tuple(axes or range(1, values.ndim))
        ascending = tuple(sorted(chosen))
        found = decompose(values, Tucker(modes=ascending), rank, error=error, method="hosvd")
        matrix = {axis: factor.T for axis, factor in zip(ascending, found.factors[1:], strict=True)}
        ranks = tuple(matrix[axis].shape[0] for axis in chosen)
        layer = cls(ranks, chosen, tuple(values.shape[axis] for axis in chosen), **kwargs)
        for parameter, axis in zip(layer.factors, chosen, strict=True):
            parameter.start_from(nd.array(matrix[axis], dtype=parameter.dtype), None)
        layer.error = found.error
        return layer

    def hybrid_forward(self, F: Any, x: Any, **weights: Any) -> Any:
        """data: (n, ...); output: the same with the ranks in place of the contracted sizes."""
        return F.TensorContraction(
            x, *self._inputs(None, weights), ranks=self._ranks, axes=self._axes, name="fwd"
        )

    def __repr__(self) -> str:
        before = ", ".join(str((p.shape or (0, 0))[1] or None) for p in self.factors)
        return f"TensorContraction(({before}) -> {self._ranks}, axes={self._axes})"


def _ranks(sizes: Shape, rank: RankLike) -> Shape:
    """The new sizes."""
    if isinstance(rank, Sequence):
        return tuple(rank)
    if not sizes or not all(sizes):
        raise ArgumentError(
            f"TensorContraction: rank={rank} needs the sizes of the contracted axes: state in_shape, or give the rank "
            "as a tuple"
        )
    if isinstance(rank, (int, np.integer)):
        return tuple(min(int(rank), size) for size in sizes)
    return _within(sizes, rank)


def _within(sizes: Shape, fraction: float) -> Shape:
    """Sizes in proportion to these, as large as the fraction of numbers allows."""
    if not 0 < fraction <= 1:
        raise ArgumentError(f"TensorContraction: rank={fraction}: a fraction is above 0 and at most 1")
    steps = max(sizes)
    ladder = [tuple(-(-size * step // steps) for size in sizes) for step in range(1, steps + 1)]
    fitting = [each for each in ladder if math.prod(each) <= fraction * math.prod(sizes)]
    if not fitting:
        raise ArgumentError(
            f"TensorContraction: rank={fraction}: one number is {1 / math.prod(sizes):.3g} of the activation's already"
        )
    return fitting[-1]
