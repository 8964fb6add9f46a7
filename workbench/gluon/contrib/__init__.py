"""What MXNet kept under ``gluon.contrib``: layers, cells and samplers beside the common ones."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.contrib import data as data
from workbench.gluon.contrib import nn as nn
from workbench.gluon.contrib import rnn as rnn


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.contrib", name, globals())
