"""MXNet's paths of modules: ``from workbench.metric import Accuracy``, as a program for MXNet writes it.

A package's modules can be imported by paths of its own layers; what is only an attribute of the package can't.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType


def importable(package: str, modules: Mapping[str, ModuleType | str]) -> None:
    """Lets modules be imported by other paths too.

    Args:
        package: the package that they are found in.
        modules: by their path in it; the true name of a module instead, where it is loaded only when it is used.
    """
    for path, module in modules.items():
        sys.modules[f"{package}.{path}"] = _later(module) if isinstance(module, str) else module


def _later(name: str) -> ModuleType:
    """A module that loads another one when a name is asked of it."""
    stand_in = ModuleType(name)
    vars(stand_in)["__getattr__"] = lambda asked: getattr(import_module(name), asked)
    return stand_in
