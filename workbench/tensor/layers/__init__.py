"""Layers whose weights are held as factors, or that contract activations, as Gluon blocks."""

from workbench.errors import unknown_name as _unknown_name
from workbench.tensor.layers.tensor_contraction import TensorContraction as TensorContraction
from workbench.tensor.layers.tensor_regression import TensorRegression as TensorRegression


def __getattr__(name: str) -> object:
    raise _unknown_name("tensor.layers", name, globals())
