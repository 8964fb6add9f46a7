"""Tensors: layers that contract them, with weights held as factors."""

from workbench.errors import unknown_name as _unknown_name
from workbench.tensor import layers as layers


def __getattr__(name: str) -> object:
    raise _unknown_name("tensor", name, globals())
