"""Densities by their textbook formulas."""

from math import lgamma as one_lgamma

import numpy as np

from tests.ops.case import Case, Draw, case, fixed, positive, whole

lgamma = np.vectorize(one_lgamma)


def behind(x, *parameters):
    return [p.reshape(*p.shape, *(1,) * (x.ndim - p.ndim)) for p in parameters]


def density(log):
    def of(x, *parameters, is_log=False):
        found = log(x, *behind(x, *parameters)) + np.zeros(x.shape)
        return found if is_log else np.exp(found)

    return of


def uniform(x, low, high):
    return -np.log(high - low)


def normal(x, mu, sigma):
    return -(((x - mu) / sigma) ** 2) / 2 - np.log(sigma) - np.log(2 * np.pi) / 2


def exponential(x, lam):
    return np.log(lam) - lam * x


def gamma(x, alpha, beta):
    return alpha * np.log(beta) + (alpha - 1) * np.log(x) - beta * x - lgamma(alpha)


def poisson(x, lam):
    return x * np.log(lam) - lam - lgamma(x + 1)


def negative_binomial(x, k, p):
    return lgamma(x + k) - lgamma(x + 1) - lgamma(k) + k * np.log(p) + x * np.log(1 - p)


def generalized(x, mu, alpha):
    return negative_binomial(x, 1 / alpha, 1 / (mu * alpha + 1))


def dirichlet(x, alpha, is_log=False):
    alpha = alpha.reshape(*alpha.shape[:-1], *(1,) * (x.ndim - alpha.ndim), alpha.shape[-1])
    log = ((alpha - 1) * np.log(x) - lgamma(alpha)).sum(-1) + lgamma(alpha.sum(-1))
    return log if is_log else np.exp(log)


def share(*shape: int) -> Draw:
    return Draw(shape, lambda rng, s: rng.uniform(0.2, 0.8, s))


def beyond(*shape: int) -> Draw:
    """Above all that `positive` draws."""
    return Draw(shape, lambda rng, s: rng.uniform(2.5, 4, s))


CASES: list[Case] = []
for name, log, x, parameters in (
    ("uniform", uniform, positive, (share, beyond)),
    ("normal", normal, positive, (positive, positive)),
    ("exponential", exponential, positive, (positive,)),
    ("gamma", gamma, positive, (positive, positive)),
    ("poisson", poisson, lambda *s: whole(6, *s), (positive,)),
    ("negative_binomial", negative_binomial, lambda *s: whole(6, *s), (positive, share)),
    ("generalized_negative_binomial", generalized, lambda *s: whole(6, *s), (positive, positive)),
):
    for shape, own in (((2, 3), (2, 3)), ((2, 3, 2), (2,)), ((4,), (4,))):
        for facts in ({}, {"is_log": True}) if own == (2,) else ({},):
            draws = [x(*shape), *[p(*own) for p in parameters]]
            CASES.append(case(f"_random_pdf_{name}", density(log), *draws, coarse=False, **facts))
SHARES = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
CASES += [
    case("_random_pdf_dirichlet", dirichlet, x, alpha, coarse=False, **facts)
    for x, alpha in (
        (fixed(SHARES, moves=True), positive(2, 3)),
        (fixed(SHARES.reshape(2, 1, 3), moves=True), positive(2, 3)),
        (fixed(SHARES.reshape(1, 2, 3), moves=True), positive(1, 3)),
    )
    for facts in ({}, {"is_log": True})
]
