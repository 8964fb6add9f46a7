"""Losses that ask for a margin: hinge, logistic, triplet and cosine."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Share, checked
from workbench.errors import ArgumentError
from workbench.gluon.loss.base import Loss
from workbench.gluon.loss.classification import KLDivLoss


class HingeLoss(Loss):
    """``max(0, margin - pred label)`` with labels -1 and 1.

    Args:
        margin: how far apart is far enough, so that nothing is lost.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); label: as many elements; output: (n,)."""
        loss = F.relu(self._margin - pred * F.reshape_like(label, pred))
        return self._per_example(F, self._weighted(F, loss, sample_weight))


class SquaredHingeLoss(Loss):
    """``max(0, margin - pred label)^2`` with labels -1 and 1.

    Args:
        margin: how far apart is far enough, so that nothing is lost.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); label: as many elements; output: (n,)."""
        loss = F.square(F.relu(self._margin - pred * F.reshape_like(label, pred)))
        return self._per_example(F, self._weighted(F, loss, sample_weight))


class LogisticLoss(Loss):
    """``log(1 + exp(-pred label))``.

    Args:
        label_format: ``signed`` for labels -1 and 1, ``binary`` for 0 and 1.
        weight, batch_axis: as `Loss`.

    Raises:
        ArgumentError: the format is another.
    """

    @checked
    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise ArgumentError(f"LogisticLoss: label_format is 'signed' or 'binary', got {label_format!r}")
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); label: as many elements; output: (n,)."""
        label = F.reshape_like(label, pred)
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        loss = F.relu(pred) - pred * label + F.Activation(-F.abs(pred), act_type="softrelu")
        return self._per_example(F, self._weighted(F, loss, sample_weight))


class TripletLoss(Loss):
    """``max(0, |pred - positive|^2 - |pred - negative|^2 + margin)``.

    Args:
        margin: how far apart is far enough, so that nothing is lost.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(
        self, F: Any, pred: Any, positive: Any, negative: Any, sample_weight: Any = None
    ) -> Any:
        """pred: (n, ...); positive, negative: as many elements; output: (n,)."""
        near = F.square(F.reshape_like(positive, pred) - pred)
        far = F.square(F.reshape_like(negative, pred) - pred)
        loss = F.relu(F.sum(near - far, axis=self._batch_axis, exclude=True) + self._margin)
        return self._weighted(F, loss, sample_weight)


class CosineEmbeddingLoss(Loss):
    """``1 - cos(a, b)`` where label is 1, ``max(0, cos(a, b) - margin)`` where it is -1, else 0.

    Args:
        margin: how far apart is far enough, so that nothing is lost.
        weight, batch_axis: as `Loss`.
    """

    _alike = ("input2",)

    @checked
    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:
        """input1, input2: (n, k); label: (n,); output: (n, 1)."""
        input1 = F.reshape_like(input1, input2)
        norms = F.sum(F.square(input1), axis=-1) * F.sum(F.square(input2), axis=-1)
        cosine = F.sum(input1 * input2, axis=-1) / F.sqrt(F._maximum_scalar(norms, scalar=1e-24))
        cosine = F.Reshape(cosine, shape=(-1, 1))
        label = F.Reshape(label, shape=(-1, 1))
        loss = F.where(label == 1, 1.0 - cosine, F.relu(cosine - self._margin) * (label == -1))
        return self._weighted(F, loss, sample_weight)


class SDMLLoss(Loss):
    """Rows of x1 and x2 that belong together are near, all others of the batch far.

    The softmax of minus the squared distances is compared with the identity, smoothed (D. Bonadiman et al.,
    arXiv:1905.12786, section 3).

    Args:
        smoothing_parameter: the share of probability that the others get.
        weight, batch_axis: as `Loss`.
    """

    _alike = ("x2",)

    @checked
    def __init__(
        self, smoothing_parameter: Share = 0.3, weight: float = 1.0, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self.kl_loss = KLDivLoss(from_logits=True)
        self.smoothing_parameter = smoothing_parameter

    def hybrid_forward(self, F: Any, x1: Any, x2: Any) -> Any:
        """x1, x2: (n, k); output: (n,)."""
        apart = F.broadcast_sub(F.expand_dims(x1, axis=1), F.expand_dims(x2, axis=0))
        distances = F.sum(F.square(apart), axis=2)
        own = F.Reshape(F.ones_like(F.slice_axis(x1, axis=1, begin=0, end=1)), shape=(-1,))
        same, others = F.diag(own), F.Reshape(F.sum(own) - 1.0, shape=(1, 1))
        share = F.broadcast_div((1.0 - same) * self.smoothing_parameter, others)
        labels = same * (1.0 - self.smoothing_parameter) + share
        return self.kl_loss(F.log_softmax(-distances, axis=1), labels)
