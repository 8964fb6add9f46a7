"""`sym.contrib`: what MXNet called experimental, each operator `_contrib_X` as `X`."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.symbolic.control import cond as cond
from workbench.symbolic.control import foreach as foreach
from workbench.symbolic.control import while_loop as while_loop
from workbench.symbolic.function import function as _function


def __getattr__(name: str) -> _Any:
    raise _unknown_name("sym.contrib", name, globals())


_namespace.fill(globals(), _function, "_contrib_")
