"""Batch normalisation as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.arguments import AtLeastZero, Count, checked
from workbench.gluon.block import HybridBlock


class BatchNorm(HybridBlock):
    """Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy, 2015).

    The moving averages used in prediction are parameters without a gradient; a training call moves them.

    Args:
        axis: where the channels are.
        momentum: how much of a moving average stays at each step.
        epsilon: added to the variance.
        center, scale: whether shift and scale are learned.
        use_global_stats: use the moving averages in training too.
        beta_initializer, gamma_initializer, running_mean_initializer, running_variance_initializer: how they
            start.
        in_channels: number of channels; 0 waits for data.
    """

    @checked
    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: AtLeastZero = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._options = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        facts = {"shape": (in_channels,), "allow_deferred_init": True}
        state = {**facts, "grad_req": "null", "differentiable": False}
        self.gamma = self.params.get("gamma", init=gamma_initializer, differentiable=scale, **facts)
        self.beta = self.params.get("beta", init=beta_initializer, differentiable=center, **facts)
        self.running_mean = self.params.get("running_mean", init=running_mean_initializer, **state)
        self.running_var = self.params.get("running_var", init=running_variance_initializer, **state)

    def cast(self, dtype: Any) -> None:
        """Changes the element type; statistics of 16-bit data stay in 32 bits."""
        super().cast("float32" if np.dtype(dtype).itemsize == 2 else dtype)

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """data: any shape with channels at `axis`; output: the same."""
        return F.BatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._options)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in self._options.items())
        return f"{type(self).__name__}({shown}, in_channels={(self.gamma.shape or (0,))[0] or None})"


class BatchNormReLU(BatchNorm):
    """Batch normalisation, then ``max(0, x)``; arguments as `BatchNorm`."""

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """data: any shape with channels at `axis`; output: the same."""
        return F.relu(super().hybrid_forward(F, x, gamma, beta, running_mean, running_var))
