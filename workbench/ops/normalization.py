"""Normalisation within one example: over features, over space, over groups of channels, and between channels.

The first three are one computation with different axes, and one gradient, which keeps the input and two numbers a
statistic instead of the normalised copy of the input.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from workbench.ops.registry import register
from workbench.types import Shape

STATISTICS = ("output", "mean", "std")


def _normalise(data: Any, gamma: Any, beta: Any, eps: float, over: Shape, along: int) -> tuple[Any, Any, Any]:
    """Normalises over some axes, then scales and shifts by a number for each place along one."""
    mean = jnp.mean(data, over, keepdims=True)
    centred = data - mean
    std = jnp.sqrt(jnp.mean(jnp.square(centred), over, keepdims=True) + jnp.asarray(eps, data.dtype))
    shape = tuple(n if i == along else 1 for i, n in enumerate(data.shape))
    return centred / std * gamma.reshape(shape) + beta.reshape(shape), mean, std


def _pull(
    g: Any, data: Any, gamma: Any, mean: Any, std: Any, over: Shape, along: int
) -> tuple[Any, Any, Any]:
    """The gradient of `_normalise` with respect to data, gamma and beta."""
    cotangent, g_mean, g_std = (
        jnp.zeros_like(like) if given is None else given.reshape(like.shape)
        for given, like in zip(g, (data, mean, std), strict=True)
    )
    normal = (data - mean) / std
    shape = tuple(n if i == along else 1 for i, n in enumerate(data.shape))
    scaled = cotangent * gamma.reshape(shape) / std
    count = data.size // mean.size
    even = g_mean / count - jnp.mean(scaled, over, keepdims=True)
    slope = g_std / count - jnp.mean(scaled * normal, over, keepdims=True)
    others = tuple(i for i in range(data.ndim) if i != along)
    return scaled + even + normal * slope, jnp.sum(cotangent * normal, others), jnp.sum(cotangent, others)


def _visible(*, output_mean_var: bool, **_: Any) -> int:
    return 3 if output_mean_var else 1


def _along(axis: int) -> Any:
    """Completes gamma and beta: a number for each place along `axis`, or along the attribute of that name."""
    return lambda known, axis=axis, **_: (
        dict.fromkeys(("gamma", "beta"), (known["data"][axis],)) if "data" in known else {}
    )


@register("LayerNorm", outputs=STATISTICS, visible=_visible, complete=_along(-1))
def layer_norm(
    data: Any, gamma: Any, beta: Any, *, axis: int = -1, eps: float = 1e-5, output_mean_var: bool = False
) -> Any:
    """Normalises each example's features along `axis` to mean 0 and variance 1, then scales and shifts them.

    data: any shape; gamma, beta: (features,); output: the shape of data; with `output_mean_var` also the mean and
    the deviation ``sqrt(var + eps)``, of data's shape with 1 at `axis`.
    Source: Ba, Kiros and Hinton (2016).
    """
    return _normalise(data, gamma, beta, eps, (axis % data.ndim,), axis % data.ndim)


@layer_norm.gradient("data", "gamma", "mean", "std")
def _layer_norm_gradient(g: Any, data: Any, gamma: Any, mean: Any, std: Any, *, axis: int, **_: Any) -> Any:
    return _pull(g, data, gamma, mean, std, (axis % data.ndim,), axis % data.ndim)


@register("InstanceNorm", outputs=STATISTICS, visible=1, complete=_along(1))
def instance_norm(data: Any, gamma: Any, beta: Any, *, eps: float = 1e-3) -> Any:
    """Normalises each channel of each example over space, then scales and shifts it.

    data: (n, c, *space); gamma, beta: (c,); output: the shape of data.
    Source: Ulyanov, Vedaldi and Lempitsky (2016).
    """
    return _normalise(data, gamma, beta, eps, tuple(range(2, data.ndim)), 1)


@instance_norm.gradient("data", "gamma", "mean", "std")
def _instance_norm_gradient(g: Any, data: Any, gamma: Any, mean: Any, std: Any, *, eps: float) -> Any:
    return _pull(g, data, gamma, mean, std, tuple(range(2, data.ndim)), 1)


def _group_shapes(known: Any, *, num_groups: int, **_: Any) -> Any:
    return dict.fromkeys(("gamma", "beta"), (num_groups,))


@register("GroupNorm", outputs=STATISTICS, visible=_visible, complete=_group_shapes)
def group_norm(
    data: Any, gamma: Any, beta: Any, *, num_groups: int = 1, eps: float = 1e-5, output_mean_var: bool = False
) -> Any:
    """Normalises each group of channels of each example, then scales and shifts it.

    data: (n, c, *space); gamma, beta: (num_groups,), as in MXNet 1.9; output: the shape of data; with
    `output_mean_var` also the mean and the deviation ``sqrt(var + eps)``, (n, num_groups).
    Source: Wu and He (2018).
    """
    if num_groups < 1 or data.shape[1] % num_groups:
        raise ValueError(f"{data.shape[1]} channels can't be split into {num_groups} groups")
    grouped = data.reshape(data.shape[0], num_groups, -1)
    out, mean, std = _normalise(grouped, gamma, beta, eps, (2,), 1)
    return out.reshape(data.shape), mean[..., 0], std[..., 0]


@group_norm.gradient("data", "gamma", "mean", "std")
def _group_norm_gradient(
    g: Any, data: Any, gamma: Any, mean: Any, std: Any, *, num_groups: int, **_: Any
) -> Any:
    shape = (data.shape[0], num_groups, -1)
    g_data, g_gamma, g_beta = _pull(g, data.reshape(shape), gamma, mean[..., None], std[..., None], (2,), 1)
    return g_data.reshape(data.shape), g_gamma, g_beta


@register("LRN")
def lrn(data: Any, *, nsize: int, alpha: float = 1e-4, beta: float = 0.75, knorm: float = 2.0) -> Any:
    """Divides each channel by how active its `nsize` neighbours are: ``x / (knorm + alpha / nsize Σ x²)^beta``.

    data: (n, c, *space); output: the same shape.  `nsize` is odd.
    Source: Krizhevsky, Sutskever and Hinton (2012), section 3.3.
    """
    if nsize % 2 == 0:
        raise ValueError(f"nsize must be odd, for as many neighbours on either side, got {nsize}")
    half = nsize // 2
    squares = jnp.pad(jnp.square(data), [(0, 0), (half, half), *[(0, 0)] * (data.ndim - 2)])
    near = sum(lax.slice_in_dim(squares, i, i + data.shape[1], 1, 1) for i in range(nsize))
    return data * (knorm + alpha / nsize * near) ** -beta
