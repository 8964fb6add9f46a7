"""Checkpoints, and the interface there was before modules (``mx.model``)."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.module.feed_forward import FeedForward as FeedForward
from workbench.train.callback import BatchEndParam as BatchEndParam
from workbench.train.checkpoint import load_checkpoint as load_checkpoint
from workbench.train.checkpoint import load_params as load_params
from workbench.train.checkpoint import save_checkpoint as save_checkpoint


def __getattr__(name: str) -> _Any:
    raise _unknown_name("model", name, globals())
