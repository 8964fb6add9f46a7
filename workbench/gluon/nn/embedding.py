"""A learned vector for each of a set of indices."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import NotSupportedError
from workbench.gluon.block import HybridBlock


class Embedding(HybridBlock):
    """Looks a vector up for every index.

    Args:
        input_dim: number of indices.
        output_dim: length of the vectors.
        dtype: of the vectors.
        weight_initializer: how they start.
        sparse_grad: MXNet's row-sparse gradient, which is not supported.

    Raises:
        NotSupportedError: a sparse gradient was asked for.
    """

    @checked
    def __init__(
        self,
        input_dim: Positive,
        output_dim: Positive,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        sparse_grad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if sparse_grad:
            raise NotSupportedError("Embedding: sparse_grad=True; gradients are dense, leave it False")
        self._options = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype}
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            allow_deferred_init=True,
        )

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        """data: any shape of indices; output: (*data.shape, output_dim)."""
        return F.Embedding(x, weight, name="fwd", **self._options)

    def __repr__(self) -> str:
        return "Embedding({input_dim} -> {output_dim}, {dtype})".format(**self._options)
