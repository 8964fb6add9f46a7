"""Tensors: their decompositions, what it costs to contract them, and layers that do, with weights held as factors."""

from workbench.errors import unknown_name as _unknown_name
from workbench.tensor import layers as layers
from workbench.tensor.compress import Compression as Compression
from workbench.tensor.compress import compress as compress
from workbench.tensor.contract import Contraction as Contraction
from workbench.tensor.contract import contract as contract
from workbench.tensor.curve import Curve as Curve
from workbench.tensor.curve import curve as curve
from workbench.tensor.decompose import decompose as decompose
from workbench.tensor.decomposition import Decomposition as Decomposition
from workbench.tensor.fine_tune import FineTune as FineTune
from workbench.tensor.orders import Orders as Orders
from workbench.tensor.orders import orders as orders
from workbench.tensor.recalibrate import Recalibrate as Recalibrate


def __getattr__(name: str) -> object:
    raise _unknown_name("tensor", name, globals())
