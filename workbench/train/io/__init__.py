"""Data, batch by batch (``mx.io``)."""

from workbench.train.io.array_iter import NDArrayIter as NDArrayIter
from workbench.train.io.batch import DataBatch as DataBatch
from workbench.train.io.batch import DataDesc as DataDesc
from workbench.train.io.iterator import DataIter as DataIter
from workbench.train.io.iterator import ResizeIter as ResizeIter
