"""Flattening as a layer."""

from __future__ import annotations

from typing import Any

from workbench.gluon.block import HybridBlock


class Flatten(HybridBlock):
    """Joins all axes after the first."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, ...); output: (n, k)."""
        return F.Flatten(x)

    def __repr__(self) -> str:
        return "Flatten"
