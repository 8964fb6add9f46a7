"""Names of blocks: each gets a prefix of its own, inside its parent's.

The prefix decides the full names of the parameters (``net0_dense1_weight``), by which they are shared,
selected and given to a symbol's executor.
"""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING

from workbench.gluon.parameter import ParameterDict
from workbench.runtime.own_state import by_thread
from workbench.symbolic.naming import Prefix, current_names

if TYPE_CHECKING:
    from workbench.gluon.block.block import Block


class _Current(threading.local):
    scope: BlockScope | None = None


_current = by_thread(_Current(), lambda current: current.scope is not None)


class BlockScope:
    """``with self.name_scope():`` blocks made inside get this block's prefix before their own."""

    def __init__(self, block: Block, nameless: bool) -> None:
        self._block = block
        self._nameless = nameless
        self._counts: Counter[str] = Counter()
        self._entered: list[tuple[BlockScope | None, Prefix]] = []

    def __enter__(self) -> BlockScope:
        if not self._nameless:
            names = Prefix(self._block.prefix)
            names.__enter__()
            self._entered.append((_current.scope, names))
            _current.scope = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._nameless:
            before, names = self._entered.pop()
            names.__exit__(kind, error, trace)
            _current.scope = before

    def child(self, hint: str) -> str:
        """The next prefix for a block of this kind."""
        number = self._counts[hint]
        self._counts[hint] += 1
        return f"{hint}{number}_"


def named(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
    """The prefix of a new block and the dict its parameters go into; `params` are to be shared."""
    scope = _current.scope
    if scope is None:
        prefix = current_names().get(None, hint) + "_" if prefix is None else prefix
        shared, at = params, prefix
    else:
        parent = scope._block.params
        prefix = scope.child(hint) if prefix is None else prefix
        shared, at = params or parent._shared, parent.prefix + prefix
        prefix = scope._block.prefix + prefix
    return prefix, ParameterDict(at if params is None else params.prefix, shared)
