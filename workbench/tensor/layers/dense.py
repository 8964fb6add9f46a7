"""The dense layer with a factorised weight."""

from __future__ import annotations

from typing import Any, Literal

from workbench.arguments import Count, Positive, checked
from workbench.gluon.nn import Dense
from workbench.lowrank import RankLike
from workbench.ops.factors import RANKS, matrix, sized
from workbench.tensor.layers.factorized import Factorized, no_error, ranks_of, settings, weight_of
from workbench.tensor.layers.factorized_matrix import decomposed, matrix_form, matrix_shapes
from workbench.types import Shape

Factorization = Literal["svd", "tt", "tucker", "cp"]


class FactorizedDense(Factorized):
    """``activation(x @ weight.T + bias)`` whose weight is held as factors.

    Args:
        units: number of outputs.
        rank: a number, a tuple as the format has them, or a fraction of the dense weight's parameters.
        factorization: ``svd``, two thin matrices; or of the weight as a tensor, its inputs and its outputs split into
            axes: ``tt``, a tensor train whose cores hold an axis of both, ``tucker``, ``cp``.
        in_shape, out_shape: the axes, of whose sizes inputs and outputs are the product; by default three each, as
            equal as their number allows.
        activation: name of a non-linearity for the outputs; None for none.
        use_bias: whether a bias is added.
        flatten: join all axes of the input after the first; else only the last is transformed.
        dtype: of the parameters.
        weight_initializer: how the factors start; by default so that the weight they stand for has the variance
            1 / inputs.
        bias_initializer: how the bias starts.
        in_units: number of inputs; 0 waits for data, which ``svd`` alone can.

    Source: of ``tt`` A. Novikov et al., "Tensorizing Neural Networks", NeurIPS 2015, section 4.

    Raises:
        ArgumentError: the rank does not fit, or needs sizes that are not stated; the axes have other products.
    """

    @checked
    def __init__(
        self,
        units: Positive,
        rank: RankLike,
        factorization: Factorization = "svd",
        in_shape: Shape | None = None,
        out_shape: Shape | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: Count = 0,
        error: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        no_error("FactorizedDense", error, "from_dense")
        name = "FactorizedDense"
        rows, columns = matrix_shapes(name, factorization, (units, out_shape), (in_units, in_shape))
        ranks = ranks_of(name, *matrix_form(factorization, rows, columns), rank, "in_units")
        self._units = units
        self._options: dict[str, Any] = {
            "out_shape": rows,
            "in_shape": columns if all(columns) else (),
            "ranks": ranks,
            "factorization": factorization,
            "no_bias": not use_bias,
            "flatten": flatten,
        }
        up, across, found = matrix(factorization, len(rows), len(columns), ranks)
        sizes = sized(up + across, rows + columns, ranks)
        self._hold(found, sizes, across + RANKS[: len(ranks)], weight_initializer, dtype)
        if use_bias:
            self._hold_bias((units,), bias_initializer, dtype)
        self._hold_activation(activation)

    @classmethod
    @checked
    def from_dense(
        cls,
        dense: Dense,
        rank: Any = None,
        *,
        error: float | None = None,
        factorization: Factorization = "svd",
        in_shape: Shape | None = None,
        out_shape: Shape | None = None,
        **kwargs: Any,
    ) -> FactorizedDense:
        """The layer that takes a trained dense layer's place, its weight decomposed.

        Args:
            dense: the trained layer.
            rank: a number, a tuple, or a fraction of the weight's parameters.
            error: in place of a rank: ‖weight − factors‖ / ‖weight‖ at most.
            factorization, in_shape, out_shape, kwargs: as of the layer.

        Raises:
            ArgumentError: as the layer and `decompose`.
            NotInitializedError: the dense layer has no weight yet.
        """
        weight = weight_of(dense)
        units, inputs = weight.shape
        rows, columns = matrix_shapes(
            "FactorizedDense.from_dense", factorization, (units, out_shape), (inputs, in_shape)
        )
        found, factors = decomposed(weight, factorization, rows, columns, rank, error)
        facts = {**settings(dense), "flatten": dense._flatten, "in_units": inputs, **kwargs}
        layer = cls(units, found.rank, factorization, columns, rows, **facts)
        layer._start_from(dense, found, factors)
        return layer

    def hybrid_forward(self, F: Any, x: Any, bias: Any = None, **weights: Any) -> Any:
        """data: (n, ...); output: (n, units), or (..., units) without `flatten`."""
        x = F.FactorizedFullyConnected(x, *self._inputs(bias, weights), name="fwd", **self._options)
        return x if self.act is None else self.act(x)

    def __repr__(self) -> str:
        shown = self._options
        return (
            f"FactorizedDense({shown['in_shape'] or None} -> {shown['out_shape']}, {shown['factorization']}, "
            f"ranks={shown['ranks']}, {self.act or 'linear'})"
        )
