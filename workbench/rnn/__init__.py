"""Recurrent networks of symbols: cells, their unrolling, and sentences in buckets (``mx.rnn``)."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.rnn.cell import BaseRNNCell as BaseRNNCell
from workbench.rnn.cell import RNNCell as RNNCell
from workbench.rnn.cell import RNNParams as RNNParams
from workbench.rnn.checkpoint import do_rnn_checkpoint as do_rnn_checkpoint
from workbench.rnn.checkpoint import load_rnn_checkpoint as load_rnn_checkpoint
from workbench.rnn.checkpoint import rnn_unroll as rnn_unroll
from workbench.rnn.checkpoint import save_rnn_checkpoint as save_rnn_checkpoint
from workbench.rnn.fused import FusedRNNCell as FusedRNNCell
from workbench.rnn.gated import GRUCell as GRUCell
from workbench.rnn.gated import LSTMCell as LSTMCell
from workbench.rnn.modifier import DropoutCell as DropoutCell
from workbench.rnn.modifier import ModifierCell as ModifierCell
from workbench.rnn.modifier import ResidualCell as ResidualCell
from workbench.rnn.modifier import ZoneoutCell as ZoneoutCell
from workbench.rnn.sentences import BucketSentenceIter as BucketSentenceIter
from workbench.rnn.sentences import encode_sentences as encode_sentences
from workbench.rnn.stack import BidirectionalCell as BidirectionalCell
from workbench.rnn.stack import SequentialRNNCell as SequentialRNNCell


def __getattr__(name: str) -> _Any:
    raise _unknown_name("rnn", name, globals())
