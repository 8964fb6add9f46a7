"""`Parameter`: an array that a network learns, with its gradient and how it starts.

A parameter is more than its array, because the array often can't exist yet: a dense layer knows its
number of outputs when it is written down and its number of inputs only when data comes.  Until then
initialisation is *deferred*: the parameter remembers how it is to be filled, and is once its shape is
known.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from workbench.errors import ArgumentError, DTypeError, NotInitializedError, NotSupportedError, ShapeError
from workbench.gluon.parameter.start import Deferred, as_contexts, as_shape, dumped, fits
from workbench.imperative import autograd, nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context, cpu, current_context
from workbench.runtime.source import called_at, warn
from workbench.symbolic import sym
from workbench.train import initializer
from workbench.types import Shape, as_dtype

REQUESTS = ("write", "add", "null")
_FINISHING = threading.RLock()  # several threads may call a network on its first data


class DeferredInitializationError(NotInitializedError):
    """A parameter that waits for its shape was read before data had shown it."""


class Parameter:
    """A learned array.

    Args:
        name: its full name, prefixes included.
        grad_req: what backward does with the gradient: ``write``, ``add`` or ``null`` (none is kept).
        shape: 0 stands for a size that is not known yet.
        dtype: the element type.
        lr_mult, wd_mult: factors of the learning rate and the weight decay.
        init: its own initializer; goes before the network's.
        allow_deferred_init: whether the shape may still be unknown at `initialize`.
        differentiable: False for states such as moving averages.

    Raises:
        ArgumentError: the request is unknown.
        NotSupportedError: a sparse storage type.
    """

    generation: ClassVar[int] = 0  # counts how often any parameter got new arrays, so that lists can be kept

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: Any = None,
        dtype: Any = np.float32,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        if (stype, grad_stype) != ("default", "default"):
            raise NotSupportedError(
                f"Parameter {name!r}: storage types {stype!r} and {grad_stype!r}; only dense ('default') is "
                "supported"
            )
        self.name = name
        self.lr_mult = lr_mult
        self.wd_mult = wd_mult
        self.init = init
        self.allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._dtype = as_dtype(dtype)
        self._shape = as_shape(shape)
        self._var: Any = None
        self._deferred: Deferred | None = None
        self._arrays: dict[Context, NDArray] = {}
        self._lookup: dict[Context | None, NDArray] = {}
        self._grad_req = "null"
        self.grad_req = grad_req

    # -- what it is ------------------------------------------------------------------------------

    @property
    def grad_req(self) -> str:
        """What backward does with the gradient: ``write``, ``add`` or ``null``."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req not in REQUESTS:
            raise ArgumentError(
                f"grad_req of Parameter {self.name!r} is 'write', 'add' or 'null', got {req!r}"
            )
        req = req if self._differentiable else "null"
        if req == self._grad_req:
            return
        self._grad_req = req
        if self._arrays:
            self._attach()

    @property
    def dtype(self) -> Any:
        """The dtype, as a NumPy scalar type; set by `cast`."""
        return self._dtype.type

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> Shape | None:
        """The shape, 0 where a size is unknown; None where nothing is known."""
        return self._shape

    @shape.setter
    def shape(self, new: Any) -> None:
        new, old = as_shape(new), self._shape
        if new is not None and not fits(new, old):
            raise ShapeError(f"Parameter {self.name!r} has shape {old}, which {new} does not fit")
        self._shape = new
        self._var = None

    @property
    def shape_is_known(self) -> bool:
        """Whether every size is known."""
        return self._shape is not None and all(n > 0 for n in self._shape)

    def var(self) -> Any:
        """The parameter as an input of a graph, a Symbol of its name."""
        if self._var is None:
            init = self.init if isinstance(self.init, (str, initializer.Initializer)) else None
            self._var = sym.var(
                self.name,
                shape=self.shape,
                dtype=self.dtype,
                lr_mult=self.lr_mult,
                wd_mult=self.wd_mult,
                init=dumped(init),
            )
        return self._var

    # -- how it starts ---------------------------------------------------------------------------

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        default_init: Any = "uniform",
        force_reinit: bool = False,
    ) -> None:
        """Makes and fills the arrays, or notes how to where the shape is unknown.

        Args:
            init: the initializer; None takes the parameter's own, or `default_init`.
            ctx: the device, or devices to hold a copy each; the current one by default.
            default_init: the network's initializer.
            force_reinit: do it again where it was done; else that only warns.

        Raises:
            ShapeError: the shape is unknown and may not be deferred.
        """
        self.prepared(init, ctx, default_init, force_reinit)()

    def prepared(self, init: Any, ctx: Any, default_init: Any, force_reinit: bool) -> Callable[[], None]:
        """What `initialize` does, ready to be done: whatever can fail has not, and nothing has changed."""
        if self._arrays and not force_reinit:
            warn(
                f"Parameter {self.name!r} is initialized already, and stays so; force_reinit=True fills it "
                "anew"
            )
            return lambda: None
        if not self.shape_is_known and not self.allow_deferred_init:
            raise ShapeError(
                f"Parameter {self.name!r} can't be initialized: its shape {self._shape} is not known; state "
                "all sizes, or make it with allow_deferred_init=True"
            )
        init = init if init is not None else self.init if self.init is not None else default_init
        start = Deferred(init, as_contexts(ctx), default_init, None)
        if not self.shape_is_known:
            return lambda: self._start(start, {})
        with autograd.pause():
            arrays = start.arrays(self.name, self._shape or (), self.dtype)
        return lambda: self._start(None, arrays)

    def _start(self, waiting: Deferred | None, arrays: dict[Context, NDArray]) -> None:
        self._deferred = waiting
        with autograd.pause():
            self._hold(arrays)

    def finish_deferred_init(self) -> None:
        """Fills a parameter that waited for its shape.

        Raises:
            ShapeError: the shape is still unknown.
        """
        with _FINISHING:
            waiting = self._deferred
            if waiting is None:
                return
            if not self.shape_is_known:
                raise ShapeError(
                    f"Parameter {self.name!r} waits for its shape; {self._shape} is all that is known"
                )
            with autograd.pause():
                self._hold(waiting.arrays(self.name, self._shape or (), self.dtype))
            self._deferred = None

    @property
    def is_initialized(self) -> bool:
        """Whether it has arrays, or knows how to fill them once its shape is known."""
        return bool(self._arrays) or self._deferred is not None

    def _hold(self, arrays: dict[Context, NDArray]) -> None:
        """Takes new arrays, with new gradients."""
        self._arrays = arrays
        self._lookup = {c: a for c, a in arrays.items()}  # noqa: C416 (a dict's key type is invariant)
        if len(arrays) == 1:
            self._lookup[None] = next(iter(arrays.values()))
        self._attach()

    def _attach(self) -> None:
        Parameter.generation += 1
        for context, array in self._arrays.items():
            array._slot = None
            if self._grad_req != "null":
                grad = nd.array(np.zeros(array.shape), context, self.dtype)
                autograd.mark_variables([array], [grad], self._grad_req)

    # -- reading ---------------------------------------------------------------------------------

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array on a device, by default the only one or the current one.

        Raises:
            DeferredInitializationError: it waits for its shape.
            NotInitializedError: it was not initialized, or not on this device.
        """
        found = self._lookup.get(ctx)
        return found if found is not None else self._on(ctx)

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient's array on a device.

        Raises:
            NotInitializedError: as `data`, or no gradient is kept.
        """
        grad = self.data(ctx).grad
        if grad is None:
            raise NotInitializedError(
                f"Parameter {self.name!r} keeps no gradient: its grad_req is {self.grad_req!r}{called_at()}"
            )
        return grad

    def list_data(self) -> list[NDArray]:
        """The arrays on all its devices."""
        return [self.data(c) for c in self._arrays] or [self.data()]

    def list_grad(self) -> list[NDArray]:
        """The gradients on all its devices."""
        return [self.grad(c) for c in self._arrays] or [self.grad()]

    def list_ctx(self) -> list[Context]:
        """Its devices.

        Raises:
            NotInitializedError: it was not initialized.
        """
        if not self._arrays and self._deferred is None:
            self._on(None)
        return list(self._deferred.contexts if self._deferred else self._arrays)

    def _on(self, ctx: Context | None) -> NDArray:
        """The array on the current device, or why there is none."""
        here = self._arrays.get(ctx or current_context())
        if here is not None:
            return here
        if self._arrays:
            raise NotInitializedError(
                f"Parameter {self.name!r} is not on {ctx or current_context()}; it was initialized on "
                f"{', '.join(map(str, self._arrays))}. reset_ctx() moves it{called_at()}"
            )
        if self._deferred is not None:
            raise DeferredInitializationError(
                f"Parameter {self.name!r} has shape {self._shape} so far, and gets its values "
                "once that is known: call the network on data first, or state the input sizes (in_units, "
                f"in_channels){called_at()}"
            )
        raise NotInitializedError(
            f"Parameter {self.name!r} has not been initialized: call .initialize() on the network or the "
            f"parameter (for a Trainer, on the network whose collect_params() it takes){called_at()}"
        )

    # -- writing ---------------------------------------------------------------------------------

    def row_sparse_data(self, row_id: Any) -> NDArray:
        """MXNet's rows of a sparse parameter.

        Raises:
            NotSupportedError: always; `data` gives the whole array, and ``nd.take`` rows of it.
        """
        raise NotSupportedError(
            f"Parameter {self.name!r} is dense; data() gives the whole of it, nd.take(data, rows) some rows"
        )

    list_row_sparse_data = row_sparse_data

    def set_data(self, data: Any) -> None:
        """Writes a value to every device.

        Raises:
            ShapeError: it has another shape.
            NotInitializedError: the parameter was not initialized.
        """
        data = data if isinstance(data, NDArray) else nd.array(data, dtype=self.dtype)
        self.shape = data.shape
        if not self._arrays:
            if self._deferred is None:
                self._on(None)
            assert self._deferred is not None
            self._deferred = self._deferred._replace(data=data.astype(self.dtype))
            self.finish_deferred_init()
            return
        with autograd.pause():
            for context, array in self._arrays.items():
                array[:] = data.as_in_context(context)

    def start_from(self, data: NDArray, ctx: Context | Sequence[Context] | None) -> None:
        """Initializes a parameter that was not, with a value instead of an initializer."""
        self.shape = data.shape
        self._deferred = Deferred(None, as_contexts(ctx), None, data.astype(self.dtype))
        self.finish_deferred_init()

    def check_fits(self, data: NDArray, source: str, cast_dtype: bool) -> None:
        """Whether a saved value can be written into this parameter.

        Raises:
            ShapeError: the shapes differ in more than sizes unknown here.
            DTypeError: the dtypes differ and `cast_dtype` is off.
        """
        if not fits(data.shape, self._shape):
            raise ShapeError(
                f"Parameter {self.name!r} has shape {self._shape}, its value in {source} {data.shape}"
            )
        if not cast_dtype and data.dtype != self.dtype:
            raise DTypeError(
                f"Parameter {self.name!r} is {self._dtype.name}, its value in {source} "
                f"{np.dtype(data.dtype).name}; cast_dtype=True converts it"
            )

    def zero_grad(self) -> None:
        """Sets the gradients to 0."""
        for array in self._arrays.values():
            if array.grad is not None:
                array.grad[:] = 0

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Moves it to other devices; copies that differ, such as moving averages, become their mean.

        Raises:
            NotInitializedError: it was not initialized.
        """
        contexts = as_contexts(ctx)
        if self._deferred is not None:
            self._deferred = self._deferred._replace(contexts=contexts)
            return
        with autograd.pause():
            copies = self.list_data()
            data = copies[0] if len(copies) == 1 else self.mean_over_devices()
            self._hold({c: data.copyto(c) for c in contexts})

    def cast(self, dtype: Any) -> None:
        """Changes the element type; gradients start anew."""
        self._dtype = as_dtype(dtype)
        self._var = None
        with autograd.pause():
            self._hold({c: a.astype(self.dtype) for c, a in self._arrays.items()})

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter of the same name, with arrays and gradients of its own."""
        made = memo[id(self)] = copy.copy(self)
        made._var = None
        with autograd.pause():
            made._hold({c: a.copyto(c) for c, a in self._arrays.items()})
        return made

    def mean_over_devices(self) -> NDArray:
        """The mean of its copies, on the CPU: what is saved."""
        arrays = [a.as_in_context(cpu()) for a in self.list_data()]
        return arrays[0] if len(arrays) == 1 else nd.add_n(*arrays) / len(arrays)

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self._shape}, dtype={self._dtype.name})"
