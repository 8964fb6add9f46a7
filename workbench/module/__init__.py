"""Networks with everything training needs around them (``mx.module``, ``mx.mod``)."""

from workbench.module.base_module import BaseModule as BaseModule
from workbench.module.module import Module as Module
from workbench.module.named_arrays import NamedArrays as NamedArrays
