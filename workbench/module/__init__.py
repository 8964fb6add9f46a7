"""Networks with everything training needs around them (``mx.module``, ``mx.mod``)."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.module.base_module import BaseModule as BaseModule
from workbench.module.bucketing_module import BucketingModule as BucketingModule
from workbench.module.module import Module as Module
from workbench.module.named_arrays import NamedArrays as NamedArrays
from workbench.module.python_module import PythonLossModule as PythonLossModule
from workbench.module.python_module import PythonModule as PythonModule
from workbench.module.sequential_module import SequentialModule as SequentialModule


def __getattr__(name: str) -> _Any:
    raise _unknown_name("module", name, globals())
