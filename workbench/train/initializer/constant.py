"""Initializers that fill with a known value."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.train.initializer.base import InitDesc, Initializer, alias, register


@register
@alias("zeros")
class Zero(Initializer):
    """Weights start at 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 0.0


@register
@alias("ones")
class One(Initializer):
    """Weights start at 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = 1.0


@register
class Constant(Initializer):
    """Weights start at `value`: a number, or an array of the weight's shape."""

    @checked
    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def dumps(self) -> str:
        """The initializer as JSON text; an array becomes nested lists."""
        value = self.value.asnumpy() if hasattr(self.value, "asnumpy") else self.value
        return json.dumps(["constant", {"value": np.asarray(value).tolist()}])

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        arr[:] = np.asarray(self.value, np.float32) if isinstance(self.value, (list, tuple)) else self.value
