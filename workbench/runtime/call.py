"""Calls and cells: what an imperative operation leaves behind until it runs.

A `Call` is a node of the graph that knows its types, its device and its caller; a `Cell` is one of its values,
first promised, then there.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.graph.bound import Bound
from workbench.graph.node import NO_ATTRS, Node, Value
from workbench.runtime.device import Context
from workbench.runtime.source import Source
from workbench.types import TensorType

if TYPE_CHECKING:
    from workbench.runtime.eviction import Again
    from workbench.runtime.promise import Promise


class Cell(Value):
    """A value of an imperative call: promised, or there.

    Attributes:
        type: its shape and dtype.
        array: the JAX array once it is there.
        promise: how to compute it again, where its segment ran without giving it.
        error: what went wrong instead.
        holder: weak reference to the storage that shows this value to the user.
        residual: whether it is there for a gradient only.
        freed: set, to True, where a backward started from it and freed its graph; for an error to ask.
        mark, slot: the batch it was last written down in (`runtime.batch`), and its slot there.
    """

    __slots__ = (
        "__weakref__",
        "array",
        "error",
        "freed",
        "holder",
        "mark",
        "promise",
        "residual",
        "slot",
        "type",
    )

    freed: bool

    def __init__(self, node: Call | None, index: int, type_: TensorType, array: Any = None) -> None:
        self.node = node  # type: ignore[assignment]
        self.index = index
        self.type = type_
        self.array = array
        self.mark: object = None
        self.slot = 0
        self.residual = False
        self.promise: Promise | Again | None = None
        self.error: WorkbenchError | None = None
        self.holder: weakref.ref[Any] | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Cell({self.type}, {'there' if self.array is not None else 'promised'})"

    @property
    def shown(self) -> Any:
        """The storage that shows this value to the user, None where nobody can ask for it."""
        holder = self.holder() if self.holder is not None else None
        return holder if holder is not None and holder.cell is self else None


class Call(Node):
    """A node that was called imperatively.

    Attributes:
        outputs: its cells.
        tape: for a recorded call, one entry an input: None, True (go on backward), or where the
            gradient is to be left.  None for a call that was not recorded.
        context: the device it runs on.
        types: the types of its inputs.
        serial: counts the calls, so that a tape can be walked backward.
        done: whether it has run.
    """

    __slots__ = ("context", "done", "outputs", "tape", "types")
    name = ""
    attrs = NO_ATTRS

    inputs: tuple[Cell, ...]

    def __init__(
        self,
        bound: Bound,
        inputs: tuple[Cell, ...],
        scalars: tuple[float, ...],
        context: Context,
        source: Source | None,
        types: tuple[TensorType, ...],
        outputs: tuple[TensorType, ...],
        tape: tuple[Any, ...] | None = None,
    ) -> None:
        self.bound = bound
        self.inputs = inputs
        self.scalars = scalars
        self.source = source
        self.context = context
        self.types = types
        self.tape = tape
        self.serial = 0
        self.done = False
        if len(outputs) == 1:  # nearly always, and a loop costs as much as the cell
            self.outputs: tuple[Cell, ...] = (Cell(self, 0, outputs[0]),)
        else:
            self.outputs = tuple([Cell(self, i, t) for i, t in enumerate(outputs)])

    def release(self) -> None:
        """Leaves the tape; once it has run, forgets its neighbours, so that what only they kept is freed."""
        self.tape = None
        if self.done:
            self.inputs = ()
            for cell in self.outputs:
                cell.node = None  # type: ignore[assignment]

    def end(self) -> None:
        """It has run; what a gradient does not need is let go."""
        self.done = True
        if self.tape is None:
            self.release()
