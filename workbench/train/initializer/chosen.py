"""Initializers that choose by name: from saved values, or among other initializers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd

Fill = Callable[[str, Any], None]


class Mixed:
    """Uses the initializer whose pattern is the first to match the start of the name.

    Args:
        patterns: regular expressions; end with ``".*"`` for all others.
        initializers: one for each pattern.

    Raises:
        ArgumentError: there are more of one than of the other.
    """

    @checked
    def __init__(self, patterns: Sequence[str], initializers: Sequence[Fill]) -> None:
        if len(patterns) != len(initializers):
            raise ArgumentError(
                f"Mixed takes an initializer for each pattern, got {len(patterns)} patterns"
                f" and {len(initializers)} initializers"
            )
        self.map = [(re.compile(p), init) for p, init in zip(patterns, initializers, strict=True)]

    def __call__(self, name: str, arr: Any) -> None:
        """Fills `arr`.

        Raises:
            ArgumentError: no pattern matches the name.
        """
        for pattern, init in self.map:
            if pattern.match(name):
                return init(name, arr)
        tried = ", ".join(repr(p.pattern) for p, _ in self.map)
        raise ArgumentError(f"parameter {str(name)!r} matches no pattern of {tried}; end the list with '.*'")


class Load:
    """Copies saved values by name, whether saved plain or as ``arg:name`` and ``aux:name``.

    Args:
        param: file of parameters, or name → array.
        default_init: fills what is not among them; None makes that an error.
        verbose: log where each value came from.

    Raises:
        ArgumentError: `param` is neither a file name nor a mapping.
    """

    @checked
    def __init__(
        self, param: str | Mapping[str, Any], default_init: Fill | None = None, verbose: bool = False
    ) -> None:
        values = nd.load(param) if isinstance(param, str) else param
        if not isinstance(values, Mapping):
            raise ArgumentError(f"Load needs arrays by name, got {type(values).__name__}")
        self.param = {name.removeprefix("arg:").removeprefix("aux:"): arr for name, arr in values.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: Any) -> None:
        """Fills `arr`.

        Raises:
            ArgumentError: nothing was saved under this name and there is no default.
            ShapeError: what was saved has another shape.
        """
        if name in self.param:
            self._copy(name, arr)
        elif self.default_init is None:
            raise ArgumentError(
                f"parameter {str(name)!r} is not among the loaded ones, and there is no default_init"
            )
        else:
            self.default_init(name, arr)
        if self.verbose:
            logging.info("Initialized %s by %s", name, "loading" if name in self.param else "default")

    def _copy(self, name: str, arr: Any) -> None:
        saved = self.param[name]
        if tuple(saved.shape) != tuple(arr.shape):
            raise ShapeError(f"parameter {str(name)!r} has shape {arr.shape}, the loaded one {saved.shape}")
        arr[:] = saved
