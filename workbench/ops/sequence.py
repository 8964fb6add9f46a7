"""Sequences of unequal length in one array: the part past each one's end, and its end itself.

Data is (time, batch, ...), or (batch, time, ...) where `axis` is 1.  With ``use_sequence_length`` a second input
gives each sequence's length, (batch,); without, all are as long as the array.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from workbench.ops.registry import register


def _inputs(use_sequence_length: bool, **_: Any) -> tuple[str, ...]:
    return ("data", "sequence_length") if use_sequence_length else ("data",)


def _times(data: Any, axis: int) -> Any:
    """Each element's place in time, of a shape that broadcasts with `data`."""
    if axis not in (0, 1):
        raise ValueError(f"the sequence axis is 0 or 1, got {axis}")
    return jnp.arange(data.shape[axis]).reshape([-1 if a == axis else 1 for a in range(data.ndim)])


def _lengths(sequence_length: Any, data: Any, axis: int) -> Any:
    """Each sequence's length, of a shape that broadcasts with `data`."""
    lengths = sequence_length.astype(jnp.int32)
    return lengths.reshape([-1 if a == 1 - axis else 1 for a in range(data.ndim)])


@register("SequenceMask", used=_inputs)
def sequence_mask(
    data: Any,
    sequence_length: Any = None,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
) -> Any:
    """`value` in place of what follows each sequence's end.

    data: (time, batch, ...); sequence_length: (batch,); output: like data.
    """
    times = _times(data, axis)
    if sequence_length is None:
        return data
    return jnp.where(times < _lengths(sequence_length, data, axis), data, jnp.asarray(value, data.dtype))


@register("SequenceLast", used=_inputs)
def sequence_last(
    data: Any, sequence_length: Any = None, *, use_sequence_length: bool = False, axis: int = 0
) -> Any:
    """The last element of each sequence.

    data: (time, batch, ...); sequence_length: (batch,), at least 1; output: (batch, ...).
    """
    times = _times(data, axis)
    if sequence_length is None:
        return jnp.take(data, -1, axis=axis)
    last = jnp.clip(_lengths(sequence_length, data, axis), 1, times.size) - 1
    return jnp.take_along_axis(data, last, axis=axis).squeeze(axis)


@register("SequenceReverse", used=_inputs)
def sequence_reverse(
    data: Any, sequence_length: Any = None, *, use_sequence_length: bool = False, axis: int = 0
) -> Any:
    """Each sequence backward; what follows its end stays where it is.

    data: (time, batch, ...); sequence_length: (batch,); output: like data.
    """
    if axis != 0:
        raise ValueError(f"the sequence axis is 0 here, got {axis}; SwapAxis brings another one there")
    if sequence_length is None:
        return jnp.flip(data, 0)
    times, lengths = _times(data, 0), _lengths(sequence_length, data, 0)
    return jnp.take_along_axis(data, jnp.where(times < lengths, lengths - 1 - times, times), axis=0)
