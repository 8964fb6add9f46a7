"""A matrix held as factors: what the dense layer and the embedding share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.errors import ArgumentError
from workbench.lowrank import FORMATS, Format
from workbench.tensor.decompose import decompose
from workbench.tensor.decomposition import Decomposition
from workbench.types import Shape

AXES = 3  # into which sizes are split where nobody says how


def split(size: int, parts: int = AXES) -> Shape:
    """A size as a product of whole numbers, ascending and as equal as they come: 784 is 7 × 8 × 14."""
    found: list[int] = []
    for left in range(parts, 0, -1):
        root = size ** (1 / left) + 1e-9
        found.append(max(n for n in range(1, int(root) + 1) if size % n == 0) if left > 1 else size)
        size //= found[-1]
    return tuple(sorted(found))


def matrix_shapes(
    layer: str, factorization: str, rows: tuple[int, Shape | None], columns: tuple[int, Shape | None]
) -> tuple[Shape, Shape]:
    """The numbers that rows and columns are counted by: those stated, or some that their sizes split into.

    Raises:
        ArgumentError: a size is not known, or not the product of what is stated.
    """
    return tuple(  # type: ignore[return-value]
        _counted(layer, factorization, size, stated) for size, stated in (rows, columns)
    )


def _counted(layer: str, factorization: str, size: int, stated: Shape | None) -> Shape:
    if stated is None:
        if factorization != "svd" and not size:
            raise ArgumentError(
                f"{layer}: {factorization!r} splits the inputs into axes: state in_units, or in_shape"
            )
        return (size,) if factorization == "svd" else split(size)
    if size and math.prod(stated) != size:
        raise ArgumentError(f"{layer}: {stated} has {math.prod(stated)} places, and {size} are to be counted")
    return tuple(stated)


def matrix_form(factorization: str, rows: Shape, columns: Shape) -> tuple[Format, Shape]:
    """The format of the factors, and the shape of the tensor that they are of.

    Raises:
        ArgumentError: a train can't pair the axes, or a matrix as it is has several.
    """
    if factorization in ("tucker", "cp"):
        return FORMATS[factorization], rows + columns
    if factorization == "svd":
        if len(rows + columns) > 2:
            raise ArgumentError(f"'svd' is of a matrix as it is, so {rows} and {columns} are too many axes")
        return FORMATS["cp"], rows + columns
    if len(rows) != len(columns):
        raise ArgumentError(f"'tt' pairs axes, so {rows} and {columns} must be equally many")
    return FORMATS["tt"], tuple(a * b for a, b in zip(rows, columns, strict=True))


def decomposed(
    matrix: np.ndarray, factorization: str, rows: Shape, columns: Shape, rank: Any, error: float | None
) -> tuple[Decomposition, list[np.ndarray]]:
    """A matrix's decomposition, and its factors as the operators take them.

    Raises:
        ArgumentError: as `decompose`.
    """
    if factorization == "svd":
        found = decompose(matrix, "tt", rank, error=error)
        left, right = found.factors[0][0], found.factors[1][..., 0].T
        scale = np.sqrt(
            np.linalg.norm(right, axis=0) + np.finfo(right.dtype).tiny
        )  # half of each value to each side
        return found, [left * scale, right / scale]
    shape = matrix_form(factorization, rows, columns)[1]
    tensor = matrix.reshape(rows + columns)
    if factorization != "tt":
        found = decompose(tensor, factorization, rank, error=error)
        return found, list(found.factors)
    pairs = [
        axis for axes in zip(range(len(rows)), range(len(rows), tensor.ndim), strict=True) for axis in axes
    ]
    found = decompose(tensor.transpose(pairs).reshape(shape), "tt", rank, error=error)
    return found, [
        core.reshape(core.shape[0], r, c, core.shape[-1])
        for core, r, c in zip(found.factors, rows, columns, strict=True)
    ]
