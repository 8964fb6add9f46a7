"""Parameters: what a network learns."""

from workbench.gluon.parameter.constant import Constant as Constant
from workbench.gluon.parameter.held import Held as Held
from workbench.gluon.parameter.parameter import DeferredInitializationError as DeferredInitializationError
from workbench.gluon.parameter.parameter import Parameter as Parameter
from workbench.gluon.parameter.parameter_dict import ParameterDict as ParameterDict
