"""Views: arrays that show a part, or another shape, of somebody else's storage.

Values never change, so a view is a recipe: how to read the part out of the whole, and how to make a new whole
of the old one and a new part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.graph.bind import BoundOp, bind
from workbench.imperative.storage import Storage
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context
from workbench.runtime.source import caller
from workbench.types import Shape, TensorType


class ViewStep(NamedTuple):
    """One step from a storage's value to what a view shows, and back.

    `read` turns the outer cell into the inner one; `write` the outer and a new inner into a new outer.
    Both hand over a storage, so that the cell is held until its reader has been called.
    """

    type: TensorType
    read: Callable[[Cell], Storage]
    write: Callable[[Cell, Cell], Storage]


_READ, _WRITE, _RESHAPE = map(registry.get, ("_getitem", "_setitem", "_reshape_to"))


def index_step(attrs: Mapping[str, Any], whole: TensorType, context: Context) -> ViewStep:
    """A view of the part of a `whole` that an encoded key selects; see `ops.index.movable`."""
    bound, start = bind(_READ, attrs)
    return ViewStep(
        bound.infer((whole,))[0],
        lambda outer: _submit(bound, start, (outer,), context),
        lambda outer, inner: _submit(*bind(_WRITE, attrs), (outer, inner), context),
    )


def reshape_step(outside: Shape, inside: TensorType, context: Context) -> ViewStep:
    """A view of all elements in another shape."""
    return ViewStep(
        inside,
        lambda outer: _submit(*bind(_RESHAPE, {"shape": inside.shape}), (outer,), context),
        lambda outer, inner: _submit(*bind(_RESHAPE, {"shape": outside}), (inner,), context),
    )


def _submit(bound: BoundOp, scalars: tuple[float, ...], cells: tuple[Cell, ...], context: Context) -> Storage:
    """Calls an operator on cells, outside any recording."""
    types = tuple([c.type for c in cells])
    call = Call(bound, cells, scalars, context, caller(), types, bound.infer(types))
    shown = Storage(call.outputs[0], context)
    with engine.waiting.lock:
        engine.submit(call)
    return shown
