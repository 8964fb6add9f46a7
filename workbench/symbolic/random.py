"""`sym.random`: symbols of random numbers, drawn anew at every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.ops.distributions import DISTRIBUTIONS
from workbench.ops.distributions import function as _distribution
from workbench.symbolic.function import function as _function
from workbench.symbolic.symbol import Symbol, apply

__all__ = ["multinomial", "randn", "shuffle"]


def _draw(op: str, parameters: Mapping[str, Any], shape: Any, dtype: Any, name: str | None) -> Symbol:
    given = {k: v for k, v in {"shape": shape, "dtype": dtype}.items() if v is not None}
    return apply(op, name=name, **parameters, **given)


def _sample(op: str, parameters: Sequence[Symbol], shape: Any, dtype: Any, name: str | None) -> Symbol:
    return apply(op, *parameters, name=name, shape=() if shape is None else shape, dtype=dtype)


def randn(
    *shape: int, loc: float = 0, scale: float = 1, dtype: Any = None, name: str | None = None
) -> Symbol:
    """Gaussian numbers; the shape as separate arguments."""
    return globals()["normal"](loc, scale, shape or (1,), dtype, name)


def multinomial(
    data: Symbol, shape: Any = (), get_prob: bool = True, dtype: Any = "int32", name: str | None = None
) -> Symbol:
    """Class numbers drawn with the probabilities along the last axis; with `get_prob` their logarithms too."""
    return apply("_sample_multinomial", data, shape=shape, get_prob=get_prob, dtype=dtype, name=name)


def shuffle(data: Symbol, name: str | None = None) -> Symbol:
    """The slices along the first axis in a random order."""
    return apply("_shuffle", data, name=name)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    raise _unknown_name("sym.random", name, globals())


for _name in DISTRIBUTIONS:
    globals()[_name] = _distribution(_name, Symbol, _draw, _sample, "name")
__all__ += [*DISTRIBUTIONS, *_namespace.fill(globals(), _function, "_random_", "_like")]
