"""Pooling against a loop over windows."""

import math

import numpy as np

from tests.ops.case import Case, apart, case


def pool(
    x,
    kernel=(),
    pool_type="max",
    global_pool=False,
    pooling_convention="valid",
    stride=(),
    pad=(),
    count_include_pad=True,
):
    """One output at a time, as MXNet's documentation describes it."""
    space = x.shape[2:]
    if global_pool:
        return {"max": np.max, "avg": np.mean, "sum": np.sum}[pool_type](
            x, axis=tuple(range(2, x.ndim)), keepdims=True
        )
    stride, pad = stride or (1,) * len(space), pad or (0,) * len(space)
    rounded = math.ceil if pooling_convention == "full" else math.floor
    out_shape = [
        rounded((n + 2 * p - k) / s) + 1 for n, p, k, s in zip(space, pad, kernel, stride, strict=True)
    ]
    out = np.zeros((*x.shape[:2], *out_shape))
    for place in np.ndindex(*out_shape):
        starts = [i * s - p for i, s, p in zip(place, stride, pad, strict=True)]
        ends = [min(a + k, n + p) for a, k, n, p in zip(starts, kernel, space, pad, strict=True)]
        inside = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(starts, ends, space, strict=True))
        part = x[(slice(None), slice(None), *inside)].reshape(*x.shape[:2], -1)
        count = (
            math.prod(b - a for a, b in zip(starts, ends, strict=True))
            if count_include_pad
            else part.shape[-1]
        )
        made = {"max": part.max(-1), "sum": part.sum(-1), "avg": part.sum(-1) / count}[pool_type]
        out[(slice(None), slice(None), *place)] = made
    return out


CASES: list[Case] = []
for pool_type in ("max", "avg", "sum"):
    facts = {"pool_type": pool_type}
    CASES += [
        case("Pooling", pool, apart(1, 2, 4, 6), kernel=(2, 3), stride=(2, 3), **facts),
        case("Pooling", pool, apart(1, 2, 5, 4), kernel=(3, 2), **facts),
        case("Pooling", pool, apart(1, 1, 5, 5), kernel=(2, 2), stride=(2, 2), pad=(1, 1), **facts),
        case(
            "Pooling",
            pool,
            apart(1, 1, 6, 6),
            kernel=(3, 3),
            stride=(2, 2),
            pooling_convention="full",
            **facts,
        ),
        case("Pooling", pool, apart(2, 2, 3, 3), global_pool=True, **facts),
        case("Pooling", pool, apart(1, 2, 6), kernel=(2,), stride=(2,), **facts),
    ]
CASES += [
    case("Pooling", pool, apart(1, 1, 5, 5), kernel=(3, 3), stride=(2, 2), pad=(1, 1), **facts)
    for facts in (
        {"pool_type": "avg", "count_include_pad": False},
        {"pool_type": "avg", "pooling_convention": "full"},
        {"pool_type": "avg", "pooling_convention": "full", "count_include_pad": False},
    )
]
