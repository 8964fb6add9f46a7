"""Gradients in two bits an element, as they travel between devices.

Sending a gradient takes as long as its bytes say.  Two bits say of each element that it was at least a threshold, at
most minus that, or neither; what they leave out stays behind as a residual and is added to the next gradient, so
nothing is lost, only late.
Source: MXNet 1.9, "Gradient Compression"; after N. Strom, "Scalable Distributed DNN Training Using Commodity GPU Cloud
Computing", Interspeech 2015.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError
from workbench.ops.attribute import DType
from workbench.ops.optimizer import same_shape
from workbench.ops.registry import register
from workbench.types import Shape

UP, DOWN = 3, 2  # the codes of +threshold and -threshold; 0 is neither
BLOCK = 16  # elements; codes come in blocks of four bytes, MXNet's float32
SHIFTS = np.array([6, 4, 2, 0], np.uint8)  # the first element stands in a byte's highest bits


@register("_quantize_2bit", writes={"residual": 1}, differentiable=False)
def quantize_2bit(data: Any, residual: Any, *, threshold: float = 0.5) -> tuple[Any, Any]:
    """What a gradient and the residual before it come to, in two bits an element.

    data, residual: one shape S, n elements; output: (4 ⌈n / 16⌉,) bytes.  With t the threshold, an element of
    data + residual of t or more is +t, of -t or less -t, any other 0; the residual becomes what that leaves out.
    """
    if not threshold > 0:
        raise ArgumentError(f"_quantize_2bit(): threshold must be above 0, got {threshold}")
    same_shape({"data": data, "residual": residual})
    total = residual + data.astype(residual.dtype)
    up, down = total >= threshold, total <= -threshold
    left = jnp.where(up, total - threshold, jnp.where(down, total + threshold, total))
    codes = jnp.where(up, UP, jnp.where(down, DOWN, 0)).astype(jnp.uint8).ravel()
    rows = jnp.pad(codes, (0, -codes.size % BLOCK)).reshape(-1, len(SHIFTS))
    return jnp.sum(rows << SHIFTS, 1, dtype=jnp.uint8), left.astype(residual.dtype)


@register("_dequantize_2bit", differentiable=False)
def dequantize_2bit(
    data: Any, *, shape: Shape, threshold: float = 0.5, dtype: DType = DType("float32")
) -> Any:
    """The elements that `_quantize_2bit` said: +threshold, -threshold or 0.

    data: (4 ⌈n / 16⌉,) bytes; output: `shape`, of n elements.
    """
    count = math.prod(shape)
    if data.shape != (4 * math.ceil(count / BLOCK),):
        raise ArgumentError(
            f"_dequantize_2bit(): shape={shape} needs {4 * math.ceil(count / BLOCK)} bytes, got {data.shape}"
        )
    codes = ((data.astype(jnp.uint8)[:, None] >> SHIFTS) & 3).ravel()[:count].reshape(shape)
    return jnp.where(codes == UP, threshold, jnp.where(codes == DOWN, -threshold, 0.0)).astype(dtype)
