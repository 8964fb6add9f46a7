"""Random operators: Threefry numbers from a key that is an input of the graph.

Each law is written once, and gives three operators: ``_random_X`` with numbers for parameters, ``_sample_X`` with
tensors, a law an element, and ``_random_X_like`` of another tensor's shape and dtype.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from workbench.ops.attribute import DType
from workbench.ops.registry import register
from workbench.types import Shape

Attributes = dict[str, tuple[Any, Any]]  # name → annotation and default


class Law(NamedTuple):
    """A distribution.

    Attributes:
        parameters: name → default.
        draw: (key, shape, dtype, parameters by position, which broadcast to the shape) → numbers.
        text: the law in words.
        counts: whether the numbers are whole; then they are float32 where no dtype is given.
    """

    parameters: dict[str, float]
    draw: Callable[..., Any]
    text: str
    counts: bool = False


def key_of(data: Any) -> Any:
    """The PRNG key of key data, uint32[2]."""
    return jax.random.wrap_key_data(data, impl="threefry2x32")


def _flat(draw: Callable[..., Any], key: Any, shape: Shape, dtype: Any) -> Any:
    """Drawn flat: the same numbers, and XLA compiles them several times faster than in four dimensions."""
    return draw(key, (math.prod(shape),), dtype).reshape(shape)


def _uniform(key: Any, shape: Shape, dtype: Any, low: Any, high: Any) -> Any:
    unit = _flat(jax.random.uniform, key, shape, dtype)
    return unit * jnp.asarray(high - low, dtype) + jnp.asarray(low, dtype)


def _normal(key: Any, shape: Shape, dtype: Any, loc: Any, scale: Any) -> Any:
    return _flat(jax.random.normal, key, shape, dtype) * jnp.asarray(scale, dtype) + jnp.asarray(loc, dtype)


def _exponential(key: Any, shape: Shape, dtype: Any, lam: Any) -> Any:
    return _flat(jax.random.exponential, key, shape, dtype) / jnp.asarray(lam, dtype)


def _gamma(key: Any, shape: Shape, dtype: Any, alpha: Any, beta: Any) -> Any:
    wide = jnp.promote_types(dtype, jnp.float32)
    unit = jax.random.gamma(key, jnp.broadcast_to(jnp.asarray(alpha, wide), shape), shape, wide)
    return (unit * jnp.asarray(beta, wide)).astype(dtype)


def _poisson(key: Any, shape: Shape, dtype: Any, lam: Any) -> Any:
    rates = jnp.broadcast_to(jnp.asarray(lam, jnp.float32), shape)
    return jax.random.poisson(key, rates, shape, jnp.int32).astype(dtype)


def _mixed_poisson(key: Any, shape: Shape, dtype: Any, alpha: Any, beta: Any) -> Any:
    """Poisson numbers whose rates are themselves gamma numbers."""
    first, second = jax.random.split(key)
    return _poisson(second, shape, dtype, _gamma(first, shape, jnp.float32, alpha, beta))


def _negative_binomial(key: Any, shape: Shape, dtype: Any, k: Any, p: Any) -> Any:
    return _mixed_poisson(key, shape, dtype, k, (1 - p) / p)


def _generalized(key: Any, shape: Shape, dtype: Any, mu: Any, alpha: Any) -> Any:
    spread = jnp.maximum(jnp.asarray(alpha, jnp.float32), 1e-7)  # at 0 the law is Poisson's
    return _mixed_poisson(key, shape, dtype, 1 / spread, mu * spread)


LAWS = {
    "uniform": Law({"low": 0.0, "high": 1.0}, _uniform, "spread evenly over [low, high)"),
    "normal": Law(
        {"loc": 0.0, "scale": 1.0}, _normal, "Gaussian, of mean `loc` and standard deviation `scale`"
    ),
    "exponential": Law({"lam": 1.0}, _exponential, "exponential of rate `lam`, so of mean 1 / lam"),
    "gamma": Law({"alpha": 1.0, "beta": 1.0}, _gamma, "gamma of shape `alpha` and scale `beta`"),
    "poisson": Law({"lam": 1.0}, _poisson, "Poisson of mean `lam`", True),
    "negative_binomial": Law(
        {"k": 1.0, "p": 1.0},
        _negative_binomial,
        "failures before the `k`-th success, each of probability `p`",
    ),
    "generalized_negative_binomial": Law(
        {"mu": 1.0, "alpha": 1.0}, _generalized, "counts of mean `mu` and variance mu + alpha mu²", True
    ),
}


def declared(
    fn: Callable[..., Any], tensors: Mapping[str, Any], attributes: Attributes, doc: str
) -> Callable[..., Any]:
    """`fn` with the signature that `register` reads."""
    kind = inspect.Parameter
    shown = [kind(n, kind.POSITIONAL_OR_KEYWORD) for n in tensors]
    shown += [kind(n, kind.KEYWORD_ONLY, default=default) for n, (_, default) in attributes.items()]
    fn.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    fn.__annotations__ = {n: hint for n, (hint, _) in attributes.items()}
    fn.__doc__ = doc
    return fn


def _register(name: str, law: Law, *aliases: str) -> None:
    names = tuple(law.parameters)
    numbers: Attributes = {n: (float, default) for n, default in law.parameters.items()}
    key: Attributes = {"_key": (Any, None)}
    size: Attributes = {"shape": (Shape, (1,)), "dtype": (DType, DType("float32"))}

    def drawn(*, shape: Shape, dtype: str, _key: Any, **given: Any) -> Any:
        return law.draw(key_of(_key), shape, jnp.dtype(dtype), *(given[n] for n in names))

    def like(data: Any, *, _key: Any, **given: Any) -> Any:
        return law.draw(key_of(_key), data.shape, data.dtype, *(given[n] for n in names))

    def sampled(*tensors: Any, shape: Shape, dtype: str | None, _key: Any) -> Any:
        whole = (*tensors[0].shape, *shape)
        spread = [t.reshape(*t.shape, *(1,) * len(shape)) for t in tensors]
        chosen = jnp.dtype(dtype or ("float32" if law.counts else tensors[0].dtype))
        return law.draw(key_of(_key), whole, chosen, *spread)

    facts: dict[str, Any] = {"random": True, "differentiable": False}
    of = f"Random numbers: {law.text}"
    doc = f"{of}.\n\noutput: `shape`, of `dtype`."
    drawn_names = (f"_random_{name}", f"random_{name}", *aliases)
    register(*drawn_names, dynamic=names, **facts)(declared(drawn, {}, numbers | size | key, doc))
    doc = f"{of}.\n\ndata: any shape; output: the same shape and dtype."
    made = declared(like, {"data": None}, numbers | key, doc)
    register(f"_random_{name}_like", dynamic=names, **facts)(made)
    doc = f"{of}, a law an element.\n\nEach parameter: (...); output: (..., *shape), of `dtype`."
    size = {"shape": (Shape, ()), "dtype": (DType | None, None)}
    made = declared(sampled, law.parameters, size | key, doc)
    register(f"_sample_{name}", f"sample_{name}", complete=_one_shape(names), **facts)(made)


def _one_shape(names: tuple[str, ...]) -> Callable[..., Any]:
    """Every parameter has the shape of any known one."""
    return lambda known, **_: dict.fromkeys(names, next(iter(known.values()))) if known else {}


for _name, _law in LAWS.items():
    _register(_name, _law, *[_name] * (_name in ("uniform", "normal")))


@register("_random_randint", "random_randint", random=True, differentiable=False)
def randint(
    *, low: int, high: int, shape: Shape = (1,), dtype: DType = DType("int32"), _key: Any = None
) -> Any:
    """Integers spread evenly over [low, high), which must be of the dtype."""
    if jnp.issubdtype(dtype, jnp.integer):  # else JAX says so
        least, most = int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)
        if low < least or high - 1 > most:
            raise ValueError(f"{jnp.dtype(dtype).name} holds {least} to {most}; ask for another dtype")
    return jax.random.randint(key_of(_key), shape, low, high, dtype)


def _multinomial_outputs(get_prob: bool, **_: Any) -> tuple[str, ...]:
    return ("output0", "output1") if get_prob else ("output",)


@register("_sample_multinomial", "sample_multinomial", outputs=_multinomial_outputs, random=True)
def multinomial(
    data: Any,
    *,
    shape: Shape = (),
    get_prob: bool = False,
    dtype: DType = DType("int32"),
    _key: Any = None,
) -> Any:
    """Class numbers drawn with the probabilities that lie along the last axis.

    data: (..., k), which adds up to 1; outputs: (..., *shape) of `dtype`, (1,) where nothing is left, and with
    `get_prob` the logarithm of what was drawn's probability, which has a gradient.
    """
    rows = data.shape[:-1]
    logits = jnp.log(jax.lax.stop_gradient(data))
    drawn = jax.random.categorical(key_of(_key), logits, shape=(*shape, *rows))
    drawn = jnp.moveaxis(drawn, range(len(shape)), range(len(rows), len(rows) + len(shape)))
    last = drawn.reshape(*rows, -1)
    chosen = jnp.log(jnp.take_along_axis(data, last, -1)).reshape(drawn.shape or (1,))
    drawn = drawn.reshape(drawn.shape or (1,)).astype(dtype)
    return (drawn, chosen) if get_prob else drawn


@register("_shuffle", "shuffle", random=True, differentiable=False)
def shuffle(data: Any, *, _key: Any = None) -> Any:
    """The slices along the first axis in a random order."""
    return jax.random.permutation(key_of(_key), data, axis=0)
