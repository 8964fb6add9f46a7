"""Initializers: the values parameters start from (``mx.init``, ``mx.initializer``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.train.initializer.base import InitDesc as InitDesc
from workbench.train.initializer.base import Initializer as Initializer
from workbench.train.initializer.base import alias as alias
from workbench.train.initializer.base import create as create
from workbench.train.initializer.base import register as register
from workbench.train.initializer.chosen import Load as Load
from workbench.train.initializer.chosen import Mixed as Mixed
from workbench.train.initializer.constant import Constant as Constant
from workbench.train.initializer.constant import One as One
from workbench.train.initializer.constant import Zero as Zero
from workbench.train.initializer.drawn import FanIn as FanIn
from workbench.train.initializer.drawn import MSRAPrelu as MSRAPrelu
from workbench.train.initializer.drawn import Normal as Normal
from workbench.train.initializer.drawn import Orthogonal as Orthogonal
from workbench.train.initializer.drawn import Uniform as Uniform
from workbench.train.initializer.drawn import Xavier as Xavier
from workbench.train.initializer.fused_rnn import FusedRNN as FusedRNN
from workbench.train.initializer.patterned import Bilinear as Bilinear
from workbench.train.initializer.patterned import LSTMBias as LSTMBias


def __getattr__(name: str) -> object:
    raise _unknown_name("init", name, globals())
