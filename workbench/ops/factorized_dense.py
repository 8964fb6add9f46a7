"""Dense layers and embeddings whose matrix is held as factors."""

from __future__ import annotations

import math
from typing import Any, Literal

import jax.numpy as jnp

from workbench.errors import ArgumentError
from workbench.ops.factors import BATCH, Factor, contract, matrix, shapes, sized
from workbench.ops.registry import register
from workbench.types import Shape

Factorization = Literal["svd", "tt", "tucker", "cp"]


def _dense_factors(
    factorization: str, out_shape: Shape, in_shape: Shape, ranks: Shape
) -> tuple[str, str, list[Factor]]:
    try:
        return matrix(factorization, len(out_shape), len(in_shape or (0,)), ranks)
    except ValueError as error:
        raise ArgumentError(f"FactorizedFullyConnected(): {error}") from error


def _dense_inputs(
    *, out_shape: Shape, in_shape: Shape, ranks: Shape, factorization: str, no_bias: bool, **_: Any
) -> tuple[str, ...]:
    found = _dense_factors(factorization, out_shape, in_shape, ranks)[2]
    return ("data", *(factor.name for factor in found), *("bias",) * (not no_bias))


def _dense_shapes(
    known: Any,
    *,
    out_shape: Shape,
    in_shape: Shape,
    ranks: Shape,
    factorization: str,
    flatten: bool,
    **_: Any,
) -> dict[str, Shape]:
    up, across, found = _dense_factors(factorization, out_shape, in_shape, ranks)
    widths = in_shape
    if not widths:
        data = known.get("data", (0, 0))
        widths = (math.prod(data[1:] if flatten else data[-1:]),)
    return {
        **shapes(found, sized(up + across, (*out_shape, *widths), ranks)),
        "bias": (math.prod(out_shape),),
    }


@register("FactorizedFullyConnected", used=_dense_inputs, complete=_dense_shapes)
def factorized_fully_connected(
    *data: Any,
    out_shape: Shape,
    ranks: Shape,
    in_shape: Shape = (),
    factorization: Factorization = "svd",
    no_bias: bool = False,
    flatten: bool = True,
) -> Any:
    """A dense layer whose weight is held as factors, and never made unless that costs less.

    data: (n, ...), its axes after the first joined unless `flatten` is off; then the factors; then a bias, (outputs,),
    unless `no_bias`; output: (n, outputs), or (..., outputs) without `flatten`.  Outputs are the product of
    `out_shape`, inputs that of `in_shape`, which splits them into axes; the weight has shape (*out_shape, *in_shape).

    - ``svd``: two matrices, (outputs, rank) and (inputs, rank); `in_shape` may be left out;
    - ``cp``: a matrix (size, rank) for each axis; one rank;
    - ``tucker``: a core of the ranks, and a matrix (size, rank) for each axis;
    - ``tt``: a core (rank before, out, in, rank after) for each pair of axes, the first and last rank 1; `ranks` has
      those between.  Source: Novikov et al. (2015), "Tensorizing Neural Networks".
    """
    x, *weights = data
    up, across, found = _dense_factors(factorization, out_shape, in_shape, ranks)
    rows = x.shape[:1] if flatten else x.shape[:-1]
    width = math.prod(x.shape[len(rows) :])
    if in_shape and math.prod(in_shape) != width:
        raise ValueError(f"in_shape={in_shape} is {math.prod(in_shape)} inputs, data has {width}")
    x = x.reshape(math.prod(rows), *(in_shape or (width,)))
    out = contract([(Factor("data", BATCH + across), x), *zip(found, weights, strict=False)], BATCH + up)
    out = out.reshape(*rows, math.prod(out_shape))
    return out if no_bias else out + weights[-1]


def _embedding_factors(
    factorization: str, input_dim: int, output_dim: int, in_shape: Shape, out_shape: Shape, ranks: Shape
) -> tuple[str, str, list[Factor]]:
    if (in_shape and math.prod(in_shape) < input_dim) or (out_shape and math.prod(out_shape) != output_dim):
        raise ArgumentError(
            f"FactorizedEmbedding(): in_shape={in_shape} must have room for input_dim={input_dim}, and out_shape="
            f"{out_shape} make output_dim={output_dim}"
        )
    try:
        return matrix(factorization, len(in_shape or (0,)), len(out_shape or (0,)), ranks)
    except ValueError as error:
        raise ArgumentError(f"FactorizedEmbedding(): {error}") from error


def _embedding_inputs(
    *, input_dim: int, output_dim: int, in_shape: Shape, out_shape: Shape, ranks: Shape, factorization: str
) -> tuple[str, ...]:
    found = _embedding_factors(factorization, input_dim, output_dim, in_shape, out_shape, ranks)[2]
    return ("data", *(factor.name for factor in found))


def _embedding_shapes(
    known: Any,
    *,
    input_dim: int,
    output_dim: int,
    in_shape: Shape,
    out_shape: Shape,
    ranks: Shape,
    factorization: str,
) -> dict[str, Shape]:
    up, across, found = _embedding_factors(factorization, input_dim, output_dim, in_shape, out_shape, ranks)
    sizes = (*(in_shape or (input_dim,)), *(out_shape or (output_dim,)))
    return shapes(found, sized(up + across, sizes, ranks))


@register("FactorizedEmbedding", used=_embedding_inputs, complete=_embedding_shapes)
def factorized_embedding(
    *data: Any,
    input_dim: int,
    output_dim: int,
    ranks: Shape,
    in_shape: Shape = (),
    out_shape: Shape = (),
    factorization: Factorization = "svd",
) -> Any:
    """A vector for every index, from a table that is held as factors.

    data: any shape of indices, clipped to the table; then the factors of a table of shape (*in_shape, *out_shape);
    output: (*data.shape, output_dim).  `in_shape` splits an index into digits, the last one changing fastest, and has
    room for `input_dim` of them; `out_shape` splits the vector.  Rows of the factors are looked up by digit, and
    multiplied; the table is never made.

    - ``svd``: two matrices, (input_dim, rank) and (output_dim, rank);
    - ``cp``, ``tucker``: as `FactorizedFullyConnected`;
    - ``tt``: a core (rank before, in, out, rank after) for each pair of axes.
      Source: Hrinchuk et al. (2020), "Tensorized Embedding Layers", section 3.
    """
    indices, *weights = data
    up, across, found = _embedding_factors(factorization, input_dim, output_dim, in_shape, out_shape, ranks)
    flat = jnp.clip(indices.astype(jnp.int32).reshape(-1), 0, input_dim - 1)
    digits = dict(zip(up, jnp.unravel_index(flat, in_shape or (input_dim,)), strict=True))
    rows = [_looked_up(factor, array, digits) for factor, array in zip(found, weights, strict=True)]
    out = contract(rows, BATCH + across)
    return out.reshape(*indices.shape, output_dim)


def _looked_up(factor: Factor, array: Any, digits: dict[str, Any]) -> tuple[Factor, Any]:
    """The rows of a factor at the digits of each index, or the factor itself if it has no such axis."""
    for axis, letter in enumerate(factor.letters):
        if letter in digits:
            taken = jnp.take(array, digits[letter], axis=axis)
            return Factor(factor.name, factor.letters.replace(letter, BATCH)), taken
    return factor, array
