"""Convolutions in MXNet's layout: batch first, then channels, then space."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from workbench.errors import NotSupportedError
from workbench.ops.dense import check_dtypes, with_bias
from workbench.ops.registry import register
from workbench.ops.window import (
    channels_last,
    check_axes,
    check_lengths,
    check_windows,
    spatial,
    to_channels_first,
    to_channels_last,
)
from workbench.types import Shape


def _numbers(ndim: int) -> tuple[str, str, str]:
    letters = "DHW"[-ndim:]
    return (f"NC{letters}", f"OI{letters}", f"NC{letters}")


def _conv_shapes(
    known: Any, *, kernel: Shape, num_filter: int, num_group: int, layout: str | None, **_: Any
) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_filter,)}
    if "data" in known:
        last = channels_last(layout, len(kernel), "Convolution")
        channels = known["data"][-1 if last else 1] // num_group
        shapes["weight"] = (num_filter, *kernel, channels) if last else (num_filter, channels, *kernel)
    return shapes


@register("Convolution", "Convolution_v1", used=with_bias, complete=_conv_shapes)
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
    In a `layout` that ends in C the channels stand last, in the weight too.
    `workspace` and the cudnn_* options are accepted for MXNet programs; XLA chooses for itself.
    """
    ndim = len(kernel)
    check_axes(data, kernel)
    check_dtypes(data, weight)
    last = channels_last(layout, ndim, "Convolution")
    if last:
        data, weight = to_channels_first(data), to_channels_first(weight)
    strides, dilates, pads = spatial(stride, ndim, 1), spatial(dilate, ndim, 1), spatial(pad, ndim, 0)
    check_windows(data.shape[2:], kernel, strides, dilates, pads)
    out = lax.conv_general_dilated(
        data,
        weight,
        strides,
        [(p, p) for p in pads],
        rhs_dilation=dilates,
        dimension_numbers=_numbers(ndim),
        feature_group_count=num_group,
    )
    out = out if bias is None else out + bias.reshape(1, -1, *(1,) * ndim)
    return to_channels_last(out) if last else out


def _deconv_shapes(known: Any, *, kernel: Shape, num_filter: int, num_group: int, **_: Any) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_filter,)}
    if "data" in known:
        shapes["weight"] = (known["data"][1], num_filter // num_group, *kernel)
    return shapes


def _fit_target(target: Shape, space: Shape, strides: Shape, reach: Shape) -> tuple[Shape, Shape]:
    """The pad and adj under which the output has the target's shape."""
    if len(target) != len(space):
        raise ValueError(f"target_shape {target} has {len(target)} entries for {len(space)} axes")
    extra = [s * (n - 1) + r - t for n, s, r, t in zip(space, strides, reach, target, strict=True)]
    if min(extra) < 0:
        raise ValueError(f"target_shape {target} is larger than the output without padding")
    return tuple((e + 1) // 2 for e in extra), tuple(e % 2 for e in extra)


def _mirrored(weight: Any, groups: int) -> Any:
    """The kernels of the plain convolution that does the same: turned around, filters before channels."""
    channels, filters, *kernel = weight.shape
    grouped = weight.reshape(groups, channels // groups, filters, *kernel)
    turned = jnp.flip(jnp.swapaxes(grouped, 1, 2), range(3, grouped.ndim))
    return turned.reshape(groups * filters, channels // groups, *kernel)


@register("Deconvolution", used=with_bias, complete=_deconv_shapes)
def deconvolution(
    data: Any,
    weight: Any,
    bias: Any = None,
    *,
    kernel: Shape,
    num_filter: int,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    adj: Shape = (),
    target_shape: Shape = (),
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = True,
    cudnn_tune: str | None = None,
    cudnn_off: bool = False,
    layout: str | None = None,
) -> Any:
    """The gradient of a convolution as a layer: each input spreads the kernel over the output.

    data: (n, c, *space); weight: (c, num_filter / num_group, *kernel); bias: (num_filter,);
    output: (n, num_filter, *out) with out = stride (space - 1) + dilate (kernel - 1) + 1 - 2 pad + adj.
    A `target_shape` gives out instead, and pad and adj follow from it.
    Source: Zeiler et al. (2010), "Deconvolutional networks".
    """
    ndim = len(kernel)
    check_axes(data, kernel)
    check_dtypes(data, weight)
    if layout and channels_last(layout, ndim, "Deconvolution"):
        raise NotSupportedError(
            f"Deconvolution(): layout {layout} is not supported, use {'NC' + layout[1:-1]}"
        )
    strides, dilates = spatial(stride, ndim, 1), spatial(dilate, ndim, 1)
    pads, adjs = spatial(pad, ndim, 0), spatial(adj, ndim, 0)
    check_lengths(kernel, strides, dilates, pads)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilates, strict=True))
    if any(target_shape):
        pads, adjs = _fit_target(target_shape, data.shape[2:], strides, reach)
    if len(adjs) != ndim or any(a >= s for a, s in zip(adjs, strides, strict=True)):
        raise ValueError(f"adj must be below stride on each axis, got adj {adjs} for stride {strides}")
    out = lax.conv_general_dilated(
        data,
        _mirrored(weight, num_group),
        (1,) * ndim,
        [(r - 1 - p, r - 1 - p + a) for r, p, a in zip(reach, pads, adjs, strict=True)],
        lhs_dilation=strides,
        rhs_dilation=dilates,
        dimension_numbers=_numbers(ndim),
        feature_group_count=num_group,
    )
    return out if bias is None else out + bias.reshape(1, -1, *(1,) * ndim)
