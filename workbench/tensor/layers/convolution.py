"""The convolution with a factorised kernel."""

from __future__ import annotations

from typing import Any, Literal

from workbench.arguments import Count, Positive, checked
from workbench.errors import NotSupportedError
from workbench.gluon.nn import Conv2D
from workbench.gluon.nn.convolution import Size, sizes
from workbench.lowrank import FORMATS, Format, RankLike, Tucker
from workbench.ops.factorized_convolution import SPACE, kernel_factors
from workbench.ops.factors import ONE, RANKS
from workbench.tensor.decompose import decompose
from workbench.tensor.layers.factorized import Factorized, no_error, ranks_of, settings, weight_of
from workbench.types import Shape

Factorization = Literal["tucker", "cp", "tt"]
FORMS: dict[str, Format] = {**FORMATS, "tucker": Tucker(modes=(0, 1))}


class FactorizedConv2D(Factorized):
    """A convolution over (n, channels, height, width) whose kernel is held as factors.

    It runs as a chain of smaller convolutions, with as many of the factors multiplied beforehand as costs least.

    Args:
        channels: number of output channels.
        kernel_size, strides, padding, dilation: one number, or one an axis.
        rank: a number, a tuple as the format has them, or a fraction of the dense kernel's parameters.
        factorization: ``tucker``, a core between matrices of the outgoing and the incoming channels (Tucker-2, ranks
            in that order); ``cp``, a matrix for each of the four axes; ``tt``, a tensor train of incoming channels,
            height, width and outgoing channels.
        groups, layout: 1 and ``NCHW``; others are not supported.
        activation: name of a non-linearity for the outputs.
        use_bias: whether a bias is added.
        weight_initializer: how the factors start; by default so that the kernel they stand for has the variance
            1 / (incoming channels × height × width).
        bias_initializer: how the bias starts.
        dtype: of the parameters.
        in_channels: number of input channels; 0 waits for data.

    Sources: ``cp`` V. Lebedev et al., "Speeding-up Convolutional Neural Networks Using Fine-tuned CP-Decomposition",
    ICLR 2015; ``tucker`` Y.-D. Kim et al., "Compression of Deep Convolutional Neural Networks for Fast and Low Power
    Mobile Applications", ICLR 2016; ``tt`` the plain train of T. Garipov et al., "Ultimate tensorization: compressing
    convolutional and FC layers alike", 2016.

    Raises:
        ArgumentError: a size has too many or too few numbers, or one too small; the rank does not fit, or needs sizes
            not stated.
        NotSupportedError: channels in groups, or last.
    """

    @checked
    def __init__(
        self,
        channels: Positive,
        kernel_size: Size,
        rank: RankLike,
        factorization: Factorization = "tucker",
        strides: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: Positive = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        in_channels: Count = 0,
        error: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        no_error("FactorizedConv2D", error, "from_conv")
        check_form("FactorizedConv2D", groups, layout)
        kernel = sizes(kernel_size, 2, "kernel_size")
        window = {
            "stride": sizes(strides, 2, "strides"),
            "dilate": sizes(dilation, 2, "dilation"),
            "pad": sizes(padding, 2, "padding", 0),
        }
        shape = kernel_shape(factorization, channels, in_channels, kernel)
        ranks = ranks_of("FactorizedConv2D", FORMS[factorization], shape, rank, "in_channels")
        self._options: dict[str, Any] = {
            "kernel": kernel,
            **window,
            "num_filter": channels,
            "ranks": ranks,
            "factorization": factorization,
            "no_bias": not use_bias,
        }
        known = {ONE: 1, "c": in_channels, "o": channels}
        known |= {**dict(zip(SPACE, kernel, strict=False)), **dict(zip(RANKS, ranks, strict=False))}
        summed = "c" + SPACE + RANKS[: len(ranks)]
        self._hold(kernel_factors(factorization, 2, ranks), known, summed, weight_initializer, dtype)
        if use_bias:
            self._hold_bias((channels,), bias_initializer, dtype)
        self._hold_activation(activation)

    @classmethod
    @checked
    def from_conv(
        cls,
        conv: Conv2D,
        rank: Any = None,
        *,
        error: float | None = None,
        factorization: Factorization = "tucker",
        **kwargs: Any,
    ) -> FactorizedConv2D:
        """The layer that takes a trained convolution's place, its kernel decomposed.

        Args:
            conv: the trained layer.
            rank: a number, a tuple, or a fraction of the kernel's parameters.
            error: in place of a rank: ‖kernel − factors‖ / ‖kernel‖ at most.
            factorization, kwargs: as of the layer.

        Raises:
            ArgumentError: as `decompose`.
            NotInitializedError: the convolution has no kernel yet.
            NotSupportedError: its channels are in groups, or stand last.
        """
        options = conv._options
        check_form(f"FactorizedConv2D.from_conv: {conv!r}", options["num_group"], options["layout"])
        kernel = weight_of(conv)
        full = kernel.transpose(1, 2, 3, 0) if factorization == "tt" else kernel
        found = decompose(full, FORMS[factorization], rank, error=error)
        facts = {**settings(conv), "in_channels": kernel.shape[1], **kwargs}
        window = {"strides": options["stride"], "padding": options["pad"], "dilation": options["dilate"]}
        layer = cls(kernel.shape[0], kernel.shape[2:], found.rank, factorization, **window, **facts)
        layer._start_from(conv, found, found.factors)
        return layer

    def hybrid_forward(self, F: Any, x: Any, bias: Any = None, **weights: Any) -> Any:
        """data: (n, in_channels, height, width); output: (n, channels, *out), as `Convolution` gives it."""
        x = F.FactorizedConvolution(x, *self._inputs(bias, weights), name="fwd", **self._options)
        return x if self.act is None else self.act(x)

    def __repr__(self) -> str:
        shown = self._options
        parts = [f"{shown['num_filter']}, kernel_size={shown['kernel']}, stride={shown['stride']}"]
        parts += [f"{shown['factorization']}, ranks={shown['ranks']}"]
        parts += ["bias=False"] * shown["no_bias"] + [repr(self.act)] * (self.act is not None)
        return f"FactorizedConv2D({', '.join(parts)})"


def check_form(what: str, groups: int, layout: str | None) -> None:
    """Refuses channels in groups, or behind the spatial axes.

    Raises:
        NotSupportedError: they are.
    """
    if groups != 1 or layout not in (None, "NCHW"):
        raise NotSupportedError(
            f"{what} with groups={groups}, layout={layout or 'NCHW'}: one group of channels that stand first (NCHW) is "
            "supported"
        )


def kernel_shape(factorization: str, channels: int, in_channels: int, kernel: tuple[int, ...]) -> Shape:
    """The kernel's axes in the order in which a format takes them."""
    return (in_channels, *kernel, channels) if factorization == "tt" else (channels, in_channels, *kernel)
