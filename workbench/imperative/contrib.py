"""`nd.contrib`: what MXNet called experimental, each operator `_contrib_X` as `X`."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.control import cond as cond
from workbench.imperative.control import foreach as foreach
from workbench.imperative.control import while_loop as while_loop
from workbench.imperative.invoke import function as _function
from workbench.imperative.invoke import invoke as _invoke
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.ops import namespace as _namespace
from workbench.ops import registry as _registry


def boolean_mask(data: NDArray, index: NDArray, axis: int = 0) -> NDArray:
    """The slices of `data` along `axis` where `index` is not zero.

    How many those are depends on values, so this reads `index`, and there is no symbol of it.
    data: any shape; index: (n,), n the size of `axis`; output: as many slices as were chosen.
    """
    chosen = array(np.flatnonzero(index.asnumpy()), ctx=data.context, dtype="int32")
    return _invoke(_registry.get("take"), (data, chosen), {"axis": axis})


def __getattr__(name: str) -> Any:
    raise _unknown_name("nd.contrib", name, globals())


_namespace.fill(globals(), _function, "_contrib_")
