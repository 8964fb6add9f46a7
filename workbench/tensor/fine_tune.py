"""Training a compressed network for a while, so that its layers learn to make up for what they lost.

Labels are one thing to train on.  Where there are none, or few, the outputs of the network before are another: they say
of every class how near it is, and any input will do (distillation: G. Hinton et al., arXiv:1503.02531).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.arguments import AboveZero, Count, Positive, checked
from workbench.errors import ShapeError
from workbench.gluon.block import HybridBlock
from workbench.gluon.loss import L2Loss, SoftmaxCrossEntropyLoss
from workbench.gluon.trainer import Trainer
from workbench.imperative import autograd, nd
from workbench.imperative.ndarray import NDArray
from workbench.tensor.compressible import examples


class FineTune:
    """Trains a block on examples; for `compress(..., fine_tune=)`.

    Args:
        data: the examples, a batch or many of them.
        targets: the class of each, or the outputs that are wanted of each.
        epochs: how often all are gone through, in an order drawn anew each time.
        batch_size: examples a step.
        loss: a Gluon loss of outputs and targets; by default cross-entropy for classes, and half the squared distance
            for outputs.
        optimizer: its name.
        learning_rate: the optimizer's.
        seed: of the orders.

    Attributes:
        losses: the mean loss of each epoch of the last call.

    Raises:
        ShapeError: there are none, or not as many targets as examples.
        DTypeError: they are no numbers.
    """

    @checked
    def __init__(
        self,
        data: Any,
        targets: Any,
        epochs: Positive = 1,
        batch_size: Positive = 32,
        loss: Callable[..., Any] | None = None,
        optimizer: str = "adam",
        learning_rate: AboveZero = 1e-3,
        seed: Count = 0,
    ) -> None:
        self._data, self._targets = examples("FineTune", data), examples("FineTune, targets", targets)
        if len(self._data) != len(self._targets):
            raise ShapeError(f"FineTune: {len(self._data)} examples have {len(self._targets)} targets")
        self._epochs, self._batch = epochs, min(batch_size, len(self._data))
        self._loss = loss or (SoftmaxCrossEntropyLoss() if self._targets.ndim == 1 else L2Loss())
        self._optimizer, self._rate, self._seed = optimizer, learning_rate, seed
        self.losses: list[float] = []

    def __call__(self, network: HybridBlock) -> None:
        """Trains the block, hybridized; what is left over of an epoch after whole batches waits for the next."""
        network.hybridize()
        trainer = Trainer(network.collect_params(), self._optimizer, {"learning_rate": self._rate})
        rng = np.random.default_rng(self._seed)
        self.losses = []
        for _ in range(self._epochs):
            order = rng.permutation(len(self._data))
            whole = len(order) // self._batch * self._batch
            steps = [
                self._step(network, trainer, rows) for rows in np.split(order[:whole], whole // self._batch)
            ]
            self.losses.append(float(np.mean([loss.asscalar() for loss in steps])))

    def _step(self, network: HybridBlock, trainer: Trainer, rows: np.ndarray) -> NDArray:
        x = nd.array(self._data[rows], dtype=self._data.dtype)
        y = nd.array(self._targets[rows], dtype=self._targets.dtype)
        with autograd.record():
            loss = self._loss(network(x), y)
        loss.backward()
        trainer.step(len(rows))
        return loss.mean()
