"""What layers that contract tensors are compared with: the einsum by hand, TensorLy's functions, tensorly-torch.

Every peer gets the same arrays and one cotangent, and updates the data and every factor by their gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.tensor.fitting import tensorly_on

Array = np.ndarray
Style = tuple[Callable[[], Any], Callable[[], Any]]  # a step, and what waits for the steps
RATE = 1e-7


def on_jax(
    fn: Callable[..., Any], arrays: list[Array], cotangent: Array, jitted: bool, within: Any = nullcontext
) -> Style:
    """A step of a function of JAX arrays, each run `within` a context."""

    def step(head: Any, *given: Any) -> Any:
        out, pull = jax.vjp(fn, *given)
        return out, [a - RATE * g for a, g in zip(given, pull(head), strict=True)]

    donated = tuple(range(1, len(arrays) + 1))
    run = jax.jit(step, donate_argnums=donated) if jitted else step
    head = jnp.asarray(cotangent)
    held: dict[str, Any] = {"now": (None, [jnp.array(a) for a in arrays])}

    def turn() -> None:
        context: AbstractContextManager[Any] = within()
        with context:
            held["now"] = run(head, *held["now"][1])

    return turn, lambda: jax.block_until_ready(held["now"])


def by_hand(equation: str, arrays: list[Array], cotangent: Array) -> Style:
    """`jnp.einsum` under `jax.jit`, in opt_einsum's optimal order."""
    return on_jax(lambda *a: jnp.einsum(equation, *a, optimize="optimal"), arrays, cotangent, True)


def tensorly_jax(form: str, arrays: list[Array], cotangent: Array, jitted: bool) -> Style:
    """TensorLy's functions on its JAX backend."""
    return on_jax(_tensorly(form), arrays, cotangent, jitted, lambda: tensorly_on("jax"))


def tensorly_torch(form: str, arrays: list[Array], cotangent: Array) -> Style:
    """TensorLy's functions on its PyTorch backend."""
    import tensorly as tl
    import torch

    given = [torch.tensor(a, requires_grad=True) for a in arrays]
    return _on_torch(tl, _tensorly(form), given, torch.tensor(cotangent))


def tltorch(form: str, ranks: tuple[int, ...], arrays: list[Array], cotangent: Array) -> Style:
    """tensorly-torch's layer, with weights of its own."""
    import tensorly as tl
    import tltorch
    import torch

    tl.set_backend("pytorch", local_threadsafe=True)
    x = torch.tensor(arrays[0], requires_grad=True)
    shape = x.shape[1:]
    if form == "tcl":
        layer = tltorch.TCL(shape, ranks)
    else:
        kind, rank = {"cp": ("CP", ranks[0]), "tucker": ("Tucker", ranks), "tt": ("TT", (1, *ranks, 1))}[form]
        layer = tltorch.TRL(shape, cotangent.shape[1:], factorization=kind, rank=rank)
    return _on_torch(tl, lambda x, *_: layer(x), [x, *layer.parameters()], torch.tensor(cotangent))


def _on_torch(tl: Any, fn: Callable[..., Any], given: list[Any], head: Any) -> Style:
    import torch

    optimizer = torch.optim.SGD(given, RATE)

    def turn() -> None:
        tl.set_backend("pytorch", local_threadsafe=True)
        optimizer.zero_grad()
        fn(*given).backward(head)
        optimizer.step()

    return turn, lambda: None


def _tensorly(form: str) -> Callable[..., Any]:
    """The layer as one writes it with TensorLy's functions: a TRL's weight is put together first."""
    import tensorly as tl

    whole = {
        "tucker": lambda w: tl.tucker_to_tensor((w[0], list(w[1:]))),
        "cp": lambda w: tl.cp_to_tensor((None, list(w))),
        "tt": lambda w: tl.tt_to_tensor(list(w)),
    }

    def layer(x: Any, *weights: Any) -> Any:
        if form == "tcl":
            return tl.tenalg.multi_mode_dot(x, weights, list(range(1, x.ndim)))
        return tl.tenalg.inner(x, whole[form](weights), n_modes=x.ndim - 1)

    return layer
