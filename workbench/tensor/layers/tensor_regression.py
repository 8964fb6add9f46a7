"""The tensor regression layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.nn import Dense
from workbench.lowrank import FORMATS, RankLike
from workbench.ops.factors import AXES, RANKS, factors, sized
from workbench.tensor.decompose import decompose
from workbench.tensor.layers.factorized import Factorized, as_rank, no_error, ranks_of, weight_of
from workbench.types import Shape


class TensorRegression(Factorized):
    """Outputs that are inner products of an activation tensor with a low-rank weight: a TRL.

    It takes the place of flattening (or pooling) and the last dense layer.

    Args:
        output_shape: the shape of the outputs, or their number.
        rank: a number, a tuple as the format has them, or a fraction of the dense weight's parameters.  The weight's
            axes are the data's after the first, then the outputs'.
        factorization: ``tucker``, ``cp`` or ``tt`` (tensor train).
        in_shape: the sizes of the data's axes after the first, 0 where data will tell.  A tuple of ranks says how many
            there are, but for ``cp``; another rank needs the sizes.
        use_bias: whether a bias is added.
        weight_initializer: how the factors start; by default so that the weight they stand for has the variance
            1 / inputs.
        bias_initializer: how the bias starts.
        dtype: of the parameters.

    Source: J. Kossaifi et al., "Tensor Regression Networks", JMLR 21, 2020, section 4.

    Raises:
        ArgumentError: the rank does not fit, or needs sizes that are not stated.
    """

    @checked
    def __init__(
        self,
        output_shape: int | Shape,
        rank: RankLike,
        factorization: Literal["tucker", "cp", "tt"] = "tucker",
        in_shape: Shape | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        error: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        no_error("TensorRegression", error, "from_dense")
        rank = as_rank(rank)
        outputs = tuple(output_shape) if isinstance(output_shape, Sequence) else (int(output_shape),)
        if outputs and min(outputs) < 1:
            raise ArgumentError(
                f"TensorRegression: output_shape={output_shape}: sizes are whole numbers, 1 or more"
            )
        before = _in_shape(factorization, rank, in_shape, len(outputs))
        form = FORMATS[factorization]
        ranks = ranks_of("TensorRegression", form, (*before, *outputs), rank, "in_shape")
        self._options: dict[str, Any] = {
            "output_shape": outputs,
            "ranks": ranks,
            "factorization": factorization,
            "num_axes": len(before),
            "no_bias": not use_bias,
        }
        letters = AXES[: len(before) + len(outputs)]
        found = factors(factorization, letters, ranks)
        sizes = sized(letters, (*before, *outputs), ranks)
        summed = letters[: len(before)] + RANKS[: len(ranks)]
        self._hold(found, sizes, summed, weight_initializer, dtype)
        if use_bias:
            self._hold_bias(outputs, bias_initializer, dtype)

    @classmethod
    @checked
    def from_dense(
        cls,
        dense: Dense,
        in_shape: Shape,
        rank: Any = None,
        *,
        error: float | None = None,
        factorization: Literal["tucker", "cp", "tt"] = "tucker",
        **kwargs: Any,
    ) -> TensorRegression:
        """The layer that takes the place of flattening and a trained dense layer, its weight decomposed.

        Args:
            dense: the trained layer, without an activation.
            in_shape: the shape of the activations before they are flattened.
            rank: a number, a tuple, or a fraction of the weight's parameters.
            error: in place of a rank: ‖weight − factors‖ / ‖weight‖ at most.
            factorization: of the weight.
            kwargs: other arguments of the layer.

        Raises:
            ArgumentError: the shape is of another number of inputs, or the layer has an activation; or as `decompose`.
            NotInitializedError: the dense layer has no weight yet.
        """
        weight = weight_of(dense)
        if math.prod(in_shape) != weight.shape[1] or min(in_shape) < 1 or dense.act is not None:
            raise ArgumentError(
                f"TensorRegression.from_dense: in_shape={in_shape} is {math.prod(in_shape)} inputs, and {dense!r} "
                "is to be a linear layer of as many"
            )
        full = np.moveaxis(weight.reshape(-1, *in_shape), 0, -1)
        found = decompose(full, factorization, rank, error=error)
        facts = {"use_bias": dense.bias is not None, "dtype": dense.weight.dtype, **kwargs}
        layer = cls(weight.shape[0], found.rank, factorization, in_shape, **facts)
        layer._start_from(dense, found, found.factors)
        return layer

    def hybrid_forward(self, F: Any, x: Any, bias: Any = None, **weights: Any) -> Any:
        """data: (n, *in_shape); output: (n, *output_shape)."""
        return F.TensorRegression(x, *self._inputs(bias, weights), name="fwd", **self._options)

    def __repr__(self) -> str:
        shown = self._options
        bias = ", bias=False" if shown["no_bias"] else ""
        return (
            f"TensorRegression({shown['num_axes']} axes -> {shown['output_shape']}, "
            f"{shown['factorization']}, ranks={shown['ranks']}{bias})"
        )


def _in_shape(factorization: str, rank: RankLike, in_shape: Shape | None, outputs: int) -> Shape:
    """The sizes of the data's axes, 0 where they are unknown."""
    if in_shape is not None:
        return tuple(in_shape)
    if factorization == "cp" or not isinstance(rank, Sequence):
        raise ArgumentError(
            f"TensorRegression: rank={rank} of {factorization!r} does not say how many axes the data has: state "
            "in_shape (0 where a size is not known yet)"
        )
    return (0,) * (len(rank) - outputs + (factorization == "tt"))
