"""`mx.operator`: operators written in Python, with their shapes declared; `nd.Custom` calls them.

A `CustomOpProp` says what the operator takes and gives, a `CustomOp` computes it.  Calling one is calling an
`autograd.Function` that fills arrays handed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import ArgumentError, ShapeError, did_you_mean
from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.function import Function
from workbench.imperative.make import zeros
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state

__all__ = ["CustomOp", "CustomOpProp", "get_all_registered_operators", "register"]


class CustomOp:
    """Base of what computes: override `forward` and `backward`."""

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        """Computes the outputs and hands them to `assign`."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        """Computes the inputs' gradients and hands them to `assign`."""
        raise NotImplementedError(f"{type(self).__name__} has no backward()")

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Writes a result as was requested: not at all (``null``), over (``write``, ``inplace``) or onto (``add``).

        Raises:
            ArgumentError: the request is none of these.
        """
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] = dst + src
        elif req != "null":
            raise ArgumentError(f"assign(): a request is 'null', 'write', 'inplace' or 'add', got {req!r}")


class CustomOpProp:
    """Base of what declares: names, shapes and dtypes, and how to make the `CustomOp`.

    Args:
        need_top_grad: whether `backward` reads the gradients of the outputs; a loss does not.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the arrays that `forward` may change."""
        return []

    def infer_shape(self, in_shape: list[list[int]]) -> Any:
        """(shapes of the inputs, of the outputs, and, where there are any, of the auxiliary states)."""
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> Any:
        """(dtypes of the inputs, of the outputs, of the auxiliary states); by default that of the first input."""
        return (
            in_type,
            [in_type[0]] * len(self.list_outputs()),
            [in_type[0]] * len(self.list_auxiliary_states()),
        )

    def create_operator(self, ctx: str, in_shapes: Any, in_dtypes: Any) -> CustomOp:
        """The operator for these inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no create_operator()")


_REGISTERED: dict[str, Callable[..., CustomOpProp]] = {}


def register(reg_name: str) -> Callable[[type[CustomOpProp]], type[CustomOpProp]]:
    """``@mx.operator.register("name")`` makes a `CustomOpProp` known to `nd.Custom`; the last of a name counts."""

    def attach(prop: type[CustomOpProp]) -> type[CustomOpProp]:
        if not (isinstance(prop, type) and issubclass(prop, CustomOpProp)):
            raise ArgumentError(f"operator.register() takes a class derived from CustomOpProp, got {prop!r}")
        _REGISTERED[reg_name] = prop
        return prop

    return attach


class _CustomFunction(Function):
    def __init__(self, op: CustomOp, outputs: list[tuple[Any, Any]], aux: Sequence[NDArray]) -> None:
        self._op, self._outputs, self._aux = op, outputs, list(aux)

    def forward(self, *inputs: NDArray) -> list[NDArray]:
        context = inputs[0].context
        made = [zeros(tuple(shape), context, dtype) for shape, dtype in self._outputs]
        self._op.forward(state.training, ["write"] * len(made), list(inputs), made, self._aux)
        self.save_for_backward(*inputs)
        self._made = [array.copy() for array in made]  # what the caller does to its outputs is its own affair
        return made

    def backward(self, *output_grads: NDArray) -> list[NDArray]:
        inputs = list(self.saved_tensors)
        grads = [zeros(a.shape, a.context, a.dtype) for a in inputs]
        req = ["write" if want else "null" for want in self.wanted]
        self._op.backward(req, list(output_grads), inputs, self._made, grads, self._aux)
        return grads


def custom(*data: NDArray, op_type: str, name: str | None = None, **options: Any) -> Any:
    """Calls the operator registered as `op_type`.

    Args:
        data: its inputs in order, then its auxiliary states; either may be given by name.
        options: what is neither goes to the `CustomOpProp`, as text, as from a saved symbol.

    Raises:
        ArgumentError: no operator has this name, or its inputs are not all there.
        ShapeError: the inputs have other shapes than it declares.
    """
    if op_type not in _REGISTERED:
        known = ", ".join(map(repr, _REGISTERED)) or "none"
        hint = did_you_mean(op_type, _REGISTERED)
        raise ArgumentError(
            f"nd.Custom(): no operator is registered as {op_type!r}; there are {known}.{hint}"
        )
    tensors = {n: options.pop(n) for n in list(options) if isinstance(options[n], NDArray)}
    prop = _REGISTERED[op_type](**{n: str(v) for n, v in options.items()})
    count = len(prop.list_arguments())
    arrays = _ordered(op_type, [*prop.list_arguments(), *prop.list_auxiliary_states()], data, tensors)
    inputs, aux = arrays[:count], arrays[count:]
    shapes = [list(a.shape) for a in inputs]
    wanted, outputs, *_ = prop.infer_shape(shapes)
    if [tuple(s) for s in wanted] != [a.shape for a in inputs]:
        raise ShapeError(f"nd.Custom(): {op_type!r} takes shapes {wanted}, got {[a.shape for a in inputs]}")
    dtypes = [a.dtype for a in inputs]
    types = prop.infer_type(dtypes)[1]
    op = prop.create_operator(str(inputs[0].context), shapes, dtypes)
    kind = type(op_type, (_CustomFunction,), {})  # errors name a function by its class
    results = kind(op, list(zip(outputs, types, strict=True)), aux)(*inputs)
    return results if len(results) > 1 else results[0]


def _ordered(
    op_type: str, names: list[str], data: Sequence[NDArray], named: dict[str, NDArray]
) -> list[NDArray]:
    found = [*data, *[named.pop(n) for n in names[len(data) :] if n in named]]
    if len(found) != len(names) or named:
        raise ArgumentError(
            f"nd.Custom(): {op_type!r} takes {', '.join(names)}; got {len(data)} by position"
            f"{''.join(f', {n!r}' for n in named)}, {len(found)} in all"
        )
    for name, array in zip(names, found, strict=True):
        if not isinstance(array, NDArray):
            raise ArgumentError(
                f"nd.Custom(): {name!r} of {op_type!r} must be an NDArray, got {type(array).__name__}"
            )
    return found


def get_all_registered_operators() -> list[str]:
    """The names that `register` made known."""
    return list(_REGISTERED)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    raise _unknown_name("operator", name, globals())
