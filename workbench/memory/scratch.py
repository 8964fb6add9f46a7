"""What an operation takes beside its values while it runs, read off what it is made of, nothing compiled.

Most operations take nothing: a sum or a normalisation is computed where its result will lie, a product of matrices in
place of it.  A convolution on a CPU does: XLA's kernel wants channels last and turns around what it reads and gives
(`runtime.channels_last`), which makes a copy of each.  With images of a bytes, a kernel of b and a result of c that is

    a + b + c                                    of one convolution, less the copy of an operand that finds room where
                                                 the operation's result will lie, the largest that does;
    the most of any, or all operands' copies     of several, as in a gradient by images and kernel: they are turned
    together less the one that finds room        around side by side.

A convolution of each channel by itself is a sum of shifted images instead (`runtime.convolve_grouped`), which takes the
images with their padding; and in a gradient the turned ones too, of each of its convolutions.  A transposed one takes
them without the zeros between their places (`runtime.convolve_phases`); in a gradient they lie where turned images of
its other convolution lie at another time, and are not counted.

Of the distinct convolutions of a ResNet-50 and their gradients, each compiled by itself, XLA's buffer assignment agrees
with this for all but two, which are 3 % above and 16 % below; transposed, grouped, one- and three-dimensional ones are
within 5 %.  Gradients take up to 2.3 times as much for kernels in many groups, for several filters a channel, and for
transposed convolutions with strides.  In one program with its neighbours a convolution shares copies with them.  What
random numbers, sorting and the gradient of pooling take follows no such rule, and is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from workbench.graph.bound import Bound, Types
from workbench.memory.elementwise import needed_steps, program_of
from workbench.runtime.convolve import alone
from workbench.runtime.convolve_grouped import only_steps
from workbench.runtime.convolve_phases import Stretch, stretched


class Turned(NamedTuple):
    """What a convolution turns around, in bytes; with padding only where each channel is by itself."""

    images: int
    kernel: int
    result: int
    padded: int
    by_phase: bool


@cache
def scratch(bound: Bound, types: Types) -> int:
    """Bytes that one operation takes beside its inputs and outputs on a CPU: predicted.

    Args:
        bound: the operation.
        types: of its inputs, the random key included where it draws.
    """
    program = program_of(bound, types)
    found = list(_convolutions(program))
    alone = [each for each in found if each.padded]
    if len(found) > 1:
        shifted = sum(each.images + each.padded * (not each.by_phase) for each in alone)
    else:
        shifted = sum(each.padded for each in alone)
    return shifted + _copies([each for each in found if not each.padded], max(map(_bytes, program.outvars)))


def _copies(turned: list[Turned], room: int) -> int:
    """The copies of convolutions side by side, where the largest result is this large."""
    if not turned:
        return 0
    operands = [size for each in turned for size in (each.images, each.kernel)]
    spared = max((size for size in operands if size <= room), default=0)
    if len(turned) == 1:
        return sum(turned[0][:3]) - spared
    return max(*(sum(each[:3]) for each in turned), sum(operands) - spared)


def _convolutions(program: Any) -> Iterator[Turned]:
    for step in needed_steps(program):
        if step.primitive.name == "conv_general_dilated":
            images, kernel, result = map(_bytes, chain(step.invars, step.outvars))
            yield Turned(images, kernel, result, _padded(step), _by_phase(step))
        inner = step.params.get("jaxpr", step.params.get("call_jaxpr"))
        if inner is not None:
            yield from _convolutions(getattr(inner, "jaxpr", inner))


def _padded(step: Any) -> int:
    """Bytes of the images with their zeros, once for each filter, where each channel is by itself."""
    images, kernel = (variable.aval for variable in step.invars)
    batch, channels, *space = step.params["dimension_numbers"].lhs_spec
    filters = kernel.shape[step.params["dimension_numbers"].rhs_spec[0]]
    of_kernel = step.params["batch_group_count"] > 1  # whose channels are where a batch would stand
    groups = step.params["batch_group_count" if of_kernel else "feature_group_count"]
    channel, other = (batch, channels) if of_kernel else (channels, batch)
    if not 1 < groups == images.shape[channel]:
        return 0
    settings = [step.params[name] for name in ("lhs_dilation", "padding")]
    sizes = list(zip([images.shape[i] for i in space], *settings, strict=True))
    lengths = [(n - 1) * apart + 1 + sum(pad) for n, apart, pad in sizes]
    if not of_kernel and _by_phase(step):
        axes = zip(sizes, _extent(step), strict=True)
        lengths = [max(0, Stretch.of(n, k, apart, pad).whole) for (n, apart, pad), k in axes]
    return int(math.prod(lengths) * images.shape[other] * filters * images.dtype.itemsize)


def _by_phase(step: Any) -> bool:
    """Whether its images meet the kernel without the zeros between their places, where each channel is by itself."""
    if step.params["batch_group_count"] > 1:
        return only_steps("lhs_dilation", step.params)
    return alone(_extent(step), step.params) is stretched


def _extent(step: Any) -> list[int]:
    """The lengths of its kernel in space."""
    return [step.invars[1].aval.shape[i] for i in step.params["dimension_numbers"].rhs_spec[2:]]


def _bytes(variable: Any) -> int:
    return int(variable.aval.size * variable.aval.dtype.itemsize)
