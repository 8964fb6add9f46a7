"""Convolutions over one, two and three spatial axes."""

from __future__ import annotations

from typing import Any

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn.activation import Activation

Size = int | tuple[int, ...] | list[int]


def sizes(value: Size, axes: int, what: str) -> tuple[int, ...]:
    """One number an axis.

    Raises:
        ArgumentError: there are more or fewer.
    """
    found = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(found) != axes:
        raise ArgumentError(f"{what} takes {axes} numbers or one for all, got {found}")
    return found


class _Conv(HybridBlock):
    """A convolution; a subclass says over how many axes."""

    _axes: int
    _layout: str

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_layout(type(self).__name__, layout, self._layout)
        self._channels = channels
        kernel = sizes(kernel_size, self._axes, "kernel_size")
        self._options = {
            "kernel": kernel,
            "stride": sizes(strides, self._axes, "strides"),
            "dilate": sizes(dilation, self._axes, "dilation"),
            "pad": sizes(padding, self._axes, "padding"),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
        }
        shape = (channels, in_channels // groups, *kernel)
        with self.name_scope():
            self.weight = self.params.get(
                "weight", shape=shape, init=weight_initializer, allow_deferred_init=True
            )
            self.bias = (
                self.params.get("bias", shape=(channels,), init=bias_initializer, allow_deferred_init=True)
                if use_bias
                else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """data: (n, in_channels, *space); output: (n, channels, *out), as the operator Convolution says."""
        x = F.Convolution(x, weight, bias, name="fwd", **self._options)
        return x if self.act is None else self.act(x)

    def __repr__(self) -> str:
        shape = self.weight.shape or (0, 0)
        shown = ", ".join(f"{k}={v}" for k, v in self._options.items() if k in ("kernel", "stride", "pad"))
        return f"{type(self).__name__}({shape[1] or None} -> {shape[0]}, {shown})"


def check_layout(name: str, layout: str | None, known: str) -> None:
    """Only MXNet's default order of axes is computed.

    Raises:
        NotSupportedError: another was asked for.
    """
    if layout not in (None, known):
        raise NotSupportedError(f"{name}: layout {layout!r}; only {known!r} is supported")


class Conv1D(_Conv):
    """A convolution over (n, channels, width).

    Args:
        channels: number of output channels.
        kernel_size, strides, padding, dilation: one number, or one an axis.
        groups: number of separate groups of channels.
        layout: the order of axes, only MXNet's default.
        activation: name of a non-linearity for the outputs.
        use_bias: whether a bias is added.
        weight_initializer, bias_initializer: how they start.
        in_channels: number of input channels; 0 waits for data.
    """

    _axes, _layout = 1, "NCW"


class Conv2D(_Conv):
    """A convolution over (n, channels, height, width); arguments as `Conv1D`."""

    _axes, _layout = 2, "NCHW"


class Conv3D(_Conv):
    """A convolution over (n, channels, depth, height, width); arguments as `Conv1D`."""

    _axes, _layout = 3, "NCDHW"
