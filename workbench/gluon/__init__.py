"""Gluon: networks as objects, imperative first and one graph when asked (``mx.gluon``)."""

from importlib import import_module as _import_module

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon import data as data
from workbench.gluon import loss as loss
from workbench.gluon import nn as nn
from workbench.gluon import utils as utils
from workbench.gluon.block import Block as Block
from workbench.gluon.block import HybridBlock as HybridBlock
from workbench.gluon.block import SymbolBlock as SymbolBlock
from workbench.gluon.parameter import Constant as Constant
from workbench.gluon.parameter import DeferredInitializationError as DeferredInitializationError
from workbench.gluon.parameter import Parameter as Parameter
from workbench.gluon.parameter import ParameterDict as ParameterDict
from workbench.gluon.rows import StaleGradientError as StaleGradientError
from workbench.gluon.trainer import Trainer as Trainer

# Imported when they are first named, so that `import workbench` stays quick.
_LATER = ("contrib", "model_zoo", "rnn")


def __getattr__(name: str) -> object:
    if name in _LATER:
        return _import_module(f"workbench.gluon.{name}")
    raise _unknown_name("gluon", name, __dir__())


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
