"""Pooling against a loop over windows."""

import math

import numpy as np

from tests.ops.case import Case, apart, case, positive, real


def pool(
    x, kernel=(), pool_type="max", global_pool=False, pooling_convention="valid", stride=(), pad=(),
    count_include_pad=True, p_value=None, layout=None,
):  # fmt: skip
    """One output at a time, as MXNet's documentation describes it."""
    if layout is not None and layout.endswith("C"):
        first = pool(
            np.moveaxis(x, -1, 1),
            kernel,
            pool_type,
            global_pool,
            pooling_convention,
            stride,
            pad,
            count_include_pad,
        )
        return np.moveaxis(first, 1, -1)
    space = x.shape[2:]
    if global_pool:
        kernel, stride, pad, pooling_convention = space, (), (), "valid"
    stride, pad = stride or (1,) * len(space), pad or (0,) * len(space)
    out_shape = [
        {
            "valid": (n + 2 * p - k) // s + 1,
            "full": math.ceil((n + 2 * p - k) / s) + 1,
            "same": math.ceil(n / s),
        }[pooling_convention]
        for n, p, k, s in zip(space, pad, kernel, stride, strict=True)
    ]
    out = np.zeros((*x.shape[:2], *out_shape))
    for place in np.ndindex(*out_shape):
        starts = [i * s - p for i, s, p in zip(place, stride, pad, strict=True)]
        ends = [min(a + k, n + p) for a, k, n, p in zip(starts, kernel, space, pad, strict=True)]
        inside = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(starts, ends, space, strict=True))
        part = x[(slice(None), slice(None), *inside)].reshape(*x.shape[:2], -1)
        whole = math.prod(b - a for a, b in zip(starts, ends, strict=True))
        out[(slice(None), slice(None), *place)] = {
            "max": lambda part=part: part.max(-1),
            "sum": lambda part=part: part.sum(-1),
            "avg": lambda part=part, n=whole if count_include_pad else part.shape[-1]: part.sum(-1) / n,
            "lp": lambda part=part: (part**p_value).sum(-1) ** (1 / p_value),
        }[pool_type]()
    return out


CASES: list[Case] = []
for pool_type in ("max", "avg", "sum", "lp"):
    facts = {"pool_type": pool_type, **({"p_value": 2} if pool_type == "lp" else {})}
    draw = apart if pool_type == "max" else real
    CASES += [
        case("Pooling", pool, draw(1, 2, 4, 6), kernel=(2, 3), stride=(2, 3), **facts),
        case("Pooling", pool, draw(1, 2, 5, 4), kernel=(3, 2), **facts),
        case("Pooling", pool, draw(1, 1, 5, 5), kernel=(2, 2), stride=(2, 2), pad=(1, 1), **facts),
        case(
            "Pooling", pool, draw(1, 1, 6, 6), kernel=(3, 3), stride=(2, 2), pooling_convention="full", **facts
        ),
        case("Pooling", pool, draw(2, 2, 3, 3), global_pool=True, **facts),
        case("Pooling", pool, draw(1, 2, 6), kernel=(2,), stride=(2,), **facts),
    ]  # fmt: skip
    CASES += [
        case(
            "Pooling", pool, draw(1, 1, 3, 4, 3), kernel=(2, 3, 2), stride=(1, 2, 1), pad=(0, 1, 1), **facts
        ),
        case("Pooling", pool, draw(1, 2, 7), kernel=(3,), stride=(2,), pooling_convention="same", **facts),
    ]
CASES += [
    case("Pooling", pool, real(1, 1, 5, 5), kernel=(3, 3), stride=(2, 2), pad=(1, 1), **facts)
    for facts in (
        {"pool_type": "avg", "count_include_pad": False},
        {"pool_type": "avg", "pooling_convention": "full"},
        {"pool_type": "avg", "pooling_convention": "full", "count_include_pad": False},
    )
]
CASES += [
    case("Pooling", pool, apart(1, 4, 3, 2), kernel=(2, 2), layout="NHWC"),
    case("Pooling", pool, real(2, 4, 2), kernel=(2,), pool_type="avg", layout="NWC"),
    case("Pooling", pool, apart(2, 3, 2, 2), global_pool=True, layout="NHWC"),
    case("Pooling", pool, positive(1, 2, 4), kernel=(2,), pool_type="lp", p_value=3),
    case("Pooling", pool, positive(1, 2, 4, 2), global_pool=True, pool_type="lp", p_value=1),
]
