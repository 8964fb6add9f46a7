"""Reductions: an output element from many input elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax.numpy as jnp

from workbench.ops.attribute import DType
from workbench.ops.registry import Operator, register
from workbench.ops.truth import counted, floated
from workbench.types import Shape

Axis = int | Shape | None


def axes_of(axis: Axis, ndim: int, exclude: bool) -> tuple[int, ...]:
    """The axes to reduce; `exclude` turns them into the ones to keep."""
    if axis is None or axis == ():
        return tuple(range(ndim))
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    for a in given:
        if not -ndim <= a < ndim:
            raise ValueError(f"axis {a} is out of range for {ndim} axes")
    wanted = {a % ndim for a in given}
    if len(wanted) < len(given):
        raise ValueError(f"axis {axis} has one of {ndim} axes twice")
    return tuple(sorted(set(range(ndim)) - wanted if exclude else wanted))


def shaped(out: Any) -> Any:
    """The result of a reduction: (1,) where no axis is left, as MXNet has no scalars."""
    return out if out.ndim else out.reshape(1)


def _reduction(
    name: str,
    fn: Callable[..., Any],
    what: str,
    *aliases: str,
    of_bools: Callable[[Any], Any] | None = None,
) -> Operator:
    def apply(data: Any, *, axis: Axis = None, keepdims: bool = False, exclude: bool = False) -> Any:
        data = of_bools(data) if of_bools else data
        return shaped(fn(data, axis=axes_of(axis, data.ndim, exclude), keepdims=keepdims).astype(data.dtype))

    apply.__doc__ = (
        f"The {what} over `axis` (all axes if None; all others if `exclude`).\n\n"
        "data: any shape; output: the reduced shape, (1,) where nothing is left; `keepdims` keeps axes as size 1."
    )
    return register(name, *aliases)(apply)


_reduction("sum", jnp.sum, "sum", "sum_axis", of_bools=counted)
_reduction("mean", jnp.mean, "mean", of_bools=floated)
_reduction("prod", jnp.prod, "product", of_bools=counted)
_reduction("nansum", jnp.nansum, "sum, NaN counted as 0,", of_bools=counted)
_reduction("nanprod", jnp.nanprod, "product, NaN counted as 1,", of_bools=counted)
max_ = _reduction("max", jnp.max, "maximum", "max_axis")
min_ = _reduction("min", jnp.min, "minimum", "min_axis")


def _to_the_extremes(g: Any, data: Any, output: Any, *, axis: Axis, exclude: bool, **_: Any) -> Any:
    """Every element equal to the extreme gets its whole gradient, as in MXNet."""
    axes = axes_of(axis, data.ndim, exclude)
    kept = tuple(1 if a in axes else n for a, n in enumerate(data.shape))
    return jnp.where(data == output.reshape(kept), g.reshape(kept), jnp.zeros((), g.dtype))


max_.gradient("data", "output")(_to_the_extremes)
min_.gradient("data", "output")(_to_the_extremes)


@register("norm")
def norm(
    data: Any, *, ord: int = 2, axis: Axis = None, out_dtype: DType | None = None, keepdims: bool = False
) -> Any:
    """The L1 (`ord` 1) or L2 (`ord` 2) norm over `axis`.

    data: any shape; output: the reduced shape, (1,) where nothing is left; its dtype `out_dtype`, else the data's.
    """
    if ord not in (1, 2):
        raise ValueError(f"ord must be 1 or 2, got {ord}")
    data, axes = floated(data), axes_of(axis, data.ndim, False)
    powers = data * jnp.sign(data) if ord == 1 else data * data  # the slope of jnp.abs at 0 would be 1
    out = jnp.sum(powers, axis=axes, keepdims=keepdims)
    return shaped(out if ord == 1 else jnp.sqrt(out)).astype(out_dtype or data.dtype)


@register("moments", outputs=("output0", "output1"))
def moments(data: Any, *, axes: Axis = None, keepdims: bool = False) -> Any:
    """The mean and the variance over `axes` (all if None).

    data: any shape; outputs: both of the reduced shape, (1,) where nothing is left.
    """
    data, over = floated(data), axes_of(axes, data.ndim, False)
    mean = jnp.mean(data, axis=over, keepdims=True)
    variance = jnp.mean(jnp.square(data - mean), axis=over, keepdims=keepdims)
    return shaped(mean if keepdims else jnp.squeeze(mean, over)), shaped(variance)


@register("cumsum", "_np_cumsum")
def cumsum(a: Any, *, axis: int | None = None, dtype: DType | None = None) -> Any:
    """Sums of the elements up to each one along `axis` (of the flattened array if None).

    a: any shape; output: the same shape, (size,) where `axis` is None; its dtype `dtype`, else a's.
    """
    a = counted(a)
    return jnp.cumsum(a, axis=axis, dtype=dtype or a.dtype)


@register("L2Normalization")
def l2_normalization(
    data: Any, *, eps: float = 1e-10, mode: Literal["instance", "channel", "spatial"] = "instance"
) -> Any:
    """``x / sqrt(sum(x²) + eps)``, the sum over a whole example, its channels or its places.

    data: (n, c, ...), also (n, c) for ``"instance"``; output: the same shape.
    """
    if mode != "instance" and data.ndim < 3:
        raise ValueError(f"mode {mode!r} needs (batch, channels, places …), got {data.ndim} axes")
    axes = {"instance": range(1, data.ndim), "channel": (1,), "spatial": range(2, data.ndim)}[mode]
    return data / jnp.sqrt(jnp.sum(data * data, axis=tuple(axes), keepdims=True) + eps).astype(data.dtype)


def _histogram_inputs(bin_cnt: int | None, **_: Any) -> tuple[str, ...]:
    return ("data", "bins") if bin_cnt is None else ("data",)


@register("_histogram", outputs=("output0", "output1"), used=_histogram_inputs, differentiable=False)
def histogram(
    data: Any, bins: Any = None, *, bin_cnt: int | None = None, range: tuple[float, ...] | None = None
) -> Any:
    """How many elements fall into each bin, and the bins' edges.

    data: any shape; bins: (b + 1,) edges that rise, or else `bin_cnt` equal bins over `range`;
    outputs: (b,) counts, int64, and (b + 1,) edges.
    """
    if bins is None and (bin_cnt is None or range is None):
        raise ValueError("give `bins`, or `bin_cnt` and `range`")
    if bins is None and range and bin_cnt:
        bins = jnp.linspace(range[0], range[1], bin_cnt + 1, dtype=data.dtype)
    counts, edges = jnp.histogram(data.reshape(-1), bins=bins)
    return counts.astype(jnp.int64), edges
