"""Dot-product attention with several heads, on projections that lie interleaved in one array.

One dense layer projects to queries, keys and values at once; head by head, they lie side by side along the last axis.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from workbench.errors import ShapeError
from workbench.ops.registry import register


def _parts(data: Any, heads: int, count: int) -> list[Any]:
    """(length, n, heads × count × d) → `count` arrays of (n × heads, length, d)."""
    if data.ndim != 3 or heads < 1 or data.shape[-1] % (heads * count):
        raise ShapeError(
            f"the projections are (length, batch, {count} × heads × depth) for heads={heads}, got {data.shape}"
        )
    length, n, _ = data.shape
    split = data.reshape(length, n, heads, count, -1)
    return [split[:, :, :, i].transpose(1, 2, 0, 3).reshape(n * heads, length, -1) for i in range(count)]


def _scores(queries: Any, keys: Any) -> Any:
    if queries.shape[::2] != keys.shape[::2]:
        raise ShapeError(
            f"queries of {queries.shape} do not fit keys of {keys.shape}: (batch × heads, length, depth)"
        )
    return jnp.matmul(queries / math.sqrt(queries.shape[-1]), keys.swapaxes(1, 2))


def _mixed(values: Any, attention: Any, heads: int) -> Any:
    """Values weighted by attention, heads side by side again: (length, n, heads × d)."""
    if attention.ndim != 3 or attention.shape[::2] != values.shape[:2]:
        raise ShapeError(
            f"attention is (batch × heads, length, {values.shape[1]}) with batch × heads = {values.shape[0]}, "
            f"got {attention.shape}"
        )
    mixed = jnp.matmul(attention, values)
    apart = mixed.reshape(-1, heads, *mixed.shape[1:]).transpose(2, 0, 1, 3)
    return apart.reshape(*apart.shape[:2], -1)


@register("_contrib_interleaved_matmul_selfatt_qk")
def self_attention_scores(queries_keys_values: Any, *, heads: int) -> Any:
    """How much each place attends to each other, before the softmax: ``q kᵀ / sqrt(d)``.

    queries_keys_values: (length, n, heads × 3 × d); output: (n × heads, length, length).
    Source: MXNet 1.9 ``contrib.interleaved_matmul_selfatt_qk``; A. Vaswani et al., arXiv:1706.03762, section 3.2.
    """
    queries, keys, _ = _parts(queries_keys_values, heads, 3)
    return _scores(queries, keys)


@register("_contrib_interleaved_matmul_selfatt_valatt")
def self_attention_values(queries_keys_values: Any, attention: Any, *, heads: int) -> Any:
    """The values, mixed as `attention` says.

    queries_keys_values: (length, n, heads × 3 × d); attention: (n × heads, length, length); output: (length, n,
    heads × d).  Source: MXNet 1.9 ``contrib.interleaved_matmul_selfatt_valatt``.
    """
    return _mixed(_parts(queries_keys_values, heads, 3)[2], attention, heads)


@register("_contrib_interleaved_matmul_encdec_qk")
def attention_scores(queries: Any, keys_values: Any, *, heads: int) -> Any:
    """How much each query attends to each key of another sequence: ``q kᵀ / sqrt(d)``.

    queries: (length, n, heads × d); keys_values: (other, n, heads × 2 × d); output: (n × heads, length, other).
    Source: MXNet 1.9 ``contrib.interleaved_matmul_encdec_qk``.
    """
    return _scores(_parts(queries, heads, 1)[0], _parts(keys_values, heads, 2)[0])


@register("_contrib_interleaved_matmul_encdec_valatt")
def attention_values(keys_values: Any, attention: Any, *, heads: int) -> Any:
    """The values of another sequence, mixed as `attention` says.

    keys_values: (other, n, heads × 2 × d); attention: (n × heads, length, other); output: (length, n, heads × d).
    Source: MXNet 1.9 ``contrib.interleaved_matmul_encdec_valatt``.
    """
    return _mixed(_parts(keys_values, heads, 2)[1], attention, heads)
