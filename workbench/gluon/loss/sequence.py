"""The loss of sequences whose alignment with their labels is not known."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.loss.base import Loss


class CTCLoss(Loss):
    """Connectionist temporal classification (A. Graves et al., 2006); the last class is the blank.

    Args:
        layout: order of the axes of pred, ``NTC`` or ``TNC``.
        label_layout: order of the axes of label, ``NT`` or ``TN``; labels are padded with -1.
        weight: as `Loss`.

    Raises:
        ArgumentError: a layout is another.
    """

    _alike = ()  # the operator's own words say what does not fit

    @checked
    def __init__(
        self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None, **kwargs: Any
    ) -> None:
        if layout not in ("NTC", "TNC"):
            raise ArgumentError(f"CTCLoss: layout is 'NTC' or 'TNC', got {layout!r}")
        if label_layout not in ("NT", "TN"):
            raise ArgumentError(f"CTCLoss: label_layout is 'NT' or 'TN', got {label_layout!r}")
        super().__init__(weight, label_layout.index("N"), **kwargs)
        self._layout = layout

    def hybrid_forward(
        self,
        F: Any,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """pred: (n, t, classes) before the softmax; label: (n, l); lengths: (n,); output: (n,)."""
        if self._layout == "NTC":
            pred = F.swapaxes(pred, dim1=0, dim2=1)
        if self._batch_axis == 1:
            label = F.swapaxes(label, dim1=0, dim2=1)
        lengths = {"data_lengths": pred_lengths, "label_lengths": label_lengths}
        given = {name: value for name, value in lengths.items() if value is not None}
        used = {f"use_{name}": value is not None for name, value in lengths.items()}
        loss = F.CTCLoss(data=pred, label=label, **given, **used, blank_label="last")
        return self._weighted(F, loss, sample_weight)
