"""Mutable storage over immutable values.

JAX arrays never change; MXNet's do.  A `Storage` is the one place that changes: it shows one value at a
time, and writing shows another.  Several NDArrays may share a storage, so a slice that is written
to writes through, as in NumPy.
"""

from __future__ import annotations

import weakref
from typing import Any

from workbench.runtime.call import Cell
from workbench.runtime.dependency.running import here
from workbench.runtime.device import Context
from workbench.runtime.flushing import Reader
from workbench.runtime.lending import await_pushed
from workbench.runtime.seen import memory_class


class Storage:
    """Shows one cell at a time, on one device; a *lazy* one need not have it computed until it is read.

    `spare` is memory for the next value (`runtime.recycle`).  On a mesh, `layout` is how its values lie there
    (`runtime.mesh`).
    """

    __slots__ = ("__weakref__", "_ref", "cell", "context", "layout", "lazy", "spare")

    def __init__(self, cell: Cell, context: Context) -> None:
        self.context = context
        self.lazy = False
        self.spare: Any = None
        self.layout: Any = None
        self._ref = weakref.ref(self)
        self.cell = cell
        cell.holder = self._ref

    def show(self, cell: Cell) -> None:
        """Shows another cell from now on; nobody else may show it."""
        cell.holder = self._ref
        self.cell = cell

    def peek(self) -> Cell:
        """What it shows now, whatever was pushed."""
        shown: Cell = _slot.__get__(self)
        return shown

    def lend(self, lent: bool) -> None:
        """From now on others wait for the pushed operations that name it, or no longer: it changes its class."""
        self.__class__ = Lent if lent else Storage


_slot: Any = Storage.__dict__["cell"]


class Lent(Storage):
    """A storage that pushed operations name (`runtime.lending`): they work on it, and everybody else waits for them.

    It is another class, so that a storage that is not lent need not be asked whether it is.
    """

    __slots__ = ()

    @property
    def cell(self) -> Any:
        """What it shows, once all is done that was pushed and writes it."""
        if here.operation is None:
            await_pushed(self, self.peek(), writes=False)
        return self.peek()

    @cell.setter
    def cell(self, cell: Cell) -> None:
        if here.operation is None:
            try:
                shown = self.peek()
            except AttributeError:  # it has just been made
                pass
            else:
                _ = Reader(cell)  # else who runs the list meanwhile would find that nobody wants it
                await_pushed(self, shown, writes=True)
                cell.holder = self._ref
        _slot.__set__(self, cell)


@memory_class
def _watch(on: bool) -> None:
    """In a rehearsal every storage is as if it were lent."""
    type.__setattr__(Storage, "cell", Lent.__dict__["cell"] if on else _slot)


def leaf(array: Any, type_: Any) -> Cell:
    """A cell that is there already."""
    return Cell(None, 0, type_, array)
