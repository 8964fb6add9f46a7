"""Dropout as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import Share, checked
from workbench.gluon.block import HybridBlock


class Dropout(HybridBlock):
    """Zeroes elements at random in training, and scales the others up (Srivastava et al., 2014).

    Args:
        rate: the share that is zeroed; 0 changes nothing.
        axes: axes along which one draw is shared.
    """

    @checked
    def __init__(self, rate: Share, axes: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rate = rate
        self._axes = tuple(axes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        if self._rate == 0:
            return F.identity(x)
        return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd")

    def __repr__(self) -> str:
        return f"Dropout(p = {self._rate}, axes={self._axes})"
