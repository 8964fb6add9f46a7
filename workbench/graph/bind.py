"""An operator bound to its static attributes: what a node applies and a segment compiles.

Bound operators are interned, so comparing two is comparing two pointers, and everything derived from
one (output types for given input types, its gradient) is worked out once and looked up afterwards.

Attributes declared *dynamic* (a learning rate, the number in ``a * 0.5``) are not part of it.  They
are passed to the compiled program as numbers, so a schedule that changes them never recompiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError, ShapeError
from workbench.graph.bound import Bound, Gradient, GradientOp, Kept, Types
from workbench.ops import registry
from workbench.ops.registry import Operator
from workbench.types import Shape, TensorType, tensor_type

KEY_TYPE = tensor_type((2,), np.uint32)


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
