"""Joining and splitting: several arrays as one, one as several, or one repeated."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from workbench.ops.registry import register
from workbench.types import Shape


@register("Concat", "concat", "_rnn_param_concat")
def concat(*data: Any, dim: int = 1) -> Any:
    """Inputs joined along axis `dim`; their other axes agree."""
    return jnp.concatenate(data, axis=dim)


@register("stack")
def stack(*data: Any, axis: int = 0) -> Any:
    """Inputs of one shape joined along a new axis."""
    return jnp.stack(data, axis=axis)


@register("SliceChannel", "split", variable_outputs=lambda num_outputs, **_: num_outputs)
def split(data: Any, *, num_outputs: int, axis: int = 1, squeeze_axis: bool = False) -> Any:
    """`num_outputs` equal parts along `axis`; `squeeze_axis` drops it where a part has size 1."""
    if data.shape[axis] % num_outputs:
        raise ValueError(
            f"axis {axis} of size {data.shape[axis]} can't be split into {num_outputs} equal parts"
        )
    parts = jnp.split(data, num_outputs, axis=axis)
    return tuple(jnp.squeeze(p, axis) for p in parts) if squeeze_axis else tuple(parts)


def cuts(indices_or_sections: int | Sequence[int]) -> dict[str, Any]:
    """What `split_v2` was asked for, as the attributes of its operator: where each part begins, or their number."""
    if isinstance(indices_or_sections, int):
        return {"indices": (), "sections": indices_or_sections}
    return {"indices": (0, *indices_or_sections)}


@register(
    "_split_v2",
    variable_outputs=lambda indices, sections, **_: sections or len(indices),
)
def split_v2(
    data: Any, *, indices: Shape, axis: int = 1, squeeze_axis: bool = False, sections: int = 0
) -> Any:
    """Parts of `data` along `axis` that begin at `indices`, or `sections` equal ones.

    `squeeze_axis` drops the axis where every part has size 1.
    """
    if sections and data.shape[axis] % sections:
        raise ValueError(f"axis {axis} of size {data.shape[axis]} can't be split into {sections} equal parts")
    size = data.shape[axis]
    starts = range(0, size, size // sections) if sections else indices
    bounds = pairwise([*starts, size])
    parts = [jax.lax.slice_in_dim(data, *slice(*part).indices(size)[:2], axis=axis) for part in bounds]
    return tuple(jnp.squeeze(p, axis) for p in parts) if squeeze_axis else tuple(parts)


@register("tile")
def tile(data: Any, *, reps: Shape) -> Any:
    """The array repeated `reps` times along each axis."""
    return jnp.tile(data, reps)


@register("repeat")
def repeat(data: Any, *, repeats: int, axis: int | None = None) -> Any:
    """Each element repeated along `axis` (flattened if None)."""
    return jnp.repeat(data, repeats, axis=axis)
