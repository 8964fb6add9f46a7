"""Connectionist temporal classification: a loss for sequences whose alignment with their labels is unknown.

The recursion over alignments is optax's; here stands what MXNet's surface adds: where the blank is, and how long
each sequence and each label is.
Source: Graves et al. (2006), "Connectionist temporal classification".
"""

from __future__ import annotations

from typing import Any, Literal

import jax.numpy as jnp

from workbench.ops.registry import register


def _inputs(*, use_data_lengths: bool, use_label_lengths: bool, **_: Any) -> tuple[str, ...]:
    lengths = ("data_lengths",) * use_data_lengths + ("label_lengths",) * use_label_lengths
    return ("data", "label", *lengths)


def _shapes(known: Any, **_: Any) -> Any:
    if "data" not in known:
        return {}
    return dict.fromkeys(("data_lengths", "label_lengths"), (known["data"][1],))


def _beyond(lengths: Any, size: int, dtype: Any) -> Any:
    """(n, size): 1 at the places that are padding."""
    return (jnp.arange(size) >= lengths[:, None]).astype(dtype)


@register(
    "CTCLoss", "ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss",
    used=_inputs, complete=_shapes, outputs=("output0",),
)  # fmt: skip
def ctc_loss(
    data: Any,
    label: Any,
    data_lengths: Any = None,
    label_lengths: Any = None,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
) -> Any:
    """The negative log likelihood of each label under all its alignments with the sequence.

    data: (steps, n, classes), scores before the softmax; label: (n, labels), class numbers; data_lengths and
    label_lengths: (n,), with their flags; output: (n,), nan where a label is none of the classes.  The blank is
    class 0, labels are 1 and up and are padded by 0; or, with `blank_label` ``"last"``, it is the last class, labels
    are 0 and up and are padded by -1.
    """
    import optax

    steps, batch, classes = data.shape
    most = label.shape[1]
    if most > steps:
        raise ValueError(f"{most} labels can't be aligned with {steps} steps")
    blank, padding = (0, 0) if blank_label == "first" else (classes - 1, -1)
    if label_lengths is None:  # a label ends at its first padding
        label_lengths = jnp.sum(jnp.cumprod(label != padding, axis=1), axis=1)
    if data_lengths is None:
        data_lengths = jnp.full((batch,), steps)
    ended, unlabelled = _beyond(data_lengths, steps, data.dtype), _beyond(label_lengths, most, data.dtype)
    label = jnp.where(unlabelled > 0, blank, label).astype(jnp.int32)
    losses = optax.ctc_loss(jnp.swapaxes(data, 0, 1), ended, label, unlabelled, blank_id=blank)
    # optax gives a class that is not there probability 1
    there = jnp.all((label >= 0) & (label < classes), axis=1)
    return jnp.where(there, 1, jnp.nan).astype(data.dtype) * losses.astype(data.dtype)
