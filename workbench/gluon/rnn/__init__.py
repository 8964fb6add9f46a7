"""Recurrent networks: cells that make one step, and fused layers that run whole sequences."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.rnn.cell import HybridRecurrentCell as HybridRecurrentCell
from workbench.gluon.rnn.cell import RecurrentCell as RecurrentCell
from workbench.gluon.rnn.gated import GRUCell as GRUCell
from workbench.gluon.rnn.gated import LSTMCell as LSTMCell
from workbench.gluon.rnn.gated import RNNCell as RNNCell
from workbench.gluon.rnn.layer import GRU as GRU
from workbench.gluon.rnn.layer import LSTM as LSTM
from workbench.gluon.rnn.layer import RNN as RNN
from workbench.gluon.rnn.modifier import DropoutCell as DropoutCell
from workbench.gluon.rnn.modifier import ModifierCell as ModifierCell
from workbench.gluon.rnn.modifier import ResidualCell as ResidualCell
from workbench.gluon.rnn.modifier import ZoneoutCell as ZoneoutCell
from workbench.gluon.rnn.stack import BidirectionalCell as BidirectionalCell
from workbench.gluon.rnn.stack import HybridSequentialRNNCell as HybridSequentialRNNCell
from workbench.gluon.rnn.stack import SequentialRNNCell as SequentialRNNCell


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.rnn", name, globals())
