"""Symbols made by functions whose arguments are not their operator's: filled, counted, identity; and splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import NotSupportedError
from workbench.ops.join import cuts
from workbench.symbolic.symbol import Symbol, apply


def zeros(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A symbol of zeros; float32 unless told."""
    return apply("_zeros", shape=shape, dtype=dtype or "float32", name=name, **kwargs)


def ones(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A symbol of ones; float32 unless told."""
    return apply("_ones", shape=shape, dtype=dtype or "float32", name=name, **kwargs)


def full(shape: Any, val: float, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A symbol filled with one number; float32 unless told."""
    return apply("_full", shape=shape, dtype=dtype or "float32", value=val, name=name, **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Evenly spaced values in [start, stop), or [0, start), each repeated `repeat` times.

    Raises:
        NotSupportedError: `infer_range` is given; `stop` must be.
    """
    if infer_range:
        raise NotSupportedError("sym.arange(infer_range=True): give stop=")
    dtype = dtype or "float32"
    return apply("_arange", start=start, stop=stop, step=step, repeat=repeat, dtype=dtype, name=name)


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, name: str | None = None) -> Symbol:
    """The identity, N × M (N × N where M is 0), with ones on diagonal `k`."""
    return apply("_eye", N=N, M=M, k=k, dtype=dtype or "float32", name=name)


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None, dtype: Any = None
) -> Symbol:
    """`num` evenly spaced values from `start` to `stop`, which is the last one where `endpoint` is."""
    dtype = dtype or "float32"
    return apply("_linspace", start=start, stop=stop, num=num, endpoint=endpoint, dtype=dtype, name=name)


def split_v2(
    ary: Symbol, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
) -> Symbol:
    """Equal parts, or the parts between indices, along an axis."""
    return apply("_split_v2", ary, axis=axis, squeeze_axis=squeeze_axis, **cuts(indices_or_sections))
