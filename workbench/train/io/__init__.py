"""Data, batch by batch (``mx.io``)."""

from typing import Any as _Any

from workbench.errors import UnknownNameError as _UnknownNameError
from workbench.errors import unknown_name as _unknown_name
from workbench.train.io.array_iter import NDArrayIter as NDArrayIter
from workbench.train.io.batch import DataBatch as DataBatch
from workbench.train.io.batch import DataDesc as DataDesc
from workbench.train.io.iterator import DataIter as DataIter
from workbench.train.io.iterator import ResizeIter as ResizeIter
from workbench.train.io.mnist_iter import MNISTIter as MNISTIter
from workbench.train.io.part import PartIter as PartIter
from workbench.train.io.prefetch import PrefetchingIter as PrefetchingIter
from workbench.train.io.text_iter import CSVIter as CSVIter
from workbench.train.io.text_iter import LibSVMIter as LibSVMIter

_OF_IMAGES = ("ImageRecordIter", "ImageRecordUInt8Iter", "ImageRecordInt8Iter", "ImageDetRecordIter")


def __getattr__(name: str) -> _Any:
    if name in _OF_IMAGES:
        raise _UnknownNameError(
            f"io.{name}: packed images are not decoded here; decode them into arrays and give io.NDArrayIter those"
        )
    raise _unknown_name("io", name, globals())
