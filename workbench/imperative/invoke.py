"""Calling an operator imperatively: the few microseconds between `nd.dot(a, b)` and its promise.

Everything that can be looked up is: the bound operator by its attributes, the output types by the
input types.  Mistakes in shapes and arguments surface here, at the user's line; only what the device
itself refuses can surface later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from workbench.errors import ArgumentError, DeviceError, DTypeError, ShapeError
from workbench.graph.bind import BoundOp, bind
from workbench.graph.bound import Bound
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import state
from workbench.ops.registry import PLAIN, Operator
from workbench.runtime import engine, random
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context, chosen_context
from workbench.runtime.source import caller, known
from workbench.types import TensorType

INSIDE = 2  # `apply`, and the function or method that calls it


def function(op: Operator, name: str) -> Callable[..., Any]:
    """The `nd.*` function of an operator."""
    most = len(op.inputs)
    variadic = op.variadic
    no_tensors = frozenset(op.inputs).isdisjoint
    static = not (op.dynamic or op.train_aware)
    # By the attributes, where they alone decide.  `bind` remembers them too, and takes half as long again: 0.8 for 0.55
    # microseconds, measured, of the three to four that a call takes.
    before: dict[tuple[Any, ...], BoundOp] = {}

    def bind_new(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], BoundOp]:
        if kwargs and not no_tensors(kwargs):
            args, rest = tensors_first(op, args, kwargs)
            return args, bind(op, rest)[0]
        bound, _ = bind(op, kwargs)
        with suppress(TypeError):
            before[(*kwargs, *kwargs.values(), *map(type, kwargs.values()))] = bound
        return args, bound

    def call(
        *args: Any, out: Any = None, name: str | None = None, ctx: Context | None = None, **kwargs: Any
    ) -> Any:
        if variadic:
            op.check_number(kwargs, len(args))
        elif len(args) > most or (args and type(args[-1]) is not NDArray and isinstance(args[-1], PLAIN)):
            args, kwargs = op.split(args, kwargs)
        if static:
            try:
                bound = before.get((*kwargs, *kwargs.values(), *map(type, kwargs.values())))
            except TypeError:  # a list has no hash
                bound = None
            if bound is None:
                args, bound = bind_new(args, kwargs)
            return apply(bound, (), args, out, ctx)
        if kwargs and not no_tensors(kwargs):
            args, kwargs = tensors_first(op, args, kwargs)
        bound, scalars = bind(op, kwargs, state.training)
        return apply(bound, scalars, args, out, ctx)

    op.introduce(call, name, ("out", "name") if most or variadic else ("ctx", "out", "name"))
    return call


def tensors_first(
    op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Moves tensors given by keyword to their positions.

    Raises:
        ArgumentError: an input is given twice, or one before it is missing.
    """
    named = {n: kwargs[n] for n in op.inputs if n in kwargs}
    if not named:
        return args, kwargs
    rest = {k: v for k, v in kwargs.items() if k not in named}
    filled = list(args)
    for name in op.inputs[len(args) :]:
        filled.append(named.pop(name, None))
    if named:
        raise ArgumentError(f"{op.name}() got {', '.join(map(repr, named))} twice, by position and by name")
    while filled and filled[-1] is None:
        filled.pop()
    return tuple(filled), rest


def invoke(
    op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any = None, ctx: Context | None = None
) -> Any:
    """Calls an operator on NDArrays.

    Raises:
        ArgumentError: an argument is unknown, missing, or not an NDArray.
        ShapeError: the shapes do not fit.
        DeviceError: the arrays live on different devices.
        AutogradError: `out` is an array whose gradient would be lost.
    """
    return apply(*bind(op, kwargs, state.training), args, out, ctx)


def apply(
    bound: BoundOp,
    scalars: tuple[float, ...],
    args: Sequence[Any],
    out: Any = None,
    ctx: Context | None = None,
) -> Any:
    """Calls a bound operator on NDArrays, with these dynamic numbers.

    Raises:
        ArgumentError, ShapeError, DeviceError, AutogradError: as `invoke`.
    """
    waiting = engine.waiting
    if bound.takes is not None and len(args) != bound.takes:
        args = _checked(bound, args)
    with waiting.lock:  # another thread's flush would free what is called and not yet held
        try:
            call = record(bound, args, scalars, ctx, INSIDE)
        except AttributeError:
            arrays = _checked(bound, args)
            if len(arrays) == len(args):
                raise  # not for an argument that is no array
            args, call = arrays, record(bound, arrays, scalars, ctx, INSIDE)
        if out is None and bound.is_single:  # nearly always
            results = NDArray(Storage(call.outputs[0], call.context))
        else:
            results = _shown(bound, call, args, out)
        if waiting.full:
            engine.flush()
        return results


def _shown(bound: BoundOp, call: Call, args: Sequence[Any], out: Any) -> Any:
    """Writes back what a call writes, and shows its results in `out` or in new arrays."""
    op, cells = bound.op, call.outputs[: bound.visible]
    targets = None if out is None else _targets(op, call, cells, out)
    if bound.writes and (state.training or not op.aux):  # auxiliary states move in training only
        for position, index in bound.writes:
            args[position]._take(call.outputs[index])
    if targets is None:
        arrays = [NDArray(Storage(cell, call.context)) for cell in cells]
        return arrays[0] if len(arrays) == 1 else arrays
    for target, cell in zip(targets, cells, strict=True):
        target._put(cell)
    return out


def _checked(bound: BoundOp, args: Sequence[Any]) -> list[NDArray]:
    """The tensors the operator takes under these attributes.

    Raises:
        ArgumentError: one of them is not an NDArray.
    """
    op, arrays = bound.op, list(args)
    if bound.input_names is not None and op.used:
        if len(arrays) > len(bound.input_names) and any(a is None for a in arrays):  # one between is left out
            named = dict(zip(op.inputs, arrays, strict=False))
            arrays = [named.get(name) for name in bound.input_names]
        arrays = arrays[: len(bound.input_names)]
    while arrays and arrays[-1] is None and not op.variadic:  # inputs left out at the end; never one between
        arrays.pop()
    for position, array in enumerate(arrays):
        if not isinstance(array, NDArray):
            raise _not_an_array(bound, position, array)
    return arrays


def record(
    bound: Bound,
    arrays: Sequence[NDArray],
    scalars: tuple[float, ...] = (),
    ctx: Context | None = None,
    inside: int = 1,
) -> Call:
    """Puts a call of a bound operator on the list.

    Whoever calls this shows the outputs that matter, then settles the engine; it and those who called it,
    `inside` together, are in the package.
    """
    if engine.waiting.deferred is not None:
        absorbed = engine.absorb(bound, arrays, scalars)
        if absorbed is not None:
            return absorbed
    if arrays:
        context = arrays[0]._storage.context
        if ctx is not None and ctx is not context:
            raise ArgumentError(
                f"nd.{bound.name}() runs where its arrays are, on {context}; it takes no ctx, got {ctx!r}"
            )
    else:
        context = chosen_context(ctx)
        _ = context.jax_device  # an array on a device that is not there is refused here, not when it is read
    cells: list[Cell] = []
    found: list[TensorType] = []
    ways: list[Any] = []  # how the gradient of each input goes on: `NDArray._tape`, written out here
    views: list[Storage] = []
    recording, marked = state.recording, False
    for array in arrays:
        storage = array._storage
        if array._view:
            storage = array._shown()
            views.append(storage)  # held until the call is on the list
        if storage.context is not context:
            raise _other_device(bound, arrays)
        cell = storage.cell
        cells.append(cell)
        found.append(cell.type)
        if recording:
            way: Any = array._slot
            if way is not None:
                if way.req == "null":
                    way = None
                else:
                    marked = True
            elif (maker := cell.node) is not None and maker.tape is not None and not array._detached:  # type: ignore[attr-defined]
                way = marked = True
            ways.append(way)
    if bound.key_type is not None:
        found.append(bound.key_type)
        ways.append(None)
    types = tuple(found)
    tape = None
    source = known.source or caller(2 + inside)  # which would ask that too, by one call more
    try:
        outputs, possible = bound.known.get(types) or bound.facts(types)
        if marked:
            tape = tuple(ways) if False not in possible else _tape(ways, possible)
            if tape is not None and type(bound) is not BoundOp:
                bound = bound.recorded(types, tuple([t is not None for t in tape]))
                outputs = bound.infer(types)
    except (ShapeError, DTypeError) as error:
        # JAX's frames would hide the user's line.
        raise type(error)(f"{error} (called at {source})") from None
    if bound.key_type is not None:  # a call that is refused draws nothing
        cells.append(Cell(None, 0, bound.key_type, random.next_keys(bound.key_type.shape)))
    call = Call(bound, tuple(cells), scalars, context, source, types, outputs, tape)
    engine.submit(call)
    return call


def _tape(ways: list[Any], possible: tuple[bool, ...]) -> tuple[Any, ...] | None:
    """The ways of those inputs through which a gradient can flow; None where none is left."""
    ways = [way if can else None for way, can in zip(ways, possible, strict=True)]
    return tuple(ways) if any([way is not None for way in ways]) else None


def _other_device(bound: Bound, arrays: Sequence[NDArray]) -> DeviceError:
    first = arrays[0].context
    position = next(i for i, a in enumerate(arrays) if a.context is not first)
    names = bound.input_names or ()
    one, other = (repr(names[i]) if i < len(names) else f"argument {i}" for i in (0, position))
    return DeviceError(
        f"{bound.name}: {one} is on {first} and {other} on {arrays[position].context}; "
        f"copy one with .as_in_context({first})"
    )


def _not_an_array(bound: BoundOp, position: int, got: Any) -> ArgumentError:
    op = bound.op
    names = bound.input_names or ()
    which = repr(names[position]) if position < len(names) else f"argument {position}"
    if type(got).__name__ == "Symbol":
        return ArgumentError(
            f"nd.{op.name}(): {which} is the Symbol {got.name!r}, which has no value yet; "
            f"bind it (simple_bind, eval) or use sym.{op.name}; "
            f"in a block's hybrid_forward call F.{op.name}, which is the one that fits"
        )
    return ArgumentError(
        f"nd.{op.name}(): {which} must be an NDArray, got {type(got).__name__}; nd.array() makes one"
    )


def _targets(op: Operator, call: Call, cells: Sequence[Cell], out: Any) -> Sequence[NDArray]:
    """The arrays to write to, checked before any is written."""
    targets = out if isinstance(out, (list, tuple)) else [out]
    if len(targets) != len(cells):
        raise ArgumentError(f"nd.{op.name}(): out= needs {len(cells)} arrays, got {len(targets)}")
    recording, context = state.recording, call.context
    for target, cell in zip(targets, cells, strict=True):
        if not isinstance(target, NDArray):
            raise ArgumentError(f"nd.{op.name}(): out= must be an NDArray, got {type(target).__name__}")
        storage = target._storage
        if (target._view or storage.cell.type is not cell.type) and target.shape != cell.type.shape:
            raise ShapeError(f"nd.{op.name}(): out= has shape {target.shape}, the result {cell.type.shape}")
        if storage.context is not context:
            raise DeviceError(f"nd.{op.name}(): out= is on {target.context}, the result on {context}")
        if recording:
            target._check_writable()
    return targets
