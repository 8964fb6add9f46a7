"""Pooling over windows and over everything, in one, two and three spatial axes."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn.convolution import Size, chosen_layout, sizes


class _Pool(HybridBlock):
    """Pooling; a subclass says how and over how many axes."""

    _axes: int
    _type: str

    @checked
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kernel = sizes(pool_size, self._axes, "pool_size")
        self._options: dict[str, Any] = {
            "kernel": kernel,
            "stride": kernel if strides is None else sizes(strides, self._axes, "strides"),
            "pad": sizes(padding, self._axes, "padding", 0),
            "pool_type": self._type,
            "pooling_convention": "full" if ceil_mode else "valid",
            "layout": chosen_layout(type(self).__name__, layout, self._axes),
        }

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, c, *space); output: (n, c, *out), as the operator Pooling says."""
        return F.Pooling(x, name="fwd", **self._options)

    def __repr__(self) -> str:
        o, ceil = self._options, self._options["pooling_convention"] == "full"
        return (
            f"{type(self).__name__}(size={o['kernel']}, stride={o['stride']}, padding={o['pad']}, "
            f"ceil_mode={ceil}, global_pool=False, pool_type={self._type}, layout={o['layout']})"
        )


class MaxPool1D(_Pool):
    """The maximum over windows of (n, channels, width).

    Args:
        pool_size: size of a window; one number, or one an axis.
        strides: from window to window; the window's size by default.
        padding: zeros on both sides.
        layout: the order of axes: channels first, or last (``NWC``).
        ceil_mode: round the number of windows up.
    """

    _axes, _type = 1, "max"


class MaxPool2D(_Pool):
    """The maximum over windows of (n, channels, height, width); arguments as `MaxPool1D`."""

    _axes, _type = 2, "max"


class MaxPool3D(_Pool):
    """The maximum over windows of (n, channels, depth, height, width); arguments as `MaxPool1D`."""

    _axes, _type = 3, "max"


class _AvgPool(_Pool):
    _type = "avg"

    @checked
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, **kwargs)
        self._options["count_include_pad"] = count_include_pad


class AvgPool1D(_AvgPool):
    """The mean over windows of (n, channels, width); arguments as `MaxPool1D`.

    Args:
        count_include_pad: whether the padding's zeros count in the mean.
    """

    _axes = 1


class AvgPool2D(_AvgPool):
    """The mean over windows of (n, channels, height, width); arguments as `AvgPool1D`."""

    _axes = 2


class AvgPool3D(_AvgPool):
    """The mean over windows of (n, channels, depth, height, width); arguments as `AvgPool1D`."""

    _axes = 3


class _GlobalPool(HybridBlock):
    """One number a channel."""

    _axes: int
    _type: str

    @checked
    def __init__(self, layout: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layout = chosen_layout(type(self).__name__, layout, self._axes)

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, c, *space); output: (n, c, 1, ...)."""
        return F.Pooling(
            x,
            kernel=(1,) * self._axes,
            global_pool=True,
            pool_type=self._type,
            layout=self._layout,
            name="fwd",
        )

    def __repr__(self) -> str:
        one, no = (1,) * self._axes, (0,) * self._axes  # what MXNet gives its operator, which ignores it
        return (
            f"{type(self).__name__}(size={one}, stride={one}, padding={no}, ceil_mode=True, "
            f"global_pool=True, pool_type={self._type}, layout={self._layout})"
        )


class GlobalMaxPool1D(_GlobalPool):
    """The maximum over all of (n, channels, width)'s width."""

    _axes, _type = 1, "max"


class GlobalMaxPool2D(_GlobalPool):
    """The maximum over height and width."""

    _axes, _type = 2, "max"


class GlobalMaxPool3D(_GlobalPool):
    """The maximum over depth, height and width."""

    _axes, _type = 3, "max"


class GlobalAvgPool1D(_GlobalPool):
    """The mean over the width."""

    _axes, _type = 1, "avg"


class GlobalAvgPool2D(_GlobalPool):
    """The mean over height and width."""

    _axes, _type = 2, "avg"


class GlobalAvgPool3D(_GlobalPool):
    """The mean over depth, height and width."""

    _axes, _type = 3, "avg"
