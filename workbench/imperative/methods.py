"""Methods of `NDArray` beside its core: operators by their names, and MXNet's few that are more than that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError, UnknownNameError, did_you_mean
from workbench.graph.bind import bind
from workbench.imperative import composed
from workbench.imperative.invoke import function, invoke
from workbench.imperative.make import dense
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state
from workbench.imperative.view import reshape_step
from workbench.ops import registry

_INSTEAD = {
    "tolist": "asnumpy().tolist()",
    "numpy": "asnumpy()",
    "view": "reshape()",
    "permute": "transpose()",
    "cpu": "as_in_context(cpu())",
    "cuda": "as_in_context(gpu())",
    "to": "as_in_context() or astype()",
}


def method(name: str) -> Any:
    """Gives NDArray an operator as a method, ``a.sum(axis=1)`` for ``nd.sum(a, axis=1)``.

    Raises:
        UnknownNameError: there is none of this name.
    """
    if name.startswith("_"):
        raise AttributeError(f"NDArray has no {name!r}")
    if name not in registry.table():
        known = [n for n in (*dir(NDArray), *registry.table()) if not n.startswith("_")]
        hint = f" Use {_INSTEAD[name]}." if name in _INSTEAD else did_you_mean(name, known)
        raise UnknownNameError(f"NDArray has no {name!r}.{hint}")
    made = function(registry.get(name), name)
    setattr(NDArray, name, made)
    return made


def _reshaped(array: NDArray, op: str, inplace: bool, **attrs: Any) -> NDArray:
    """What a shape operator gives: a new array, or with `inplace` the same memory in the new shape."""
    if not inplace or state.recording:
        return invoke(registry.get(op), (array,), attrs)
    bound, _ = bind(registry.get(op), attrs)
    return array._viewed(reshape_step(array.shape, bound.infer((array._type,))[0], array.context))


def expand_dims(self: NDArray, axis: int, inplace: bool = False) -> NDArray:
    """A new axis of size 1 at `axis`; `inplace` shares the memory."""
    return _reshaped(self, "expand_dims", inplace, axis=axis)


def flatten(self: NDArray, inplace: bool = False) -> NDArray:
    """All axes but the first joined; `inplace` shares the memory."""
    return _reshaped(self, "Flatten", inplace)


def squeeze(self: NDArray, axis: int | Sequence[int] | None = None, inplace: bool = False) -> NDArray:
    """Axes of size 1 removed, all or those given; `inplace` shares the memory."""
    return _reshaped(self, "squeeze", inplace, axis=tuple(axis) if isinstance(axis, Sequence) else axis)


def slice_assign(
    self: NDArray, rhs: NDArray, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
) -> NDArray:
    """Writes `rhs` into ``begin:end:step`` of the leading axes; gives the array itself."""
    self[_parts("slice_assign", begin, end, step)] = rhs
    return self


def slice_assign_scalar(
    self: NDArray, value: float, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
) -> NDArray:
    """Writes one number into ``begin:end:step`` of the leading axes; gives the array itself."""
    self[_parts("slice_assign_scalar", begin, end, step)] = value
    return self


def _parts(name: str, begin: Any, end: Any, step: Any) -> tuple[slice, ...]:
    """The parts of the leading axes; no steps at all are steps of 1."""
    lists = all(isinstance(each, Sequence) for each in (begin, end, step))
    if not lists or len(begin) != len(end) or len(step) not in (0, len(begin)):
        raise ArgumentError(
            f"{name}() takes begin, end and step, each a number or None an axis and as many; got {begin}, {end}, {step}"
        )
    return tuple(map(slice, begin, end, step or (None,) * len(begin)))


def split_v2(self: NDArray, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Parts along an axis; see `nd.split_v2`."""
    return composed.split_v2(self, indices_or_sections, axis, squeeze_axis)


def tostype(self: NDArray, stype: str) -> NDArray:
    """A copy of this storage type, which can only be ``"default"``.

    Raises:
        NotSupportedError: the type is sparse.
    """
    dense(stype, "tostype()")
    return self.copy()


def as_nd_ndarray(self: NDArray) -> NDArray:
    """Itself."""
    return self


def as_np_ndarray(self: NDArray) -> NDArray:
    """Not supported.

    Raises:
        NotSupportedError: always.
    """
    raise NotSupportedError("as_np_ndarray(): mx.np is not supported; use nd, or asnumpy() for NumPy's array")


def to_dlpack_for_read(self: NDArray) -> Any:
    """The value as an array that speaks DLPack, for ``torch.from_dlpack`` and its like; not to be written to."""
    return self.jax


def to_dlpack_for_write(self: NDArray) -> Any:
    """Not supported.

    Raises:
        NotSupportedError: always.
    """
    raise NotSupportedError(
        "to_dlpack_for_write(): JAX's arrays never change; read with to_dlpack_for_read(), write with a[:] = ..."
    )


def __dlpack__(self: NDArray, **options: Any) -> Any:  # noqa: N807 (the protocol's name)
    return self.jax.__dlpack__(**options)


def __dlpack_device__(self: NDArray) -> Any:  # noqa: N807
    value: Any = self.jax
    return value.__dlpack_device__()


def __dir__(self: NDArray) -> list[str]:
    return sorted({*object.__dir__(self), *(n for n in registry.table() if not n.startswith("_"))})


def attach() -> None:
    """Gives NDArray its methods."""
    for fn in (
        *(expand_dims, flatten, squeeze, slice_assign, slice_assign_scalar, split_v2, tostype),
        *(as_nd_ndarray, as_np_ndarray, to_dlpack_for_read, to_dlpack_for_write),
        *(__dlpack__, __dlpack_device__, __dir__),
    ):
        setattr(NDArray, fn.__name__, fn)
