"""The workbench: MXNet 1.x's two programming styles on one graph, run by JAX.

``import workbench as mx`` runs programs written for MXNet 1.x against the supported operators.
"""

from importlib.metadata import PackageNotFoundError as _PackageNotFoundError
from importlib.metadata import version as _version

from workbench import errors as errors
from workbench.graph import cut as cut
from workbench.graph import passes as passes
from workbench.imperative import autograd as autograd
from workbench.imperative import nd as nd
from workbench.runtime import engine as engine
from workbench.runtime import random as random
from workbench.runtime import trace as trace
from workbench.runtime.device import Context as Context
from workbench.runtime.device import cpu as cpu
from workbench.runtime.device import current_context as current_context
from workbench.runtime.device import gpu as gpu
from workbench.runtime.device import num_gpus as num_gpus
from workbench.symbolic import naming as name
from workbench.symbolic import sym as sym
from workbench.symbolic.naming import AttrScope as AttrScope
from workbench.types import Quantity as Quantity

symbol = sym
ndarray = nd

try:
    __version__ = _version("dl-workbench")
except _PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"
