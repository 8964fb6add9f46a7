"""`nd.random` and `random`: random arrays; `seed` restarts their stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.invoke import function as _function
from workbench.imperative.invoke import invoke
from workbench.imperative.ndarray import NDArray
from workbench.ops import namespace as _namespace
from workbench.ops import registry
from workbench.ops.distributions import DISTRIBUTIONS
from workbench.ops.distributions import function as _distribution
from workbench.runtime.device import Context
from workbench.runtime.random import seed as seed
from workbench.types import as_dtype

__all__ = ["multinomial", "randn", "seed", "shuffle"]


def _draw(
    op: str, parameters: Mapping[str, Any], shape: Any, dtype: Any, ctx: Context | None, out: NDArray | None
) -> NDArray:
    """The shape, the dtype and the device are those of `out` where it is given."""
    if out is not None:
        if not isinstance(out, NDArray):
            raise ArgumentError(f"nd.random: out= must be an NDArray, got {type(out).__name__}")
        shape, dtype, ctx = out.shape, dtype or out.dtype, out.context
    attrs = {"shape": (1,) if shape is None else shape, **parameters}
    if dtype is not None:
        attrs["dtype"] = as_dtype(dtype)
    return invoke(registry.get(op), (), attrs, out, ctx)


def _sample(
    op: str, parameters: Sequence[NDArray], shape: Any, dtype: Any, ctx: Context | None, out: NDArray | None
) -> NDArray:
    attrs = {"shape": () if shape is None else shape, "dtype": dtype}
    return invoke(registry.get(op), parameters, attrs, out)


def randn(
    *shape: int, loc: float = 0, scale: float = 1, dtype: Any = None, ctx: Context | None = None
) -> NDArray:
    """Gaussian numbers; the shape as separate arguments."""
    return globals()["normal"](loc, scale, shape or (1,), dtype, ctx)


def multinomial(
    data: NDArray, shape: Any = (), get_prob: bool = False, out: Any = None, dtype: Any = "int32"
) -> Any:
    """Class numbers drawn with the probabilities along the last axis; with `get_prob` their logarithms too."""
    attrs = {"shape": shape, "get_prob": get_prob, "dtype": as_dtype(dtype)}
    return invoke(registry.get("_sample_multinomial"), (data,), attrs, out)


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """The slices along the first axis in a random order."""
    return invoke(registry.get("_shuffle"), (data,), {}, out)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    raise _unknown_name("nd.random", name, globals())


for _name in DISTRIBUTIONS:
    globals()[_name] = _distribution(_name, NDArray, _draw, _sample, "ctx", "out")
__all__ += [*DISTRIBUTIONS, *_namespace.fill(globals(), _function, "_random_", "_like")]
