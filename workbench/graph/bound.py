"""What a node applies: anything with output types for given input types, a computation, and a gradient.

Whatever is worked out from types (outputs, which inputs a gradient can flow into, the gradient itself) is kept, and
looked up afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp

from workbench.errors import DTypeError, ShapeError, WorkbenchError
from workbench.graph.derive import inputs_read, trace_types, vjp
from workbench.types import Shape, TensorType, tensor_type

Types = tuple[TensorType, ...]
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
            ShapeError, DTypeError: the inputs do not fit; the message names operator, node, inputs and shapes.
        """
        found = self._types.get(types)
        if found is None:
            found = self._types[types] = self._infer(types, name)
        return found

    def _infer(self, types: Types, name: str) -> Types:
        try:
            outputs = trace_types(self.call, types, self.scalar_count)
        except DTypeError as error:
            raise DTypeError(f"{self.describe(types, name)}: {error}") from None
        except WorkbenchError:
            raise
        except Exception as error:  # Python's and JAX's own words leave out what the attributes were
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            if reason == "tuple index out of range":
                reason = "it reads an axis that its inputs don't have"
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
