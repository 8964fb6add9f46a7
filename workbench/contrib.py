"""MXNet's ``mx.contrib``: the operators of that name, called imperatively and composed."""

from workbench.imperative import contrib as nd
from workbench.symbolic import contrib as sym

ndarray = nd
symbol = sym

__all__ = ["nd", "ndarray", "sym", "symbol"]


def __dir__() -> list[str]:
    return __all__
