"""The learned parameters on one device, row by row: index, weight, gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.errors import ArgumentError, AutogradError
from workbench.gluon.parameter import Parameter
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context


class StaleGradientError(AutogradError):
    """A step by a gradient that no backward has written since the last."""


class Rows(NamedTuple):
    """The parameters on one device, ready to be updated."""

    indices: list[int]
    weights: list[NDArray]
    grads: list[NDArray]

    def fresh(self, params: Sequence[Parameter], ignore_stale: bool) -> Rows:
        """Those whose gradient was written since the last step.

        Args:
            params: all parameters, by index; they are named in the error.
            ignore_stale: leave the others out.

        Raises:
            StaleGradientError: there are others, and they are not to be ignored.
        """
        if all([w._slot.fresh for w in self.weights]):  # type: ignore[union-attr]
            return self
        stale = {at for at, w in enumerate(self.weights) if not w._slot.fresh}  # type: ignore[union-attr]
        if not ignore_stale:
            names = [repr(params[self.indices[at]].name) for at in sorted(stale)]
            raise StaleGradientError(
                f"step(): no backward has written the gradient of {', '.join(names[:3])}"
                f"{f' and {len(names) - 3} more' if len(names) > 3 else ''} since the last step. Did the "
                "loss use it, under autograd.record()? ignore_stale_grad=True leaves such parameters "
                "as they are"
            )
        kept = [at for at in range(len(self.weights)) if at not in stale]
        return Rows(
            [self.indices[at] for at in kept],
            [self.weights[at] for at in kept],
            [self.grads[at] for at in kept],
        )

    def used(self) -> None:
        """Makes all gradients stale."""
        for weight in self.weights:
            weight._slot.fresh = False  # type: ignore[union-attr]


def by_device(params: Sequence[Parameter]) -> dict[Context, Rows]:
    """The learned ones of these parameters on each device.

    Raises:
        ArgumentError: they are on different ones.
        NotInitializedError: one has no values.
    """
    learned = [(i, p) for i, p in enumerate(params) if p.grad_req != "null"]
    return {device: _rows(learned, device) for device in _devices([p for _, p in learned])}


def _rows(learned: list[tuple[int, Parameter]], device: Context) -> Rows:
    return Rows(
        [i for i, _ in learned], [p.data(device) for _, p in learned], [p.grad(device) for _, p in learned]
    )


def _devices(params: list[Parameter]) -> list[Context]:
    """The devices that all parameters share."""
    devices: list[Context] | None = None
    for parameter in params:
        parameter.data(parameter.list_ctx()[0])
        if devices is not None and parameter.list_ctx() != devices:
            raise ArgumentError(
                f"Trainer: parameter {parameter.name!r} is on {parameter.list_ctx()}, the others on {devices}"
            )
        devices = parameter.list_ctx()
    return devices or []
