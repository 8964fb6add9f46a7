"""Gradients that travel in two bits an element; what that leaves out is sent later.

Every sender keeps a residual for every gradient.  See `workbench.ops.compression` for the codes and their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, did_you_mean
from workbench.imperative import autograd, nd
from workbench.imperative.nd import NDArray
from workbench.runtime.device import Context

KNOWN = ("type", "threshold")


class GradientCompression:
    """MXNet's two-bit compression.

    Args:
        params: ``{"type": "2bit", "threshold": 0.5}``; the threshold is 0.5 unless given.

    Raises:
        ArgumentError: `params` is no mapping, has an unknown key or type, or a threshold that is not above 0.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        if not isinstance(params, Mapping):
            raise ArgumentError(f"compression_params are arguments by name, got {params!r}")
        for key in params:
            if key not in KNOWN:
                raise ArgumentError(
                    f"compression_params takes {' and '.join(KNOWN)}, got {key!r}.{did_you_mean(str(key), KNOWN)}"
                )
        if params.get("type") != "2bit":
            raise ArgumentError(f"compression_params: the type is '2bit', got {params.get('type')!r}")
        threshold = params.get("threshold", 0.5)
        if not isinstance(threshold, (int, float)) or isinstance(threshold, bool) or not threshold > 0:
            raise ArgumentError(f"compression_params: the threshold is a number above 0, got {threshold!r}")
        self.params = dict(params)
        self.threshold = float(threshold)
        self._residuals: dict[Any, NDArray] = {}
        self._resumed: dict[str, np.ndarray] = {}

    @staticmethod
    def of(params: Mapping[str, Any] | None) -> GradientCompression | None:
        """The compression of these parameters; None of None."""
        return None if params is None else GradientCompression(params)

    @staticmethod
    def those_of(*owners: Any) -> list[GradientCompression]:
        """The compressions that modules, trainers or stores have."""
        found = [owner._compression for owner in owners if owner is not None]
        return [each for each in found if each is not None]

    def sent(self, sender: Any, gradient: NDArray, to: Context) -> NDArray:
        """The gradient as it arrives on a device, its codes having travelled.

        Args:
            sender: any key that names who sends which gradient: each has a residual, on the gradient's device.
            gradient: what is sent; it is not changed.
        """
        return self.dequantized(self.quantized(sender, gradient), gradient, to)

    def quantized(self, sender: Any, gradient: NDArray) -> NDArray:
        """A gradient's codes, sixteen in a number; what they leave out is kept for the next."""
        with autograd.pause():
            residual = self._residuals.get(sender)
            if residual is None or residual.shape != gradient.shape:
                start = self._resumed.pop(str(sender), np.zeros(gradient.shape, gradient.dtype))
                residual = nd.array(start, gradient.context, gradient.dtype)
                self._residuals[sender] = residual
            return nd._quantize_2bit(gradient, residual, threshold=self.threshold)

    def dequantized(self, codes: NDArray, like: NDArray, to: Context) -> NDArray:
        """What codes stand for, on a device, with the shape and dtype of `like`."""
        return dequantized(codes.as_in_context(to), self.threshold, like)

    def residuals(self) -> dict[str, np.ndarray]:
        """What each sender has yet to send, by the sender's text."""
        return self._resumed | {str(sender): r.asnumpy() for sender, r in self._residuals.items()}

    def resume(self, residuals: Mapping[str, np.ndarray]) -> None:
        """Takes what `residuals` gave; a sender finds its own when it sends next."""
        self._residuals, self._resumed = {}, dict(residuals)


def dequantized(codes: NDArray, threshold: float, like: NDArray) -> NDArray:
    """What codes stand for where they are, with the shape and dtype of `like`."""
    with autograd.pause():
        return nd._dequantize_2bit(codes, shape=like.shape, threshold=threshold, dtype=like.dtype)
