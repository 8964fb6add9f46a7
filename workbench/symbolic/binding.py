"""Binding: which arrays an executor gets, checked before any is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError, DeviceError, NotSupportedError, ShapeError, did_you_mean
from workbench.graph.infer import Inference
from workbench.graph.node import Value
from workbench.imperative.make import unwritten
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape, TensorType, as_dtype

if TYPE_CHECKING:
    from workbench.symbolic.executor import Executor

Arrays = dict[str, NDArray]


def own(what: str, names: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What of `given` is for these names; the rest is passed over, as in MXNet: several networks may share one dict.

    Raises:
        ArgumentError: a name is probably one of these, misspelled: near one that is not given, digits aside.
    """
    known = set(names)
    absent = [n for n in names if n not in given]
    for name in given if absent else ():
        if name not in known:
            near = [n for n in absent if _wording(n) != _wording(name)]
            if hint := did_you_mean(name, near):
                raise ArgumentError(f"{what}: no {name!r} among {', '.join(names)}.{hint}")
    return {n: value for n, value in given.items() if n in known}


def _wording(name: object) -> str:
    return "".join([c for c in str(name) if not c.isdigit()])


def named(what: str, names: Sequence[str], given: Any, required: bool) -> Arrays:
    """Arrays by name from a list in order or a dict, which may hold others too.

    Raises:
        ArgumentError: the list has another length, a name is misspelled, or one is missing.
    """
    if given is None:
        given = {}
    if not isinstance(given, (Mapping, list, tuple)):
        raise ArgumentError(f"{what} are arrays in a list or by name, got {type(given).__name__}")
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ArgumentError(f"{what} needs {len(names)} arrays ({', '.join(names)}), got {len(given)}")
        given = dict(zip(names, given, strict=True))
    given = own(what, names, given)
    for name, value in given.items():
        if value is not None and not isinstance(value, NDArray):
            raise ArgumentError(f"{what}: {name!r} must be an NDArray, got {type(value).__name__}")
    missing = [n for n in names if given.get(n) is None]
    if required and missing:
        raise ArgumentError(f"{what}: {', '.join(map(repr, missing))} not given")
    return {n: given[n] for n in names if given.get(n) is not None}


def check_names(symbol: Symbol) -> None:
    """An array is bound by its name, so no two inputs may share one.

    Raises:
        ArgumentError: two do.
    """
    for name, count in Counter(symbol.list_inputs()).items():
        if count > 1:
            raise ArgumentError(f"{count} inputs of {symbol!r} are called {name!r}; rename one, or share it")


def requests(names: Sequence[str], given: Any) -> dict[str, str]:
    """A gradient request for each name, from one, a list or a dict (missing names: null).

    Raises:
        ArgumentError: a request is not write, add or null, or a name is misspelled.
    """
    if isinstance(given, str):
        reqs = dict.fromkeys(names, given)
    elif isinstance(given, Mapping):
        given = own("grad_req", names, given)
        reqs = {n: given.get(n, "null") for n in names}
    elif not isinstance(given, (list, tuple)):
        raise ArgumentError(f"grad_req is 'write', 'add', 'null', a list or a dict of them, got {given!r}")
    else:
        if len(given) != len(names):
            raise ArgumentError(f"grad_req needs {len(names)} entries, got {len(given)}")
        reqs = dict(zip(names, given, strict=True))
    for name, req in reqs.items():
        if req not in ("write", "add", "null"):
            raise ArgumentError(f"grad_req of {name!r} is 'write', 'add' or 'null', got {req!r}")
    return reqs


def check_devices(devices: Mapping[str, Context], *held: Arrays) -> None:
    """Each array must live where it is read.

    Raises:
        DeviceError: one does not.
    """
    reader = "the executor" if len(set(devices.values())) == 1 else "what reads it"
    for arrays in held:
        for name, value in arrays.items():
            ctx = devices[name]
            if value.context is not ctx:
                raise DeviceError(
                    f"bind(): {name!r} is on {value.context}, {reader} on {ctx}; use .as_in_context({ctx})"
                )


def check_shapes(symbol: Symbol, known: Arrays) -> None:
    """Every operator must take what was given."""
    Inference(symbol.values, {n: a.shape for n, a in known.items()}, {n: a.dtype for n, a in known.items()})


def check_storage(stypes: Any) -> None:
    """All arrays are dense.

    Raises:
        NotSupportedError: a storage type is another.
    """
    for name, stype in (stypes or {}).items():
        if stype != "default":
            raise NotSupportedError(
                f"stype_dict: {name!r} as {stype!r}; only dense arrays ('default') are supported"
            )


class Shared(NamedTuple):
    """What a new executor takes from elsewhere instead of making it.

    `executor` shares the arguments `names`, their gradients, and its auxiliary states.  `buffer` maps names to
    arrays: what fits is taken from it, what is made is put into it, so that executors of one buffer share all.
    """

    names: Sequence[str] | None = None
    executor: Executor | None = None
    buffer: dict[str, NDArray] | None = None

    def check(self, symbol: Symbol) -> None:
        """Refuses names that the symbol or the other executor does not have.

        Raises:
            ArgumentError: a name is unknown, or names are given without an executor.
        """
        if self.executor is not None and not hasattr(self.executor, "arg_dict"):
            raise ArgumentError(f"simple_bind(): shared_exec is an Executor, got {self.executor!r}")
        if self.names and self.executor is None:
            raise ArgumentError(
                "simple_bind(): shared_arg_names needs shared_exec, the executor to share with"
            )
        for holder, known in (
            (repr(symbol), symbol.list_arguments()),
            ("shared_exec", list(self.executor.arg_dict) if self.executor else []),
        ):
            for name in self.names or ():
                if name not in known:
                    raise ArgumentError(
                        f"shared_arg_names: {holder} has no argument {name!r}.{did_you_mean(name, known)}"
                    )

    def find(self, name: str, kind: str) -> NDArray | None:
        """The array to use for an argument (`kind` ``"arg"``), its gradient (``"grad"``) or a state (``"aux"``)."""
        if self.executor is not None and (kind == "aux" or name in (self.names or ())):
            held: dict[str, Any] = {
                "arg": self.executor.arg_dict,
                "grad": self.executor.grad_dict,
                "aux": self.executor.aux_dict,
            }
            found = held[kind].get(name)
            if found is not None:
                return found
        return (self.buffer or {}).get(f"grad of {name}" if kind == "grad" else name)

    def keep(self, name: str, kind: str, array: NDArray) -> NDArray:
        """Puts what was made into the buffer."""
        if self.buffer is not None:
            self.buffer[f"grad of {name}" if kind == "grad" else name] = array
        return array

    def array(self, name: str, kind: str, type_: TensorType, ctx: Context) -> NDArray:
        """A shared array of this type, or a new one of zeros.

        Raises:
            ShapeError: `names` says to share it, and its shape or dtype is another.
            DeviceError: the same, and it is on another device.
        """
        found = self.find(name, kind)
        fits = found is not None and found.shape == type_.shape and np.dtype(found.dtype) == type_.dtype
        if found is not None and fits and found.context is ctx:
            return found
        if found is not None and fits and name in (self.names or ()):
            raise DeviceError(f"simple_bind(): {name!r} is on {ctx} here, on {found.context} in shared_exec")
        if found is not None and name in (self.names or ()):
            raise ShapeError(
                f"shared_arg_names: {name!r} is {type_.dtype.name}{type_.shape} here, "
                f"{np.dtype(found.dtype).name}{found.shape} in shared_exec"
            )
        return self.keep(name, kind, unwritten(type_, ctx))


NOTHING_SHARED = Shared()


def inferred(symbol: Symbol, shapes: Mapping[str, Shape], dtypes: Any, what: str) -> dict[str, TensorType]:
    """The type of every input by name.

    Raises:
        ArgumentError: a name is unknown, or a shape does not follow.
        ShapeError: the shapes contradict the graph.
    """
    if not isinstance(dtypes, (Mapping, NoneType)):
        raise ArgumentError(f"{what}: type_dict has dtypes by name, got {dtypes!r}")
    inputs = symbol.list_inputs()
    for name in [*shapes, *(dtypes or {})]:
        if name not in inputs:
            raise ArgumentError(
                f"{what}: no argument {name!r}; there are {', '.join(inputs)}.{did_you_mean(name, inputs)}"
            )
    inference = Inference(symbol.values, shapes, {n: as_dtype(t) for n, t in (dtypes or {}).items()})
    found = {}
    for node in symbol.nodes:
        if node.is_variable:
            type_ = inference.type(Value(node))
            if type_ is None:
                raise ArgumentError(
                    f"{what}: the shape of {node.name!r} does not follow from those given; give it too"
                )
            found[node.name] = type_
    return found
