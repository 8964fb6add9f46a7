"""`NDArray`: an array that can be written to, on a device, whose operations are promises.

Every operator of the registry is reachable as ``nd.<name>``; arithmetic and a few operators are methods
too.  Reading a value (`asnumpy`, `asscalar`, `float`, `bool`, printing) runs what is pending.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from workbench.errors import (
    ArgumentError,
    AutogradError,
    ExecutionError,
    NotSupportedError,
    ShapeError,
)
from workbench.graph.bind import bind
from workbench.imperative.storage import Storage, leaf
from workbench.imperative.tape import GradSlot, state
from workbench.imperative.view import ViewStep, reshape_step
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Cell
from workbench.runtime.dependency import framework
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh
from workbench.runtime.source import called_at, caller
from workbench.types import Shape, TensorType, as_dtype


class _Operators(type):
    """Gives a class its operators as methods when they are first asked for: to make hundreds would slow every start."""

    def __getattr__(cls, name: str) -> Any:
        return methods.method(name)


class NDArray(metaclass=_Operators):
    """A mutable array on a device.

    Make one with `nd.array`, `nd.zeros`, …; the constructor is for the workbench itself.
    """

    __slots__ = ("__weakref__", "_detached", "_slot", "_storage", "_view")
    __array_priority__ = 1000.0

    def __init__(self, storage: Storage, view: tuple[ViewStep, ...] = ()) -> None:
        self._storage = storage
        self._view = view
        self._slot: GradSlot | None = None
        self._detached = False

    # -- values inside ---------------------------------------------------------------------------

    def _shown(self) -> Storage:
        """What shows the value; whoever passes a view's cell on keeps it until the call is submitted."""
        shown = self._storage
        for step in self._view:
            shown = step.read(shown.cell)
        return shown

    def _cell(self) -> Cell:
        """The value, to be read at once."""
        return self._shown().cell

    def _tape(self, cell: Cell) -> Any:
        """How a gradient goes on from here: a slot, True (backward through the call), or None."""
        if self._slot is not None:
            return self._slot if self._slot.req != "null" else None
        if self._detached:
            return None
        call: Any = cell.node
        return True if call is not None and call.tape is not None else None

    def _write(self, cell: Cell) -> None:
        """Shows a cell, through the view if this is one; gradients pass the write by.

        Until this returns the caller holds an array of it, or else another thread's flush would free it.
        """
        if self._view:
            shown = Storage(cell, self.context)
            outer = [self._storage]
            for step in self._view[:-1]:
                outer.append(step.read(outer[-1].cell))
            for step, before in zip(reversed(self._view), reversed(outer), strict=True):
                shown = step.write(before.cell, shown.cell)
            cell = shown.cell
        storage = self._storage
        if self._slot is None and is_recorded(storage.cell):
            overwrite.overwrite(storage, cell)
        else:  # an array with a gradient of its own is where gradients end
            storage.show(cell)

    def _put(self, cell: Cell) -> None:
        """`_take` of what the user writes: where something recorded is written over, gradients pass the write by.

        Raises:
            ShapeError: as `_take`.
        """
        storage = self._storage
        maker: Any = storage.cell.node
        if maker is not None and maker.tape is not None and cell.type is self._type:
            self._write(cell)
        elif self._view or storage.cell.type is not cell.type:
            self._take(cell)
        else:  # what an update does for every parameter at every step
            storage.show(cell)

    def _take(self, cell: Cell) -> None:
        """Shows the value of a call that nobody else shows, in this array's dtype.

        Raises:
            ShapeError: the value has another shape than this array.
        """
        storage = self._storage
        if not self._view and cell.type is storage.cell.type:
            storage.show(cell)
            return
        mine = self._type
        if cell.type.shape != mine.shape:
            raise ShapeError(f"can't write shape {cell.type.shape} into an array of shape {mine.shape}")
        new = NDArray(Storage(cell, self.context))
        if cell.type is not mine:
            new = new.astype(mine.dtype)
        self._write(new._cell())

    @property
    def _type(self) -> TensorType:
        return self._view[-1].type if self._view else self._storage.cell.type

    # -- what it is ------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """The shape."""
        return self._type.shape

    @property
    def dtype(self) -> Any:
        """The dtype, as a NumPy scalar type (``numpy.float32``)."""
        return self._type.dtype.type

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._type.size

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def context(self) -> Context:
        """The device it lives on."""
        return self._storage.context

    ctx = context

    @property
    def engine_memory(self) -> Storage:
        """What `engine.push` lends: the memory, which views share."""
        return self._storage

    @property
    def stype(self) -> str:
        """Storage type; always ``"default"`` (dense)."""
        return "default"

    @property
    def jax(self) -> jax.Array:
        """The value as a `jax.Array`, without a copy; runs what is pending."""
        cell = self._cell()
        array = engine.read(cell)
        if isinstance(array, np.ndarray):
            array = cell.array = make.put(array, self.context)
        layout = self._storage.layout
        if layout is not None and not self._view and array.sharding != layout:
            array = cell.array = make.put(array, self.context, layout)
        return array

    # -- reading ---------------------------------------------------------------------------------

    def asnumpy(self) -> np.ndarray:
        """A NumPy copy; waits for the value.  All processes collect one that lies on devices of several.

        Raises:
            ExecutionError: computing it failed, or the device has no memory for it.
        """
        value = engine.read(self._cell())
        try:
            jax.block_until_ready(value)  # where its memory was refused, NumPy would end the process
        except RuntimeError as error:
            raise ExecutionError(f"this value ({self._type}) could not be computed: {error}") from error
        return np.array(self.context.collected(value) if isinstance(self.context, Mesh) else value)

    def asscalar(self) -> Any:
        """The only element, as a NumPy scalar.

        Raises:
            ShapeError: the array has not exactly one element.
        """
        if self.size != 1:
            raise ShapeError(f"asscalar() needs an array of one element, got shape {self.shape}")
        return self.asnumpy().reshape(())[()]

    item = asscalar

    def wait_to_read(self) -> None:
        """Returns once the value is there."""
        jax.block_until_ready(engine.read(self._cell()))

    wait_to_write = wait_to_read

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("the values of an NDArray come to NumPy as a copy, never without one")
        value = self.asnumpy()
        return value if dtype is None else value.astype(dtype)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(f"the truth of an array of shape {self.shape} is ambiguous; reduce it first")
        return bool(self.asscalar())

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        value = self.asscalar()
        if not np.issubdtype(value.dtype, np.integer):
            raise ArgumentError(f"only an integer array can be an index, got {value.dtype}")
        return int(value)

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentError("an array of no axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<NDArray {shape} @{self.context}>"

    # -- views and writes ------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> NDArray:
        return indexing.getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        indexing.setitem(self, key, value)

    def _viewed(self, step: ViewStep) -> NDArray:
        """Another array over the same storage."""
        return NDArray(self._storage, (*self._view, step))

    def _check_writable(self) -> None:
        if state.recording and self._tape(self._storage.cell) is not None:
            raise AutogradError(
                f"writing in place into a recorded array of shape {self.shape}: its gradient would be lost; "
                f"make a new array, or write outside autograd.record(){called_at()}"
            )

    def reshape(self, *shape: Any, **options: Any) -> NDArray:
        """The same elements in another shape (MXNet's codes 0, -1, -2, -3, -4); writes go through.

        Args:
            shape: one tuple, or the lengths one by one; ``shape=`` by name too.
            reverse: by name; reads the codes from the right.

        Raises:
            ShapeError: the elements do not fit into the shape.
            ArgumentError: no shape is given.
        """
        target = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        target = tuple(options.pop("shape", target))
        if not target and self.size != 1:
            raise ArgumentError(f"reshape() of an array of shape {self.shape} needs a shape")
        if state.recording:
            return _call("Reshape", self, shape=target, **options)
        bound, _ = bind(registry.get("Reshape"), {"shape": target, **options})
        return self._viewed(reshape_step(self.shape, bound.infer((self._type,))[0], self.context))

    def __reduce__(self) -> tuple[Any, ...]:
        return make.array, (self.asnumpy(), self.context, self._type.dtype.name)

    # -- copies ----------------------------------------------------------------------------------

    def copy(self) -> NDArray:
        """A new array of the same value."""
        return self.copyto(self.context)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copies to a device (a new array) or into another array, wherever that lives.

        Raises:
            ArgumentError: it is neither.
            ShapeError: the other array has another shape.
            NotSupportedError: it is recorded, and one of two devices is a mesh.
        """
        if isinstance(other, Context):
            return self._on(other)
        if not isinstance(other, NDArray):
            raise ArgumentError(f"copyto() takes a Context or an NDArray, got {type(other).__name__}")
        if other.shape != self.shape:
            raise ShapeError(f"copyto(): can't copy shape {self.shape} into shape {other.shape}")
        other._check_writable()
        copy = self._on(other.context, other._storage.layout)
        other._put(copy._cell())
        return other

    def _on(self, context: Context, layout: Any = None) -> NDArray:
        """A copy on a device; where that is a mesh, in this layout."""
        cell = self._cell()
        if context is not self.context:
            way = self._tape(cell) if state.recording else None
            if way is not None and (isinstance(context, Mesh) or isinstance(self.context, Mesh)):
                raise NotSupportedError(
                    f"a recorded array of shape {self.shape} can't go from {self.context} to {context}: its gradient "
                    "would be lost; copy outside autograd.record()"
                )
            value, given = engine.read(cell), leaf(None, cell.type)
            copy = NDArray(Storage(given, context))
            turn = framework.AT_ONCE
            if framework.contended():
                name = f"copy from {self.context} to {context}"
                turn = framework.Turn([name], [cell], [given], context, caller())
            with turn:
                given.array = make.put(value, context, layout)
            return copy if way is None else crossing.crossed(self, cell, way, copy)
        if cell.array is None or (state.recording and self._tape(cell) is not None):
            return _call("_copy", self)
        return NDArray(Storage(leaf(cell.array, cell.type), context))

    def as_in_context(self, context: Context) -> NDArray:
        """Itself if it lives there, else a copy that does."""
        return self if context is self.context else self.copyto(context)

    as_in_ctx = as_in_context

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """The values in another dtype."""
        wanted = as_dtype(dtype)
        if wanted == self._type.dtype:
            return self.copy() if copy else self
        return _call("Cast", self, dtype=wanted)

    def detach(self) -> NDArray:
        """The same memory, through which no gradient flows."""
        other = NDArray(self._storage, self._view)
        other._detached = True
        return other

    # -- gradients -------------------------------------------------------------------------------

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Marks the array: `backward` leaves its gradient in `.grad`.

        Raises:
            ArgumentError: `grad_req` is not ``write``, ``add`` or ``null``.
            NotSupportedError: `stype` asks for a sparse gradient.
        """
        make.dense(stype, "attach_grad()")
        if grad_req not in ("write", "add", "null"):
            raise ArgumentError(f"attach_grad(): grad_req is 'write', 'add' or 'null', got {grad_req!r}")
        self._slot = GradSlot(make.zeros(self.shape, self.context, self.dtype), grad_req)

    @property
    def grad(self) -> NDArray | None:
        """The gradient's array; None where none is attached, or none is asked for (``null``)."""
        return self._slot.grad if self._slot is not None and self._slot.req != "null" else None

    def backward(
        self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True
    ) -> None:
        """The gradient of this array in every marked array behind it; see `autograd.backward`."""
        from workbench.imperative import autograd  # the tape's walk is built on this class

        autograd.backward(self, out_grad, retain_graph, train_mode)

    # -- arithmetic ------------------------------------------------------------------------------

    @property
    def T(self) -> NDArray:  # noqa: N802 (NumPy's and MXNet's name)
        """The transpose."""
        return _call("transpose", self)

    def __neg__(self) -> NDArray:
        return arithmetic.negative(self)

    def __abs__(self) -> NDArray:
        return arithmetic.absolute(self)

    def __getattr__(self, name: str) -> Any:
        methods.method(name)
        return getattr(self, name)


def is_recorded(cell: Cell) -> bool:
    """Whether gradients go on from a value to the call that made it."""
    call: Any = cell.node
    return call is not None and call.tape is not None


def _call(name: str, *arrays: NDArray, **attrs: Any) -> Any:
    return calls.invoke(registry.get(name), arrays, attrs)


# Calls, makers, operators and indexing are built on the class above, and its methods use them.
import workbench.imperative.invoke as calls  # noqa: E402, I001 (in the order in which they stand on each other)
import workbench.imperative.make as make  # noqa: E402
import workbench.imperative.arithmetic as arithmetic  # noqa: E402
import workbench.imperative.indexing as indexing  # noqa: E402
import workbench.imperative.methods as methods  # noqa: E402
import workbench.imperative.crossing as crossing  # noqa: E402
import workbench.imperative.overwrite as overwrite  # noqa: E402

arithmetic.attach()
methods.attach()
