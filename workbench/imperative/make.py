"""Making arrays: from anything array-like, or filled with one number."""

from __future__ import annotations

from typing import Any

import jax
import jax.dlpack
import numpy as np

from workbench.errors import ArgumentError, NotSupportedError
from workbench.graph.composite import filled as filling
from workbench.imperative.invoke import invoke
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage, leaf
from workbench.ops import registry
from workbench.runtime.call import Cell
from workbench.runtime.device import Context, chosen_context, context_of, current_context
from workbench.runtime.mesh import Mesh, mesh_of
from workbench.runtime.promise import Promise
from workbench.runtime.run import single_segment
from workbench.types import TensorType, as_dtype, tensor_type, whole


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An NDArray from anything array-like, copied; float32 unless told, as in MXNet.

    Raises:
        DTypeError: the dtype is not one of the workbench's.
        ArgumentError: the source is not numbers.
    """
    if isinstance(source_array, NDArray):
        ctx = source_array.context if ctx is None else ctx
        source_array = source_array.asnumpy()
        dtype = dtype or source_array.dtype
    wanted = as_dtype(dtype or np.float32)
    context = chosen_context(ctx)
    host = as_numbers(source_array, wanted, "nd.array()", copy=True)
    return NDArray(Storage(leaf(put(host, context), tensor_type(host.shape, wanted)), context))


def from_jax(value: jax.Array) -> NDArray:
    """An NDArray over a `jax.Array`, without a copy."""
    traced = isinstance(value, jax.core.Tracer)
    context = current_context() if traced else mesh_of(value) or context_of(value)
    return NDArray(Storage(leaf(value, tensor_type(value.shape, value.dtype)), context))


def _filled(
    name: str, shape: Any, value: float, ctx: Any, dtype: Any, stype: str | None, out: NDArray | None
) -> NDArray:
    shape = tuple(shape) if isinstance(shape, list) else shape
    if isinstance(ctx, (int, np.integer)) and isinstance(shape, (int, np.integer)):
        raise ArgumentError(
            f"nd.{name}(): a device is a Context such as cpu(0), got {ctx!r}; a shape is one tuple, ({shape}, {ctx})"
        )
    whole(name, shape)
    dense(stype, f"nd.{name}()")
    if out is not None and not isinstance(out, NDArray):
        raise ArgumentError(f"nd.{name}(): out= must be an NDArray, got {type(out).__name__}")
    context = chosen_context(ctx) if out is None else out.context
    dtype = as_dtype("float32" if dtype is None else dtype)
    if isinstance(value, (int, np.integer)) and as_float(value) is None:
        made = array(np.full(shape, value), context, dtype)
    else:
        made = filled(shape, value, context, dtype)
    return made if out is None else made.copyto(out)


def zeros(
    shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None, out: Any = None
) -> NDArray:
    """An array of zeros; written into `out` if given.

    Raises:
        ArgumentError: the shape is not one integer or a tuple of them, or `ctx` is no device.
        NotSupportedError: `stype` asks for a sparse array.
    """
    return _filled("zeros", shape, 0.0, ctx, dtype, stype, out)


def unwritten(type_: TensorType, context: Context) -> NDArray:
    """An array of zeros that takes no memory until someone reads it; what is written before that takes its place."""
    bound, numbers = filling(type_, 0.0)
    cell = Cell(None, 0, type_)
    Promise(single_segment(bound, (), (0,), context), (), numbers, [cell], [0])
    return NDArray(Storage(cell, context))


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, out: Any = None) -> NDArray:
    """An array of ones; written into `out` if given.  Raises as `zeros` does."""
    return _filled("ones", shape, 1.0, ctx, dtype, None, out)


def full(shape: Any, val: float, ctx: Context | None = None, dtype: Any = None, out: Any = None) -> NDArray:
    """An array filled with one number; written into `out` if given.  Raises as `zeros` does."""
    return _filled("full", shape, val, ctx, dtype, None, out)


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """An array of zeros: there is no uninitialised memory to hand out.  Raises as `zeros` does."""
    return _filled("empty", shape, 0.0, ctx, dtype, stype, None)


def dense(stype: str | None, what: str) -> None:
    """Checks that a storage type is the dense one.

    Raises:
        NotSupportedError: it is sparse.
        ArgumentError: it is none of MXNet's.
    """
    if stype in (None, "default"):
        return
    if stype in ("csr", "row_sparse"):
        raise NotSupportedError(f"{what}: arrays are dense; leave stype={stype!r} out, or give 'default'")
    raise ArgumentError(f"{what}: a storage type is 'default', 'csr' or 'row_sparse', got {stype!r}")


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Evenly spaced values in [start, stop), or [0, start), each repeated `repeat` times.

    Raises:
        ArgumentError: the step is 0.
        NotSupportedError: `infer_range`, by which MXNet leaves the end to other operators.
    """
    if infer_range:
        raise NotSupportedError("nd.arange(): infer_range=True has no meaning for an array; give `stop`")
    attrs = {"start": start, "stop": stop, "step": step, "repeat": repeat, "dtype": as_dtype(dtype)}
    return invoke(registry.get("_arange"), (), attrs, ctx=chosen_context(ctx))


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """`num` evenly spaced values from `start` to `stop`, which is one of them if `endpoint`."""
    attrs = {"start": start, "stop": stop, "num": num, "endpoint": endpoint, "dtype": as_dtype(dtype)}
    return invoke(registry.get("_linspace"), (), attrs, ctx=chosen_context(ctx))


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """`N` rows and `M` columns (`N` if 0) of zeros, with ones on the `k`-th diagonal."""
    attrs = {"N": N, "M": M, "k": k, "dtype": as_dtype(dtype or "float32")}
    return invoke(registry.get("_eye"), (), attrs, ctx=chosen_context(ctx))


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True) -> NDArray:
    """An NDArray of a NumPy array's values and dtype.

    Raises:
        ArgumentError: it is not a NumPy array.  (With `zero_copy` MXNet shares the memory and makes the NumPy array
            read-only; here values are always copied, and the NumPy array is left as it was.)
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(f"nd.from_numpy() takes a NumPy array, got {type(ndarray).__name__}")
    return array(ndarray, dtype=ndarray.dtype)


def from_dlpack(dlpack: Any) -> NDArray:
    """An NDArray over the memory of any array that speaks DLPack (PyTorch's, NumPy's, JAX's), copied where JAX must."""
    with jax.enable_x64(True):
        return from_jax(jax.dlpack.from_dlpack(dlpack))


def ones_like(data: NDArray) -> NDArray:
    """Ones of the shape, dtype and device of `data`."""
    return ones(data.shape, data.context, data.dtype)


def filled(shape: Any, value: float, context: Context, dtype: Any) -> NDArray:
    """An array filled with one number, on exactly this device."""
    attrs = {"shape": shape, "value": value, "dtype": dtype}
    return invoke(registry.get("_full"), (), attrs, ctx=context)


def put(value: Any, context: Context, layout: Any = None) -> jax.Array:
    """A host or device array moved to a device; on a mesh by a layout, whole where there is none."""
    with jax.enable_x64(True):
        if not isinstance(context, Mesh):
            return jax.device_put(value, context.jax_device)
        return context.put(value, layout)


def as_float(value: Any) -> float | None:
    """A number as the float that it is; None for an integer of so many digits that no float is equal to it."""
    try:
        number = float(value)
    except OverflowError:
        return None
    same = int(value) == number if isinstance(value, np.integer) else value == number or value != value
    return number if same else None


def as_numbers(value: Any, dtype: np.dtype[Any], what: str, copy: bool | None = None) -> np.ndarray:
    """A NumPy array, copied where it must be.

    Raises:
        ArgumentError: the value is not numbers; None is none, although NumPy reads it as nan.
    """
    try:
        # NumPy takes anything for a bool; V is the kind of bfloat16.
        if value is None or (dtype.kind == "b" and np.asarray(value).dtype.kind not in "biufV"):
            raise TypeError("it holds no number")
        return np.array(value, dtype=dtype, copy=copy)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"{what} can't read {type(value).__name__} as numbers: {error}") from error
