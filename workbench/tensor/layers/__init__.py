"""Layers whose weights are held as factors, or that contract activations, as Gluon blocks."""

from workbench.errors import unknown_name as _unknown_name
from workbench.tensor.layers.convolution import FactorizedConv2D as FactorizedConv2D
from workbench.tensor.layers.dense import FactorizedDense as FactorizedDense
from workbench.tensor.layers.embedding import FactorizedEmbedding as FactorizedEmbedding
from workbench.tensor.layers.factorized import Factorized as Factorized
from workbench.tensor.layers.tensor_contraction import TensorContraction as TensorContraction
from workbench.tensor.layers.tensor_regression import TensorRegression as TensorRegression


def __getattr__(name: str) -> object:
    raise _unknown_name("tensor.layers", name, globals())
