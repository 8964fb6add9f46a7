"""`nd.linalg`: linear algebra, each operator `_linalg_X` as `X`."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.invoke import function as _function
from workbench.ops import namespace as _namespace


def __getattr__(name: str) -> _Any:
    raise _unknown_name("nd.linalg", name, globals())


_namespace.fill(globals(), _function, "_linalg_")
