"""What colour pixels have: brightness, contrast, saturation, hue and lighting.

Images are (height, width, 3).  Each draws a factor around 1 and mixes the image with black, with its mean grey,
or with each pixel's own grey.
"""

from __future__ import annotations

from typing import Any

from workbench.arguments import AtLeastZero, checked
from workbench.gluon.block import Block
from workbench.gluon.data.vision.transforms.base import Transform, draw
from workbench.imperative import nd


class _Blend(Transform):
    """A mixture with something; a subclass says with what."""

    _towards: str

    @checked
    def __init__(self, amount: AtLeastZero) -> None:
        super().__init__()
        self._limits = _around_one(amount)

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, 3); output: the same."""
        return nd.image.blend(x, alpha=draw().uniform(*self._limits), towards=self._towards)


def _around_one(amount: float) -> tuple[float, float]:
    return max(0.0, 1 - amount), 1 + amount


class RandomBrightness(_Blend):
    """Brighter or darker by up to `brightness`."""

    _towards = "black"

    @checked
    def __init__(self, brightness: AtLeastZero) -> None:
        super().__init__(brightness)


class RandomContrast(_Blend):
    """More or less contrast by up to `contrast`."""

    _towards = "mean"

    @checked
    def __init__(self, contrast: AtLeastZero) -> None:
        super().__init__(contrast)


class RandomSaturation(_Blend):
    """More or less colour by up to `saturation`."""

    _towards = "grey"

    @checked
    def __init__(self, saturation: AtLeastZero) -> None:
        super().__init__(saturation)


class RandomHue(Transform):
    """Colours moved around the circle of hues by up to `hue` of it, either way."""

    @checked
    def __init__(self, hue: AtLeastZero) -> None:
        super().__init__()
        self._limits = _around_one(hue)

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, 3); output: the same."""
        return nd.image.shift_hue(x, turn=draw().uniform(*self._limits))


class RandomColorJitter(Transform):
    """Brightness, contrast, saturation and hue, in random order; those that are 0 are left out."""

    @checked
    def __init__(
        self,
        brightness: AtLeastZero = 0,
        contrast: AtLeastZero = 0,
        saturation: AtLeastZero = 0,
        hue: AtLeastZero = 0,
    ) -> None:
        super().__init__()
        kinds: dict[Any, float] = {
            RandomBrightness: brightness,
            RandomContrast: contrast,
            RandomSaturation: saturation,
            RandomHue: hue,
        }
        self._steps: list[Block] = [kind(amount) for kind, amount in kinds.items() if amount]
        for step in self._steps:
            self.register_child(step)

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, 3); output: the same."""
        for at in draw().permutation(len(self._steps)):
            x = self._steps[at](x)
        return x


class RandomLighting(Transform):
    """ImageNet's principal colours, added by normally distributed amounts (A. Krizhevsky et al., 2012).

    Args:
        alpha: their standard deviation.
    """

    @checked
    def __init__(self, alpha: AtLeastZero) -> None:
        super().__init__()
        self._alpha = alpha

    def forward(self, x: Any) -> Any:
        """data: (..., h, w, 3); output: the same."""
        amounts = draw().normal(0, self._alpha, 3).tolist()
        return nd.image.adjust_lighting(x, alpha=tuple(amounts))
