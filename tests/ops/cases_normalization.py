"""Normalisation within an example against the published formulas."""

import numpy as np

from tests.ops.case import Case, case, positive, real


def normalise(x, gamma, beta, eps, over, along):
    shape = [n if i == along else 1 for i, n in enumerate(x.shape)]
    mean, std = x.mean(over, keepdims=True), np.sqrt(x.var(over, keepdims=True) + eps)
    return (x - mean) / std * gamma.reshape(shape) + beta.reshape(shape), mean, std


def layer_norm(x, gamma, beta, axis=-1, eps=1e-5, output_mean_var=False):
    found = normalise(x, gamma, beta, eps, axis, axis % x.ndim)
    return found if output_mean_var else found[0]


def instance_norm(x, gamma, beta, eps=1e-3):
    return normalise(x, gamma, beta, eps, tuple(range(2, x.ndim)), 1)[0]


def group_norm(x, gamma, beta, num_groups=1, eps=1e-5, output_mean_var=False):
    out, mean, std = normalise(x.reshape(len(x), num_groups, -1), gamma, beta, eps, (2,), 1)
    found = out.reshape(x.shape), mean[..., 0], std[..., 0]
    return found if output_mean_var else found[0]


def lrn(x, nsize, alpha=1e-4, beta=0.75, knorm=2.0):
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        near = x[:, max(c - nsize // 2, 0) : c + nsize // 2 + 1]
        out[:, c] = x[:, c] / (knorm + alpha / nsize * (near**2).sum(1)) ** beta
    return out


CASES: list[Case] = [
    case("LayerNorm", layer_norm, real(3, 4), positive(4), real(4)),
    case("LayerNorm", layer_norm, real(2, 3, 4), positive(3), real(3), axis=1, eps=0.1),
    case("LayerNorm", layer_norm, real(2, 3, 4), positive(4), real(4), output_mean_var=True),
    case("LayerNorm", layer_norm, real(3, 2, 2), positive(3), real(3), axis=-3, output_mean_var=True),
    case("InstanceNorm", instance_norm, real(2, 3, 4), positive(3), real(3)),
    case("InstanceNorm", instance_norm, real(2, 2, 3, 2), positive(2), real(2), eps=0.1),
    case("GroupNorm", group_norm, real(2, 4, 3), positive(2), real(2), num_groups=2),
    case("GroupNorm", group_norm, real(2, 3, 2, 2), positive(1), real(1), eps=0.1),
    case("GroupNorm", group_norm, real(2, 4, 3), positive(4), real(4), num_groups=4, output_mean_var=True),
    case("LRN", lrn, real(2, 5, 2, 2), nsize=3, alpha=0.5),
    case("LRN", lrn, real(2, 6, 3), nsize=5, alpha=0.2, beta=0.5, knorm=1.0),
    case("LRN", lrn, real(1, 2, 3, 2), nsize=1, coarse=False),
]
