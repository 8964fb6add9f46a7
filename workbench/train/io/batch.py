"""A batch of data, and the description of one that a network is bound by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError
from workbench.types import Shape


class _NameAndShape(NamedTuple):
    name: str
    shape: Shape


class DataDesc(_NameAndShape):
    """Name, shape, dtype and layout of one array of a batch; unpacks and compares as (name, shape).

    Args:
        name: the variable it feeds.
        shape: with the batch axis.
        dtype: of the elements.
        layout: a letter for each axis; ``N`` is the batch axis.
    """

    dtype: Any
    layout: str | None

    def __new__(
        cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str | None = "NCHW"
    ) -> DataDesc:
        """The description."""
        if not isinstance(shape, (tuple, list)):
            raise ArgumentError(f"DataDesc({name!r}): a shape is a tuple of integers, got {shape!r}")
        desc = super().__new__(cls, name, tuple(shape))
        desc.dtype = dtype
        desc.layout = layout
        return desc

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """The axis that counts examples: that of ``N``, -1 if there is none, 0 without a layout."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(
        shapes: Sequence[tuple[str, Shape]], types: Sequence[tuple[str, Any]] | None = None
    ) -> list[DataDesc]:
        """Descriptions from (name, shape) and (name, dtype) pairs."""
        dtypes = dict(types or ())
        return [DataDesc(name, shape, dtypes.get(name, np.float32)) for name, shape in shapes]


class DataBatch:
    """One batch.

    Args:
        data: the input arrays.
        label: the label arrays.
        pad: how many examples at its end only fill it up.
        index: which examples it holds.
        bucket_key: what `BucketingModule` chooses the network by.
        provide_data, provide_label: descriptions of `data` and `label`.

    Raises:
        ArgumentError: `data` or `label` is not a list of arrays.
    """

    def __init__(
        self,
        data: Sequence[Any] | None,
        label: Sequence[Any] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[DataDesc] | None = None,
        provide_label: Sequence[DataDesc] | None = None,
    ) -> None:
        for what, arrays in (("data", data), ("label", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise ArgumentError(f"DataBatch {what} must be a list of arrays, got {type(arrays).__name__}")
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        shapes = [[a.shape for a in arrays] if arrays else None for arrays in (self.data, self.label)]
        return f"{type(self).__name__}: data shapes: {shapes[0]} label shapes: {shapes[1]}"
