"""Layers beside the common ones: branches, the identity, pixel shuffling."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.contrib.nn.concurrent import Concurrent as Concurrent
from workbench.gluon.contrib.nn.concurrent import HybridConcurrent as HybridConcurrent
from workbench.gluon.contrib.nn.concurrent import Identity as Identity
from workbench.gluon.contrib.nn.pixel_shuffle import PixelShuffle1D as PixelShuffle1D
from workbench.gluon.contrib.nn.pixel_shuffle import PixelShuffle2D as PixelShuffle2D
from workbench.gluon.contrib.nn.pixel_shuffle import PixelShuffle3D as PixelShuffle3D
from workbench.gluon.contrib.nn.sync_batch_norm import SyncBatchNorm as SyncBatchNorm


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.contrib.nn", name, globals())
