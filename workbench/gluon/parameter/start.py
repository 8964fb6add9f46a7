"""How a parameter starts: what to do once its shape is known, and the shapes and devices that are stated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context, cpu, current_context
from workbench.train import initializer
from workbench.types import Shape


class Deferred(NamedTuple):
    """How a parameter will be filled once its shape is known."""

    init: Any
    contexts: tuple[Context, ...]
    default: Any
    data: NDArray | None

    def arrays(self, name: str, shape: Shape, dtype: Any) -> dict[Context, NDArray]:
        """The arrays on all devices, filled alike."""
        data = self.data
        if data is None:
            first = cpu() if len(self.contexts) > 1 else self.contexts[0]
            data = nd.array(np.zeros(shape), first, dtype)
            fill(name, data, self.init, self.default)
        else:
            data = data.copy()
        return {c: data.as_in_context(c) for c in self.contexts}


def fill(name: str, array: NDArray, init: Any, default: Any) -> None:
    """Fills an array by `init`; `default`, the network's initializer, is told of it."""
    if callable(init) and not isinstance(init, initializer.Initializer):
        init(initializer.InitDesc(name), array)  # Mixed, Load and the like choose by name
        return
    if callable(default) and not isinstance(default, initializer.Initializer):
        default = init
    initializer.create(default)(initializer.InitDesc(name, {"__init__": init}), array)


def dumped(init: Any) -> str | None:
    """The initializer as text, for a symbol."""
    return init if init is None or isinstance(init, str) else init.dumps()


def fits(shape: Shape, known: Shape | None) -> bool:
    """Whether a shape fills in what is known and changes nothing."""
    if known is None:
        return True
    return len(shape) == len(known) and all(k in (0, n) for n, k in zip(shape, known, strict=True))


def as_shape(shape: Any) -> Shape | None:
    """A shape stated as one number or several, or not at all; 0 is an axis that is not known yet.

    Raises:
        ArgumentError: it is no such shape.
    """
    if shape is None:
        return None
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else shape
    if not isinstance(sizes, (tuple, list)) or not all(
        isinstance(n, (int, np.integer)) and n >= 0 for n in sizes
    ):
        raise ArgumentError(f"a shape is whole numbers, 0 where one is not known yet, got {shape!r}")
    return tuple(map(int, sizes))


def as_contexts(ctx: Context | Sequence[Context] | None) -> tuple[Context, ...]:
    """One device, several, or the current one.

    Raises:
        ArgumentError: it is none, or one is named twice.
    """
    if ctx is None:
        return (current_context(),)
    contexts = (ctx,) if isinstance(ctx, Context) else tuple(ctx)
    if not contexts or not all(isinstance(c, Context) for c in contexts):
        raise ArgumentError(f"ctx is a device or a list of devices, got {ctx!r}")
    if len(set(contexts)) != len(contexts):
        raise ArgumentError(f"ctx names a device twice: {', '.join(map(str, contexts))}")
    return contexts
