"""Distributions: which operators draw from each, with numbers for parameters and with tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError, did_you_mean
from workbench.ops.attribute import MISSING
from workbench.ops.random import LAWS
from workbench.types import whole


class Distribution(NamedTuple):
    """The operators behind ``random.<name>``.

    Attributes:
        parameters: name → default, MISSING where there is none.
        drawn: the operator for numbers, all elements from one law.
        sampled: the operator for tensors, a law an element; None where there is none.
        allowed: what the numbers must fulfil, and in words.
        operands: parameters by name → those of the operators.
    """

    parameters: dict[str, Any]
    drawn: str
    sampled: str | None
    allowed: tuple[Callable[..., bool], str]
    operands: Callable[..., dict[str, Any]] = dict


def _of(name: str, allowed: Callable[..., bool], words: str) -> Distribution:
    return Distribution(LAWS[name].parameters, f"_random_{name}", f"_sample_{name}", (allowed, words))


DISTRIBUTIONS = {
    "uniform": _of("uniform", lambda low, high: low <= high, "low <= high"),
    "normal": _of("normal", lambda loc, scale: scale >= 0, "scale >= 0"),
    "exponential": _of("exponential", lambda scale: scale > 0, "scale > 0")._replace(
        parameters={"scale": 1.0}, operands=lambda scale: {"lam": 1.0 / scale}
    ),
    "gamma": _of("gamma", lambda alpha, beta: alpha > 0 and beta > 0, "alpha > 0 and beta > 0"),
    "poisson": _of("poisson", lambda lam: lam >= 0, "lam >= 0"),
    "negative_binomial": _of("negative_binomial", lambda k, p: k > 0 and 0 < p <= 1, "k > 0 and 0 < p <= 1"),
    "generalized_negative_binomial": _of(
        "generalized_negative_binomial", lambda mu, alpha: mu >= 0 and alpha >= 0, "mu >= 0 and alpha >= 0"
    ),
    "randint": Distribution(
        {"low": MISSING, "high": MISSING},
        "_random_randint",
        None,
        (lambda low, high: low < high, "low < high"),
    ),
}


def function(
    name: str, tensor: type, draw: Callable[..., Any], sample: Callable[..., Any], *others: str
) -> Callable[..., Any]:
    """``random.<name>`` of one style.

    Args:
        tensor: the style's class.
        draw: (operator, the parameters as numbers by name, shape, dtype, `others`) → a tensor.
        sample: (operator, the parameters as tensors, shape, dtype, `others`) → a tensor.
        others: arguments of the style alone, after the shape and the dtype.

    The function raises ArgumentError where an argument is unknown, a number is out of its range, or numbers and
    tensors are mixed.
    """
    law = DISTRIBUTIONS[name]
    every = {**law.parameters, **dict.fromkeys(("shape", "dtype", *others))}
    signature = _signature(every)
    said = f"random.{name}"

    def apply(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(every, args, strict=False))
        rest = {**every, **given, **kwargs}
        parameters = {n: rest.pop(n) for n in law.parameters}
        known = len(given) == len(args) and len(parameters) + len(rest) == len(every)
        if (
            not known
            or not given.keys().isdisjoint(kwargs)
            or any([v is MISSING for v in parameters.values()])
        ):
            raise _refused(name, signature, args, kwargs)
        whole(said, rest["shape"])
        tensors = [n for n, v in parameters.items() if isinstance(v, tensor)]
        if not tensors:
            fulfilled, words = law.allowed
            numbers = all([isinstance(v, (int, float, np.number)) for v in parameters.values()])
            if not numbers or not fulfilled(**parameters):
                got = ", ".join(f"{n}={v!r}" for n, v in parameters.items())
                raise ArgumentError(f"random.{name}() needs {words if numbers else 'numbers'}, got {got}")
            return draw(law.drawn, law.operands(**parameters), **rest)
        if law.sampled is None:
            raise ArgumentError(f"random.{name}(): the parameters must be numbers, got a {tensor.__name__}")
        if len(tensors) < len(parameters):
            raise ArgumentError(
                f"random.{name}(): the parameters must be all numbers or all {tensor.__name__}s; "
                f"only {', '.join(tensors)} is a {tensor.__name__}"
            )
        return sample(law.sampled, list(law.operands(**parameters).values()), **rest)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{law.drawn}` where the parameters are numbers"
    if law.sampled:
        apply.__doc__ += f", `{law.sampled}` where they are {tensor.__name__}s"
    apply.__signature__ = signature  # type: ignore[attr-defined]
    return apply


def _signature(every: Mapping[str, Any]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(n, kind, default=d) for n, d in every.items()])


def _refused(
    name: str, signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> ArgumentError:
    """What is wrong with these arguments, in Python's words, which are slow to ask for."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        unknown = next((k for k in kwargs if k not in signature.parameters), "")
        return ArgumentError(
            f"random.{name}{signature}: {error}.{did_you_mean(unknown, signature.parameters)}"
        )
    raise AssertionError("these arguments are refused, and Python takes them")
