"""How a symbol is run: bound to arrays, called once, or handed to JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import ArgumentError
from workbench.graph.composite import composite, prepared
from workbench.runtime.device import Context, current_context
from workbench.types import Shape

if TYPE_CHECKING:
    from workbench.imperative.ndarray import NDArray
    from workbench.symbolic.executor import Executor


class Bindable:
    """The ways from a `Symbol`, whose methods these are, to numbers."""

    __slots__ = ()

    def bind(
        self: Any,
        ctx: Context,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,
        plan: Any = None,
    ) -> Executor:
        """An executor on the arrays given; see `Executor.bind`.

        `group2ctx` gives the groups of ``AttrScope(ctx_group=…)`` their devices, on which their arrays must be.
        `shared_exec` is MXNet's: memory is always shared.
        """
        from workbench.symbolic.executor import Executor  # an executor is built on symbols

        return Executor.bind(self, ctx, args, args_grad, grad_req, aux_states, plan, group2ctx)

    def simple_bind(
        self: Any,
        ctx: Context | None = None,
        grad_req: Any = "write",
        type_dict: Any = None,
        stype_dict: Any = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        plan: Any = None,
        **kwargs: Shape,
    ) -> Executor:
        """An executor on arrays made for these input shapes; see `Executor.simple_bind`.

        Args:
            ctx, grad_req, type_dict: the device, the gradients asked for, dtypes by name.
            stype_dict: MXNet's: arrays are dense.
            group2ctx: devices by group: what was composed under ``AttrScope(ctx_group="dev1")`` runs, and has its
                arrays, on the device of ``"dev1"``; see `placement`.
            shared_arg_names: arguments to share with `shared_exec`, gradients and all, and its auxiliary states.
            shared_buffer: arrays by name, to take from where they fit and to add to.
            plan: how training uses memory: a plan of `memory.plan`, the name of a strategy, or a budget such as
                ``"4GB"``.
            kwargs: shapes by name.
        """
        from workbench.symbolic.executor import Executor, binding  # an executor is built on symbols

        binding.check_storage(stype_dict)
        shared = binding.Shared(shared_arg_names, shared_exec, shared_buffer)
        return Executor.simple_bind(self, ctx, grad_req, type_dict, kwargs, shared, plan, group2ctx)

    def eval(self: Any, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """The outputs for these inputs, auxiliary states included."""

        aux = {n: kwargs.pop(n) for n in self.list_auxiliary_states() if n in kwargs}
        return self.bind(ctx or current_context(), kwargs, None, "null", aux).forward()

    def to_jax(self: Any, train: bool = False) -> Callable[..., tuple[Any, ...]]:
        """A pure JAX function: inputs by name (and ``_keys`` where random) → a tuple of outputs."""
        graph = prepared(self.graph, train)
        operator = composite(graph, self.name or "group")
        names = [n.name for n in graph.inputs]

        def function(**arrays: Any) -> tuple[Any, ...]:
            missing = [n for n in names if n not in arrays]
            if missing:
                raise ArgumentError(f"to_jax(): {', '.join(map(repr, missing))} not given")
            return operator.call([arrays[n] for n in names], ())

        return function
