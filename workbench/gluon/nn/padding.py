"""Padding as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.block import HybridBlock


class ReflectionPad2D(HybridBlock):
    """Extends images by their mirror images.

    Args:
        padding: pixels on each side; or eight numbers, before and after each of the four axes.

    Raises:
        ArgumentError: there are not one or eight numbers.
    """

    @checked
    def __init__(self, padding: int | Sequence[int] = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = (0, 0, 0, 0, *[padding] * 4) if isinstance(padding, int) else tuple(padding)
        if len(widths) != 8:
            raise ArgumentError(f"ReflectionPad2D: padding is one number or eight, got {padding!r}")
        self._padding = widths

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, c, h, w); output: (n, c, h + 2 padding, w + 2 padding)."""
        return F.pad(x, mode="reflect", pad_width=self._padding)
