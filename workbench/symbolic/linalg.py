"""`sym.linalg`: linear algebra, each operator `_linalg_X` as `X`."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.symbolic.function import function as _function


def __getattr__(name: str) -> _Any:
    raise _unknown_name("sym.linalg", name, globals())


_namespace.fill(globals(), _function, "_linalg_")
