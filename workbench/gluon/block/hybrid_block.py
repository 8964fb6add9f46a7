"""`HybridBlock`: a block that can be written down as a graph.

`hybrid_forward` gets the namespace ``F`` to take operators from: `nd` when it is called on arrays, `sym`
when on symbols.  Called imperatively it is like any block; after `hybridize` it is called on symbols
once, and the graph this gives runs as a single operation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax

from workbench.errors import (
    ArgumentError,
    DeviceError,
    DTypeError,
    NotInitializedError,
    NotSupportedError,
    ShapeError,
    did_you_mean,
)
from workbench.gluon.block.arguments import flatten, nest
from workbench.gluon.block.block import Block
from workbench.gluon.block.calling import check_count, kind_of
from workbench.gluon.block.monitored import OpHook
from workbench.gluon.block.traced import Traced
from workbench.gluon.parameter import DeferredInitializationError, Held, Parameter, ParameterDict
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state
from workbench.memory.plan import checked
from workbench.runtime.mesh import Mesh
from workbench.runtime.source import called_at, caller, known, users_code, warn
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol
from workbench.train.checkpoint import save_checkpoint

_PACKAGE = __name__.partition(".")[0] + "."  # begins the names of its modules
METHODS = ("forward", "hybrid_forward")  # what calling a block comes to
# MXNet's switches of its own runtime; here buffers are always planned statically and by XLA.
FLAGS = ("static_alloc", "static_shape", "inline_limit", "forward_bulk_size", "backward_bulk_size")


class HybridBlock(Block):
    """Base of blocks that run imperatively or as a graph; a subclass defines `hybrid_forward`.

    Args: as `Block`.
    """

    # Whether the class is of the package, whose methods call none of the user's code.
    _is_ours = True

    def __init__(
        self, prefix: str | None = None, params: ParameterDict | None = None, **unknown: Any
    ) -> None:
        super().__init__(prefix, params, **unknown)
        self._active = False
        self._graphs: dict[Hashable, Traced] = {}
        self._held = Held()
        self._parents: list[HybridBlock] = []
        self._plan: Any = None
        self._op_hook: tuple[OpHook, bool] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_ours = cls.__module__.startswith(_PACKAGE)
        if not cls._is_ours and "__call__" in vars(cls):
            cls.__call__ = users_code()(cls.__call__)  # type: ignore[method-assign]

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, Parameter):
            self._forget()
        elif name in METHODS:
            self._is_ours = False  # this one block runs code of the user's

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:
        """What the block computes, by operators of ``F``; its own parameters come by keyword."""
        raise NotImplementedError(f"{type(self).__name__} must define hybrid_forward(self, F, x, ...)")

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Adds a child, which must be a HybridBlock.

        Raises:
            ArgumentError: it is not.
        """
        if not isinstance(block, HybridBlock):
            raise ArgumentError(
                f"{type(self).__name__} is a HybridBlock, so its children must be too; {name or 'a child'!r} "
                f"is a {type(block).__name__}. A plain Block or Sequential may hold both"
            )
        super().register_child(block, name)
        block._parents.append(self)
        self._forget()

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        plan: Any = None,
        **flags: Any,
    ) -> None:
        """Makes calls run as one graph, or as single operations again.

        MXNet's `static_alloc`, `static_shape` and bulking flags are accepted: memory is always planned
        ahead here.

        Args:
            active: which of the two.
            backend: MXNet's compilers of subgraphs; only None, as XLA compiles everything.
            clear: write the graph down anew.
            plan: how training uses memory: the name of a strategy, a budget such as ``"4GB"``, or a plan of
                `memory.plan` for this block.  A plan's schedule is run, but for the operations of the loss that it
                was made with; data of other shapes is planned for anew, by its strategy and budget.

        Raises:
            NotSupportedError: a backend was asked for.
            ArgumentError: a flag is unknown; or, when the block is called, the plan was made for another network.
        """
        if backend is not None:
            raise NotSupportedError(
                f"hybridize(backend={backend!r}): XLA compiles every graph; leave it None"
            )
        for flag in flags:
            if flag not in FLAGS:
                names = ("active", "backend", "clear", "plan", *FLAGS)
                raise ArgumentError(f"hybridize() has no flag {flag!r}.{did_you_mean(flag, names)}")
        if active and self._parents and (self._hooks or self._pre_hooks):
            warn(
                f"{self.name} has forward hooks and is part of {self._parents[0].name}: hybridized, they are "
                "called only when its graph is written down"
            )
        self._active = active
        self._plan = None if plan is None else checked(plan)
        if clear:
            self._forget()
        super().hybridize(active, **flags)

    def optimize_for(self, x: Any, *args: Any, backend: str | None = None, **options: Any) -> None:
        """MXNet's compilers of subgraphs.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            f"optimize_for(backend={backend!r}): XLA compiles every graph; hybridize() is all there is to do"
        )

    def register_op_hook(self, callback: OpHook, monitor_all: bool = False) -> None:
        self._op_hook = (callback, monitor_all)
        super().register_op_hook(callback, monitor_all)

    def cast(self, dtype: Any) -> None:
        """Changes the element type of all parameters."""
        self._forget()
        super().cast(dtype)

    def _forget(self) -> None:
        """Drops graphs that this block is part of."""
        self._graphs.clear()
        for parent in self._parents:
            parent._forget()

    # -- calling ---------------------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        # What calling a layer on arrays comes to nearly always, a frame or two shorter: it is done for each at every
        # step, and whoever looks for the user's line goes through all frames.
        if (known.source is None) is self._is_ours:
            return self._cross(args)
        context, generation, arrays = self._held.last
        if (
            args
            and type(args[0]) is NDArray
            and context is args[0]._storage.context
            and generation == Parameter.generation
            and not (self._active or self._pre_hooks or self._hooks)
            and type(self).forward is _FORWARD
            and "forward" not in self.__dict__
        ):
            try:
                if not arrays and len(args) == 1:
                    return self.hybrid_forward(nd, args[0])
                return self.hybrid_forward(nd, *args, **arrays)
            except TypeError as error:
                check_count(self, args, error)
                raise
        return super().__call__(*args)

    def _cross(self, args: tuple[Any, ...]) -> Any:
        """A call from the user's code into the package's, where his line is known from here on, or back into his."""
        before = known.source
        try:
            known.source = caller() if before is None else None
            return HybridBlock.__call__(self, *args)  # a class that overrides it has done its part
        except (ArgumentError, ShapeError) as error:
            if not self._is_ours or (misuse := self._misuse(args)) is None:
                raise
            # Its insides would hide what the block wants.
            raise type(error)(f"{misuse}{called_at()}") from None
        finally:
            known.source = before

    def _misuse(self, args: tuple[Any, ...]) -> str | None:
        """What is wrong with the arguments of a call that failed, in the block's own words where it has any."""
        return None

    def forward(self, x: Any, *args: Any) -> Any:
        """`hybrid_forward` on arrays, on symbols, or through the graph.

        Raises:
            ArgumentError: `x` is neither an NDArray nor a Symbol.
            DeviceError: it is not hybridized, has parameters, and `x` is on a mesh.
            NotInitializedError: a parameter has no values.
        """
        first = x if type(x) is NDArray else _first((x, *args))
        if isinstance(first, NDArray):
            if self._active:
                return self._run_graph((x, *args))
            context = first._storage.context
            if self._reg_params and isinstance(context, Mesh):
                raise DeviceError(
                    f"{self.name} has parameters and is called on {context}, where a network is one program; call "
                    "hybridize() on it first"
                )
            try:
                params = self._held.on(context, self._reg_params)
            except DeferredInitializationError:
                self._finish_deferred((x, *args))
                params = self._held.on(context, self._reg_params)
            return self.hybrid_forward(nd, x, *args, **params)
        if isinstance(first, Symbol):
            return self._on_symbols(x, *args)
        raise ArgumentError(
            f"{self.name} takes an NDArray or a Symbol, got {kind_of(x)}; nd.array() makes an NDArray"
        )

    def _on_symbols(self, x: Any, *args: Any) -> Any:
        symbols = {name: p.var() for name, p in self._reg_params.items()}
        with self.name_scope():
            return self.hybrid_forward(sym, x, *args, **symbols)

    def _run_graph(self, args: tuple[Any, ...]) -> Any:
        flat: Sequence[NDArray] = args
        key: Hashable = (len(args), state.training)
        for each in args:
            if type(each) is not NDArray:
                nested: list[NDArray] = []
                flat, key = nested, (flatten(args, nested), state.training)
                break
        graph = self._graphs.get(key)
        if graph is None:
            graph = self._graphs[key] = self._traced_for(args)[0]
        try:
            return graph(flat) if self._op_hook is None else graph.monitored(flat, *self._op_hook)
        except DeferredInitializationError:
            _finish(graph, flat)
            return graph(flat) if self._op_hook is None else graph.monitored(flat, *self._op_hook)
        except (ShapeError, DTypeError) as error:
            raise _explained(error, graph, flat) from None

    def _trace(self, form: Hashable, count: int) -> Traced:
        data = [sym.var("data" if count == 1 else f"data{i}") for i in range(count)]
        outputs = self._on_symbols(*nest(form, iter(data)))
        return Traced(outputs, data, self.collect_params(), self._plan)

    def _traced_for(self, args: Sequence[Any]) -> tuple[Traced, list[NDArray]]:
        flat: list[NDArray] = []
        form = flatten(tuple(args), flat)
        return self._trace(form, len(flat)), flat

    def _finish_deferred(self, args: tuple[Any, ...]) -> None:
        graph, flat = self._traced_for(args)
        _finish(graph, flat)

    def infer_shape(self, *args: NDArray) -> None:
        """Gives parameters of unknown sizes the shapes that follow from these inputs.

        Raises:
            ShapeError: the inputs do not fit.
        """
        graph, flat = self._traced_for(args)
        graph.infer(flat)

    def to_jax(self, *args: NDArray, train: bool = False) -> tuple[Callable[..., Any], dict[str, jax.Array]]:
        """The block as a pure JAX function of its parameters, and those parameters.

        Args:
            args: example inputs; their number and nesting count, and their shapes where parameters wait for
                them.
            train: behave as in training.

        Returns:
            ``function(params, *inputs, key=None)`` and params, arrays by name.  `key` is a `jax.random.key`,
            needed where the graph draws random numbers.  With `train` it returns (outputs, states by name).
        """
        graph, flat = self._traced_for(args)
        _finish(graph, flat)
        return graph.to_jax(train)

    def infer_type(self, *args: NDArray) -> None:
        """Gives parameters the dtypes that follow from these inputs."""
        graph, flat = self._traced_for(args)
        graph.infer_dtypes(flat)

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Writes the graph, ``path-symbol.json``, and the parameters, ``path-0000.params``.

        `SymbolBlock.imports` and ``mod.Module.load`` read them.  One input is called ``data``, several
        ``data0``, ``data1``, ….

        Args:
            path: begins both names.
            epoch: the number in the second.
            remove_amp_cast: MXNet's mixed precision, which writes nothing here.

        Raises:
            NotInitializedError: the block has not run as a graph yet.
        """
        if not self._graphs:
            raise NotInitializedError(
                f"export(): {self.name} has no graph yet; call hybridize(), then the block once on data{called_at()}"
            )
        graph = next(reversed(self._graphs.values()))
        states = set(graph.symbol.list_auxiliary_states())
        values = {p.name: p.mean_over_devices() for p in graph.params}
        aux = {name: value for name, value in values.items() if name in states}
        save_checkpoint(path, epoch, graph.symbol, {n: v for n, v in values.items() if n not in aux}, aux)


def _first(value: Any) -> Any:
    """The first array or symbol of nested lists; else the first value."""
    if not isinstance(value, (list, tuple)) or not value:
        return value
    found = [_first(v) for v in value]
    return next((f for f in found if isinstance(f, (NDArray, Symbol))), found[0])


_FORWARD = HybridBlock.forward


def _explained(
    error: ShapeError | DTypeError, graph: Traced, arrays: Sequence[NDArray]
) -> ShapeError | DTypeError:
    """The error with the line inside the block that composed the operator, where that is another than the call's."""
    try:
        graph.infer(arrays)
    except (ShapeError, DTypeError) as inside:
        if str(line := caller()) not in str(inside):
            return type(inside)(f"{inside} (called at {line})")
    return error


def _finish(graph: Traced, arrays: Sequence[NDArray]) -> None:
    """Fills the parameters that waited for the data's shapes."""
    if all(p.shape_is_known for p in graph.params):
        waiting = [p for p in graph.params if p.is_initialized]
    else:
        graph.infer(arrays)
        waiting = graph.params
    try:
        with users_code():  # an initializer may be his
            for parameter in waiting:
                parameter.finish_deferred_init()
    except ShapeError:
        graph.refuse(arrays)
        raise
