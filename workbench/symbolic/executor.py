"""`Executor`: a symbol bound to arrays.

A bound symbol is one operator (`symbolic.cached_op`) with the arrays it is called on.  `forward` calls it
and `backward` its gradient; both wait like any call, so forward, backward and the update that
follows run as one compiled program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from workbench.errors import (
    ArgumentError,
    AutogradError,
    DeviceError,
    NotWrittenError,
    ShapeError,
    did_you_mean,
)
from workbench.graph.infer import Inference
from workbench.graph.node import Node, Value
from workbench.imperative import autograd
from workbench.imperative.make import array, zeros
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import GradSlot, Scope
from workbench.runtime import engine
from workbench.runtime.device import Context, current_context
from workbench.symbolic.cached_op import CachedOp
from workbench.symbolic.fused_step import FusedStep, StepPlan
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape, as_dtype

Arrays = dict[str, NDArray]


class Executor:
    """A symbol with its argument, gradient and auxiliary arrays on one device.

    Attributes:
        arg_dict, grad_dict, aux_dict: arrays by name; write into them with ``[:] =``.
        outputs: the outputs of the last `forward`.
    """

    def __init__(
        self, symbol: Symbol, ctx: Context, args: Arrays, grads: Arrays, reqs: dict[str, str], aux: Arrays
    ) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self.arg_dict = args
        self.grad_dict = grads
        self.aux_dict = aux
        self._reqs = reqs
        self._outputs: list[NDArray] | None = None
        self._recorded = False
        self._step: FusedStep | None = None
        self._op = CachedOp(symbol)
        self._inputs = [aux[n.name] if n.name in aux else args[n.name] for n in self._op.inputs]
        for name, grad in grads.items():
            args[name]._slot = GradSlot(grad, reqs[name])

    # -- making one ------------------------------------------------------------------------------

    @classmethod
    def bind(
        cls, symbol: Symbol, ctx: Context, args: Any, args_grad: Any, grad_req: Any, aux_states: Any
    ) -> Executor:
        """Binds a symbol to arrays, given as lists in order or as dicts by name.

        Raises:
            ArgumentError: an array is missing or unknown, or a request is.
            ShapeError: the shapes contradict the graph.
            DeviceError: an array lives on another device than `ctx`.
        """
        _distinct(symbol)
        names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
        arrays = _named("args", names, args, required=True)
        aux = _named("aux_states", states, aux_states, required=True)
        reqs = _requests(names, grad_req if args_grad is not None else "null")
        grads = _named("args_grad", names, args_grad, required=False)
        _check_device(ctx, {**arrays, **aux, **grads})
        known = {**arrays, **aux}
        _check_shapes(symbol, known)
        for name, grad in grads.items():
            if grad.shape != arrays[name].shape:
                raise ShapeError(
                    f"bind(): the gradient of {name!r} has shape {grad.shape}, {name!r} {arrays[name].shape}"
                )
        own = {n: a if a._slot is None else a.detach() for n, a in arrays.items()}
        return cls(symbol, ctx, own, {n: g for n, g in grads.items() if reqs[n] != "null"}, reqs, aux)

    @classmethod
    def simple_bind(
        cls, symbol: Symbol, ctx: Context | None, grad_req: Any, type_dict: Any, shapes: Mapping[str, Shape]
    ) -> Executor:
        """Makes all arrays, from the shapes of the inputs.

        Raises:
            ArgumentError: a name is unknown, or a shape does not follow from those given.
            ShapeError: the shapes contradict the graph.
        """
        _distinct(symbol)
        ctx = ctx or current_context()
        inputs = symbol.list_inputs()
        for name in [*shapes, *(type_dict or {})]:
            if name not in inputs:
                raise ArgumentError(
                    f"simple_bind(): no argument {name!r}; there are {', '.join(inputs)}.{did_you_mean(name, inputs)}"
                )
        dtypes = {n: as_dtype(t) for n, t in (type_dict or {}).items()}
        inference = Inference(symbol.values, shapes, dtypes)
        made = {n.name: _empty(n, inference, ctx) for n in symbol.nodes if n.is_variable}
        aux = {n: made.pop(n) for n in symbol.list_auxiliary_states()}
        reqs = _requests(list(made), grad_req)
        grads = {n: zeros(a.shape, ctx, a.dtype) for n, a in made.items() if reqs[n] != "null"}
        return cls(symbol, ctx, made, grads, reqs, aux)

    # -- what it has -----------------------------------------------------------------------------

    @property
    def arg_arrays(self) -> list[NDArray]:
        """Arguments in the symbol's order."""
        return [self.arg_dict[n] for n in self._symbol.list_arguments()]

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """Gradients in the order of the arguments; None where none is asked for."""
        return [self.grad_dict.get(n) for n in self._symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """Auxiliary states in the symbol's order."""
        return [self.aux_dict[n] for n in self._symbol.list_auxiliary_states()]

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last `forward`.

        Raises:
            NotWrittenError: `forward` has not been called.
        """
        if self._outputs is None:
            raise NotWrittenError(f"the outputs of {self._symbol!r} were read before forward() was called")
        return list(self._outputs)

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
        with engine.waiting.lock:  # as for a single call: nothing may run until the outputs are held
            engine.flush()  # a forward starts a new step, so that each turn of a loop is the same segment
            self._step = self._deferred() if is_train else None
            if self._step is not None:
                cells = self._step.outputs[: len(self._symbol.values)]
                self._outputs = [NDArray(Storage(cell, self._ctx)) for cell in cells]
            else:
                with Scope(is_train, is_train):
                    self._outputs = self._op(self._inputs, self._ctx)
        self._recorded = is_train
        return self.outputs

    def _deferred(self) -> FusedStep | None:
        """The step that starts now, as a whole; None where it must be written down call by call."""
        if not engine.may_defer() or self._plan is None:
            return None
        if any([s.cell.array is None for s in self._plan.inputs]):
            return None
        step = FusedStep(self._plan, [a._slot for a in self._inputs])
        engine.defer(step)
        step.move_states()
        return step

    @cached_property
    def _plan(self) -> StepPlan | None:
        """The plan of a training step; None where gradients are added up, or arrays are views of others."""
        grads = [self.grad_dict.get(n.name) for n in self._op.inputs]
        arrays = [*self._inputs, *[g for g in grads if g is not None]]
        if (
            not self.grad_dict
            or any(self._reqs[n] != "write" for n in self.grad_dict)
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
        """Leaves the gradients in `grad_dict`, as each request says; once for each training forward.

        Raises:
            AutogradError: there was no `forward(is_train=True)` before, or it was used up.
            ShapeError: an output gradient does not fit.
        """
        if not self._recorded:
            raise AutogradError("backward() needs forward(is_train=True) before it, once for each backward()")
        heads = self.outputs
        step, self._step = self._step, None
        with engine.waiting.lock:  # another thread's flush may not expand the step halfway
            if step is not None and out_grads is None and engine.is_deferred(step):
                step.backward()
                self._recorded = False
                return
        if isinstance(out_grads, Mapping):
            names = self._symbol.list_outputs()
            given = _named("out_grads", names, out_grads, required=True)
            out_grads = [given[n] for n in names]
        if self.grad_dict:
            engine.expand()
            autograd.backward(heads, out_grads)
        self._recorded = False

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

    def __repr__(self) -> str:
        return f"<Executor of {self._symbol!r} on {self._ctx}>"


def _named(what: str, names: Sequence[str], given: Any, required: bool) -> Arrays:
    """Arrays by name from a list in order or a dict.

    Raises:
        ArgumentError: the list has another length, a name is unknown, or one is missing.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        given = list(given)
        if len(given) != len(names):
            raise ArgumentError(f"{what} needs {len(names)} arrays ({', '.join(names)}), got {len(given)}")
        given = dict(zip(names, given, strict=True))
    for name, value in given.items():
        if name not in names:
            raise ArgumentError(f"{what}: no {name!r} among {', '.join(names)}.{did_you_mean(name, names)}")
        if value is not None and not isinstance(value, NDArray):
            raise ArgumentError(f"{what}: {name!r} must be an NDArray, got {type(value).__name__}")
    missing = [n for n in names if given.get(n) is None]
    if required and missing:
        raise ArgumentError(f"{what}: {', '.join(map(repr, missing))} not given")
    return {n: given[n] for n in names if given.get(n) is not None}


def _distinct(symbol: Symbol) -> None:
    """An array is bound by its name, so no two inputs may share one."""
    names = symbol.list_inputs()
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"{names.count(name)} inputs of {symbol!r} are called {name!r}; rename one, or share it"
            )


def _requests(names: Sequence[str], given: Any) -> dict[str, str]:
    """A gradient request for each name, from one, a list or a dict (missing names: null).

    Raises:
        ArgumentError: a request is not write, add or null, or a name is unknown.
    """
    if isinstance(given, str):
        reqs = dict.fromkeys(names, given)
    elif isinstance(given, Mapping):
        for name in given:
            if name not in names:
                raise ArgumentError(f"grad_req: no argument {name!r}.{did_you_mean(name, names)}")
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


def _check_device(ctx: Context, arrays: Arrays) -> None:
    for name, value in arrays.items():
        if value.context is not ctx:
            raise DeviceError(
                f"bind(): {name!r} is on {value.context}, the executor on {ctx}; use .as_in_context({ctx})"
            )


def _check_shapes(symbol: Symbol, known: Arrays) -> None:
    """Every operator must take what was given."""
    Inference(symbol.values, {n: a.shape for n, a in known.items()}, {n: a.dtype for n, a in known.items()})


def _empty(node: Node, inference: Inference, ctx: Context) -> NDArray:
    found = inference.type(Value(node))
    if found is None:
        raise ArgumentError(
            f"simple_bind(): the shape of {node.name!r} does not follow from those given; give it too"
        )
    return zeros(found.shape, ctx, found.dtype)
