"""Attention head by head."""

import numpy as np

from tests.ops.case import Case, case, real


def per_head(heads, count, data):
    """(length, n, heads × count × d) as data[head][part] of (n, length, d)."""
    each = np.split(data, heads, axis=-1)
    return [[part.transpose(1, 0, 2) for part in np.split(head, count, axis=-1)] for head in each]


def batched(by_head):
    """One (n, …) a head, as (n × heads, …)."""
    return np.stack(by_head, 1).reshape(-1, *by_head[0].shape[1:])


def scores(queries, keys):
    return queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])


def self_scores(data, heads):
    return batched([scores(q, k) for q, k, _ in per_head(heads, 3, data)])


def cross_scores(queries, keys_values, heads):
    pairs = zip(per_head(heads, 1, queries), per_head(heads, 2, keys_values), strict=True)
    return batched([scores(q, k) for (q,), (k, _) in pairs])


def mixed(count):
    def of(data, attention, heads):
        n = data.shape[1]
        weights = attention.reshape(n, heads, *attention.shape[1:])
        values = [parts[-1] for parts in per_head(heads, count, data)]
        heads_out = [weights[:, i] @ value for i, value in enumerate(values)]
        return np.concatenate(heads_out, axis=-1).transpose(1, 0, 2)

    return of


PREFIX = "_contrib_interleaved_matmul_"
CASES: list[Case] = []
for length, other, n, heads, depth in ((3, 4, 2, 2, 2), (2, 2, 1, 3, 1)):
    both = real(length, n, heads * 3 * depth)
    CASES += [
        case(f"{PREFIX}selfatt_qk", self_scores, both, heads=heads),
        case(f"{PREFIX}selfatt_valatt", mixed(3), both, real(n * heads, length, length), heads=heads),
        case(
            f"{PREFIX}encdec_qk", cross_scores, real(length, n, heads * depth), real(other, n, heads * 2 * depth),
            heads=heads,
        ),
        case(
            f"{PREFIX}encdec_valatt", mixed(2), real(other, n, heads * 2 * depth), real(n * heads, length, other),
            heads=heads,
        ),
    ]  # fmt: skip
