"""The tensor regression layer: outputs from an activation tensor that is never flattened."""

from __future__ import annotations

from typing import Any, Literal

from workbench.errors import ArgumentError
from workbench.ops.factors import AXES, BATCH, Factor, contract, factors, joined, shapes, sized
from workbench.ops.registry import register
from workbench.types import Shape

WANTED = {
    "cp": "one rank, and num_axes, how many axes of the data it contracts",
    "tucker": "one rank for each axis of the data after the first and of the output",
    "tt": "one rank between each two neighbours of the axes of the data after the first and of the output",
}


def _input_axes(factorization: str, ranks: Shape, outputs: int, num_axes: int) -> int:
    """How many axes of the data the weight has; but for CP the number of ranks says it."""
    found = {"cp": num_axes, "tucker": len(ranks) - outputs, "tt": len(ranks) + 1 - outputs}[factorization]
    if found < 1 or not outputs or num_axes not in (0, found) or (factorization == "cp" and len(ranks) != 1):
        raise ArgumentError(
            f"TensorRegression(): factorization={factorization!r} takes {WANTED[factorization]}; got ranks={ranks} "
            f"for {outputs} output axes, num_axes={num_axes}"
        )
    return found


def _factors(
    factorization: Any, ranks: Shape, output_shape: Shape, num_axes: int
) -> tuple[str, str, list[Factor]]:
    """Letters of the data's axes and of the output's, and the factors."""
    inputs = _input_axes(factorization, ranks, len(output_shape), num_axes)
    letters = AXES[: inputs + len(output_shape)]
    return letters[:inputs], letters[inputs:], factors(factorization, letters, ranks)


def _inputs(
    *, output_shape: Shape, ranks: Shape, factorization: Any, num_axes: int, no_bias: bool, **_: Any
) -> tuple[str, ...]:
    found = _factors(factorization, ranks, output_shape, num_axes)[2]
    return ("data", *(factor.name for factor in found), *("bias",) * (not no_bias))


def _shapes(
    known: Any, *, output_shape: Shape, ranks: Shape, factorization: Any, num_axes: int, **_: Any
) -> dict[str, Shape]:
    before, after, found = _factors(factorization, ranks, output_shape, num_axes)
    inputs = known["data"][1:] if "data" in known else (0,) * len(before)
    sizes = sized(before + after, (*inputs, *output_shape), ranks)
    return {**shapes(found, sizes), "bias": output_shape}


@register("TensorRegression", used=_inputs, complete=_shapes)
def tensor_regression(
    *data: Any,
    output_shape: Shape,
    ranks: Shape,
    factorization: Literal["tucker", "cp", "tt"] = "tucker",
    num_axes: int = 0,
    no_bias: bool = False,
) -> Any:
    """The inner product of an activation tensor with a low-rank weight, plus a bias: the tensor regression layer (TRL).

    data: (n, i1, ..., iN), then the factors of a weight of shape (i1, ..., iN, o1, ..., oM), then a bias, (o1, ...,
    oM), unless `no_bias`; output: (n, o1, ..., oM), `output_shape` after the batch.  The factors, as TensorLy has them:

    - ``tucker``: a core, (r1, ..., r(N+M)), and a matrix (size, rank) for each axis; `ranks` has N + M numbers;
    - ``cp``: a matrix (size, rank) for each axis; `ranks` has one number, and `num_axes` is N;
    - ``tt``: a core (rank before, size, rank after) for each axis, the first and last rank 1; `ranks` has the N + M - 1
      between.

    The order of the products is the one predicted to cost least for the shapes at hand.
    Source: Kossaifi et al. (2020), "Tensor Regression Networks", JMLR 21, section 4.
    """
    x, *weights = data
    before, after, found = _factors(factorization, ranks, output_shape, num_axes)
    if x.ndim != len(before) + 1:
        raise ValueError(
            f"the weight has {len(before)} axes for the data's after the first, data has {x.ndim - 1}"
        )
    terms = list(zip(found, weights, strict=False))
    if factorization == "tucker":
        core, matrices, last = terms[:1], terms[1 : len(before) + 1], terms[len(before) + 1 :]
        terms = [*core, *joined(matrices), *last]
    out = contract([(Factor("data", BATCH + before), x), *terms], BATCH + after)
    return out if no_bias else out + weights[-1]
