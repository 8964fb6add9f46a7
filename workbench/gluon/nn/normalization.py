"""Normalisation of each example by itself: over its channels, its pixels, or groups of channels."""

from __future__ import annotations

from typing import Any

from workbench.arguments import AtLeastZero, Count, Positive, checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.parameter import ParameterDict


class _Norm(HybridBlock):
    """A normalisation with a learned factor `gamma` and shift `beta`."""

    def _make(
        self, size: int, shown: dict[str, Any], gamma: Any, beta: Any, scale: bool, center: bool
    ) -> None:
        self._shown = {**shown, "center": center, "scale": scale}
        for name, init, learned in (("gamma", gamma, scale), ("beta", beta, center)):
            request = "write" if learned else "null"
            made = self.params.get(name, grad_req=request, shape=(size,), init=init, allow_deferred_init=True)
            setattr(self, name, made)

    def __repr__(self) -> str:
        shown = dict(self._shown)
        if "num_groups" not in shown:
            shown["in_channels"] = (self._reg_params["gamma"].shape or (0,))[0]
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in shown.items())})"


class LayerNorm(_Norm):
    """Normalises along one axis (J. L. Ba et al., arXiv:1607.06450).

    Args:
        axis: the axis.
        epsilon: added to the variance.
        center, scale: whether shift and factor are learned.
        beta_initializer, gamma_initializer: how they start.
        in_channels: size of the axis; 0 waits for data.
        prefix, params: as `Block`.
    """

    @checked
    def __init__(
        self,
        axis: int = -1,
        epsilon: AtLeastZero = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: Count = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        shown = {"eps": epsilon, "axis": axis}
        self._options = shown
        self._make(in_channels, shown, gamma_initializer, beta_initializer, scale, center)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """data: any shape; output: the same."""
        return F.LayerNorm(x, gamma, beta, **self._options)


class InstanceNorm(_Norm):
    """Normalises each channel of each example over its pixels (D. Ulyanov et al., arXiv:1607.08022).

    Args:
        axis: where the channels are.
        epsilon, center, scale, beta_initializer, gamma_initializer: as `LayerNorm`.
        in_channels: number of channels; 0 waits for data.
    """

    @checked
    def __init__(
        self,
        axis: int = 1,
        epsilon: AtLeastZero = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._axis = axis
        self._epsilon = epsilon
        shown = {"eps": epsilon, "axis": axis}
        self._make(in_channels, shown, gamma_initializer, beta_initializer, scale, center)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """data: (n, c, *space), with the channels at `axis`; output: the same."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, eps=self._epsilon, name="fwd")
        x = F.swapaxes(x, dim1=1, dim2=self._axis)
        return F.swapaxes(
            F.InstanceNorm(x, gamma, beta, eps=self._epsilon, name="fwd"), dim1=1, dim2=self._axis
        )


class GroupNorm(_Norm):
    """Normalises groups of channels of each example together (Y. Wu and K. He, arXiv:1803.08494).

    Args:
        num_groups: how many groups; factor and shift are one a group, as in MXNet 1.9.
        epsilon, center, scale, beta_initializer, gamma_initializer: as `LayerNorm`.
        prefix, params: as `Block`.
    """

    @checked
    def __init__(
        self,
        num_groups: Positive = 1,
        epsilon: AtLeastZero = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._options = {"eps": epsilon, "num_groups": num_groups}
        self._make(num_groups, self._options, gamma_initializer, beta_initializer, scale, center)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """data: (n, c, *space); output: the same."""
        return F.GroupNorm(x, gamma, beta, **self._options)
