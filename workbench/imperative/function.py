"""`autograd.Function`: an operation whose gradient is written by hand, in Python.

Its `forward` and `backward` are ordinary imperative code.  What is recorded is one call that hands the forward's
results on and, when the tape is walked, asks the function for the gradients instead of its operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from workbench.errors import ArgumentError, AutogradError, DeviceError, ShapeError
from workbench.graph.bound import Bound, Gradient, Types
from workbench.imperative.make import filled
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import Scope, state
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.source import called_at, caller


class Function:
    """Base of operations with a gradient of their own: override `forward` and `backward`.

    An instance is called once.  Inputs and outputs are NDArrays; neither method is recorded, so a function can't be
    differentiated twice.
    """

    _called = False
    _saved: tuple[NDArray, ...] = ()
    wanted: tuple[bool, ...] = ()  # in `backward`: which inputs want a gradient

    def forward(self, *inputs: NDArray) -> Any:
        """The output, or a tuple of them."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def backward(self, *output_grads: NDArray) -> Any:
        """The gradient of each input, from that of each output; None where there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no backward()")

    def save_for_backward(self, *args: NDArray) -> None:
        """Keeps arrays for `backward`, where they are `saved_tensors`."""
        self._saved = args

    @property
    def saved_tensors(self) -> tuple[NDArray, ...]:
        """What `save_for_backward` kept."""
        return self._saved

    def __call__(self, *inputs: NDArray) -> Any:
        """Runs `forward`; where that is recorded, `backward` gives the gradient.

        Raises:
            AutogradError: it was called before.
            ArgumentError: an input or an output is not an NDArray.
            DeviceError: they live on different devices.
        """
        name = type(self).__name__
        if self._called:
            raise AutogradError(f"this {name} was called before; make a new one for each call{called_at()}")
        for position, value in enumerate(inputs):
            _check(value, f"{name}: input {position}")
        self._called = True
        with Scope(False, None):
            results = self.forward(*inputs)
        outputs = list(results) if isinstance(results, (list, tuple)) else [results]
        for position, value in enumerate(outputs):
            _check(value, f"{name}.forward(): output {position}")
        if state.recording:
            outputs = self._recorded(inputs, outputs)
        return outputs if isinstance(results, (list, tuple)) else outputs[0]

    def _recorded(self, inputs: Sequence[NDArray], outputs: list[NDArray]) -> list[NDArray]:
        context = outputs[0].context
        shown = [array._shown() for array in (*outputs, *inputs)]
        cells = tuple([storage.cell for storage in shown])
        tape = [
            a._tape(c) if c.type.is_float else None
            for a, c in zip(inputs, cells[len(outputs) :], strict=True)
        ]
        if all(entry is None for entry in tape):
            return outputs
        for storage in shown:
            if storage.context is not context:
                raise DeviceError(
                    f"{type(self).__name__}: its arrays are on {context} and {storage.context}; "
                    f"copy one with .as_in_context({context})"
                )
        types = tuple([c.type for c in cells])
        bound = hand_over(len(outputs))
        call = FunctionCall(bound, cells, (), context, caller(), types, bound.infer(types))
        call.function = self
        call.tape = (*[None] * len(outputs), *tape)
        with engine.waiting.lock:
            engine.submit(call)
            made = [NDArray(Storage(cell, context)) for cell in call.outputs]
            engine.settle()
        return made


def _check(value: Any, what: str) -> None:
    if isinstance(value, NDArray):
        return
    hint = ""
    if type(value).__name__ == "Symbol":
        hint = "; its Python code can't be part of a graph: leave the block that calls it unhybridized"
    raise ArgumentError(f"{what} must be an NDArray, got {type(value).__name__}{hint}")


class _HandOver(Bound):
    """Gives the first `count` of its inputs as they are; the others are what those were made of."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.name = "_function"
        self.text = f"_function({count})"
        self._count = count

    @property
    def output_count(self) -> int:
        return self._count

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(inputs[: self._count])

    def _gradient(self, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...]) -> Gradient:
        return Gradient(self, ())  # nothing is kept for it: the function keeps what it saved


@cache
def hand_over(count: int) -> Bound:
    """The operator that gives the first `count` of its inputs as they are."""
    return _HandOver(count)


class FunctionCall(Call):
    """A recorded call of a `Function`."""

    __slots__ = ("function",)
    function: Function | None

    @property
    def described(self) -> str:
        """What it is, and why it can't be differentiated twice."""
        return (
            f"the Function {type(self.function).__name__}: its backward() is Python code that is not recorded; "
            "write it with operators to differentiate it twice"
        )

    def release(self) -> None:
        super().release()
        self.function = None

    def pull(self, given: Sequence[Cell | None]) -> list[Storage]:
        """The gradient of each input that wants one, from those of the outputs that are there.

        Raises:
            ArgumentError: `backward` gave another number of gradients, or something that is no array.
            ShapeError: a gradient has another shape than its input.
        """
        assert self.function is not None and self.tape is not None
        name = type(self.function).__name__
        grads = [self._array(cell, output.type) for cell, output in zip(given, self.outputs, strict=True)]
        self.function.wanted = tuple([entry is not None for entry in self.tape[len(given) :]])
        with Scope(False, None):
            results = self.function.backward(*grads)
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        inputs, tape = self.inputs[len(given) :], self.tape[len(given) :]
        if len(results) != len(inputs):
            raise ArgumentError(
                f"{name}.backward() must give {len(inputs)} gradients, one an input; it gave {len(results)}"
            )
        pulled = []
        for position, (result, cell, entry) in enumerate(zip(results, inputs, tape, strict=True)):
            if entry is None:
                continue
            result = self._array(None, cell.type) if result is None else result
            _check(result, f"{name}.backward(): gradient {position}")
            if result.shape != cell.type.shape:
                raise ShapeError(
                    f"{name}.backward(): gradient {position} has shape {result.shape}, its input {cell.type.shape}"
                )
            pulled.append(result.astype(cell.type.dtype)._shown())
        return pulled

    def _array(self, cell: Cell | None, type_: Any) -> NDArray:
        if cell is not None:
            return NDArray(Storage(cell, self.context))
        return filled(type_.shape, 0.0, self.context, type_.dtype)
