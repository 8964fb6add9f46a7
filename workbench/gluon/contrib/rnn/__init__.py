"""Recurrent cells beside the common ones."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.contrib.rnn.projected_lstm import LSTMPCell as LSTMPCell
from workbench.gluon.contrib.rnn.variational_dropout import VariationalDropoutCell as VariationalDropoutCell


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.contrib.rnn", name, globals())
