"""An operator bound to its static attributes: what a node applies and a segment compiles.

Bound operators are interned, so comparing two is comparing two pointers, and everything derived from
one (output types for given input types, its gradient) is worked out once and looked up afterwards.

Attributes declared *dynamic* (a learning rate, the number in ``a * 0.5``) are not part of it.  They
are passed to the compiled program as numbers, so a schedule that changes them never recompiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError, ShapeError, WorkbenchError
from workbench.graph.derive import inputs_read, trace_types, vjp
from workbench.ops import registry
from workbench.ops.registry import Operator
from workbench.types import Shape, TensorType, tensor_type

Types = tuple[TensorType, ...]
KEY_TYPE = tensor_type((2,), np.uint32)
MOST_ELEMENTS = 2**63 - 1  # of one array, which XLA counts in 64 bits


class Kept(NamedTuple):
    """A forward value a gradient reads: an input or an output of the operator, by its place."""

    is_output: bool
    place: int


class Gradient(NamedTuple):
    """How to differentiate a bound operator.

    `bound` takes the kept values, then the cotangents that are there; it returns the cotangents of
    the inputs asked for.
    """

    bound: Bound
    kept: tuple[Kept, ...]


class Facts(NamedTuple):
    """What follows from the types of a call's inputs: its outputs' types, and which inputs a gradient can flow into."""

    outputs: Types
    differentiable: tuple[bool, ...]


class Bound:
    """What a node applies: output types, the computation, and its gradient."""

    name: str
    text: str
    key_type: TensorType | None = None
    scalar_count = 0
    input_names: tuple[str, ...] | None = None

    def __init__(self) -> None:
        self._types: dict[Types, Types] = {}
        self.known: dict[Types, Facts] = {}
        self._gradients: dict[Any, Gradient] = {}
        self._masks: dict[Types, tuple[bool, ...]] = {}

    @property
    def output_count(self) -> int:
        """Number of outputs, hidden ones included."""
        raise NotImplementedError

    @cached_property
    def visible(self) -> int:
        """How many leading outputs the caller sees."""
        return self.output_count

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """All outputs by name: ``output``, or ``output0``, ``output1``, …"""
        count = self.output_count
        return ("output",) if count == 1 else tuple(f"output{i}" for i in range(count))

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        """Computes the outputs with JAX; works on arrays and under any JAX transformation."""
        raise NotImplementedError

    def in_mode(self, train: bool) -> Bound:
        """The same operator for training or for prediction, where that makes a difference."""
        return self

    def following(self, shapes: Sequence[Shape | None]) -> Mapping[int, Shape]:
        """Shapes of inputs, by place, that follow from those of the others; None is an unknown one."""
        return {}

    def infer(self, types: Types, name: str = "") -> Types:
        """Output types for these input types.

        Raises:
            ShapeError: the inputs do not fit; the message names operator, node, inputs and shapes.
        """
        found = self._types.get(types)
        if found is None:
            found = self._types[types] = self._infer(types, name)
        return found

    def _infer(self, types: Types, name: str) -> Types:
        try:
            outputs = trace_types(self.call, types, self.scalar_count)
        except WorkbenchError:
            raise
        except Exception as error:  # Python's and JAX's own words leave out what the attributes were
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ShapeError(f"{self.describe(types, name)}{self.stated}: {reason}") from error
        for out in outputs:
            if any(n < 0 for n in out.shape) or math.prod(out.shape) > MOST_ELEMENTS:
                raise ShapeError(
                    f"{self.describe(types, name)}{self.stated}: an output of shape {tuple(out.shape)} was asked for"
                )
        return tuple(tensor_type(o.shape, o.dtype) for o in outputs)

    @property
    def stated(self) -> str:
        """The attributes that are not their defaults, for a message: `` (axis=2)``, or nothing."""
        return ""

    def describe(self, types: Types, name: str = "") -> str:
        """The call in words, as error messages show it."""
        names = self.input_names or tuple(f"arg{i}" for i in range(len(types)))
        shown = ", ".join(f"{n} {t.shape}" for n, t in zip(names, types, strict=False))
        return f"{self.name}{f' {name!r}' if name else ''} with {shown or 'no inputs'}"

    def differentiable(self, index: int, type_: TensorType) -> bool:
        """Whether a gradient can flow into input `index`."""
        return type_.is_float

    def facts(self, types: Types) -> Facts:
        """What a call with these input types goes by; kept in `known`.

        Raises:
            ShapeError: as `infer`.
        """
        found = self.known[types] = Facts(self.infer(types), self.differentiable_inputs(types))
        return found

    def differentiable_inputs(self, types: Types) -> tuple[bool, ...]:
        """For each input, whether a gradient can flow into it."""
        found = self._masks.get(types)
        if found is None:
            found = tuple(self.differentiable(i, t) for i, t in enumerate(types))
            self._masks[types] = found
        return found

    def recorded(self, types: Types, wanted: tuple[bool, ...]) -> Bound:
        """What to call instead where the call will be differentiated for the inputs wanted."""
        return self

    def gradient(self, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...]) -> Gradient:
        """The gradient for the cotangents that are there and the inputs that want one."""
        key = (types, cotangents, wanted)
        found = self._gradients.get(key)
        if found is None:
            found = self._gradients[key] = self._gradient(types, cotangents, wanted)
        return found

    def _gradient(self, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...]) -> Gradient:
        """By JAX's VJP, keeping just the inputs it turns out to read."""
        full = vjp(self.call, types, cotangents, wanted)
        given = tuple(t for t, there in zip(self.infer(types), cotangents, strict=True) if there)
        used = inputs_read(full, (*types, *given), self.scalar_count)
        kept = tuple(i for i in range(len(types)) if used[i])

        def backward(arrays: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
            inputs: list[Any] = [jnp.zeros(t.shape, t.dtype) for t in types]
            for i, array in zip(kept, arrays, strict=False):
                inputs[i] = array
            return full([*inputs, *arrays[len(kept) :]], scalars)

        bound = GradientOp(self, backward, sum(wanted), types, (cotangents, wanted))
        return Gradient(bound, tuple(Kept(False, i) for i in kept))


class BoundOp(Bound):
    """A registered operator with its static attributes."""

    def __init__(
        self, op: Operator, attrs: dict[str, Any], layout: tuple[tuple[str, int | None], ...]
    ) -> None:
        super().__init__()
        self.op = op
        self.attrs: Mapping[str, Any] = attrs
        self.name = op.name
        self.layout = layout
        self.sizes = tuple([count for _, count in layout])
        self.scalar_count = sum(1 if n is None else n for _, n in layout)
        shown = ", ".join(f"{k}={v!r}" for k, v in attrs.items())
        self.text = f"{op.name}({shown})" + "".join(f"[{k}:{n}]" for k, n in layout)
        everything = {**attrs, **{k: 0.0 if n is None else (0.0,) * n for k, n in layout}}
        self.key_type = KEY_TYPE if op.draws(everything) else None
        self.output_names = op.output_names(everything)
        self.visible = op.visible_count(everything)
        self._everything = everything
        self.input_names = op.input_names(everything)
        self.takes = (
            len(self.input_names or ()) if op.used else None
        )  # tensors, where the attributes decide it
        self.writes = _writes(op, self.input_names, self.visible)
        self.is_single = self.output_count == 1 and not self.writes

    @property
    def output_count(self) -> int:
        return len(self.output_names)

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        attrs = {**self.attrs, **self.unpack(scalars)}
        tensors = inputs
        if self.key_type is not None:
            *tensors, attrs["_key"] = inputs
        if self.input_names is not None and self.op.used and not self.op.variadic:
            out = self.op.fn(**dict(zip(self.input_names, tensors, strict=False)), **attrs)
        else:
            out = self.op.fn(*tensors, **attrs)
        return tuple(out) if isinstance(out, (tuple, list)) else (out,)

    @property
    def stated(self) -> str:
        defaults = self.op.attributes
        given = [
            f"{k}={v!r}" for k, v in self.attrs.items() if not k.startswith("_") and v != defaults[k].default
        ]
        return f" ({', '.join(given)})" if given else ""

    def in_mode(self, train: bool) -> Bound:
        return bind(self.op, {**self._everything, "_train": train})[0] if self.op.train_aware else self

    def unpack(self, scalars: Sequence[Any]) -> dict[str, Any]:
        """The dynamic attributes from their flat list."""
        out: dict[str, Any] = {}
        at = 0
        for name, count in self.layout:
            out[name] = scalars[at] if count is None else tuple(scalars[at : at + count])
            at += 1 if count is None else count
        return out

    def following(self, shapes: Sequence[Shape | None]) -> Mapping[int, Shape]:
        names = self.input_names or ()
        known = {n: s for n, s in zip(names, shapes, strict=False) if s is not None}
        return {names.index(n): s for n, s in self.completed(known).items() if n in names}

    def completed(self, known: Mapping[str, Shape]) -> Mapping[str, Shape]:
        """Shapes of inputs that follow from the known ones."""
        if not self.op.complete:
            return {}
        try:
            return self.op.complete(known, **self._everything)
        except (
            IndexError,
            ValueError,
            ArithmeticError,
        ):  # too few axes, no groups: the operator itself says so
            return {}

    def _infer(self, types: Types, name: str) -> Types:
        if self.key_type is not None and (not types or types[-1] is not KEY_TYPE):
            types = (*types, KEY_TYPE)  # a symbol's node gets its key when it is bound
        self._check_count(types, name)
        if self.op.complete and self.input_names:
            known = {n: t.shape for n, t in zip(self.input_names, types, strict=False)}
            for n, shape in self.completed(known).items():
                if n in known and known[n] != tuple(shape):
                    raise ShapeError(
                        f"{self.describe(types, name)}: {n} must have shape {tuple(shape)}, got {known[n]}"
                    )
        return super()._infer(types, name)

    def _check_count(self, types: Types, name: str) -> None:
        names = self.input_names
        given = len(types) - (self.key_type is not None)
        if names is None or given == len(names):
            return
        required = [n for n in names if n not in self.op.optional or self.op.used]
        if not len(required) <= given <= len(names):
            where = f" {name!r}" if name else ""
            raise ArgumentError(
                f"{self.name}{where} takes {len(names)} tensors ({', '.join(names)}), got {given}"
            )

    def differentiable(self, index: int, type_: TensorType) -> bool:
        if not self.op.differentiable or not super().differentiable(index, type_):
            return False
        return (
            self.input_names is None
            or index >= len(self.input_names)
            or (self.input_names[index] not in self.op.aux)
        )

    def _gradient(self, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...]) -> Gradient:
        if self.op.gradient_fn is None:
            return super()._gradient(types, cotangents, wanted)
        kept = tuple(self._kept(name) for name in self.op.kept(self._everything) if self._has(name))
        backward = _declared(self, types, cotangents, wanted, len(kept))
        return Gradient(GradientOp(self, backward, sum(wanted), types, (cotangents, wanted)), kept)

    def _has(self, name: str) -> bool:
        if name == "_key":
            return self.key_type is not None
        return name in self.output_names or name in (self.input_names or ())

    def _kept(self, name: str) -> Kept:
        if name == "_key":
            return Kept(False, len(self.input_names or ()))
        if name in self.output_names:
            return Kept(True, self.output_names.index(name))
        assert self.input_names is not None
        return Kept(False, self.input_names.index(name))

    def __repr__(self) -> str:
        return self.text


def _writes(op: Operator, names: Sequence[str] | None, rows: int) -> tuple[tuple[int, int], ...]:
    """(position of an input, the output that is written back into it); for rows of another operator, in each."""
    if op.each:
        one = registry.get(op.each)
        width = len(one.inputs)
        columns = [(one.inputs.index(name), output) for name, output in one.writes.items()]
        return tuple((row * width + i, output * rows + row) for i, output in columns for row in range(rows))
    taken = names or ()
    return tuple((taken.index(name), output) for name, output in op.writes.items() if name in taken)


class GradientOp(Bound):
    """The gradient of a bound operator, as an operator of its own (and differentiable again)."""

    def __init__(
        self,
        of: Bound,
        fn: Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]],
        outputs: int,
        types: Types,
        masks: tuple[tuple[bool, ...], ...],
    ) -> None:
        super().__init__()
        self.of = of
        self.name = f"_backward_{of.name}"
        bits = ",".join("".join("01"[b] for b in mask) for mask in masks)
        shown = ",".join(map(repr, types))
        self.text = f"_backward_{of.text}<{shown};{bits}>"
        self.scalar_count = of.scalar_count
        self.types = types
        self.cotangents, self.wanted = masks
        self._outputs = outputs
        self.call = fn  # type: ignore[method-assign, assignment]

    @property
    def output_count(self) -> int:
        return self._outputs

    def __repr__(self) -> str:
        return self.text


def _declared(
    bound: BoundOp, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...], kept: int
) -> Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]:
    """The operator's own gradient function as a plain function of arrays."""
    op = bound.op
    assert op.gradient_fn is not None
    takes_types = "_types" in op.gradient_fn.__code__.co_varnames

    def backward(arrays: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        given = iter(arrays[kept:])
        cots = tuple(next(given) if there else None for there in cotangents)
        attrs = {**bound.attrs, **bound.unpack(scalars)}
        if takes_types:
            attrs["_types"] = types
        grads = op.gradient_fn(cots if len(cots) > 1 else cots[0], *arrays[:kept], **attrs)  # type: ignore[misc]
        grads = grads if isinstance(grads, tuple) else (grads,)
        pairs = zip(grads, types, wanted, strict=False)
        return tuple(
            jnp.zeros(t.shape, t.dtype) if g is None else g.astype(t.dtype) for g, t, want in pairs if want
        )

    return backward


_INTERNED: dict[Any, BoundOp] = {}
_GIVEN: dict[Any, BoundOp] = {}  # by the attributes as they were given


def bind(op: Operator, given: Mapping[str, Any], train: bool = False) -> tuple[BoundOp, tuple[float, ...]]:
    """The interned bound operator for these attributes, and the dynamic ones' numbers.

    What was read before is looked up by the attributes as they are given, with their types: 1 equals True, which is no
    whole number.

    Raises:
        ArgumentError: an attribute is unknown, missing or of the wrong type.
    """
    key: tuple[Any, ...]
    mode = train if op.train_aware else None
    scalars: tuple[float, ...] = ()
    try:
        if op.dynamic:
            scalars, sizes = op.numbers(given)
            dynamic = op.dynamic
            static = [value for name, value in given.items() if name not in dynamic]
            key = (op.name, mode, sizes, *given, *static, *map(type, static))
        else:
            key = (op.name, mode, *given, *given.values(), *map(type, given.values()))
        found = _GIVEN.get(key)
    except (TypeError, ValueError, OverflowError):  # an attribute given as a list, or a number that is none
        return _read(op, {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}, train)
    if found is None:
        found = _GIVEN[key] = _read(op, given, train)[0]
    return found, scalars


def _read(op: Operator, given: Mapping[str, Any], train: bool) -> tuple[BoundOp, tuple[float, ...]]:
    """`bind`, by reading the attributes."""
    if op.train_aware and "_train" not in given:
        given = {**given, "_train": train}
    attrs = op.parse(given)
    layout: list[tuple[str, int | None]] = []
    scalars: list[float] = []
    for name in op.dynamic:
        value = attrs.pop(name)
        if isinstance(value, tuple):
            if not all(isinstance(v, (int, float)) for v in value):
                raise ArgumentError(f"{op.name}(): {name!r} must be numbers, got {given[name]!r}")
            layout.append((name, len(value)))
            scalars.extend(value)
        else:
            layout.append((name, None))
            scalars.append(value)
    key = (op.name, tuple(attrs.items()), tuple(layout))
    bound = _INTERNED.get(key)
    if bound is None:
        bound = _INTERNED[key] = BoundOp(op, attrs, tuple(layout))
    return bound, tuple(scalars)
