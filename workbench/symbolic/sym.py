"""The `sym` namespace: Symbol, its makers, and every operator as a function."""

from typing import Any as _Any

from workbench.errors import UnknownNameError as _UnknownNameError
from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.ops.pairs import PAIRS as _PAIRS
from workbench.ops.pairs import function as _pair
from workbench.symbolic import contrib as contrib
from workbench.symbolic import image as image
from workbench.symbolic import linalg as linalg
from workbench.symbolic import random as random
from workbench.symbolic.arithmetic import call as _call
from workbench.symbolic.function import function as _function
from workbench.symbolic.make import arange as arange
from workbench.symbolic.make import eye as eye
from workbench.symbolic.make import full as full
from workbench.symbolic.make import linspace as linspace
from workbench.symbolic.make import ones as ones
from workbench.symbolic.make import split_v2 as split_v2
from workbench.symbolic.make import zeros as zeros
from workbench.symbolic.symbol import Group as Group
from workbench.symbolic.symbol import Symbol as Symbol
from workbench.symbolic.symbol import load as load
from workbench.symbolic.symbol import load_json as load_json
from workbench.symbolic.variable import var as var

Variable = var


_namespace.fill(globals(), _function)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, Symbol, _call, strict=True)


def __getattr__(name: str) -> _Any:
    if name == "Custom":
        raise _UnknownNameError(
            "sym.Custom is not supported: Python code can't be part of a graph; call nd.Custom, or write the operator "
            "with others (CONTRIBUTING: How to add an operator)."
        )
    raise _unknown_name("sym", name, globals())
