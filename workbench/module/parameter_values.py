"""The values parameters are to take: given ones, or drawn by an initializer.

All values are settled before one is written, so that a wrong name or shape leaves every parameter as
it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, ShapeError, did_you_mean
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.train.initializer import InitDesc

Arrays = Mapping[str, NDArray]
Fill = Callable[[str, Any], None]


def settled(
    targets: Arrays,
    given: Mapping[str, Any] | None,
    initializer: Fill | None,
    attrs: Mapping[str, Mapping[str, str]],
    allow_missing: bool,
    allow_extra: bool,
) -> dict[str, NDArray]:
    """A value for each target: from `given`, else, where nothing was given or it may lack names, drawn.

    Without an initializer a target for which there is no value is left out.

    Raises:
        ArgumentError: a name is missing or unknown and must not be, or a value is no array.
        ShapeError: a value has another shape than its target.
    """
    if given is not None:
        _check(targets, given, allow_missing, allow_extra)
    values = {}
    for name, target in targets.items():
        if given is not None and name in given:
            values[name] = given[name]
        elif initializer is not None:
            values[name] = _drawn(name, target, initializer, attrs.get(name, {}))
    return values


def _misspelled(given: Iterable[str], targets: Arrays, missing: Sequence[str]) -> str:
    """The name that was given for nothing, where it is near one that is missing."""
    pairs = [(name, did_you_mean(name, missing)) for name in given if name not in targets]
    return next(
        (f" One is given for {name!r}, which is no parameter.{hint}" for name, hint in pairs if hint), ""
    )


def _check(targets: Arrays, given: Mapping[str, Any], allow_missing: bool, allow_extra: bool) -> None:
    missing = [name for name in targets if name not in given]
    if missing and not allow_missing:
        raise ArgumentError(
            f"no value is given for {', '.join(map(repr, missing))}; allow_missing=True goes without."
            f"{_misspelled(given, targets, missing)}"
        )
    for name, value in given.items():
        if name not in targets:
            if not allow_extra:
                raise ArgumentError(
                    f"the module has no parameter {name!r}; allow_extra=True passes over such values."
                    f"{did_you_mean(name, targets)}"
                )
        elif not isinstance(value, NDArray):
            raise ArgumentError(f"the value of {name!r} must be an NDArray, got {type(value).__name__}")
        elif value.shape != targets[name].shape:
            raise ShapeError(
                f"parameter {name!r} has shape {targets[name].shape}, the value given {value.shape}"
            )


def _drawn(name: str, target: NDArray, initializer: Fill, attrs: Mapping[str, str]) -> NDArray:
    value = nd.zeros(target.shape, target.context, target.dtype)
    initializer(InitDesc(name, attrs), value)
    return value
