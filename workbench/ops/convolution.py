"""Convolutions in MXNet's layout: batch first, then channels, then space."""

from __future__ import annotations

from typing import Any

from jax import lax

from workbench.errors import NotSupportedError
from workbench.ops.dense import with_bias
from workbench.ops.registry import register
from workbench.ops.window import check_windows, spatial
from workbench.types import Shape


def _conv_shapes(known: Any, *, kernel: Shape, num_filter: int, num_group: int, **_: Any) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_filter,)}
    if "data" in known:
        shapes["weight"] = (num_filter, known["data"][1] // num_group, *kernel)
    return shapes


@register("Convolution", used=with_bias, complete=_conv_shapes)
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
    strides, dilates, pads = spatial(stride, ndim, 1), spatial(dilate, ndim, 1), spatial(pad, ndim, 0)
    check_windows(data, kernel, strides, dilates, pads)
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
