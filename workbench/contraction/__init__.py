"""Einsum expressions as data: in which order their tensors meet, and what each order costs.

The product of several tensors does not depend on the order in which they are multiplied; its cost does, by orders of
magnitude.  Everything here is arithmetic on index letters and sizes: no array is made and nothing is run.
"""

from workbench.contraction.expression import Expression as Expression
from workbench.contraction.expression import parse as parse
from workbench.contraction.order import ORDERS as ORDERS
from workbench.contraction.order import best_path as best_path
from workbench.contraction.order import find as find
from workbench.contraction.slicing import within as within
from workbench.contraction.tree import ContractionTree as ContractionTree
from workbench.contraction.tree import Step as Step
from workbench.errors import unknown_name as _unknown_name


def __getattr__(name: str) -> object:
    raise _unknown_name("contraction", name, globals())
