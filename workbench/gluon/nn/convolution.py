"""Convolutions and transposed convolutions over one, two and three spatial axes."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn.activation import Activation

Size = int | tuple[int, ...] | list[int]
LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def sizes(value: Size, axes: int, what: str, least: int = 1) -> tuple[int, ...]:
    """One number an axis.

    Raises:
        ArgumentError: there are more or fewer, or one is below the least.
    """
    found = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(found) != axes:
        raise ArgumentError(f"{what} takes {axes} numbers or one for all, got {found}")
    if min(found) < least:
        raise ArgumentError(f"{what} takes numbers from {least} up, got {found}")
    return found


def chosen_layout(name: str, layout: str | None, axes: int) -> str:
    """The order of axes: channels first, which None stands for, or last.

    Raises:
        NotSupportedError: another was asked for.
    """
    if layout not in (None, *LAYOUTS[axes]):
        raise NotSupportedError(f"{name}: layout {layout!r}; {' and '.join(LAYOUTS[axes])} are supported")
    return layout or LAYOUTS[axes][0]


class _Conv(HybridBlock):
    """A convolution; a subclass says over how many axes."""

    _axes: int
    _operator = "Convolution"

    @checked
    def __init__(
        self,
        channels: Positive,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: Positive = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._channels = channels
        kernel = sizes(kernel_size, self._axes, "kernel_size")
        self._options: dict[str, Any] = {
            "kernel": kernel,
            "stride": sizes(strides, self._axes, "strides"),
            "dilate": sizes(dilation, self._axes, "dilation"),
            "pad": sizes(padding, self._axes, "padding", 0),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": chosen_layout(type(self).__name__, layout, self._axes),
        }
        shape = self._weight_shape(channels, in_channels, groups, kernel)
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

    def _weight_shape(
        self, channels: int, in_channels: int, groups: int, kernel: tuple[int, ...]
    ) -> tuple[int, ...]:
        inputs = in_channels // groups
        last = self._options["layout"][-1] == "C"
        return (channels, *kernel, inputs) if last else (channels, inputs, *kernel)

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """data: (n, in_channels, *space), in the layout; output: (n, channels, *out), as the operator says."""
        x = getattr(F, self._operator)(x, weight, bias, name="fwd", **self._options)
        return x if self.act is None else self.act(x)

    def __repr__(self) -> str:
        first, second, *rest = self.weight.shape or (0, 0)
        inputs = rest[-1] if self._options["layout"][-1] == "C" else second
        shown = {"kernel_size": "kernel", "stride": "stride"}
        plain = {"padding": ("pad", 0), "dilation": ("dilate", 1)}
        parts = [f"{inputs or None} -> {first}", *[f"{k}={self._options[v]}" for k, v in shown.items()]]
        parts += [
            f"{k}={self._options[v]}" for k, (v, usual) in plain.items() if set(self._options[v]) != {usual}
        ]
        parts += [f"groups={self._options['num_group']}"] * (self._options["num_group"] != 1)
        parts += ["bias=False"] * (self.bias is None)
        parts += [repr(self.act)] * (self.act is not None)
        return f"{type(self).__name__}({', '.join(parts)})"


class Conv1D(_Conv):
    """A convolution over (n, channels, width).

    Args:
        channels: number of output channels.
        kernel_size, strides, padding, dilation: one number, or one an axis.
        groups: number of separate groups of channels.
        layout: the order of axes: channels first, or last (``NWC``).
        activation: name of a non-linearity for the outputs.
        use_bias: whether a bias is added.
        weight_initializer, bias_initializer: how they start.
        in_channels: number of input channels; 0 waits for data.

    Raises:
        ArgumentError: a size has too many or too few numbers.
        NotSupportedError: another layout.
    """

    _axes = 1


class Conv2D(_Conv):
    """A convolution over (n, channels, height, width); arguments as `Conv1D`."""

    _axes = 2


class Conv3D(_Conv):
    """A convolution over (n, channels, depth, height, width); arguments as `Conv1D`."""

    _axes = 3


class _ConvTranspose(_Conv):
    """The gradient of a convolution as a layer, which enlarges."""

    _operator = "Deconvolution"

    @checked
    def __init__(
        self,
        channels: Positive,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: Positive = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        if layout not in (None, LAYOUTS[self._axes][0]):
            raise NotSupportedError(
                f"{type(self).__name__}: layout {layout!r}; {LAYOUTS[self._axes][0]} is supported"
            )
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            in_channels,
            **kwargs,
        )
        self._options["adj"] = sizes(output_padding, self._axes, "output_padding", 0)

    def _weight_shape(
        self, channels: int, in_channels: int, groups: int, kernel: tuple[int, ...]
    ) -> tuple[int, ...]:
        return (in_channels, channels // groups, *kernel)


class Conv1DTranspose(_ConvTranspose):
    """A transposed convolution over (n, channels, width) (M. Zeiler et al., 2010).

    Args:
        channels: number of output channels.
        kernel_size, strides, padding, dilation: one number, or one an axis.
        output_padding: how much larger the output is on one side, less than the stride.
        groups, layout, activation, use_bias, weight_initializer, bias_initializer, in_channels: as `Conv1D`;
            channels stand first.
    """

    _axes = 1


class Conv2DTranspose(_ConvTranspose):
    """A transposed convolution over (n, channels, height, width); arguments as `Conv1DTranspose`."""

    _axes = 2


class Conv3DTranspose(_ConvTranspose):
    """A transposed convolution over (n, channels, depth, height, width); arguments as `Conv1DTranspose`."""

    _axes = 3
