"""Batch normalisation: each channel to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from workbench.ops.registry import register
from workbench.types import Shape


def _norm_shapes(known: Any, *, axis: int, **_: Any) -> Any:
    if "data" not in known:
        return {}
    channels = (known["data"][axis],)
    return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_var"), channels)


@register(
    "BatchNorm",
    aux=("moving_mean", "moving_var"),
    outputs=("output", "mean", "var", "moving_mean_out", "moving_var_out"),
    visible=lambda output_mean_var, **_: 3 if output_mean_var else 1,
    writes={"moving_mean": 3, "moving_var": 4},
    train_aware=True,
    complete=_norm_shapes,
)
def batch_norm(
    data: Any,
    gamma: Any,
    beta: Any,
    moving_mean: Any,
    moving_var: Any,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    _train: bool = False,
) -> Any:
    """Normalises each channel to mean 0 and variance 1, then scales and shifts it.

    data: any shape with channels at `axis`; gamma, beta, moving_mean, moving_var: (channels,);
    output: the shape of data.  In training the batch's statistics are used and the moving ones, which
    are auxiliary states, move once a forward: ``m = momentum m + (1 - momentum) batch``.
    Source: Ioffe and Szegedy (2015).
    """
    axes, shape = _channel_axes(data, axis)
    batch = _train and not use_global_stats
    mean = jnp.mean(data, axis=axes) if batch else moving_mean
    var = jnp.mean(jnp.square(data - mean.reshape(shape)), axis=axes) if batch else moving_var
    scale = lax.rsqrt(var + jnp.asarray(eps, var.dtype))
    scale = scale if fix_gamma else scale * gamma
    out = (data - mean.reshape(shape)) * scale.reshape(shape) + beta.reshape(shape)
    keep = momentum if batch else 1.0
    moved = [keep * old + (1 - keep) * new for old, new in ((moving_mean, mean), (moving_var, var))]
    return out.astype(data.dtype), mean, var, *moved


def _channel_axes(data: Any, axis: int) -> tuple[Shape, Shape]:
    axis %= data.ndim
    axes = tuple(i for i in range(data.ndim) if i != axis)
    return axes, tuple(n if i == axis else 1 for i, n in enumerate(data.shape))


@batch_norm.gradient("data", "gamma", "mean", "var")
def _batch_norm_gradient(
    g: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    var: Any,
    *,
    eps: float,
    fix_gamma: bool,
    use_global_stats: bool,
    axis: int,
    _train: bool,
    **_: Any,
) -> Any:
    """Keeps the input and two numbers a channel, not the normalised copy of the input."""
    cotangent = jnp.zeros_like(data) if g[0] is None else g[0]
    axes, shape = _channel_axes(data, axis)
    inverse = lax.rsqrt(var + jnp.asarray(eps, var.dtype))
    normal = (data - mean.reshape(shape)) * inverse.reshape(shape)
    g_beta = jnp.sum(cotangent, axis=axes)
    g_gamma = jnp.sum(cotangent * normal, axis=axes)
    scale = (inverse if fix_gamma else inverse * gamma).reshape(shape)
    if _train and not use_global_stats:
        count = data.size // mean.size
        centred = cotangent - (g_beta.reshape(shape) + normal * g_gamma.reshape(shape)) / count
        g_data = centred * scale
    else:
        g_data = cotangent * scale
    return g_data, jnp.zeros_like(gamma) if fix_gamma else g_gamma, g_beta, None, None
