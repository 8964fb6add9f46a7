"""How a CPU convolves each channel by itself where there are steps: phase by phase.

A transposed convolution with stride d puts d - 1 zeros between the places of its images, and of every d places of the
kernel in a row an output meets one.  Which one depends on the output's phase, its place modulo d, alone: along an axis

    y[d q + r] = Σₜ x[q + t] w[d t + d - 1 - r],                   r < d, padding left out,

so all phases together are a sum of about as many products as the kernel has places, over d² in a plane (polyphase
filters: Crochiere and Rabiner, Multirate Digital Signal Processing, 1983, chapter 3).  Of a convolution that steps by d
over its images each phase of an image meets its own part of the kernel, and the gradient of a kernel is made of its
phases too:

    y[q] = Σₜ Σᵣ x[d (q + t) + r] w[d t + r],          ∂w[d t + r] = Σ_q x[d (q + t) + r] ∂y[q].
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from workbench.runtime.convolve_grouped import Convolution, Settings, lengths


class Stretch(NamedTuple):
    """How an axis is convolved that has zeros between its places.

    Attributes:
        skipped: outputs that are left out again, in front, so that every phase begins alike.
        out: outputs after them.
        of_phase: outputs of each phase.
        before: zeros in front of the axis.
        whole: its places with those and the ones behind.
    """

    skipped: int
    out: int
    of_phase: int
    before: int
    whole: int

    @staticmethod
    def of(places: int, extent: int, step: int, padding: tuple[int, int]) -> Stretch:
        """For an axis of so many places, a kernel of this extent, and padding on both sides."""
        low, high = padding
        out = (places - 1) * step + 1 + low + high - extent + 1
        skipped = -(low + 1) % step
        of_phase = -(-(skipped + out) // step)
        return Stretch(skipped, out, of_phase, (low + skipped) // step, of_phase - 1 + -(-extent // step))


def stretched(images: Any, kernel: Any, settings: Settings) -> Any:
    """The convolution of (n, *space, c) with (*space, 1, filters) in c groups, of which only `lhs_dilation` steps."""
    steps = settings["lhs_dilation"]
    each = zip(images.shape[1:-1], kernel.shape[:-2], steps, settings["padding"], strict=True)
    axes = [Stretch.of(*axis) for axis in each]
    weights = _phases(kernel[..., 0, :], 0, steps)
    weights = jnp.flip(weights, range(1, weights.ndim - 1, 2))
    images = _fitted(_repeated(images, kernel), [a.before for a in axes], [a.whole for a in axes])
    counts = [a.of_phase for a in axes]
    total: Any = 0.0
    for place in itertools.product(*map(range, weights.shape[:-1:2])):
        total = total + _apart(_part(images, place, counts)) * weights[_at(place)]
    joined = total.reshape(len(images), *[q * d for q, d in zip(counts, steps, strict=True)], -1)
    kept = tuple(slice(a.skipped, a.skipped + a.out) for a in axes)
    return joined[(slice(None), *kept)]


def stepped(images: Any, kernel: Any, settings: Settings) -> Any:
    """The convolution of (n, *space, c) with (*space, 1, filters) in c groups, of which only `window_strides` step."""
    steps = settings["window_strides"]
    out = lengths(images.shape[1:-1], kernel.shape[:-2], settings)
    weights = _phases(kernel[..., 0, :], 0, steps)
    taps, extent = weights.shape[:-1:2], _beside(out, steps)
    images = _in_phases(_repeated(images, kernel), out, taps, steps, settings)

    def add(total: Any, place: Any) -> tuple[Any, None]:
        weight = lax.dynamic_slice(
            weights, jnp.pad(place, (0, 1)), (*_beside([1] * len(steps), steps), filters)
        )
        return total + (_part(images, place, extent) * weight).sum(range(2, images.ndim - 1, 2)), None

    filters = kernel.shape[-1]
    nothing = jnp.zeros((len(images), *out, filters), images.dtype)
    return lax.scan(add, nothing, _in_turn(taps))[0]


def kernel_stepped(images: Any, gradients: Any, settings: Settings) -> Any:
    """The convolution of (c, *space, n) with (*space, n, filters) in c groups of the batch: (1, *out, filters).

    Only `rhs_dilation` steps.
    """
    steps, space = settings["rhs_dilation"], gradients.shape[:-2]
    out = lengths(images.shape[1:-1], space, settings)
    taps = [-(-k // d) for k, d in zip(out, steps, strict=True)]
    images, gradients = jnp.swapaxes(images, 0, -1), jnp.moveaxis(gradients, -2, 0)
    images = _in_phases(_repeated(images, gradients), space, taps, steps, settings)
    gradients, extent = _apart(gradients), _beside(space, steps)

    def at(place: Any) -> Any:
        return (_part(images, place, extent) * gradients).sum((0, *range(1, images.ndim - 1, 2)))

    found = lax.map(at, _in_turn(taps)).reshape(*taps, *steps, -1)
    order = [*_beside(range(len(taps)), range(len(taps), 2 * len(taps))), 2 * len(taps)]
    joined = found.transpose(order).reshape(*[t * d for t, d in zip(taps, steps, strict=True)], -1)
    return lax.slice(joined, (0,) * joined.ndim, (*out, joined.shape[-1]))[None]


def kernel_stretched(images: Any, gradients: Any, settings: Settings, convolve: Convolution) -> Any:
    """The convolution of (c, *space, n) with (*space, n, filters) in c groups of the batch: (1, *out, filters).

    Only `lhs_dilation` steps.  It is the one, back to front, of the gradients as images, where `rhs_dilation` does.
    """
    steps, space = settings["lhs_dilation"], images.shape[1:-1]
    out = lengths(space, gradients.shape[:-2], settings)
    extent = [(n - 1) * d + 1 for n, d in zip(space, steps, strict=True)]
    before = [k - 1 - low for k, (low, _) in zip(out, settings["padding"], strict=True)]
    sizes = zip(out, extent, gradients.shape[:-2], before, strict=True)
    padding = [(low, k - 1 + e - n - low) for k, e, n, low in sizes]
    images = jnp.repeat(images, gradients.shape[-1] // len(images), axis=0)
    turned = {**settings, "lhs_dilation": (1,) * len(steps), "rhs_dilation": steps, "padding": padding}
    turned["batch_group_count"] = len(images)
    found = convolve(jnp.moveaxis(gradients, -1, 0), jnp.moveaxis(images, 0, -1), turned)
    return jnp.flip(found, range(1, found.ndim - 1))


def _repeated(images: Any, filters: Any) -> Any:
    return jnp.repeat(images, filters.shape[-1] // images.shape[-1], axis=-1)


def _in_phases(
    images: Any, out: Sequence[int], taps: Sequence[int], steps: Sequence[int], settings: Settings
) -> Any:
    """The images with their padding, every axis of space as (places, phases)."""
    before = [low for low, _ in settings["padding"]]
    whole = [(q + t - 1) * d for q, t, d in zip(out, taps, steps, strict=True)]
    return _phases(_fitted(images, before, whole), 1, steps)


def _phases(array: Any, first: int, steps: Sequence[int]) -> Any:
    """Each axis of space, from `first` on, as (places, phases), zeros where it ends too early."""
    space = array.shape[first:-1]
    counts = [-(-n // d) for n, d in zip(space, steps, strict=True)]
    whole = [q * d for q, d in zip(counts, steps, strict=True)]
    missing = [(0, total - n) for n, total in zip(space, whole, strict=True)]
    array = jnp.pad(array, [(0, 0)] * first + missing + [(0, 0)])
    return array.reshape(*array.shape[:first], *_beside(counts, steps), array.shape[-1])


def _fitted(images: Any, before: Sequence[int], whole: Sequence[int]) -> Any:
    """The images with so many zeros before them, and as many behind as make the whole."""
    space = images.shape[1:-1]
    widths = [(low, total - low - n, 0) for low, total, n in zip(before, whole, space, strict=True)]
    return lax.pad(images, jnp.zeros((), images.dtype), [(0, 0, 0), *widths, (0, 0, 0)])


def _part(images: Any, start: Any, extent: Sequence[int]) -> Any:
    """So much of the images' space from a place on."""
    shape = (images.shape[0], *extent, images.shape[-1])
    return lax.dynamic_slice(images, jnp.pad(jnp.asarray(start), 1), shape)


def _apart(images: Any) -> Any:
    """Each axis of space with room for phases beside it."""
    space = images.shape[1:-1]
    return images.reshape(images.shape[0], *_beside(space, [1] * len(space)), images.shape[-1])


def _beside(places: Sequence[int], phases: Sequence[int] | None = None) -> list[int]:
    """For each axis of space its place, and its phase or 0."""
    found = [0] * len(places) if phases is None else phases
    return [each for pair in zip(places, found, strict=True) for each in pair]


def _in_turn(taps: Sequence[int]) -> Any:
    """The places of a kernel, for a loop: side by side, XLA would keep an image for each of them."""
    return jnp.array([_beside(place) for place in itertools.product(*map(range, taps))])


def _at(place: Sequence[int]) -> Any:
    """All phases of one place of a kernel, each axis of places as one of length 1."""
    return tuple(index for each in place for index in (slice(each, each + 1), slice(None)))
