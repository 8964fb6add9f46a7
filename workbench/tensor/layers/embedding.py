"""The embedding with a factorised table."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from workbench.arguments import Positive, checked
from workbench.gluon.nn import Embedding
from workbench.lowrank import RankLike
from workbench.ops.factors import RANKS, matrix, sized
from workbench.tensor.layers.factorized import Factorized, no_error, ranks_of, weight_of
from workbench.tensor.layers.factorized_matrix import decomposed, matrix_form, matrix_shapes
from workbench.types import Shape

Factorization = Literal["svd", "tt", "tucker", "cp"]


class FactorizedEmbedding(Factorized):
    """Looks a vector up for every index, in a table that is held as factors and never made.

    Args:
        input_dim: number of indices.
        output_dim: length of the vectors.
        rank: a number, a tuple as the format has them, or a fraction of the table's parameters.
        factorization: ``svd``, two thin matrices; or of the table as a tensor, indices and vectors split into axes:
            ``tt``, a tensor train whose cores hold an axis of both, ``tucker``, ``cp``.
        in_shape: the axes of the indices, with room for `input_dim` of them; by default three, nearly equal.
        out_shape: the axes of the vectors; by default three, as equal as their length allows.
        dtype: of the vectors.
        weight_initializer: how the factors start; by default so that numbers in the table have the variance
            1 / output_dim.

    Source: of ``tt`` O. Hrinchuk et al., "Tensorized Embedding Layers", Findings of EMNLP 2020, section 3.

    Raises:
        ArgumentError: the rank does not fit; the axes have no room for the table.
    """

    @checked
    def __init__(
        self,
        input_dim: Positive,
        output_dim: Positive,
        rank: RankLike,
        factorization: Factorization = "svd",
        in_shape: Shape | None = None,
        out_shape: Shape | None = None,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        error: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        no_error("FactorizedEmbedding", error, "from_embedding")
        rows, columns = _shapes(factorization, input_dim, output_dim, in_shape, out_shape)
        form, shape = matrix_form(factorization, rows, columns)
        ranks = ranks_of("FactorizedEmbedding", form, shape, rank, "in_shape")
        self._options: dict[str, Any] = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "in_shape": rows,
            "out_shape": columns,
            "ranks": ranks,
            "factorization": factorization,
        }
        up, across, found = matrix(factorization, len(rows), len(columns), ranks)
        sizes = sized(up + across, rows + columns, ranks)
        self._hold(found, sizes, across + RANKS[: len(ranks)], weight_initializer, dtype)

    @classmethod
    @checked
    def from_embedding(
        cls,
        embedding: Embedding,
        rank: Any = None,
        *,
        error: float | None = None,
        factorization: Factorization = "svd",
        in_shape: Shape | None = None,
        out_shape: Shape | None = None,
        **kwargs: Any,
    ) -> FactorizedEmbedding:
        """The layer that takes a trained embedding's place, its table decomposed.

        Args:
            embedding: the trained layer.
            rank: a number, a tuple, or a fraction of the table's parameters.
            error: in place of a rank: ‖table − factors‖ / ‖table‖ at most; rows that no index has are zeros.
            factorization, in_shape, out_shape, kwargs: as of the layer.

        Raises:
            ArgumentError: as the layer and `decompose`.
            NotInitializedError: the embedding has no table yet.
        """
        table = weight_of(embedding)
        input_dim, output_dim = table.shape
        rows, columns = _shapes(factorization, input_dim, output_dim, in_shape, out_shape)
        room = np.pad(table, [(0, math.prod(rows) - input_dim), (0, 0)])
        found, factors = decomposed(room, factorization, rows, columns, rank, error)
        facts = {"dtype": np.dtype(embedding.weight.dtype).name, **kwargs}
        layer = cls(input_dim, output_dim, found.rank, factorization, rows, columns, **facts)
        layer._start_from(embedding, found, factors)
        return layer

    def hybrid_forward(self, F: Any, x: Any, **weights: Any) -> Any:
        """data: any shape of indices; output: (*data.shape, output_dim)."""
        return F.FactorizedEmbedding(x, *self._inputs(None, weights), name="fwd", **self._options)

    def __repr__(self) -> str:
        return "FactorizedEmbedding({input_dim} -> {output_dim}, {factorization}, ranks={ranks})".format(
            **self._options
        )


def _shapes(
    factorization: str, input_dim: int, output_dim: int, in_shape: Shape | None, out_shape: Shape | None
) -> tuple[Shape, Shape]:
    """The axes of indices and of vectors; a size that does not split gets room to spare."""
    if in_shape is None and factorization != "svd":
        side = math.ceil(input_dim ** (1 / 3) - 1e-9)
        in_shape = (math.ceil(input_dim / side**2), side, side)
    room = input_dim if in_shape is None or math.prod(in_shape) < input_dim else math.prod(in_shape)
    return matrix_shapes("FactorizedEmbedding", factorization, (room, in_shape), (output_dim, out_shape))
