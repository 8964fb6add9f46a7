"""Neural-network operators against plain loops over windows and the published formulas."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.ops.case import Case, apart, between, case, each_shape, positive, real


def dense(x, w, b=0.0, num_hidden=0, no_bias=False, flatten=True):
    return (x.reshape(len(x), -1) if flatten else x) @ w.T + b


def windows(x, kernel, stride, dilate):
    """Every window of x over its spatial axes: (n, c, *out, *kernel)."""
    space = len(kernel)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilate, strict=True))
    view = sliding_window_view(x, spans, tuple(range(2, 2 + space)))
    starts = tuple(slice(None, None, s) for s in stride)
    holes = tuple(slice(None, None, d) for d in dilate)
    return view[(slice(None), slice(None), *starts, *holes)]


def padded(x, low, high, value=0.0):
    return np.pad(x, [(0, 0), (0, 0), *zip(low, high, strict=True)], constant_values=value)


def convolve(x, w, b=None, kernel=(), num_filter=0, stride=(), dilate=(), pad=(), num_group=1, no_bias=False):
    ndim = len(kernel)
    pad = pad or (0,) * ndim
    seen = windows(padded(x, pad, pad), kernel, stride or (1,) * ndim, dilate or (1,) * ndim)
    channels, filters = x.shape[1] // num_group, num_filter // num_group
    outputs = []
    for g in range(num_group):
        part = seen[:, g * channels : (g + 1) * channels]
        weights = w[g * filters : (g + 1) * filters]
        axes = [1, *range(2 + ndim, 2 + 2 * ndim)]
        outputs.append(np.moveaxis(np.tensordot(part, weights, (axes, [1, *range(2, 2 + ndim)])), -1, 1))
    out = np.concatenate(outputs, axis=1)
    return out if b is None else out + b.reshape(1, -1, *(1,) * ndim)


def pool(
    x,
    kernel=(),
    pool_type="max",
    global_pool=False,
    pooling_convention="valid",
    stride=(),
    pad=(),
    count_include_pad=True,
):
    """One output at a time, as MXNet's documentation describes it."""
    space = x.shape[2:]
    if global_pool:
        return {"max": np.max, "avg": np.mean, "sum": np.sum}[pool_type](
            x, axis=tuple(range(2, x.ndim)), keepdims=True
        )
    stride, pad = stride or (1,) * len(space), pad or (0,) * len(space)
    rounded = math.ceil if pooling_convention == "full" else math.floor
    out_shape = [
        rounded((n + 2 * p - k) / s) + 1 for n, p, k, s in zip(space, pad, kernel, stride, strict=True)
    ]
    out = np.zeros((*x.shape[:2], *out_shape))
    for place in np.ndindex(*out_shape):
        starts = [i * s - p for i, s, p in zip(place, stride, pad, strict=True)]
        ends = [min(a + k, n + p) for a, k, n, p in zip(starts, kernel, space, pad, strict=True)]
        inside = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(starts, ends, space, strict=True))
        part = x[(slice(None), slice(None), *inside)].reshape(*x.shape[:2], -1)
        count = (
            math.prod(b - a for a, b in zip(starts, ends, strict=True))
            if count_include_pad
            else part.shape[-1]
        )
        made = {"max": part.max(-1), "sum": part.sum(-1), "avg": part.sum(-1) / count}[pool_type]
        out[(slice(None), slice(None), *place)] = made
    return out


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh,
    "softrelu": lambda x: np.log1p(np.exp(x)), "softsign": lambda x: x / (1 + np.abs(x)),
}  # fmt: skip
erf = np.vectorize(math.erf, otypes=[float])
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017), section 2


def leaky(x, gamma=None, act_type="leaky", slope=0.25):
    if act_type == "gelu":
        return x * (1 + erf(x / math.sqrt(2))) / 2
    if act_type == "selu":
        return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x))
    if act_type == "elu":
        return np.where(x > 0, x, slope * np.expm1(x))
    lower = gamma.reshape(1, -1, *(1,) * (x.ndim - 2)) if act_type == "prelu" else slope
    return np.where(x > 0, x, lower * x)


def softmax(x, axis=-1, temperature=None):
    e = np.exp(x / (temperature or 1.0))
    return e / e.sum(axis=axis, keepdims=True)


def instance_softmax(x, mode="instance"):
    return softmax(x, 1) if mode == "channel" else softmax(x.reshape(len(x), -1), 1).reshape(x.shape)


def normalise(train):
    def apply(
        x, gamma, beta, mean, var, eps=1e-3, momentum=0.9, fix_gamma=True,
        use_global_stats=False, output_mean_var=False, axis=1,
    ):  # fmt: skip
        axes = tuple(a for a in range(x.ndim) if a != axis % x.ndim)
        shape = [n if a == axis % x.ndim else 1 for a, n in enumerate(x.shape)]
        batch = train and not use_global_stats
        used_mean, used_var = (x.mean(axes), x.var(axes)) if batch else (mean, var)
        scale = (1.0 if fix_gamma else gamma) / np.sqrt(used_var + eps)
        out = (x - used_mean.reshape(shape)) * np.reshape(
            scale * np.ones_like(used_var), shape
        ) + beta.reshape(shape)
        keep = momentum if batch else 1.0
        moved = [keep * old + (1 - keep) * new for old, new in ((mean, used_mean), (var, used_var))]
        visible = [out, used_mean, used_var] if output_mean_var else [out]
        return [*visible, *moved]

    return apply


CASES: list[Case] = [
    case("FullyConnected", dense, real(3, 4), real(2, 4), real(2), num_hidden=2),
    case("FullyConnected", dense, real(3, 2, 2), real(5, 4), real(5), num_hidden=5),
    case("FullyConnected", dense, real(3, 4), real(2, 4), num_hidden=2, no_bias=True),
    case("FullyConnected", dense, real(2, 3, 4), real(2, 4), real(2), num_hidden=2, flatten=False),
    case("Convolution", convolve, real(2, 2, 5, 4), real(3, 2, 3, 2), real(3), kernel=(3, 2), num_filter=3),
    case(
        "Convolution", convolve, real(1, 2, 6, 5), real(2, 2, 3, 3), real(2),
        kernel=(3, 3), num_filter=2, stride=(2, 1), pad=(1, 2),
    ),
    case(
        "Convolution", convolve, real(1, 4, 5, 5), real(4, 2, 2, 2),
        kernel=(2, 2), num_filter=4, num_group=2, dilate=(2, 1), no_bias=True,
    ),
    case("Convolution", convolve, real(2, 1, 6), real(2, 1, 3), real(2), kernel=(3,), num_filter=2, pad=(1,)),
    case(
        "Convolution", convolve, real(1, 1, 3, 3, 3), real(1, 1, 2, 2, 2), real(1),
        kernel=(2, 2, 2), num_filter=1, stride=(1, 1, 1),
    ),
]  # fmt: skip
for pool_type in ("max", "avg", "sum"):
    facts = {"pool_type": pool_type}
    CASES += [
        case("Pooling", pool, apart(1, 2, 4, 6), kernel=(2, 3), stride=(2, 3), **facts),
        case("Pooling", pool, apart(1, 2, 5, 4), kernel=(3, 2), **facts),
        case("Pooling", pool, apart(1, 1, 5, 5), kernel=(2, 2), stride=(2, 2), pad=(1, 1), **facts),
        case(
            "Pooling",
            pool,
            apart(1, 1, 6, 6),
            kernel=(3, 3),
            stride=(2, 2),
            pooling_convention="full",
            **facts,
        ),
        case("Pooling", pool, apart(2, 2, 3, 3), global_pool=True, **facts),
        case("Pooling", pool, apart(1, 2, 6), kernel=(2,), stride=(2,), **facts),
    ]
CASES += [
    case("Pooling", pool, apart(1, 1, 5, 5), kernel=(3, 3), stride=(2, 2), pad=(1, 1), **facts)
    for facts in (
        {"pool_type": "avg", "count_include_pad": False},
        {"pool_type": "avg", "pooling_convention": "full"},
        {"pool_type": "avg", "pooling_convention": "full", "count_include_pad": False},
    )
]
for act_type, fn in ACTIVATIONS.items():
    draws = [real(3, 4), real(2, 2, 3)]
    CASES += each_shape("Activation", lambda x, act_type, fn=fn: fn(x), draws, act_type=act_type)
for act_type in ("leaky", "elu", "selu", "gelu"):
    CASES += each_shape("LeakyReLU", leaky, [real(3, 4), real(2, 2, 3)], act_type=act_type)
CASES += [
    case("LeakyReLU", leaky, real(3, 4), slope=0.1),
    case("LeakyReLU", leaky, real(3, 4), positive(4), act_type="prelu"),
    case("LeakyReLU", leaky, real(2, 3, 2, 2), positive(3), act_type="prelu"),
]
for op, fn in {"softmax": softmax, "log_softmax": lambda x, **k: np.log(softmax(x, **k))}.items():
    CASES += [
        case(op, fn, real(3, 4)),
        case(op, fn, real(2, 3, 2), axis=1),
        case(op, fn, real(3, 4), axis=0, temperature=2.0),
    ]
CASES += [
    case("SoftmaxActivation", instance_softmax, real(3, 4)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2), mode="channel"),
]


def norm_case(shape, channels, train, **attrs):
    state = (between(-0.5, 0.5, channels), positive(channels))
    inputs = (real(*shape), positive(channels), real(channels), *state)
    return case("BatchNorm", normalise(train), *inputs, train=train, **attrs)


CASES += [
    norm_case(shape, channels, train, **attrs)
    for train in (False, True)
    for shape, channels, attrs in (
        ((4, 3), 3, {}),
        ((2, 3, 2, 2), 3, {"fix_gamma": False, "momentum": 0.7}),
        ((2, 3, 2), 2, {"fix_gamma": False, "axis": -1, "eps": 1e-2}),
        ((4, 3), 3, {"use_global_stats": True, "fix_gamma": False}),
        ((4, 3), 3, {"output_mean_var": True}),
    )
]
