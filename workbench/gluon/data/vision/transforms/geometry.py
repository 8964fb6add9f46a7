"""Where pixels are: size, cut-outs, flips and turns.  Images are (height, width, channels)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import Count, Positive, Share, checked
from workbench.errors import ArgumentError, DTypeError
from workbench.gluon.data.vision.transforms.base import HybridTransform, Transform, draw, pair
from workbench.imperative import nd

Size = Positive | Sequence[Positive]
Range = tuple[float, float]


class Resize(HybridTransform):
    """Another size.

    Args:
        size: (width, height), or one number for both.
        keep_ratio: `size` is the shorter side, and the longer follows.
        interpolation: 0 nearest, 1 linear.
    """

    @checked
    def __init__(self, size: Size, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__()
        self._size = (size,) if isinstance(size, int) else tuple(size)
        self._keep = keep_ratio
        self._interpolation = interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (..., h, w, c); output: the same with another h and w."""
        return F.image.resize(x, size=self._size, keep_ratio=self._keep, interp=self._interpolation)


class CropResize(HybridTransform):
    """A rectangle of the image, in another size if one is given.

    Args:
        x, y: its upper left corner.
        width, height: its size.
        size: the size to give it, as for `Resize`; None leaves it.
        interpolation: as for `Resize`.
    """

    @checked
    def __init__(
        self,
        x: Count,
        y: Count,
        width: Positive,
        height: Positive,
        size: Size | None = None,
        interpolation: int | None = None,
    ) -> None:
        super().__init__()
        self._box = {"x": x, "y": y, "width": width, "height": height}
        self._size = None if size is None else pair(size, "CropResize")
        self._interpolation = 1 if interpolation is None else interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (..., h, w, c); output: the same with another h and w."""
        out = F.image.crop(x, **self._box)
        return out if self._size is None else F.image.resize(out, size=self._size, interp=self._interpolation)


class CenterCrop(Transform):
    """The middle, in this size; of a smaller image, all that has the same ratio, enlarged.

    Args:
        size: (width, height), or one number for both.
        interpolation: as for `Resize`.
    """

    @checked
    def __init__(self, size: Size, interpolation: int = 1) -> None:
        super().__init__()
        self._size = pair(size, "CenterCrop")
        self._interpolation = interpolation

    def forward(self, x: Any) -> Any:
        """data: (h, w, c); output: (height, width, c)."""
        height, width = x.shape[-3:-1]
        new_w, new_h = _inside(self._size, width, height)
        return _cut(x, ((width - new_w) // 2, (height - new_h) // 2), (new_w, new_h), self)


class RandomResizedCrop(Transform):
    """A rectangle of random area and ratio, in this size (C. Szegedy et al., arXiv:1409.4842, section 6).

    Args:
        size: (width, height), or one number for both.
        scale: least and largest area, as shares of the image's.
        ratio: least and largest width by height.
        interpolation: as for `Resize`.
    """

    @checked
    def __init__(
        self, size: Size, scale: Range = (0.08, 1.0), ratio: Range = (3 / 4, 4 / 3), interpolation: int = 1
    ) -> None:
        super().__init__()
        self._size = pair(size, "RandomResizedCrop")
        self._scale = scale
        self._ratio = ratio
        self._interpolation = interpolation

    def forward(self, x: Any) -> Any:
        """data: (h, w, c); output: (height, width, c)."""
        height, width = x.shape[-3:-1]
        rng = draw()
        for _ in range(10):  # a rectangle may not fit; after ten, the middle is taken
            area = rng.uniform(*self._scale) * height * width
            ratio = math.exp(rng.uniform(math.log(self._ratio[0]), math.log(self._ratio[1])))
            new_w, new_h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < new_w <= width and 0 < new_h <= height:
                corner = int(rng.integers(width - new_w + 1)), int(rng.integers(height - new_h + 1))
                return _cut(x, corner, (new_w, new_h), self)
        return CenterCrop(self._size, self._interpolation)(x)


def _inside(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The largest (width, height) of this ratio, up to `size`, that an image holds."""
    w, h = float(size[0]), float(size[1])
    if height < h:
        w, h = w * height / h, float(height)
    if width < w:
        w, h = float(width), h * width / w
    return int(w), int(h)


def _cut(x: Any, corner: tuple[int, int], size: tuple[int, int], wanted: Any) -> Any:
    part = nd.image.crop(x, x=corner[0], y=corner[1], width=size[0], height=size[1])
    if size == wanted._size:
        return part
    return nd.image.resize(part, size=wanted._size, interp=wanted._interpolation)


class RandomFlipLeftRight(Transform):
    """Left and right exchanged, every other time."""

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, c); output: the same."""
        return nd.image.flip_left_right(x) if draw().random() < 0.5 else x


class RandomFlipTopBottom(Transform):
    """Top and bottom exchanged, every other time."""

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, c); output: the same."""
        return nd.image.flip_top_bottom(x) if draw().random() < 0.5 else x


class Rotate(Transform):
    """Turned around the centre, after `ToTensor`: channels come first.

    Args:
        rotation_degrees: counter-clockwise.
        zoom_in: enlarge so that no black is seen.
        zoom_out: shrink so that nothing is lost.

    Raises:
        ArgumentError: both zooms are asked for.
    """

    @checked
    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        _check_zoom(type(self).__name__, zoom_in, zoom_out)
        self._degrees = rotation_degrees
        self._zoom = {"zoom_in": zoom_in, "zoom_out": zoom_out}

    def forward(self, x: Any) -> Any:
        """data: (c, h, w) or (n, c, h, w), float32; output: the same."""
        return _turned(x, self._degrees, self._zoom)


class RandomRotation(Transform):
    """Turned by a random angle, after `ToTensor`.

    Args:
        angle_limits: least and largest angle in degrees.
        zoom_in, zoom_out: as for `Rotate`.
        rotate_with_proba: how probable it is that the image is turned at all.

    Raises:
        ArgumentError: the limits are not in order, the probability is none, or both zooms are asked for.
    """

    @checked
    def __init__(
        self,
        angle_limits: Range,
        zoom_in: bool = False,
        zoom_out: bool = False,
        rotate_with_proba: Share = 1.0,
    ) -> None:
        super().__init__()
        _check_zoom(type(self).__name__, zoom_in, zoom_out)
        if angle_limits[0] >= angle_limits[1]:
            raise ArgumentError(f"RandomRotation: angle_limits are (least, largest), got {angle_limits!r}")
        self._limits = angle_limits
        self._zoom = {"zoom_in": zoom_in, "zoom_out": zoom_out}
        self._p = rotate_with_proba

    def forward(self, x: Any) -> Any:
        """data: (c, h, w) or (n, c, h, w), float32; output: the same."""
        rng = draw()
        return x if rng.random() > self._p else _turned(x, rng.uniform(*self._limits), self._zoom)


def _check_zoom(what: str, zoom_in: bool, zoom_out: bool) -> None:
    if zoom_in and zoom_out:
        raise ArgumentError(f"{what}: zoom_in and zoom_out exclude each other")


def _turned(x: Any, degrees: float, zoom: dict[str, bool]) -> Any:
    if (kind := np.dtype(x.dtype)) != np.float32:
        raise DTypeError(f"an image that is turned must be float32, got {kind}; put ToTensor() before")
    return nd.image.rotate(x, degrees=degrees, **zoom)
