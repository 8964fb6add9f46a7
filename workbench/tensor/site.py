"""Places in a network where a dense weight can give way to factors.

A place is a fully connected layer, an embedding, or a convolution of one group, whose weight is used nowhere else.
Each weight multiplies rows: a dense layer's inputs, the windows of a convolution, the indices of an embedding as rows
with a single one.  So what any approximation of it does to the layer's outputs follows from one matrix that the
sample data give, the mean of row·rowᵀ.

A matrix, and a 1 × 1 convolution is one, is cut off behind its largest singular values; larger kernels get a core
between the channels that matter (Tucker-2).  Convolutions by channel hold next to nothing and are left alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.graph.bind import BoundOp
from workbench.graph.node import Node
from workbench.lowrank import Rank, Tucker
from workbench.ops.patches import im2col
from workbench.symbolic.symbol import Symbol
from workbench.tensor.decompose import decompose
from workbench.tensor.fitting.leading import leading
from workbench.types import Shape

TUCKER = Tucker(modes=(0, 1))
OPERATORS = ("FullyConnected", "Convolution", "Embedding")


@dataclass(frozen=True)
class Site:
    """A layer whose weight can be factorised.

    Attributes:
        node: of the graph.
        name: of the layer.
        weight: the trained weight.
    """

    node: Node
    name: str
    weight: np.ndarray

    @property
    def op(self) -> str:
        """The operator."""
        return self.node.op

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The operator's attributes."""
        assert isinstance(self.node.bound, BoundOp)
        return self.node.bound.attrs

    @property
    def parameter(self) -> str:
        """The name of the weight."""
        return self.node.inputs[1].node.name

    @property
    def is_matrix(self) -> bool:
        """Whether the weight is a matrix, perhaps with axes of size 1 behind."""
        return math.prod(self.weight.shape[2:]) == 1

    @property
    def form(self) -> str:
        """The name of the factorisation, as the operators know it."""
        return "tucker" if not self.is_matrix else "cp" if self.op == "Convolution" else "svd"

    def rank_within(self, parameters: float) -> Rank | None:
        """The largest rank of at most so many parameters, if there is one."""
        if not self.is_matrix:
            return TUCKER.within(self.weight.shape, parameters)
        rank = min(int(parameters // self._per_rank), min(self.weight.shape[:2]))
        return (rank,) if rank else None

    def size(self, rank: Rank) -> int:
        """How many numbers the factors hold."""
        return rank[0] * self._per_rank if self.is_matrix else TUCKER.parameters(self.weight.shape, rank)

    @property
    def _per_rank(self) -> int:
        return sum(self.weight.shape)  # the axes of size 1 have a factor too

    def factors(self, rank: Rank) -> list[np.ndarray]:
        """The factors of a rank, in the operator's order and the weight's dtype."""
        if not self.is_matrix:
            return list(decompose(self.weight, TUCKER, rank, method="hosvd").factors)
        left, values, right = self._svd
        roots = np.sqrt(values[: rank[0]])
        found = [left[:, : rank[0]] * roots, right[: rank[0]].T * roots]
        found += [np.ones((1, rank[0]))] * (self.weight.ndim - 2)
        return [factor.astype(self.weight.dtype) for factor in found]

    def weight_of(self, rank: Rank) -> np.ndarray:
        """The weight that the factors of a rank stand for."""
        if self.is_matrix:
            left, values, right = self._svd
            found = (left[:, : rank[0]] * values[: rank[0]]) @ right[: rank[0]]
            return found.reshape(self.weight.shape).astype(self.weight.dtype)
        return decompose(self.weight, TUCKER, rank, method="hosvd").reconstruct()

    @cached_property
    def _svd(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        matrix: np.ndarray = self.weight.reshape(self.weight.shape[:2]).astype(np.float64)
        rows, columns = matrix.shape
        if rows <= columns:
            return leading(matrix, rows)
        right, values, left = leading(matrix.T, columns)
        return left.T, values, right.T

    def gram(self, data: Any) -> np.ndarray:
        """The mean of row·rowᵀ over the rows that the weight multiplies, for the layer's input on the sample."""
        return np.asarray(_GRAMS[self.op](data, self))

    def errors(self, ranks: Sequence[Rank], gram: np.ndarray) -> list[float]:
        """‖outputs − those with factors‖ / ‖outputs‖ on the sample for each rank, the layer's bias left out."""
        weight = self._rows(self.weight.astype(np.float64))
        whole = _norm(weight, gram)
        if not whole > 0:
            return [0.0] * len(ranks)
        if self.is_matrix:  # what is cut off is orthogonal in the outputs, so it adds up
            left, values, right = self._svd
            seen = left.T if self.op == "Embedding" else right
            parts = np.square(values) * np.sum(_times(seen, gram) * seen, axis=1)
            lost = [float(parts[rank[0] :].sum()) for rank in ranks]
        else:
            lost = [_norm(weight - self._rows(self.weight_of(rank)), gram) for rank in ranks]
        return [math.sqrt(max(part, 0.0) / whole) for part in lost]

    def _rows(self, weight: np.ndarray) -> np.ndarray:
        """The weight as (outputs, length of a row)."""
        return weight.T if self.op == "Embedding" else weight.reshape(len(weight), -1)


def _norm(weight: np.ndarray, gram: np.ndarray) -> float:
    """Of the outputs, squared."""
    return float(np.sum(_times(weight, gram) * weight))


def _times(weight: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """A product with a gram; one of one axis is a diagonal."""
    return weight @ gram if gram.ndim == 2 else weight * gram


def _mean_product(rows: jax.Array) -> jax.Array:
    return jnp.matmul(rows.T, rows, precision="highest") / len(rows)


@partial(jax.jit, static_argnames="columns")
def _rows_gram(data: jax.Array, columns: int) -> jax.Array:
    return _mean_product(data.reshape(-1, columns))


@partial(jax.jit, static_argnames=("kernel", "stride", "dilate", "pad"))
def _windows_gram(data: jax.Array, **window: Shape) -> jax.Array:
    columns = im2col.fn(data, **window)
    return _mean_product(jnp.moveaxis(columns, 1, 2).reshape(-1, columns.shape[1]))


def _dense_gram(data: Any, site: Site) -> Any:
    return _rows_gram(data, site.weight.shape[1])


def _convolution_gram(data: Any, site: Site) -> Any:
    return _windows_gram(data, **{name: site.attrs[name] for name in ("kernel", "stride", "dilate", "pad")})


def _embedding_gram(data: Any, site: Site) -> Any:
    entries = len(site.weight)
    seen = np.clip(np.asarray(data).astype(np.int64).ravel(), 0, entries - 1)
    return np.bincount(seen, minlength=entries) / max(seen.size, 1)  # a diagonal: an index is one row


_GRAMS: Mapping[str, Callable[[Any, Site], Any]] = {
    "FullyConnected": _dense_gram,
    "Convolution": _convolution_gram,
    "Embedding": _embedding_gram,
}


def sites(symbol: Symbol, values: Mapping[str, np.ndarray]) -> list[Site]:
    """The layers of a network that can be factorised, in the order of their execution."""
    readers: dict[int, int] = {}
    for node in symbol.nodes:
        for value in node.inputs:
            readers[id(value.node)] = readers.get(id(value.node), 0) + 1
    found = []
    for node in symbol.nodes:
        if node.op in OPERATORS and (weight := node.inputs[1].node).is_variable and readers[id(weight)] == 1:
            site = Site(node, node.name.removesuffix("_fwd"), np.asarray(values[weight.name]))
            if _can(site):
                found.append(site)
    return found


def _can(site: Site) -> bool:
    shape: Shape = site.weight.shape
    if site.op == "Convolution" and (
        len(shape) != 4 or site.attrs["num_group"] != 1 or site.attrs["layout"] not in (None, "NCHW")
    ):
        return False
    smallest = site.rank_within(math.prod(shape) - 1)
    return smallest is not None
