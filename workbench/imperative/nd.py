"""The `nd` namespace: NDArray, its makers, and every operator as a function."""

import sys as _sys
from typing import Any as _Any

from workbench.errors import UnknownNameError as _UnknownNameError
from workbench.errors import unknown_name as _unknown_name
from workbench.imperative import contrib as contrib
from workbench.imperative import image as image
from workbench.imperative import linalg as linalg
from workbench.imperative import random as random
from workbench.imperative.composed import concatenate as concatenate
from workbench.imperative.composed import histogram as histogram
from workbench.imperative.composed import moveaxis as moveaxis
from workbench.imperative.composed import onehot_encode as onehot_encode
from workbench.imperative.composed import split_v2 as split_v2
from workbench.imperative.composed import waitall as waitall
from workbench.imperative.custom import custom as Custom  # noqa: F401
from workbench.imperative.files import load as load
from workbench.imperative.files import load_frombuffer as load_frombuffer
from workbench.imperative.files import save as save
from workbench.imperative.invoke import function as _function
from workbench.imperative.make import arange as arange
from workbench.imperative.make import array as array
from workbench.imperative.make import empty as empty
from workbench.imperative.make import eye as eye
from workbench.imperative.make import from_dlpack as from_dlpack
from workbench.imperative.make import from_jax as from_jax
from workbench.imperative.make import from_numpy as from_numpy
from workbench.imperative.make import full as full
from workbench.imperative.make import linspace as linspace
from workbench.imperative.make import ones as ones
from workbench.imperative.make import zeros as zeros
from workbench.imperative.methods import to_dlpack_for_read as to_dlpack_for_read
from workbench.imperative.methods import to_dlpack_for_write as to_dlpack_for_write
from workbench.imperative.ndarray import NDArray as NDArray
from workbench.ops import namespace as _namespace
from workbench.ops.pairs import PAIRS as _PAIRS
from workbench.ops.pairs import function as _pair

op = _internal = _sys.modules[__name__]  # MXNet keeps its generated functions there

_INSTEAD = {
    "sparse": "arrays are dense: nd.zeros, nd.array and nd.dot serve where sparse ones would",
    "imdecode": "decode images with a library of their own, and pass nd.array() their pixels",
    "np": "use nd, or NumPy itself",
}


def __getattr__(name: str) -> _Any:
    if name in _INSTEAD:
        raise _UnknownNameError(f"nd.{name} is not supported; {_INSTEAD[name]}.")
    raise _unknown_name("nd", name, globals())


_namespace.fill(globals(), _function)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, NDArray, lambda op, *arrays, **attrs: globals()[op](*arrays, **attrs))
