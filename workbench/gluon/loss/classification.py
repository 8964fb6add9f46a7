"""Losses of classes and probabilities.

In all of them sample_weight broadcasts with the loss, and the output is (batch,), but for `KLDivLoss` the
mean over all other axes.
"""

from __future__ import annotations

import math
from typing import Any

from workbench.arguments import checked
from workbench.gluon.loss.base import Loss, Named


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Cross-entropy of independent yes-or-no labels.

    Args:
        from_sigmoid: whether pred went through a sigmoid already.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None
    ) -> Any:
        """pred: (n, ...); label: as many elements, 0 to 1; pos_weight: factor of the label 1, broadcast."""
        label = F.reshape_like(label, pred)
        loss = (
            self._of_sigmoid(F, pred, label, pos_weight)
            if self._from_sigmoid
            else _of_logit(F, pred, label, pos_weight)
        )
        return self._per_example(F, self._weighted(F, loss, sample_weight))

    @staticmethod
    def _of_sigmoid(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        eps = 1e-12
        yes = F.log(pred + eps) * label
        yes = yes if pos_weight is None else F.broadcast_mul(yes, pos_weight)
        return -(yes + F.log(1.0 - pred + eps) * (1.0 - label))


def _of_logit(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
    """In the form that does not overflow: ``log(1 + exp(-|x|)) + max(-x, 0)`` is ``-log sigmoid(x)``."""
    softplus = F.Activation(-F.abs(pred), act_type="softrelu")
    if pos_weight is None:
        return F.relu(pred) - pred * label + softplus
    factor = 1.0 + F.broadcast_mul(label, pos_weight - 1.0)
    return pred - pred * label + factor * (softplus + F.relu(-pred))


class SoftmaxCrossEntropyLoss(Loss):
    """Cross-entropy of exclusive classes.

    Args:
        axis: the axis of the classes.
        sparse_label: labels are class numbers; else probabilities.
        from_logits: whether pred is log-probabilities already.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._axis = axis
        self._sparse_label = sparse_label
        self._from_logits = from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ..., k, ...); label: pred's shape without the class axis, or with it if not sparse."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            loss = -F.sum(pred * F.reshape_like(label, pred), axis=self._axis, keepdims=True)
        return self._per_example(F, self._weighted(F, loss, sample_weight))

    def _unfit(self, first: Named, *others: Named) -> str | None:
        pred, label = first[1], others[0][1]
        if not self._sparse_label or not -len(pred) <= self._axis < len(pred):
            return super()._unfit(first, *others)
        wanted = tuple(n for axis, n in enumerate(pred) if axis != self._axis % len(pred))
        if math.prod(label) == math.prod(wanted):
            return None
        hint = "; one-hot labels need sparse_label=False" if len(label) == len(pred) else ""
        return f"labels are class numbers of shape {wanted}, got {label}{hint}"


class KLDivLoss(Loss):
    """``label (log(label) - pred)``, how far pred's distribution is from label's; the sum of each example.

    Args:
        from_logits: whether pred is log-probabilities already.
        axis: the axis of the classes, where it is not.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self,
        from_logits: bool = True,
        axis: int = -1,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred, label: (n, ...); output: (n,)."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        loss = self._weighted(F, label * (F.log(label + 1e-12) - pred), sample_weight)
        return F.sum(loss, axis=self._batch_axis, exclude=True)


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
SoftmaxCELoss = SoftmaxCrossEntropyLoss
