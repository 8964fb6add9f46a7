"""Arrays by name that calculate as one.

A training step treats all parameters alike: ``params -= 0.2 * grads`` says what is meant, and a loop
over names says it again for each.  `NamedArrays` is a dictionary, as programs for MXNet take it to be, and
it does arithmetic name by name.  Each array's calculation is an ordinary call that waits with
the others, so the whole expression joins the program of its step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, DeviceError, ShapeError, did_you_mean
from workbench.imperative.nd import NDArray

Operate = Callable[[Any, Any], Any]


class NamedArrays(dict[str, NDArray]):
    """A dictionary of names to arrays with ``+ - * / **`` by a number or by arrays of the same names.

    ``a -= b`` writes into the arrays of `a`.  A name that `b` lacks is left as it is; one that only `b` has
    is an error, raised before anything is written.  ``a["name"] = value`` writes into that array, `update` into
    several; under a name that is new the dictionary gets an array, and whoever gave it does not.

    Args:
        arrays: the arrays, which are shared and not copied.
    """

    __array_ufunc__ = None  # leaves `np.float32(2) * arrays` to this class

    def __init__(self, arrays: Mapping[str, NDArray] | Iterable[tuple[str, NDArray]] = ()) -> None:
        super().__init__(arrays)

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self:
            self[name][:] = value
        elif isinstance(value, NDArray):
            super().__setitem__(name, value)
        else:
            raise ArgumentError(f"there is no array {name!r} to write into.{did_you_mean(name, self)}")

    def update(self, *args: Any, **kwargs: Any) -> None:
        """``self[name] = value`` for each of a mapping, of pairs, or of arguments by name."""
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other: Any) -> NamedArrays:  # type: ignore[override,misc]  # a dict's own would swap arrays
        self.update(other)
        return self

    # Arrays compare element by element, so two dictionaries of them have no one answer.
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__  # type: ignore[assignment]

    def copy(self) -> NamedArrays:
        """Copies of the arrays, under the same names."""
        return NamedArrays({name: array.copy() for name, array in self.items()})

    def __neg__(self) -> NamedArrays:
        return NamedArrays({name: -array for name, array in self.items()})

    def __repr__(self) -> str:
        return f"<NamedArrays {', '.join(f'{name} {array.shape}' for name, array in self.items())}>"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _check(left: NamedArrays, right: Mapping[str, Any]) -> None:
    """Whether `right` fits `left`, so that nothing is written if it does not."""
    for name, array in right.items():
        if name not in left:
            known = ", ".join(left) or "no arrays"
            raise ArgumentError(
                f"the right side has {name!r}, the left side {known}.{did_you_mean(name, left)}"
            )
        mine = left[name]
        if not isinstance(array, NDArray):
            raise ArgumentError(f"{name!r} must be an NDArray, got {type(array).__name__}")
        if array.shape != mine.shape:
            raise ShapeError(f"{name!r} has shape {mine.shape} on the left, {array.shape} on the right")
        if array.context is not mine.context:
            raise DeviceError(f"{name!r} is on {mine.context} on the left, on {array.context} on the right")


def _combined(left: NamedArrays, right: Any, operate: Operate) -> Any:
    if _is_number(right):
        return NamedArrays({name: operate(array, right) for name, array in left.items()})
    if not isinstance(right, Mapping):
        return NotImplemented
    _check(left, right)
    return NamedArrays(
        {name: operate(array, right[name]) if name in right else array.copy() for name, array in left.items()}
    )


def _reflected(right: NamedArrays, left: Any, operate: Operate) -> Any:
    if _is_number(left):
        return NamedArrays({name: operate(left, array) for name, array in right.items()})
    return _combined(NamedArrays(left), right, operate) if isinstance(left, Mapping) else NotImplemented


def _written(left: NamedArrays, right: Any, operate: Operate) -> Any:
    if _is_number(right):
        right = dict.fromkeys(left, right)
    elif isinstance(right, Mapping):
        _check(left, right)
    else:
        return NotImplemented
    for name, value in right.items():
        result = operate(left[name], value)
        if result is not left[name]:  # an NDArray has no power in place
            left[name][:] = result
    return left


def _arithmetic(name: str) -> None:
    forward, in_place = getattr(operator, name), getattr(operator, f"i{name}")
    setattr(NamedArrays, f"__{name}__", lambda self, other: _combined(self, other, forward))
    setattr(NamedArrays, f"__r{name}__", lambda self, other: _reflected(self, other, forward))
    setattr(NamedArrays, f"__i{name}__", lambda self, other: _written(self, other, in_place))


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _arithmetic(_name)
