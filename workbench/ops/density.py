"""Densities: how probable numbers are under the laws that `ops.random` draws from.

Each law gives the logarithm of its density, from which the density follows; of whole numbers that is their
probability.  A law's parameters have the leading axes of the sample, one law for all that lies behind them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax.lax import stop_gradient
from jax.scipy.special import gammaln

from workbench.errors import ShapeError
from workbench.ops.random import declared
from workbench.ops.registry import register


def _uniform(x: Any, low: Any, high: Any) -> Any:
    return jnp.broadcast_to(-jnp.log(high - low), x.shape)


def _normal(x: Any, mu: Any, sigma: Any) -> Any:
    return -jnp.square((x - mu) / sigma) / 2 - jnp.log(sigma) - math.log(2 * math.pi) / 2


def _exponential(x: Any, lam: Any) -> Any:
    return jnp.log(lam) - lam * x


def _gamma(x: Any, alpha: Any, beta: Any) -> Any:
    return alpha * jnp.log(beta) + (alpha - 1) * jnp.log(x) - beta * x - gammaln(alpha)


def _poisson(x: Any, lam: Any) -> Any:
    x = stop_gradient(x)  # a count
    return x * jnp.log(lam) - lam - gammaln(x + 1)


def _negative_binomial(x: Any, k: Any, p: Any) -> Any:
    x = stop_gradient(x)
    ways = gammaln(x + k) - gammaln(x + 1) - gammaln(k)
    return ways + k * jnp.log(p) + x * jnp.log1p(-p)


def _generalized(x: Any, mu: Any, alpha: Any) -> Any:
    return _negative_binomial(x, 1 / alpha, 1 / (mu * alpha + 1))


def _dirichlet(x: Any, alpha: Any) -> Any:
    alpha = jnp.moveaxis(alpha, -1, 0)
    alpha = jnp.moveaxis(alpha.reshape(*alpha.shape, *(1,) * (x.ndim - alpha.ndim)), 0, -1)
    scale = gammaln(alpha.sum(-1)) - gammaln(alpha).sum(-1)
    return ((alpha - 1) * jnp.log(x)).sum(-1) + scale


class Density(NamedTuple):
    """A law's parameters by name, the logarithm of its density, and the law in words."""

    parameters: tuple[str, ...]
    log: Callable[..., Any]
    text: str


DENSITIES = {
    "uniform": Density(
        ("low", "high"), _uniform, "even from `low` to `high`, between which `sample` must lie"
    ),
    "normal": Density(("mu", "sigma"), _normal, "Gaussian, of mean `mu` and standard deviation `sigma`"),
    "exponential": Density(("lam",), _exponential, "exponential of rate `lam`"),
    "gamma": Density(("alpha", "beta"), _gamma, "gamma of shape `alpha` and rate `beta`"),
    "poisson": Density(("lam",), _poisson, "Poisson of mean `lam`"),
    "negative_binomial": Density(
        ("k", "p"), _negative_binomial, "failures before the `k`-th success, each of probability `p`"
    ),
    "generalized_negative_binomial": Density(
        ("mu", "alpha"), _generalized, "counts of mean `mu` and variance mu + alpha mu²"
    ),
    "dirichlet": Density(("alpha",), _dirichlet, "Dirichlet of concentrations `alpha`, along the last axis"),
}


def _register(name: str, density: Density) -> None:
    last = int(name == "dirichlet")  # axes of one draw

    def of(sample: Any, *parameters: Any, is_log: bool) -> Any:
        log = density.log(sample, *[_aligned(sample, p, last) for p in parameters])
        return log if is_log else jnp.exp(log)

    doc = (
        f"The density of `sample`, or with `is_log` its logarithm: {density.text}.\n\n"
        f"{', '.join(density.parameters)}: the leading axes of sample, and what is behind them has one law; output: "
        f"{'sample without its last axis' if last else 'the shape of sample'}.\n"
        f"Source: MXNet 1.9 ``random_pdf_{name}``."
    )
    tensors = dict.fromkeys(("sample", *density.parameters))
    register(f"_random_pdf_{name}", f"random_pdf_{name}")(
        declared(of, tensors, {"is_log": (bool, False)}, doc)
    )


def _aligned(sample: Any, parameter: Any, last: int) -> Any:
    """The parameter with an axis of 1 for each that the sample has behind it.

    Raises:
        ShapeError: its axes are not the sample's leading ones.
    """
    leading = parameter.ndim - last
    whole = sample.shape[:leading] + sample.shape[sample.ndim - last :]
    if leading < 0 or parameter.ndim > sample.ndim or whole != parameter.shape:
        raise ShapeError(
            f"parameters have the leading axes of the sample, {sample.shape}; got {parameter.shape}"
        )
    return parameter if last else parameter.reshape(*parameter.shape, *(1,) * (sample.ndim - leading))


for _name, _density in DENSITIES.items():
    _register(_name, _density)
