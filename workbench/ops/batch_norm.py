"""Batch normalisation: each channel to mean 0 and variance 1 over the batch."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
from jax import lax

from workbench.errors import NotSupportedError
from workbench.ops.registry import register
from workbench.types import Shape

INPUTS = ("gamma", "beta", "moving_mean", "moving_var")
FACTS: dict[str, Any] = {
    "aux": ("moving_mean", "moving_var"),
    "outputs": ("output", "mean", "var", "moving_mean_out", "moving_var_out"),
    "visible": lambda output_mean_var, **_: 3 if output_mean_var else 1,
    "writes": {"moving_mean": 3, "moving_var": 4},
    "train_aware": True,
}


def _shapes(known: Any, *, axis: int = 1, **_: Any) -> Any:
    return dict.fromkeys(INPUTS, (known["data"][axis],)) if "data" in known else {}


def _channel_axes(data: Any, axis: int) -> tuple[Shape, Shape]:
    axis %= data.ndim
    axes = tuple(i for i in range(data.ndim) if i != axis)
    return axes, tuple(n if i == axis else 1 for i, n in enumerate(data.shape))


@register("BatchNorm", "BatchNorm_v1", complete=_shapes, **FACTS)
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
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    _train: bool = False,
) -> Any:
    """Normalises each channel to mean 0 and variance 1, then scales and shifts it.

    data: any shape with channels at `axis`; gamma, beta, moving_mean, moving_var: (channels,);
    output: the shape of data.  In training the batch's statistics are used and the moving ones, which
    are auxiliary states, move once a forward: ``m = momentum m + (1 - momentum) batch``.
    With `output_mean_var` the mean and, as in MXNet, the inverse deviation ``1 / sqrt(var + eps)`` are outputs too.
    Source: Ioffe and Szegedy (2015).
    """
    if min_calib_range is not None or max_calib_range is not None:
        raise NotSupportedError(
            "BatchNorm(): calibration ranges are for quantized networks, which are not supported"
        )
    axes, shape = _channel_axes(data, axis)
    batch = _train and not use_global_stats
    images = data.astype(_wide(data))
    mean = jnp.mean(images, axis=axes) if batch else moving_mean
    var = jnp.mean(jnp.square(images - mean.reshape(shape)), axis=axes) if batch else moving_var
    inverse = lax.rsqrt(var + jnp.asarray(eps, var.dtype))
    scale = inverse if fix_gamma else inverse * gamma
    out = (images - mean.reshape(shape)) * scale.reshape(shape) + beta.reshape(shape)
    keep = momentum if batch else 1.0
    moved = [
        (keep * old + (1 - keep) * new).astype(old.dtype)
        for old, new in ((moving_mean, mean), (moving_var, var))
    ]
    kind = data.dtype if batch else mean.dtype
    return out.astype(data.dtype), mean.astype(kind), inverse.astype(kind), *moved


def _wide(data: Any) -> Any:
    """The type to compute in: sums of 16-bit numbers need not fit in 16 bits."""
    return jnp.promote_types(data.dtype, jnp.float32)


@batch_norm.gradient("data", "gamma", "mean", "var")
def _batch_norm_gradient(
    g: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    inverse: Any,
    *,
    fix_gamma: bool,
    use_global_stats: bool,
    axis: int = 1,
    _train: bool,
    **_: Any,
) -> Any:
    """Keeps the input and two numbers a channel, not the normalised copy of the input."""
    wide = _wide(data)
    cotangent, g_mean, g_inverse = (
        jnp.zeros(like.shape, wide) if given is None else given.astype(wide)
        for given, like in zip(g[:3], (data, mean, inverse), strict=True)
    )
    axes, shape = _channel_axes(data, axis)
    mean, inverse = mean.astype(wide), inverse.astype(wide)
    centred = data.astype(wide) - mean.reshape(shape)
    g_beta = jnp.sum(cotangent, axis=axes)
    g_gamma = inverse * jnp.sum(cotangent * centred, axis=axes)
    scale = inverse if fix_gamma else inverse * gamma
    g_data = cotangent * scale.reshape(shape)
    if _train and not use_global_stats:
        count = data.size // mean.size
        even = (g_mean - scale * g_beta) / count
        along = (scale * g_gamma + g_inverse * jnp.square(inverse)) / count * inverse
        g_data = g_data + even.reshape(shape) - centred * along.reshape(shape)
    of_gamma = jnp.zeros_like(gamma) if fix_gamma else g_gamma.astype(gamma.dtype)
    return g_data.astype(data.dtype), of_gamma, g_beta.astype(gamma.dtype), None, None


@register("_contrib_SyncBatchNorm", complete=_shapes, **FACTS)
def sync_batch_norm(
    data: Any,
    gamma: Any,
    beta: Any,
    moving_mean: Any,
    moving_var: Any,
    *,
    key: str,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: int = 1,
    _train: bool = False,
) -> Any:
    """`BatchNorm` over axis 1, of one device; on several (`ndev`) it would have to wait for the others.

    data: (n, c, ...); gamma, beta, moving_mean, moving_var: (c,); output: the shape of data.  With
    `output_mean_var` the mean and the variance are outputs too.
    """
    if ndev != 1:
        raise NotSupportedError(
            f"SyncBatchNorm(): ndev={ndev} is not supported; BatchNorm normalises by each device's own statistics"
        )
    out, mean, inverse, *moved = batch_norm.fn(
        data,
        gamma,
        beta,
        moving_mean,
        moving_var,
        eps=eps,
        momentum=momentum,
        fix_gamma=fix_gamma,
        use_global_stats=use_global_stats,
        _train=_train,
    )
    return out, mean, inverse**-2 - jnp.asarray(eps, inverse.dtype), *moved


@sync_batch_norm.gradient("data", "gamma", "mean", "var")
def _sync_batch_norm_gradient(g: Any, data: Any, gamma: Any, mean: Any, var: Any, **attrs: Any) -> Any:
    inverse = lax.rsqrt(var + jnp.asarray(attrs["eps"], var.dtype))
    g_inverse = None if g[2] is None else -2 * g[2] * inverse**-3
    return _batch_norm_gradient((*g[:2], g_inverse, *g[3:]), data, gamma, mean, inverse, **attrs)


@register("_contrib_BatchNormWithReLU", complete=_shapes, **FACTS)
@functools.wraps(batch_norm.fn, assigned=("__annotations__",))  # it takes what `BatchNorm` takes
def batch_norm_relu(*tensors: Any, **attrs: Any) -> Any:
    """`BatchNorm`, then the rectifier.

    data: any shape with channels at `axis`; gamma, beta, moving_mean, moving_var: (channels,);
    output: the shape of data.
    """
    out, *others = batch_norm.fn(*tensors, **attrs)
    return jnp.maximum(out, 0), *others


@batch_norm_relu.gradient("output", "data", "gamma", "mean", "var")
def _batch_norm_relu_gradient(g: Any, output: Any, *kept: Any, **attrs: Any) -> Any:
    passed = None if g[0] is None else jnp.where(output > 0, g[0], 0)
    return _batch_norm_gradient((passed, *g[1:]), *kept, **attrs)
