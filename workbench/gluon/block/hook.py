"""Hooks: functions that are called before or after a block's forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.errors import ArgumentError

Hook = Callable[..., Any]


class HookHandle:
    """Takes a hook off again: by `detach`, or as a ``with`` block."""

    def __init__(self, hooks: list[Hook], hook: Hook) -> None:
        if not callable(hook):
            raise ArgumentError(f"a hook is a function, got {type(hook).__name__} {hook!r}")
        self._hooks = hooks
        self._hook = hook
        hooks.append(hook)

    def detach(self) -> None:
        """Takes the hook off; does nothing the second time."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.detach()
