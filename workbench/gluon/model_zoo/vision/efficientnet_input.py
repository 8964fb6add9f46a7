"""What EfficientNet-Lite takes of a picture: the middle, in the size and the numbers it was trained on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.errors import DTypeError, ShapeError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray

SIZE, MARGIN = 224, 32
CENTRE, SPREAD = 127.0, 128.0


def efficientnet_input(picture: Any) -> NDArray:
    """The middle 87.5 % of a picture (224 of 256 pixels), 224 × 224 by cubic interpolation, as (x − 127) / 128.

    Args:
        picture: (h, w, 3) or, grey, (h, w): bytes, a NumPy array or NDArray.

    Returns:
        (3, 224, 224), float32; ``nd.stack`` makes a batch of several.

    Raises:
        ShapeError: it is neither.
        DTypeError: it holds no bytes.

    Source: the preprocessing of EfficientNet's reference implementation, `preprocessing.py`; where a picture is
    shrunk, the cubic kernel is widened, as Pillow does it, and TensorFlow does not.
    """
    try:
        pixels = picture.asnumpy() if isinstance(picture, NDArray) else np.asarray(picture)
    except ValueError:
        raise ShapeError("efficientnet_input: lists of different lengths are no picture") from None
    if pixels.ndim not in (2, 3) or 0 in pixels.shape or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ShapeError(f"efficientnet_input: a picture is (h, w, 3) or (h, w), got {pixels.shape}")
    if pixels.dtype != np.uint8:
        raise DTypeError(f"efficientnet_input: a picture holds bytes (uint8), got {pixels.dtype}")
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=-1)
    resized = jax.image.resize(_middle(pixels).astype(np.float32), (SIZE, SIZE, 3), "cubic")
    bytes_again = jnp.clip(jnp.round(resized), 0, 255)
    return nd.from_jax(jnp.moveaxis((bytes_again - CENTRE) / SPREAD, -1, 0))


def _middle(pixels: np.ndarray) -> np.ndarray:
    """The largest square in the middle, less the margin that the network never saw."""
    height, width = pixels.shape[:2]
    side = max(1, min(height, width) * SIZE // (SIZE + MARGIN))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    return pixels[top : top + side, left : left + side]
