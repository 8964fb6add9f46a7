"""`ParameterDict`: the parameters of a block by full name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import ArgumentError, MissingKeyError, SymbolFileError, did_you_mean
from workbench.gluon.parameter.constant import Constant
from workbench.gluon.parameter.parameter import Parameter
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.train import initializer
from workbench.types import as_dtype

Devices = Context | Sequence[Context] | None


class ParameterDict:
    """Parameters by name, in the order in which they were made.

    Args:
        prefix: put before the name of every parameter that `get` makes.
        shared: parameters that `get` prefers to making new ones.
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix = prefix
        self._shared = shared
        self._params: dict[str, Parameter] = {}

    @property
    def prefix(self) -> str:
        """What precedes the names of parameters made here."""
        return self._prefix

    def __getitem__(self, name: str) -> Parameter:
        try:
            return self._params[name]
        except KeyError:
            raise MissingKeyError(
                f"there is no parameter {name!r}.{did_you_mean(name, self._params)}"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._params

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._params.keys()

    def values(self) -> Iterable[Parameter]:
        """The parameters."""
        return self._params.values()

    def items(self) -> Iterable[tuple[str, Parameter]]:
        """Names with parameters."""
        return self._params.items()

    # -- making ----------------------------------------------------------------------------------

    def get(self, name: str, **facts: Any) -> Parameter:
        """The parameter called `prefix` + `name`; made with these arguments if there is none.

        Raises:
            ShapeError: there is one, of another shape.
            ArgumentError: there is one, and another of its facts differs.
        """
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            found = self._params[full] = Parameter(full, **facts)
            return found
        for fact, wanted in facts.items():
            _agree(found, fact, wanted)
        return found

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """The constant called `prefix` + `name`; made of `value` if there is none.

        Raises:
            ArgumentError: there is none and no value, or what there is is not a constant or differs.
        """
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            if value is None:
                raise ArgumentError(f"there is no constant {full!r}; give its value to make it")
            made = self._params[full] = Constant(full, value)
            return made
        if not isinstance(found, Constant):
            raise ArgumentError(f"{full!r} is a Parameter, not a Constant")
        given = found.value if value is None else value if isinstance(value, NDArray) else nd.array(value)
        if given.shape != found.shape or not (given.asnumpy() == found.value.asnumpy()).all():
            raise ArgumentError(f"constant {full!r} exists already, with another value")
        return found

    def _find(self, full: str) -> Parameter | None:
        if full not in self._params and self._shared is not None:
            shared = self._shared._find(full)
            if shared is not None:
                self._params[full] = shared
        return self._params.get(full)

    def update(self, other: ParameterDict | Mapping[str, Parameter]) -> None:
        """Takes in the parameters of another.

        Raises:
            ArgumentError: two different parameters have one name.
        """
        for name, parameter in other.items():
            if self._params.setdefault(name, parameter) is not parameter:
                raise ArgumentError(
                    f"two different parameters are called {name!r}: give their blocks different prefixes, "
                    "or share one with params="
                )

    # -- all at once -----------------------------------------------------------------------------

    def initialize(
        self, init: Any = None, ctx: Devices = None, verbose: bool = False, force_reinit: bool = False
    ) -> None:
        """Initializes every parameter, or none if one fails; `init` (default `Uniform`) is for those without one."""
        init = initializer.Uniform() if init is None else init
        if verbose and isinstance(init, initializer.Initializer):
            init.set_verbosity(verbose=verbose)
        ready = [parameter.prepared(None, ctx, init, force_reinit) for parameter in self._params.values()]
        for begin in ready:
            begin()

    def zero_grad(self) -> None:
        """Sets every gradient to 0."""
        for parameter in self._params.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Moves every parameter to other devices."""
        for parameter in self._params.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """The devices of any of the parameters."""
        return list(dict.fromkeys(c for p in self._params.values() for c in p.list_ctx()))

    def setattr(self, name: str, value: Any) -> None:
        """Sets an attribute of every parameter: ``net.collect_params().setattr("grad_req", "null")``.

        Raises:
            ArgumentError: parameters have no such attribute.
        """
        for parameter in self._params.values():
            if not hasattr(type(parameter), name) and name not in vars(parameter):
                known = [n for n in {*dir(type(parameter)), *vars(parameter)} if not n.startswith("_")]
                raise ArgumentError(f"setattr(): parameters have no {name!r}.{did_you_mean(name, known)}")
            setattr(parameter, name, value)

    # -- files -----------------------------------------------------------------------------------

    def save(self, filename: str | Path, strip_prefix: str = "") -> None:
        """Writes every parameter by name, less `strip_prefix`.

        Raises:
            ArgumentError: a name does not start with that prefix.
            NotInitializedError: a parameter has no value.
        """
        for name in self._params:
            if not name.startswith(strip_prefix):
                raise ArgumentError(
                    f"save(): parameter {name!r} does not start with strip_prefix {strip_prefix!r}"
                )
        arrays = {n.removeprefix(strip_prefix): p.mean_over_devices() for n, p in self._params.items()}
        nd.save(filename, arrays)

    def load(
        self,
        filename: str | Path,
        ctx: Devices = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Reads what `save` wrote; `restore_prefix` is put before the names in the file.

        Raises:
            SymbolFileError: the file holds no named arrays.
            ArgumentError: names are missing from the file, or unknown here.
            ShapeError, DTypeError: a value does not fit; nothing is loaded then.
        """
        found = {
            restore_prefix + n.removeprefix("arg:").removeprefix("aux:"): a for n, a in read(filename).items()
        }
        fill_from(
            found, self._params, str(filename), ctx, allow_missing, ignore_extra, cast_dtype, dtype_source
        )

    def __repr__(self) -> str:
        lines = "".join(f"\n  {parameter}" for parameter in self._params.values())
        return f"{self._prefix or 'parameters'} ({lines}\n)"


def _agree(found: Parameter, fact: str, wanted: Any) -> None:
    """A shared parameter must be what the second user asks for; unknown sizes are filled in."""
    if fact == "shape" and wanted is not None:
        old = found.shape
        wanted = (wanted,) if isinstance(wanted, int) else tuple(wanted)
        if old is not None and len(old) == len(wanted):
            wanted = tuple(b or a for a, b in zip(old, wanted, strict=True))
        found.shape = wanted
        return
    have = getattr(found, fact, wanted)
    wanted = as_dtype(wanted).type if fact == "dtype" else wanted
    if fact in ("init", "allow_deferred_init") or wanted is None or have == wanted:
        return
    raise ArgumentError(f"parameter {found.name!r} exists already with {fact}={have!r}, not {wanted!r}")


def read(filename: str | Path) -> Mapping[str, NDArray]:
    """The named arrays of a file.

    Raises:
        SymbolFileError: it holds something else.
    """
    found = nd.load(filename)
    if not isinstance(found, Mapping):
        raise SymbolFileError(f"{filename} holds a list of arrays, not parameters by name")
    return found


def fill_from(
    found: Mapping[str, NDArray],
    params: Mapping[str, Parameter],
    source: str,
    ctx: Devices,
    allow_missing: bool,
    ignore_extra: bool,
    cast_dtype: bool,
    dtype_source: str,
) -> None:
    """Writes arrays into parameters of the same names; all or none.

    Raises:
        ArgumentError: a parameter is not among the arrays (unless `allow_missing`), or an array not among
            the parameters (unless `ignore_extra`).
        ShapeError: a shape does not fit.
        DTypeError: a dtype does not, and `cast_dtype` is off.
    """
    missing = [n for n in params if n not in found]
    if missing and not allow_missing:
        raise ArgumentError(
            f"{source} has no value for parameter {missing[0]!r} ({len(missing)} missing); it has "
            f"{', '.join(found)}. allow_missing=True leaves them as they are"
        )
    extra = [n for n in found if n not in params]
    if extra and not ignore_extra:
        raise ArgumentError(
            f"{source} has {extra[0]!r}, which is no parameter here ({len(extra)} unknown)."
            f"{did_you_mean(extra[0], params)} ignore_extra=True skips them"
        )
    if dtype_source not in ("current", "saved"):
        raise ArgumentError(f"dtype_source is 'current' or 'saved', got {dtype_source!r}")
    pairs = [(params[n], array) for n, array in found.items() if n in params]
    for parameter, array in pairs:
        parameter.check_fits(array, source, cast_dtype)
    for parameter, array in pairs:
        _fill_one(parameter, array, ctx, cast_dtype and dtype_source == "saved")


def _fill_one(parameter: Parameter, array: NDArray, ctx: Devices, take_dtype: bool) -> None:
    if take_dtype:
        parameter.cast(array.dtype)
    if not parameter.is_initialized:
        parameter.start_from(array, ctx)
        return
    if ctx is not None:
        parameter.reset_ctx(ctx)
    parameter.set_data(array)
