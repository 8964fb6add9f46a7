"""Neural-network operators in MXNet's layout: batch first, then channels, then space."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax

from workbench.errors import ArgumentError, NotSupportedError
from workbench.ops.random import key_of
from workbench.ops.registry import register
from workbench.types import Shape


def _with_bias(data: tuple[str, ...] = ("data", "weight", "bias")) -> Any:
    return lambda no_bias, **_: data[:2] if no_bias else data


def _dense_shapes(known: Any, *, num_hidden: int, flatten: bool, **_: Any) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_hidden,)}
    if "data" in known:
        width = 1
        for n in known["data"][1:] if flatten else known["data"][-1:]:
            width *= n
        shapes["weight"] = (num_hidden, width)
    return shapes


@register("FullyConnected", used=_with_bias(), complete=_dense_shapes)
def fully_connected(
    data: Any, weight: Any, bias: Any = None, *, num_hidden: int, no_bias: bool = False, flatten: bool = True
) -> Any:
    """``data @ weight.T + bias``, the dense layer.

    data: (n, ...), its axes after the first joined unless `flatten` is off; weight: (num_hidden, k);
    bias: (num_hidden,); output: (n, num_hidden), or (..., num_hidden) without `flatten`.
    """
    rows = data.reshape(data.shape[0], math.prod(data.shape[1:])) if flatten else data
    out = jnp.matmul(rows, weight.T)
    return out if bias is None else out + bias


def _spatial(value: Shape, ndim: int, default: int) -> Shape:
    return value or (default,) * ndim


def _check_windows(data: Any, kernel: Shape, strides: Shape, dilates: Shape, pads: Shape) -> None:
    """A window must move on, and fit in at least once; JAX would give an empty output for one that does not."""
    for lengths in (strides, dilates, pads):
        if len(lengths) != len(kernel):
            raise ValueError(
                f"{lengths} has {len(lengths)} entries for the {len(kernel)} axes of kernel {kernel}"
            )
    if min((*kernel, *strides, *dilates)) < 1 or min(pads) < 0:
        raise ValueError(
            f"kernel {kernel}, stride {strides} and dilate {dilates} must be 1 or more, pad {pads} 0 or more"
        )
    for size, k, d, p in zip(data.shape[2:], kernel, dilates, pads, strict=True):
        if (reach := d * (k - 1) + 1) > size + 2 * p:
            raise ValueError(
                f"a kernel that reaches over {reach} does not fit into {size} padded by {p} at each end"
            )


def _conv_shapes(known: Any, *, kernel: Shape, num_filter: int, num_group: int, **_: Any) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_filter,)}
    if "data" in known:
        shapes["weight"] = (num_filter, known["data"][1] // num_group, *kernel)
    return shapes


@register("Convolution", used=_with_bias(), complete=_conv_shapes)
def convolution(
    data: Any,
    weight: Any,
    bias: Any = None,
    *,
    kernel: Shape,
    num_filter: int,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    num_group: int = 1,
    no_bias: bool = False,
    workspace: int = 1024,
    cudnn_tune: str | None = None,
    cudnn_off: bool = False,
    layout: str | None = None,
) -> Any:
    """Cross-correlation over 1 to 3 spatial axes.

    data: (n, c, *space); weight: (num_filter, c / num_group, *kernel); bias: (num_filter,);
    output: (n, num_filter, *out) with out = (space + 2 pad - dilate (kernel - 1) - 1) // stride + 1.
    `workspace` and the cudnn_* options are accepted for MXNet programs; XLA chooses for itself.
    """
    ndim = len(kernel)
    if data.ndim != ndim + 2:
        raise ValueError(f"a kernel of {ndim} axes needs data of {ndim + 2} axes, got {data.ndim}")
    if layout not in (None, "NCW", "NCHW", "NCDHW"):
        raise NotSupportedError(
            f"Convolution(): layout {layout!r} is not supported; data must be batch, channels, space"
        )
    strides, dilates, pads = _spatial(stride, ndim, 1), _spatial(dilate, ndim, 1), _spatial(pad, ndim, 0)
    _check_windows(data, kernel, strides, dilates, pads)
    letters = "DHW"[-ndim:]
    out = lax.conv_general_dilated(
        data,
        weight,
        strides,
        [(p, p) for p in pads],
        rhs_dilation=dilates,
        dimension_numbers=(f"NC{letters}", f"OI{letters}", f"NC{letters}"),
        feature_group_count=num_group,
    )
    return out if bias is None else out + bias.reshape(1, -1, *(1,) * ndim)


def _padding(size: int, kernel: int, stride: int, pad: int, full: bool) -> tuple[int, int]:
    if not full:
        return (pad, pad)
    # "full" rounds the number of windows up: pad the end until the last one fits.
    windows = -(-(size + 2 * pad - kernel) // stride) + 1
    return (pad, max(pad, (windows - 1) * stride + kernel - size - pad))


def _tiles(data: Any, kernel: Shape) -> Any:
    """Windows that neither overlap nor leave a rest, as axes of their own."""
    split: list[int] = []
    for size, k in zip(data.shape[2:], kernel, strict=True):
        split += [size // k, k]
    return data.reshape(*data.shape[:2], *split)


@register("Pooling")
def pooling(
    data: Any,
    *,
    kernel: Shape = (),
    pool_type: Literal["max", "avg", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full"] = "valid",
    stride: Shape = (),
    pad: Shape = (),
    count_include_pad: bool = True,
    cudnn_off: bool = False,
) -> Any:
    """The maximum, mean or sum over windows.

    data: (n, c, *space); output: (n, c, *out), out = 1 if `global_pool`, else
    (space + 2 pad - kernel) // stride + 1, rounded up under the convention ``"full"``.
    """
    ndim = data.ndim - 2
    axes = tuple(range(2, data.ndim))
    if global_pool:
        return _REDUCTIONS[pool_type](data, axis=axes, keepdims=True)
    if len(kernel) != ndim:
        raise ValueError(f"data of {data.ndim} axes needs a kernel of {ndim}, got {kernel}")
    strides, pads = _spatial(stride, ndim, 1), _spatial(pad, ndim, 0)
    _check_windows(data, kernel, strides, (1,) * ndim, pads)
    whole = all(s % k == 0 for s, k in zip(data.shape[2:], kernel, strict=True))
    if strides == kernel and not any(pads) and whole:
        # Adjoining windows are axes to reduce; XLA's window gradient is far slower on a CPU.
        return _REDUCTIONS[pool_type](_tiles(data, kernel), axis=tuple(range(3, 3 + 2 * ndim, 2)))
    padding = [
        _padding(*each, pooling_convention == "full")
        for each in zip(data.shape[2:], kernel, strides, pads, strict=True)
    ]
    window = ((1, 1, *kernel), (1, 1, *strides), [(0, 0), (0, 0), *padding])
    if pool_type == "max":
        return lax.reduce_window(data, -jnp.inf, lax.max, *window)
    total = lax.reduce_window(data, 0.0, lax.add, *window)
    if pool_type == "sum":
        return total
    return total / _window_sizes(data, kernel, strides, pads, padding, count_include_pad).astype(data.dtype)


def _window_sizes(
    data: Any, kernel: Shape, strides: Shape, pads: Shape, padding: list[tuple[int, int]], include_pad: bool
) -> Any:
    """How many elements each mean is over: what "full" adds at the end never counts."""
    ones = jnp.ones(data.shape[2:])
    if include_pad:
        ones = jnp.pad(ones, [(p, p) for p in pads], constant_values=1)
        padding = [(low - p, high - p) for (low, high), p in zip(padding, pads, strict=True)]
    return lax.reduce_window(ones, 0.0, lax.add, kernel, strides, padding)


_REDUCTIONS: dict[str, Callable[..., Any]] = {"max": jnp.max, "avg": jnp.mean, "sum": jnp.sum}


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: jnp.maximum(x, jnp.zeros((), x.dtype)),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softrelu": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
}
_SLOPES = {
    "relu": lambda y: (y > 0).astype(y.dtype),
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "softrelu": lambda y: 1 - jnp.exp(-y),
    "softsign": lambda y: jnp.square(1 - jnp.abs(y)),
}


@register("Activation")
def activation(data: Any, *, act_type: Literal["relu", "sigmoid", "tanh", "softrelu", "softsign"]) -> Any:
    """An elementwise non-linearity.

    data: any shape; output: the same shape and dtype.  The gradient is taken from the output.
    """
    return _ACTIVATIONS[act_type](data)


@activation.gradient("output")
def _activation_gradient(g: Any, output: Any, *, act_type: str) -> Any:
    return g * _SLOPES[act_type](output)


@register(
    "LeakyReLU",
    used=lambda act_type, **_: ("data", "gamma") if act_type == "prelu" else ("data",),
    complete=lambda known, **_: {"gamma": (known["data"][1],)} if {*known} == {"data"} else {},
)
def leaky_relu(
    data: Any,
    gamma: Any = None,
    *,
    act_type: Literal["leaky", "elu", "prelu", "selu", "gelu"] = "leaky",
    slope: float = 0.25,
) -> Any:
    """A rectifier with a slope for negative inputs (`slope`; learned, one a channel, for ``prelu``).

    data: (n, c, ...); gamma: (c,), ``prelu`` only; output: the shape of data.
    """
    if act_type == "elu":
        return jnp.where(data > 0, data, slope * jnp.expm1(data))
    if act_type == "selu":
        return jax.nn.selu(data)
    if act_type == "gelu":
        return jax.nn.gelu(data, approximate=False)
    lower = slope if act_type == "leaky" else gamma.reshape(1, -1, *(1,) * (data.ndim - 2))
    return jnp.where(data > 0, data, lower * data)


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


def _drop_mask(shape: Shape, dtype: Any, key: Any, p: float, axes: Shape) -> Any:
    drawn = tuple(1 if i in axes else n for i, n in enumerate(shape))
    keep = jax.random.bernoulli(key_of(key), 1 - p, drawn)
    return jnp.where(keep, jnp.asarray(1 / (1 - p), dtype), jnp.zeros((), dtype))


@register("Dropout", random=True, train_aware=True)
def dropout(
    data: Any,
    *,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: Shape = (),
    cudnn_off: bool = False,
    _train: bool = False,
    _key: Any = None,
) -> Any:
    """Zeroes each element with probability `p` and scales the others by 1 / (1 - p); in training only.

    data: any shape; output: the same.  `axes` share one draw.  The gradient redraws the mask from its
    key, so none is kept.  Source: Srivastava et al. (2014).
    """
    if not 0 <= p < 1:
        raise ArgumentError(f"Dropout(): p must be in [0, 1), got {p}")
    active = (_train or mode == "always") and p > 0
    return data * _drop_mask(data.shape, data.dtype, _key, p, axes) if active else data


@dropout.gradient("_key")
def _dropout_gradient(g: Any, key: Any, *, p: float, mode: str, axes: Shape, _train: bool, **_: Any) -> Any:
    active = (_train or mode == "always") and p > 0
    return g * _drop_mask(g.shape, g.dtype, key, p, axes) if active else g


@register("softmax")
def softmax(data: Any, *, axis: int = -1, temperature: float | None = None) -> Any:
    """``exp(x / temperature)`` normalised to sum 1 along `axis`.

    data: any shape; output: the same shape and dtype.
    """
    return jax.nn.softmax(data if temperature is None else data / temperature, axis=axis)


@softmax.gradient("output")
def _softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None) -> Any:
    inner = output * (g - jnp.sum(g * output, axis=axis, keepdims=True))
    return inner if temperature is None else inner / temperature


@register("log_softmax")
def log_softmax(data: Any, *, axis: int = -1, temperature: float | None = None) -> Any:
    """The logarithm of the softmax along `axis`.

    data: any shape; output: the same shape and dtype.
    """
    return jax.nn.log_softmax(data if temperature is None else data / temperature, axis=axis)


@log_softmax.gradient("output")
def _log_softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None) -> Any:
    inner = g - jnp.exp(output) * jnp.sum(g, axis=axis, keepdims=True)
    return inner if temperature is None else inner / temperature


@register("SoftmaxActivation")
def softmax_activation(data: Any, *, mode: Literal["instance", "channel"] = "instance") -> Any:
    """Softmax over all axes but the first (``instance``) or over axis 1 (``channel``).

    data: (n, ...); output: the same shape.
    """
    if mode == "channel":
        return jax.nn.softmax(data, axis=1)
    return jax.nn.softmax(data.reshape(data.shape[0], -1), axis=1).reshape(data.shape)
