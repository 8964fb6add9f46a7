"""Parameters that servers keep: what a `Trainer` with ``kvstore="dist_async"`` does at a step.

The optimizer is at work on the servers only.  A worker pushes its gradients, waits for nobody, and pulls what the
servers have made of everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from workbench.errors import NotSupportedError
from workbench.gluon.rows import Rows
from workbench.imperative import autograd, nd
from workbench.imperative.ndarray import NDArray
from workbench.train.kvstore.server_store import ServerStore
from workbench.train.optimizer import Optimizer


class Served:
    """A trainer's parameters on servers, which have them from the first step on.

    Args:
        store: where they are.
        optimizer: what updates them; the servers get a copy of worker 0's at the first step.
    """

    def __init__(self, store: ServerStore, optimizer: Optimizer) -> None:
        self.store = store
        self._optimizer = optimizer
        self._first: int | None = None  # a key, once the servers have them all
        self._rescale = 1.0

    def step(self, rows: Sequence[Rows], fresh: Sequence[Rows], rescale: float) -> None:
        """Pushes gradients, then pulls all parameters.

        Args:
            rows: the parameters on each device.
            fresh: those of them whose gradients are pushed, each summed over the devices.
            rescale: factor of the gradients.  The servers apply that of the first step; gradients that have another,
                such as those of an epoch's last batch, are scaled to it before they are pushed.
        """
        if not rows:
            return
        if self._first is None:
            self._start(rows, rescale)
        factor = rescale / self._rescale
        grads: dict[int, list[NDArray]] = {}
        with autograd.pause():
            for each in fresh:
                for index, grad in zip(each.indices, each.grads, strict=True):
                    grads.setdefault(index, []).append(
                        grad if factor == 1 else nd._mul_scalar(grad, scalar=factor)
                    )
            if grads:
                self.store.push(list(grads), list(grads.values()))
            self._pull(rows)

    def _start(self, rows: Sequence[Rows], rescale: float) -> None:
        """Leaves the parameters of worker 0, and updating them, to the servers."""
        self.store.init(rows[0].indices, rows[0].weights)
        self.store.set_optimizer(_of_its_own(self._optimizer, rescale))
        self._first, self._rescale = rows[0].indices[0], rescale

    def _pull(self, rows: Sequence[Rows]) -> None:
        copies = zip(*[each.weights for each in rows], strict=True)
        self.store.pull(rows[0].indices, [list(weights) for weights in copies])

    @property
    def learning_rate(self) -> float:
        """The rate of the servers' next update."""
        if self._first is None:
            return self._optimizer.learning_rate
        return self.store.learning_rate(self._first)

    def set_learning_rate(self, lr: float) -> None:
        """Sets the rate on the servers; worker 0's counts.

        Raises:
            ArgumentError: a scheduler decides it.
        """
        self._optimizer.set_learning_rate(lr)
        if self._first is not None:
            self.store.set_learning_rate(lr)

    def refuse(self, asked: str) -> NotSupportedError:
        """The error of what a worker can't do, as the servers update."""
        return NotSupportedError(
            f"Trainer.{asked}(): with kvstore='dist_async' the servers update as gradients arrive; use step(), or"
            " kvstore='dist_sync', which updates in the workers"
        )


def _of_its_own(optimizer: Optimizer, rescale: float) -> Optimizer:
    """A copy that travels without the parameters: it has their multipliers."""
    sent = copy(optimizer)
    parameters, sent.param_dict = sent.param_dict, {}
    sent.lr_mult = sent.lr_mult | {index: each.lr_mult for index, each in parameters.items()}
    sent.wd_mult = sent.wd_mult | {index: each.wd_mult for index, each in parameters.items()}
    sent.rescale_grad = rescale
    return sent
