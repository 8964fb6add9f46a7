"""`Module._exec_group`: what runs a module, device by device, by MXNet's private name.

Published programs reach for it: a GAN adds the gradients of fake and of real images before it updates
(``module._exec_group.grad_arrays``), others look at an executor's arrays (``execs[0].arg_dict``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.imperative.nd import NDArray
from workbench.symbolic.executor import Executor


class ExecGroup(NamedTuple):
    """The executors of the devices, and the module's own arrays, which its update reads and writes.

    Attributes:
        execs: an executor for each device.
        param_names: the parameters in the order of the symbol's arguments.
        param_arrays, grad_arrays: for each parameter a list with its array, and one with its gradient, or None.
        aux_arrays: the same of the auxiliary states.
    """

    execs: list[Executor]
    param_names: list[str]
    param_arrays: list[list[NDArray]]
    grad_arrays: list[list[NDArray | None]]
    aux_arrays: list[list[NDArray]]


def exec_group(
    execs: Sequence[Executor],
    names: Sequence[str],
    args: dict[str, NDArray],
    grads: dict[str, NDArray],
    aux: dict[str, NDArray],
) -> ExecGroup:
    """The record of a module that has these."""
    return ExecGroup(
        list(execs),
        list(names),
        [[args[name]] for name in names],
        [[grads.get(name)] for name in names],
        [[array] for array in aux.values()],
    )
