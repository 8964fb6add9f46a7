"""MXNet's paths of modules: ``from workbench.metric import Accuracy``, as a program for MXNet writes it.

A package's modules can be imported by paths of its own layers; what is only an attribute of the package can't.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def importable(package: str, modules: Mapping[str, ModuleType | str]) -> None:
    """Lets modules be imported by other paths too.

    Args:
        package: the package that they are found in.
        modules: by their path in it; the true name of a module instead, where it is loaded only when it is used.
    """
    for path, module in modules.items():
        if isinstance(module, str):
            sys.modules[f"{package}.{path}"] = _later(module)
        else:
            _also(module, f"{package}.{path}")


def _also(module: ModuleType, path: str) -> None:
    """A module by another path, with what it holds: found by the path alone, that would be loaded a second time."""
    sys.modules[path] = module
    outer, _, name = path.rpartition(".")
    vars(sys.modules[outer]).setdefault(name, module)  # for ``import workbench.io.io as io``
    if hasattr(module, "__path__"):
        inside = f"{module.__name__}."
        for name in [name for name in sys.modules if name.startswith(inside)]:
            sys.modules[f"{path}.{name.removeprefix(inside)}"] = sys.modules[name]


def _later(name: str) -> ModuleType:
    """A module that loads another one when a name is asked of it."""

    def get(asked: str) -> Any:
        if asked.startswith("__"):  # the import system asks whether it is a package, which it is not
            raise AttributeError(f"module {name!r} has no attribute {asked!r}")
        return getattr(import_module(name), asked)

    stand_in = ModuleType(name)
    vars(stand_in)["__getattr__"] = get
    return stand_in
