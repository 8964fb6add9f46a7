"""`nd.contrib`: what MXNet called experimental, each operator `_contrib_X` as `X`."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.composed import boolean_mask as boolean_mask
from workbench.imperative.control import cond as cond
from workbench.imperative.control import foreach as foreach
from workbench.imperative.control import while_loop as while_loop
from workbench.imperative.invoke import function as _function
from workbench.ops import namespace as _namespace


def __getattr__(name: str) -> _Any:
    raise _unknown_name("nd.contrib", name, globals())


_namespace.fill(globals(), _function, "_contrib_")
