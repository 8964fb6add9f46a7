"""`Executor`: a symbol bound to arrays.

A bound symbol is one operator (`symbolic.cached_op`) with the arrays it is called on.  `forward` calls it
and `backward` its gradient; both wait like any call, so forward, backward and the update that
follows run as one compiled program.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, AutogradError, ShapeError, did_you_mean
from workbench.imperative import autograd
from workbench.imperative.heads import cotangents
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import GradSlot, Scope
from workbench.memory.plan import Plan
from workbench.runtime import engine
from workbench.runtime.device import Context, current_context
from workbench.runtime.mesh import Mesh
from workbench.runtime.source import called_at
from workbench.symbolic import binding, grouped, layout, placement, plan_listing, reshaped
from workbench.symbolic.binding import NOTHING_SHARED, Arrays, Shared
from workbench.symbolic.cached_op import CachedOp
from workbench.symbolic.fused_step import FusedStep, StepPlan
from workbench.symbolic.grouped import GroupedOp, Rerun
from workbench.symbolic.monitored import Callback, MonitoredOp
from workbench.symbolic.outputs import Outputs
from workbench.symbolic.placement import ON_ONE, Places
from workbench.symbolic.planned import PlannedOp
from workbench.symbolic.replay import OUTPUTS_WRITTEN, Replay
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape

__all__ = ["Executor"]


class Executor:
    """A symbol with its argument, gradient and auxiliary arrays, on one device or by groups on several.

    Attributes:
        arg_dict, aux_dict: arrays by name; write into them with ``[:] =``.
        grad_dict: the gradient of each argument by name; None where none is asked for.
        outputs: the outputs of the last `forward`, always in the same arrays.
    """

    arg_dict: Arrays
    aux_dict: Arrays
    grad_dict: dict[str, Any]

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        args: Arrays,
        grads: Arrays,
        reqs: dict[str, str],
        aux: Arrays,
        plan: Any = None,
        places: Places = ON_ONE,
    ) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self._places = places
        self.arg_dict = args
        self.grad_dict = {n: grads.get(n) for n in args}
        self.aux_dict = aux
        self._grads = grads
        self._reqs = reqs
        self._outputs = Outputs(symbol, ctx, places)
        self._recorded = False
        self._step: FusedStep | None = None
        self._replay: Replay | None = None
        self._rerun: Rerun | None = None
        self._monitor: MonitoredOp | None = None
        self._memory_plan = plan
        self._op = _operator(symbol, plan, places)
        self._inputs = [aux[n.name] if n.name in aux else args[n.name] for n in self._op.inputs]
        for name, grad in grads.items():
            args[name]._slot = GradSlot(grad, reqs[name])
        if isinstance(ctx, Mesh):
            layout.lay_weights(symbol, ctx, {**args, **aux})

    # -- making one ------------------------------------------------------------------------------

    @classmethod
    def bind(
        cls,
        symbol: Symbol,
        ctx: Context,
        args: Any,
        args_grad: Any,
        grad_req: Any,
        aux_states: Any,
        plan: Any = None,
        groups: Any = None,
    ) -> Executor:
        """Binds a symbol to arrays, given as lists in order or as dicts by name; the rest as `simple_bind`.

        Raises:
            ArgumentError: an array is missing, a name is misspelled, or a request is unknown.
            ShapeError: the shapes contradict the graph.
            DeviceError: an array lives on another device than `ctx`, or than its group.
            NotSupportedError: groups of devices together with a mesh or a plan.
        """
        places = placement.places(symbol, ctx, groups, plan)
        binding.check_names(symbol)
        names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
        arrays = binding.named("args", names, args, required=True)
        aux = binding.named("aux_states", states, aux_states, required=True)
        reqs = binding.requests(names, grad_req)
        if args_grad is None:
            reqs = dict.fromkeys(names, "null")
        grads = binding.named("args_grad", names, args_grad, required=False)
        binding.check_devices(placement.by_name(symbol, ctx, places), {**arrays, **aux}, grads)
        binding.check_shapes(symbol, {**arrays, **aux})
        for name, grad in grads.items():
            if grad.shape != arrays[name].shape:
                raise ShapeError(
                    f"bind(): the gradient of {name!r} has shape {grad.shape}, {name!r} {arrays[name].shape}"
                )
        own = {n: a if a._slot is None else a.detach() for n, a in arrays.items()}
        wanted = {n: g for n, g in grads.items() if reqs[n] != "null"}
        return cls(symbol, ctx, own, wanted, reqs, aux, plan, places)

    @classmethod
    def simple_bind(
        cls,
        symbol: Symbol,
        ctx: Context | None,
        grad_req: Any,
        type_dict: Any,
        shapes: Mapping[str, Shape],
        shared: Shared = NOTHING_SHARED,
        plan: Any = None,
        groups: Any = None,
    ) -> Executor:
        """Makes all arrays, from the shapes of the inputs, but for those that are shared.

        With a memory plan training runs by it, and a ``grad_req`` that is one word is for the gradients it gives.
        With `groups`, devices by group, each node runs where `placement` says.

        Raises:
            ArgumentError: a name is misspelled, or a shape does not follow from those given.
            ShapeError: the shapes contradict the graph.
            NotSupportedError: groups of devices together with a mesh or a plan.
        """
        binding.check_names(symbol)
        shared.check(symbol)
        ctx = ctx or current_context()
        places = placement.places(symbol, ctx, groups, plan)
        devices = placement.by_name(symbol, ctx, places)
        shapes = binding.own("simple_bind()", symbol.list_inputs(), shapes)
        types = binding.inferred(symbol, shapes, type_dict, "simple_bind()")
        names = symbol.list_arguments()
        reqs = binding.requests(names, grad_req)
        if isinstance(plan, Plan) and isinstance(grad_req, str):
            reqs = {n: req if n in plan.network.wanted else "null" for n, req in reqs.items()}
        args = {n: shared.array(n, "arg", types[n], devices[n]) for n in names}
        args = {n: a if a._slot is None else a.detach() for n, a in args.items()}
        grads = {n: shared.array(n, "grad", types[n], devices[n]) for n in names if reqs[n] != "null"}
        aux = {n: shared.array(n, "aux", types[n], devices[n]) for n in symbol.list_auxiliary_states()}
        made = cls(symbol, ctx, args, grads, reqs, aux, plan, places)
        if isinstance(ctx, Mesh):
            layout.lay_batch(ctx, args, layout.batch_inputs(symbol, shapes))
        return made

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Shape
    ) -> Executor:
        """An executor for inputs of other shapes, which shares every array whose shape stays.

        An array whose shape changes is new, and zero; MXNet reuses the front of the old one's memory.

        Args:
            partial_shaping: let shapes of arguments that are not named change too.
            allow_up_sizing: let arrays grow.
            kwargs: the new shapes by name.

        Raises:
            ArgumentError: a name is unknown.
            ShapeError: an array would change that may not.
        """
        made = reshaped.arrays(self, kwargs, partial_shaping, allow_up_sizing)
        of = (made.args, made.grads, self._reqs, made.aux, self._memory_plan, self._places)
        other = Executor(self._symbol, self._ctx, *of)
        other._monitor = self._monitor
        if isinstance(self._ctx, Mesh):
            layout.lay_batch(self._ctx, other.arg_dict, layout.batch_inputs(self._symbol, kwargs))
        return other

    # -- what it has -----------------------------------------------------------------------------

    @property
    def arg_arrays(self) -> list[NDArray]:
        """Arguments in the symbol's order."""
        return [self.arg_dict[n] for n in self._symbol.list_arguments()]

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """Gradients in the order of the arguments; None where none is asked for."""
        return [self.grad_dict[n] for n in self._symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """Auxiliary states in the symbol's order."""
        return [self.aux_dict[n] for n in self._symbol.list_auxiliary_states()]

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last `forward`: the same arrays for the executor's life, which every `forward` writes.

        Before the first they have shapes and dtypes, and reading a value raises `NotWrittenError`.
        """
        return self._outputs.arrays(self.arg_dict, self.aux_dict)

    @property
    def output_dict(self) -> Arrays:
        """Outputs by name."""
        return dict(zip(self._symbol.list_outputs(), self.outputs, strict=True))

    # -- running ---------------------------------------------------------------------------------

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Computes the outputs; inputs given by name are copied in first.

        Raises:
            ArgumentError: an input is unknown.
            ShapeError: an input has another shape than was bound.
        """
        self._feed(kwargs)
        if self._monitor is not None:
            self._run(is_train)
            return self.outputs
        with engine.waiting.lock:  # as for a single call: nothing may run until the outputs are held
            engine.flush()  # a forward starts a new step, so that each turn of a loop is the same segment
            self._step = self._deferred() if is_train else None
            if self._step is not None:
                self._outputs.show(self._step.outputs[: len(self._symbol.values)])
                keys = self._step.reads[-1] if self._step.plan.key_type is not None else None
                self._replay = Replay(self._op.program(True), self._inputs, self._step.reads, keys)
                self._recorded = True
            else:
                self._run(is_train)
        return self.outputs

    def _run(self, is_train: bool) -> None:
        """A forward that is written down call by call."""
        cells = [a._storage.cell for a in self._inputs]
        self._step = None
        if isinstance(self._op, GroupedOp):
            self._rerun = Rerun(self._op, self._inputs, is_train)
        with Scope(is_train, is_train):
            if self._monitor is not None:
                keys = self._monitor.run(self._inputs, self._ctx, self._outputs)
            else:
                made, keys = self._op.run(self._inputs, self._ctx)
                self._outputs.hold(made)
        if not self._places:
            self._replay = Replay(self._op.program(is_train), self._inputs, cells, keys)
        self._recorded = is_train

    def _deferred(self) -> FusedStep | None:
        """The step that starts now, as a whole; None where it must be written down call by call."""
        if not engine.may_defer() or self._plan is None:
            return None
        cells = [s.cell for s in self._plan.inputs]
        for cell in cells:
            if cell.promise is not None:
                engine.read(cell)
        if any([cell.array is None for cell in cells]):
            return None
        step = FusedStep(self._plan, [a._slot for a in self._inputs])
        engine.defer(step)
        step.move_states()
        return step

    @cached_property
    def _plan(self) -> StepPlan | None:
        """The step as a whole; None under a memory plan, where gradients are added up, or arrays are views."""
        grads = [self._grads.get(n.name) for n in self._op.inputs]
        arrays = [*self._inputs, *[g for g in grads if g is not None]]
        if (
            not self._grads
            or self._memory_plan is not None
            or self._places
            or any(self._reqs[n] != "write" for n in self._grads)
            or any(a._view for a in arrays)
        ):
            return None
        program = self._op.program(train=True)
        possible = program.operator.differentiable_inputs(tuple(a._type for a in self._inputs))
        if any(g is not None and not p for g, p in zip(grads, possible, strict=False)):
            return None
        return StepPlan(
            program.operator,
            program.heads,
            self._inputs,
            program.states,
            tuple(g is not None for g in grads),
            [g for g in grads if g is not None],
            self._ctx,
        )

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Leaves the gradients in `grad_dict`, as each request says.

        A second backward for the same forward computes it again, and so does one after a forward that did not train.

        Args:
            out_grads: cotangents of the outputs: an array, a list or a dict by name; ones where not given.
            is_train: MXNet's argument.  What is differentiated is the forward as it ran, whatever this says.

        Raises:
            AutogradError: there was no `forward`, or a second backward finds its inputs or outputs written since.
            ShapeError: an output gradient does not fit.
        """
        if self._replay is None and self._rerun is None:
            raise AutogradError(f"backward() needs forward(is_train=True) before it{called_at()}")
        step, self._step = self._step, None
        with engine.waiting.lock:  # another thread's flush may not expand the step halfway
            if step is not None and out_grads is None and engine.is_deferred(step):
                step.backward()
                self._recorded = False
                return
        if isinstance(out_grads, Mapping):
            names = self._symbol.list_outputs()
            given = binding.named("out_grads", names, out_grads, required=True)
            out_grads = [given[n] for n in names]
        if self._grads:
            engine.expand()
            heads = self._outputs.heads()
            if self._rerun is not None:
                grouped.backward(heads if self._recorded else self._rerun.heads(), out_grads)
            elif self._recorded:
                autograd.backward(heads, out_grads)
            else:
                self._backward_again(cotangents(heads, out_grads))
        self._recorded = False

    def _backward_again(self, cotangents: list[NDArray]) -> None:
        assert self._replay is not None
        if self._outputs.written():
            raise AutogradError(OUTPUTS_WRITTEN + called_at())
        names = [n.name for n in self._op.inputs]
        with engine.waiting.lock:
            wanted = [n in self._grads for n in names]
            found = self._replay.gradients(wanted, self._outputs.heads(), cotangents, self._ctx)
            for name, grad in zip(names, found, strict=True):
                if grad is not None:
                    mine: Any = self._grads[name]
                    mine._take((mine + grad if self._reqs[name] == "add" else grad)._cell())
            engine.settle()

    def _feed(self, given: Mapping[str, Any]) -> None:
        ready = {}
        for name, value in given.items():
            target = self.arg_dict.get(name)
            if target is None:
                raise ArgumentError(f"forward(): no argument {name!r}.{did_you_mean(name, self.arg_dict)}")
            value = value if isinstance(value, NDArray) else array(value, self._ctx, target.dtype)
            if value.shape != target.shape:
                raise ShapeError(
                    f"forward(): {name!r} was bound with shape {target.shape}, got {value.shape}"
                )
            ready[name] = value
        for name, value in ready.items():
            value.copyto(self.arg_dict[name])

    # -- parameters ------------------------------------------------------------------------------

    @checked
    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copies parameters in by name; nothing is copied unless all fit.

        Raises:
            ArgumentError: a name is unknown and `allow_extra_params` is off, or a value is no NDArray.
            ShapeError: a shape does not fit.
        """
        pairs = []
        for given, mine, kind in (
            (arg_params, self.arg_dict, "argument"),
            (aux_params or {}, self.aux_dict, "auxiliary state"),
        ):
            for name, value in given.items():
                if name in mine:
                    if not isinstance(value, NDArray):
                        raise ArgumentError(
                            f"copy_params_from(): {name!r} must be an NDArray, got {type(value).__name__}"
                        )
                    if value.shape != mine[name].shape:
                        raise ShapeError(
                            f"copy_params_from(): {name!r} has shape {mine[name].shape}, got {value.shape}"
                        )
                    pairs.append((value, mine[name]))
                elif not allow_extra_params:
                    raise ArgumentError(f"copy_params_from(): no {kind} {name!r}.{did_you_mean(name, mine)}")
        for value, target in pairs:
            value.copyto(target)

    # -- looking inside --------------------------------------------------------------------------

    @checked
    def set_monitor_callback(self, callback: Callback | None, monitor_all: bool = False) -> None:
        """Has `forward` show what every node computes: ``callback(name, array)``; None stops it.

        Args:
            callback: called during `forward`, in the order of the nodes.
            monitor_all: show what the nodes read too.
        """
        self._monitor = (
            None if callback is None else MonitoredOp(self._symbol, callback, monitor_all, self._places)
        )

    def get_optimized_symbol(self) -> Symbol:
        """The symbol as it runs, after the passes."""
        return self._symbol.optimize()

    def debug_str(self) -> str:
        """A listing of the nodes that forward and backward run, then the memory that their feature maps take.

        The memory is planned, as `plan_listing` says; nothing is compiled or allocated.

        Raises:
            BudgetError: the plan bound has a budget that nothing keeps to.
        """
        return plan_listing.listing(self)

    def __repr__(self) -> str:
        devices = dict.fromkeys(self._places.values()) or [self._ctx]
        return f"<Executor of {self._symbol!r} on {', '.join(map(str, devices))}>"


def _operator(symbol: Symbol, plan: Any, places: Places) -> CachedOp:
    if places:
        return GroupedOp(symbol, places)
    return CachedOp(symbol) if plan is None else PlannedOp(symbol, plan)


def __dir__() -> list[str]:
    return __all__
