"""Networks with everything training needs around them (``mx.module``, ``mx.mod``)."""

from workbench.module.base_module import BaseModule as BaseModule
from workbench.module.bucketing_module import BucketingModule as BucketingModule
from workbench.module.module import Module as Module
from workbench.module.named_arrays import NamedArrays as NamedArrays
from workbench.module.python_module import PythonLossModule as PythonLossModule
from workbench.module.python_module import PythonModule as PythonModule
from workbench.module.sequential_module import SequentialModule as SequentialModule
