"""`foreach`, `while_loop` and `cond` of arrays: plain Python, each operation called as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from workbench.errors import ArgumentError
from workbench.graph.control import pair
from workbench.imperative.invoke import invoke
from workbench.imperative.make import zeros
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry


def foreach(body: Callable[..., Any], data: Any, init_states: Any) -> tuple[Any, Any]:
    """``body(slice, states) -> (outputs, states)`` for each slice of `data` along axis 0.

    Args:
        data, init_states: an NDArray, or nested lists of them.

    Returns:
        The outputs, stacked along axis 0, and the last states.

    Raises:
        ArgumentError: the data is no NDArray, empty, or of different lengths, or the body does not give two things.
    """
    arrays, form = jax.tree.flatten(data)
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentError(
                f"foreach(): data must be an NDArray, or lists of them, got {type(each).__name__}"
            )
    lengths = {len(a) for a in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ArgumentError(f"foreach() needs data of one length, 1 or more, got {sorted(lengths) or 'none'}")
    states, turns = init_states, []
    for i in range(lengths.pop()):
        turn = body(jax.tree.unflatten(form, [a[i] for a in arrays]), states)
        outputs, states = pair(turn, "foreach(): the body")
        turns.append(outputs)
    return _stacked(turns), states


def while_loop(
    cond: Callable[..., Any], func: Callable[..., Any], loop_vars: Any, max_iterations: int | None = None
) -> tuple[Any, Any]:
    """``func(*loop_vars) -> (outputs, loop_vars)`` while ``cond(*loop_vars)``, `max_iterations` times at most.

    Returns:
        The outputs, stacked along axis 0 and filled with zeros up to `max_iterations` (an empty list if there was
        no turn), and the variables as they were left.

    Raises:
        ArgumentError: `max_iterations` is missing, there are no variables, or they change their number.
    """
    if not isinstance(max_iterations, int) or max_iterations < 1:
        raise ArgumentError(f"while_loop() needs max_iterations, 1 or more, got {max_iterations!r}")
    single = isinstance(loop_vars, NDArray)
    values = [loop_vars] if single else loop_vars
    if not values:
        raise ArgumentError("while_loop() needs at least one loop variable")
    turns: list[Any] = []
    while len(turns) < max_iterations and bool(cond(*values)):
        outputs, left = pair(func(*values), "while_loop(): func")
        left = [left] if isinstance(left, NDArray) else left
        if len(left) != len(values):
            raise ArgumentError(f"while_loop(): loop_vars: {len(values)} were expected, got {len(left)}")
        values = left
        turns.append([] if outputs is None else outputs)
    stacked = _stacked(turns, max_iterations) if turns else []
    return stacked, values[0] if single else values


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """What `then_func` gives where `pred` is true, else what `else_func` does."""
    return then_func() if bool(pred) else else_func()


def _stacked(turns: list[Any], length: int | None = None) -> Any:
    """The turns' outputs stacked leaf by leaf, with zeros after them up to `length`."""
    form = jax.tree.structure(turns[0])
    columns = zip(*[jax.tree.leaves(turn) for turn in turns], strict=True)
    return jax.tree.unflatten(form, [_column(column, length) for column in columns])


def _column(arrays: tuple[NDArray, ...], length: int | None) -> NDArray:
    stacked = invoke(registry.get("stack"), arrays, {"axis": 0})
    missing = (length or len(arrays)) - len(arrays)
    if not missing:
        return stacked
    first = arrays[0]
    rest = zeros((missing, *first.shape), first.context, first.dtype)
    return invoke(registry.get("Concat"), (stacked, rest), {"dim": 0})
