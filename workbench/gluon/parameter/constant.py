"""`Constant`: a value that a network carries along and does not learn."""

from __future__ import annotations

from typing import Any

from workbench.gluon.parameter.parameter import Parameter
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.train import initializer


class Constant(Parameter):
    """A parameter without a gradient whose initial value is given.

    Args:
        name: its full name.
        value: the value: an NDArray, or anything array-like.
    """

    def __init__(self, name: str, value: Any) -> None:
        self.value: NDArray = value if isinstance(value, NDArray) else nd.array(value)
        super().__init__(
            name,
            grad_req="null",
            shape=self.value.shape,
            dtype=self.value.dtype,
            init=initializer.Constant(self.value),
            differentiable=False,
        )

    def __repr__(self) -> str:
        return f"Constant {self.name} (shape={self.shape}, dtype={self._dtype.name})"
