"""Convolutions whose kernel is held as factors, as a chain of smaller convolutions.

A convolution contracts its kernel with patches of the image; as patches overlap, it is no einsum whose order one could
search.  But the factors of a kernel form a chain, from the input's channels to the output's, and neighbours in it may
be multiplied with each other before the image meets them: none, which convolves once for each factor, or all, which
is the dense convolution, or anything between.  The choice that is predicted to cost least for the shapes at hand is
taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, combinations, pairwise
from typing import Any, Literal, NamedTuple

from jax import lax

from workbench.errors import ArgumentError
from workbench.ops.factors import ONE, RANKS, Factor, contract, factors, shapes
from workbench.ops.registry import register
from workbench.ops.window import check_axes, check_windows, spatial
from workbench.types import Shape

SPACE = "xyt"  # letters of a kernel's axes
MOVED = 16  # what reading or writing a number costs, in operations of a product of matrices
BY_CHANNEL = 64  # what a product costs that is no part of one; measured on a Xeon core, with its gradients


def kernel_factors(factorization: str, axes: int, ranks: Shape) -> list[Factor]:
    """The factors of a kernel of so many axes, in the order of the operator's inputs.

    Raises:
        ArgumentError: there are more or fewer ranks.
    """
    space = SPACE[:axes]
    try:
        if factorization == "cp":
            return factors("cp", f"oc{space}", ranks)
        if factorization == "tt":
            return factors("tt", f"c{space}o", ranks)
    except ValueError as error:
        raise ArgumentError(f"FactorizedConvolution(): {error}") from error
    if len(ranks) != 2:
        raise ArgumentError(
            f"FactorizedConvolution(): tucker has 2 ranks, of outgoing and incoming channels, got {ranks}"
        )
    return [
        Factor("core_weight", f"AB{space}"),
        Factor("factor0_weight", "oA"),
        Factor("factor1_weight", "cB"),
    ]


def _inputs(*, kernel: Shape, ranks: Shape, factorization: str, no_bias: bool, **_: Any) -> tuple[str, ...]:
    found = kernel_factors(factorization, len(kernel), ranks)
    return ("data", *(factor.name for factor in found), *("bias",) * (not no_bias))


def sizes_of(kernel: Shape, channels: int, num_filter: int, ranks: Shape) -> dict[str, int]:
    """The size of each letter; one that is not known is 0."""
    pairs = chain(zip(SPACE, kernel, strict=False), zip(RANKS, ranks, strict=False))
    return {ONE: 1, "c": channels, "o": num_filter, **dict(pairs)}


def _shapes(
    known: Any, *, kernel: Shape, num_filter: int, ranks: Shape, factorization: str, **_: Any
) -> dict[str, Shape]:
    channels = known["data"][1] if "data" in known else 0
    found = kernel_factors(factorization, len(kernel), ranks)
    return {**shapes(found, sizes_of(kernel, channels, num_filter, ranks)), "bias": (num_filter,)}


class Window(NamedTuple):
    """How a kernel moves along one axis of the image."""

    size: int
    stride: int
    dilate: int
    pad: int

    def outputs(self, length: int) -> int:
        """The length of the axis after the convolution."""
        return (length + 2 * self.pad - self.dilate * (self.size - 1) - 1) // self.stride + 1


class Stage(NamedTuple):
    """Neighbouring factors that are multiplied with each other, and make the kernel of one convolution.

    Attributes:
        letters: the kernel's: outgoing channels, incoming ones, space; one letter for both where each channel is
            convolved by itself.
    """

    factors: tuple[Factor, ...]
    letters: str

    @property
    def by_channel(self) -> bool:
        """Whether each channel is convolved by itself."""
        return len([letter for letter in self.letters if letter not in SPACE]) == 1


def in_line(found: Sequence[Factor]) -> list[Factor]:
    """The factors as a chain from the input's channels to the output's."""

    def place(factor: Factor) -> int:
        return -1 if "c" in factor.letters else len(SPACE) if "o" in factor.letters else 0

    return sorted(found, key=place)


def stages(line: Sequence[Factor], cuts: Sequence[int]) -> list[Stage]:
    """The chain cut at some places into the kernels of convolutions."""
    parts = [tuple(line[start:stop]) for start, stop in pairwise((0, *cuts, len(line)))]
    found = [{letter for factor in part for letter in factor.letters} for part in parts]
    joints = ["c", *("".join((a & b) - {ONE}) for a, b in pairwise(found)), "o"]
    return [
        Stage(part, "".join(dict.fromkeys(after + before)) + "".join(s for s in SPACE if s in own))
        for part, own, before, after in zip(parts, found, joints, joints[1:], strict=False)
    ]


class Work(NamedTuple):
    """What one stage does to an image: products that are summed, and numbers that are read and written."""

    stage: Stage
    products: int
    moved: int


def works(
    found: Sequence[Stage], sizes: dict[str, int], lengths: Shape, windows: Sequence[Window]
) -> list[Work]:
    """The work of each stage on one image of these lengths."""
    done, now = [], list(lengths)
    before = sizes["c"] * math.prod(now)
    for stage in found:
        for axis, window in enumerate(windows):
            now[axis] = window.outputs(now[axis]) if SPACE[axis] in stage.letters else now[axis]
        products = math.prod(now) * math.prod(sizes[letter] for letter in stage.letters)
        after = sizes[stage.letters[0]] * math.prod(now)
        done.append(Work(stage, products, before + after))
        before = after
    return done


def cost(done: Sequence[Work]) -> int:
    """What work costs, in operations of a product of matrices, backward counted in."""
    return sum(
        (BY_CHANNEL if work.stage.by_channel else 2) * work.products + MOVED * work.moved for work in done
    )


def cheapest(
    found: Sequence[Factor], sizes: dict[str, int], lengths: Shape, windows: Sequence[Window]
) -> list[Stage]:
    """The stages that cost least; of equal ones those of more factors a kernel."""
    line = in_line(found)
    places = range(1, len(line))
    ways = [stages(line, cuts) for count in range(len(line)) for cuts in combinations(places, count)]
    return min(ways, key=lambda way: cost(works(way, sizes, lengths, windows)))


def _convolved(images: Any, stage: Stage, arrays: dict[str, Any], windows: Sequence[Window]) -> Any:
    kernel = contract([(factor, arrays[factor.name]) for factor in stage.factors], stage.letters)
    here = [letter in stage.letters for letter in SPACE[: len(windows)]]
    chosen = [w if there else Window(1, 1, 1, 0) for w, there in zip(windows, here, strict=True)]
    channels = (-1, 1) if stage.by_channel else kernel.shape[: len(stage.letters) - sum(here)]
    letters = "DHW"[-len(windows) :]
    return lax.conv_general_dilated(
        images,
        kernel.reshape(*channels, *(w.size for w in chosen)),
        [w.stride for w in chosen],
        [(w.pad, w.pad) for w in chosen],
        rhs_dilation=[w.dilate for w in chosen],
        dimension_numbers=(f"NC{letters}", f"OI{letters}", f"NC{letters}"),
        feature_group_count=images.shape[1] if stage.by_channel else 1,
    )


@register("FactorizedConvolution", used=_inputs, complete=_shapes)
def factorized_convolution(
    *data: Any,
    kernel: Shape,
    num_filter: int,
    ranks: Shape,
    factorization: Literal["cp", "tucker", "tt"] = "tucker",
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    no_bias: bool = False,
) -> Any:
    """A convolution over 1 to 3 spatial axes whose kernel is held as factors; channels stand first.

    data: (n, c, *space); then the factors; then a bias, (num_filter,), unless `no_bias`; output: (n, num_filter, *out)
    as `Convolution` gives it.

    - ``cp``: a matrix (size, rank) for each axis of the kernel (num_filter, c, *kernel); one rank.
      Source: Lebedev et al. (2015), "Speeding-up Convolutional Neural Networks Using Fine-tuned CP-Decomposition".
    - ``tucker``: a core (r1, r2, *kernel), and matrices (num_filter, r1) and (c, r2): Tucker-2.
      Source: Kim et al. (2016), "Compression of Deep Convolutional Neural Networks for Fast and Low Power Mobile
      Applications".
    - ``tt``: a core (rank before, size, rank after) for each axis of (c, *kernel, num_filter), the first and last rank
      1: the train of the kernel as it is, with which Garipov et al. (2016), "Ultimate tensorization", compare theirs.
    """
    images, *weights = data
    ndim = len(kernel)
    check_axes(images, kernel)
    strides, dilates, pads = spatial(stride, ndim, 1), spatial(dilate, ndim, 1), spatial(pad, ndim, 0)
    check_windows(images.shape[2:], kernel, strides, dilates, pads)
    windows = [Window(*each) for each in zip(kernel, strides, dilates, pads, strict=True)]
    found = kernel_factors(factorization, ndim, ranks)
    arrays = {factor.name: array for factor, array in zip(found, weights, strict=False)}
    sizes = sizes_of(kernel, images.shape[1], num_filter, ranks)
    for stage in cheapest(found, sizes, images.shape[2:], windows):
        images = _convolved(images, stage, arrays, windows)
    return images if no_bias else images + weights[-1].reshape(1, -1, *(1,) * ndim)
