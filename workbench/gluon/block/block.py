"""`Block`: a piece of a network that owns its parameters and says in `forward` what it computes.

A plain block is imperative: `forward` is ordinary Python, run anew at every call, so it may branch on
values, loop, print and be stepped through.  `HybridBlock` gives up some of that to become one graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.block.calling import check_count, unknown_arguments
from workbench.gluon.block.hook import Hook, HookHandle
from workbench.gluon.block.jax_call import on_jax
from workbench.gluon.block.monitored import OpHook
from workbench.gluon.block.scope import BlockScope, named
from workbench.gluon.block.summary import summarised
from workbench.gluon.parameter import Parameter, ParameterDict
from workbench.gluon.parameter.parameter_dict import fill_from, read
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.runtime.source import users_code, warn
from workbench.train import initializer

OWN = ("_children", "_parents")  # where a block keeps the blocks it knows


class Block:
    """Base of all layers and networks.

    Blocks and parameters assigned to attributes are registered as children.  A subclass makes them in
    `__init__` and uses them in `forward`.

    Args:
        prefix: put before the names of its parameters and its children's; by default made from the class's
            name.
        params: parameters to share, usually another block's `params`.
    """

    @checked
    def __init__(
        self, prefix: str | None = None, params: ParameterDict | None = None, **unknown: Any
    ) -> None:
        if unknown:  # what a layer passes on because it does not know it either
            raise unknown_arguments(type(self), unknown)
        self._children: dict[str, Block] = {}
        self._reg_params: dict[str, Parameter] = {}
        self._pre_hooks: list[Hook] = []
        self._hooks: list[Hook] = []
        nameless = prefix == ""
        self._prefix, self._params = named(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = BlockScope(self, nameless)

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        if isinstance(before, (Parameter, Block)):
            kind = Parameter if isinstance(before, Parameter) else Block
            if not isinstance(value, kind):
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a {type(before).__name__} and can't become a "
                    f"{type(value).__name__}"
                )
        if isinstance(value, (Block, Parameter)) and "_children" not in self.__dict__:
            raise ArgumentError(
                f"{type(self).__name__}.__init__() must call super().__init__() before it sets {name!r}"
            )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if self._reg_params.setdefault(name, value) is not value:
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a Parameter already; to share another's, make the block "
                    "with params="
                )
            Parameter.generation += 1  # what the block's parameters hold is one more array
        super().__setattr__(name, value)

    def _alias(self) -> str:
        """What its prefix is made from, with a number after it."""
        return type(self).__name__.lower()

    # -- structure -------------------------------------------------------------------------------

    @property
    def prefix(self) -> str:
        """What precedes the names of its parameters."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without its last underscore."""
        return self._name

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without its children's; make new ones with ``params.get``."""
        return self._params

    def name_scope(self) -> BlockScope:
        """``with self.name_scope():`` blocks made inside are named after this one."""
        return self._scope

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Adds a child; assigning it to an attribute does so too.

        Raises:
            ArgumentError: it is no block.
        """
        if not isinstance(block, Block):
            raise ArgumentError(
                f"a child of {self.name} must be a Block, got {type(block).__name__} {block!r}"
            )
        if any(each is self for each in block._descendants()):
            raise ArgumentError(f"{block.name} holds {self.name}, and so can't be a child of it")
        self._children[str(len(self._children)) if name is None else name] = block

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """Its parameters and its descendants', those whose names match the regular expression `select`.

        Warns where a list or dict among the attributes of a block holds blocks that it has not registered.

        Raises:
            ArgumentError: two different parameters have one name.
        """
        found = ParameterDict(self._params.prefix)
        pattern = re.compile(select) if select is not None else None
        for block in self._descendants():
            _warn_of_strays(block)
            for params in (block._params, {p.name: p for p in block._reg_params.values()}):
                found.update({n: p for n, p in params.items() if pattern is None or pattern.match(n)})
        return found

    def register_op_hook(self, callback: OpHook, monitor_all: bool = False) -> None:
        """Calls ``callback(name, operator, array)`` for each value inside the hybridized blocks below.

        Args:
            callback: what to call; it may read the array.
            monitor_all: show the operators' inputs too, not only their outputs.
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def summary(self, *inputs: Any) -> None:
        """Prints the layers that a call on these inputs goes through: output shapes, numbers of parameters.

        Raises:
            ArgumentError: a block is hybridized.
            NotInitializedError: a parameter has no value.
        """
        print(summarised(self, inputs))

    def _descendants(self) -> Iterator[Block]:
        """Itself and everything below, each once."""
        seen: dict[int, Block] = {}
        waiting: list[Block] = [self]
        while waiting:
            block = waiting.pop()
            if id(block) not in seen:
                seen[id(block)] = block
                waiting.extend(reversed(block._children.values()))
        return iter(seen.values())

    def _structural(self, prefix: str = "") -> dict[str, Parameter]:
        """Parameters by their place in the structure: ``features.0.weight``."""
        found = {prefix + name: parameter for name, parameter in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._structural(f"{prefix}{name}."))
        return found

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Calls `fn` on every descendant, then on itself."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    # -- parameters ------------------------------------------------------------------------------

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initializes all parameters; see `ParameterDict.initialize`."""
        self.collect_params().initialize(
            initializer.Uniform() if init is None else init, ctx, verbose, force_reinit
        )

    def cast(self, dtype: Any) -> None:
        """Changes the element type of all parameters."""
        for child in self._children.values():
            child.cast(dtype)
        for parameter in self._params.values():
            parameter.cast(dtype)

    def hybridize(self, active: bool = True, **flags: Any) -> None:
        """Makes every `HybridBlock` below run as one graph, each by itself."""
        for child in self._children.values():
            child.hybridize(active, **flags)

    def save_parameters(self, filename: str | Path, deduplicate: bool = False) -> None:
        """Writes all parameters by their place in the structure (``0.weight``).

        Args:
            filename: the file, in the safetensors format.
            deduplicate: write a shared parameter once, under its first name.

        Raises:
            NotInitializedError: a parameter has no value yet.
        """
        params = self._structural()
        if deduplicate:
            params = {n: p for n, p in params.items() if next(m for m, q in params.items() if q is p) == n}
        nd.save(filename, {name: parameter.mean_over_devices() for name, parameter in params.items()})

    def load_parameters(
        self,
        filename: str | Path,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Reads what `save_parameters` wrote, or `ParameterDict.save` under full names or less the prefix.

        Raises:
            SymbolFileError: the file is not one of parameters.
            ArgumentError: names are missing from the file, or unknown here.
            ShapeError, DTypeError: a value does not fit; nothing is loaded then.
        """
        found = read(filename)
        params = self._structural()
        if not any(name in params for name in found):
            full = dict(self.collect_params().items())
            short = {name.removeprefix(self.prefix): p for name, p in full.items()}
            params = next((names for names in (full, short) if any(n in names for n in found)), params)
        elif not allow_missing:
            found = _with_shared(found, params)
        fill_from(found, params, str(filename), ctx, allow_missing, ignore_extra, cast_dtype, dtype_source)

    def save_params(self, filename: str | Path) -> None:
        """MXNet's older name: writes parameters by name, less the block's prefix."""
        warn("save_params() is MXNet's older name; use save_parameters()")
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(
        self,
        filename: str | Path,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> None:
        """MXNet's older name of `load_parameters`; reads what `save_params` wrote too."""
        warn("load_params() is MXNet's older name; use load_parameters()")
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def save(self, prefix: str) -> None:
        """MXNet's file of Python blocks.

        Raises:
            NotSupportedError: always; `save_parameters` and `export` write files that say what they hold.
        """
        raise NotSupportedError(
            "Block.save() writes how Python blocks nest; use save_parameters(), or export() with the graph"
        )

    def load(self, prefix: str) -> None:
        """MXNet's file of Python blocks.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            "Block.load() reads how Python blocks nest; use load_parameters(), or SymbolBlock.imports()"
        )

    # -- calling ---------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Hook) -> HookHandle:
        """Calls ``hook(block, inputs)`` before each `forward`."""
        return HookHandle(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Hook) -> HookHandle:
        """Calls ``hook(block, inputs, outputs)`` after each `forward`."""
        return HookHandle(self._hooks, hook)

    def __call__(self, *args: Any) -> Any:
        if args and type(args[0]) is not NDArray and isinstance(args[0], jax.Array):
            return on_jax(self, args)
        if self._pre_hooks:
            with users_code():
                for hook in tuple(self._pre_hooks):
                    hook(self, args)
        try:
            out = self.forward(*args)
        except TypeError as error:
            check_count(self, args, error)
            raise
        if self._hooks:
            with users_code():
                for hook in tuple(self._hooks):
                    hook(self, args, out)
        return out

    def forward(self, *args: Any) -> Any:
        """What the block computes; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, x, ...)")

    def __repr__(self) -> str:
        lines = "".join(f"\n  ({n}): " + repr(c).replace("\n", "\n  ") for n, c in self._children.items())
        return f"{type(self).__name__}({lines}\n)" if lines else f"{type(self).__name__}()"


def _warn_of_strays(block: Block) -> None:
    """Blocks in a plain list are not children: they would not be initialized, saved or learned."""
    known = set(map(id, block._children.values()))
    for name, value in vars(block).items():
        if name not in OWN and any(id(b) not in known for b in _blocks_in(value)):
            warn(
                f"{type(block).__name__}.{name} holds blocks that are not registered: use a Sequential, or "
                "register_child()"
            )


def _blocks_in(value: Any) -> Iterator[Block]:
    """The blocks in nested lists, tuples and dicts; not a block by itself."""
    for each in (
        value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    ):
        if isinstance(each, Block):
            yield each
        else:
            yield from _blocks_in(each)


def _with_shared(found: Mapping[str, NDArray], params: Mapping[str, Parameter]) -> dict[str, NDArray]:
    """A shared parameter that was written once, under all its names."""
    values = {id(params[n]): array for n, array in found.items() if n in params}
    shared = {n: values[id(p)] for n, p in params.items() if n not in found and id(p) in values}
    return {**found, **shared}
