"""Distributions: which operators draw from each, with numbers for parameters and with tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.errors import ArgumentError, did_you_mean
from workbench.ops.attribute import MISSING


class Distribution(NamedTuple):
    """The operators behind ``random.<name>``.

    Attributes:
        parameters: name → default, MISSING where there is none.
        drawn: the operator for numbers, all elements from one law.
        sampled: the operator for tensors, a law an element; None where there is none.
    """

    parameters: dict[str, Any]
    drawn: str
    sampled: str | None


def _of(name: str, **parameters: float) -> Distribution:
    return Distribution(parameters, f"_random_{name}", f"_sample_{name}")


DISTRIBUTIONS = {
    "uniform": _of("uniform", low=0, high=1),
    "normal": _of("normal", loc=0, scale=1),
    "randint": Distribution({"low": MISSING, "high": MISSING}, "_random_randint", None),
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

    The function raises ArgumentError where an argument is unknown, or numbers and tensors are mixed.
    """
    law = DISTRIBUTIONS[name]
    signature = _signature(law, others)

    def apply(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs)
        except TypeError as error:
            unknown = next((k for k in kwargs if k not in signature.parameters), "")
            hint = did_you_mean(unknown, signature.parameters)
            raise ArgumentError(f"random.{name}{signature}: {error}.{hint}") from None
        given.apply_defaults()
        rest = dict(given.arguments)
        parameters = {n: rest.pop(n) for n in law.parameters}
        tensors = [n for n, v in parameters.items() if isinstance(v, tensor)]
        if not tensors:
            return draw(law.drawn, parameters, **rest)
        if law.sampled is None:
            raise ArgumentError(f"random.{name}(): the parameters must be numbers, got a {tensor.__name__}")
        if len(tensors) < len(parameters):
            raise ArgumentError(
                f"random.{name}(): the parameters must be all numbers or all {tensor.__name__}s; "
                f"only {', '.join(tensors)} is a {tensor.__name__}"
            )
        return sample(law.sampled, list(parameters.values()), **rest)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{law.drawn}` where the parameters are numbers"
    if law.sampled:
        apply.__doc__ += f", `{law.sampled}` where they are {tensor.__name__}s"
    apply.__signature__ = signature  # type: ignore[attr-defined]
    return apply


def _signature(law: Distribution, others: tuple[str, ...]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    every = {**law.parameters, **dict.fromkeys(("shape", "dtype", *others))}
    return inspect.Signature([inspect.Parameter(n, kind, default=d) for n, d in every.items()])
