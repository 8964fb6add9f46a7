"""MXNet's ``mx.test_utils``, as far as programs that train use it: devices, comparisons, random arrays, gradients.

Tolerances follow the dtype, as there: what float32 computes is right to four digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, UnknownNameError, unknown_name
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.runtime.device import Context, num_gpus
from workbench.runtime.device import current_context as default_context
from workbench.symbolic.symbol import Symbol

__all__ = [
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_exception",
    "check_numeric_gradient",
    "default_context",
    "default_dtype",
    "list_gpus",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "same",
    "simple_forward",
]

TOLERANCES = {
    "float16": (1e-2, 1e-1),
    "float32": (1e-4, 1e-3),
    "float64": (1e-5, 1e-20),
}  # relative, absolute
STEPS = {"float16": 2.0**-6, "float32": 2.0**-9, "float64": 2.0**-14}  # of finite differences


def default_dtype() -> type[np.float32]:
    """The dtype of arrays that nobody gave one."""
    return np.float32


def list_gpus() -> range:
    """The numbers of the GPUs that JAX can use."""
    return range(num_gpus())


def random_arrays(*shapes: Sequence[int]) -> Any:
    """NumPy arrays of normal numbers, float32, from NumPy's random state; one by itself where one shape is given."""
    arrays = [np.asarray(np.random.randn(*shape), np.float32) for shape in shapes]  # noqa: NPY002 - MXNet's
    return arrays[0] if len(arrays) == 1 else arrays


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    ctx: Context | None = None,
) -> NDArray:
    """An NDArray of normal numbers; `density` is of sparse ones.

    Raises:
        NotSupportedError: a sparse one is asked for.
    """
    nd.zeros((), stype=stype)
    return nd.array(random_arrays(shape), ctx=ctx, dtype=dtype)


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Two lengths, up to these."""
    return _lengths((dim0, dim1), allow_zero_size)


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> tuple[int, ...]:
    """Three lengths, up to these."""
    return _lengths((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """As many lengths, up to `dim`."""
    return _lengths((dim,) * num_dim, allow_zero_size)


def _lengths(most: Sequence[int], zero: bool) -> tuple[int, ...]:
    return tuple(int(np.random.randint(0 if zero else 1, each + 1)) for each in most)  # noqa: NPY002 - MXNet's


def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and values."""
    return bool(np.array_equal(_host(a), _host(b)))


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether two arrays agree within ``atol + rtol * |b|``; by default as float64 should.

    Raises:
        AssertionError: without `use_broadcast`, their shapes differ.
    """
    a, b = _host(a), _host(b)
    if not use_broadcast:
        _same_shape(a, b)
    relative, absolute = TOLERANCES["float64"]
    return bool(
        np.allclose(
            a,
            b,
            relative if rtol is None else rtol,
            absolute if atol is None else atol,
            equal_nan=equal_nan,
        )
    )


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Any = None,
    atol: Any = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: Sequence[int] = (10, 10),
) -> None:
    """Makes sure that two arrays agree within ``atol + rtol * |b|``.

    Args:
        rtol, atol: tolerances, or a dict of them by dtype; those of the coarser dtype by default, none for integers.
        names: what the message calls them.
        mismatches: MXNet's; all are counted, and the largest is shown.

    Raises:
        AssertionError: they differ; the message has the largest error, and how many there are.
    """
    a, b = _host(a), _host(b)
    if not use_broadcast:
        _same_shape(a, b)
    rtol, atol = (_tolerance(given, at, a, b) for at, given in enumerate((rtol, atol)))
    if np.allclose(a, b, rtol, atol, equal_nan=equal_nan):
        return
    a, b = np.broadcast_arrays(a, b)
    wide = [x.astype(np.float64) for x in (a, b)]
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(wide[0] == wide[1], 0, np.abs(wide[0] - wide[1])) / (
            atol + rtol * np.abs(wide[1]) + 1e-20
        )
    error = np.where(np.isnan(error), np.inf, error)
    if equal_nan:
        error = np.where(np.isnan(wide[0]) & np.isnan(wide[1]), 0, error)
    at = tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))
    share = 100 * np.count_nonzero(error > 1) / error.size
    raise AssertionError(
        f"Error {error[at]:f} exceeds tolerance rtol={rtol:e}, atol={atol:e} (mismatch {share:f}%).\n"
        f"Location of maximum error: {at}, {names[0]}={a[at]:.8f}, {names[1]}={b[at]:.8f}"
    )


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """`assert_almost_equal` with NumPy's tolerances."""
    assert_almost_equal(a, b, rtol, atol, equal_nan=equal_nan)


def assert_exception(
    f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any
) -> None:
    """Makes sure that a call raises.

    Raises:
        AssertionError: it does not.
    """
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{getattr(f, '__name__', f)}() did not raise {exception_type.__name__}")


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """A symbol's outputs for NumPy arrays given by name, as NumPy arrays; one by itself."""
    executor = sym.bind(ctx or default_context(), {name: nd.array(value) for name, value in inputs.items()})
    outputs = [output.asnumpy() for output in executor.forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def check_numeric_gradient(
    sym: Symbol,
    location: Sequence[Any] | Mapping[str, Any],
    aux_states: Sequence[Any] | Mapping[str, Any] | None = None,
    numeric_eps: float | None = None,
    rtol: Any = None,
    atol: Any = None,
    grad_nodes: Sequence[str] | None = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> None:
    """Makes sure that a symbol's gradients are those of finite differences, output by output weighed at random.

    Args:
        location: where; arrays by name, or in the order of ``sym.list_arguments()``.
        aux_states: auxiliary states, likewise; what a forward pass makes of them is taken back.
        numeric_eps: the difference; by `dtype` where it is not given.
        grad_nodes: the arguments to look at; all by default.
        use_forward_train: whether differences are taken of a training pass.

    Raises:
        AssertionError: a gradient is off; the message has its name.
        ArgumentError: there are more or fewer arrays than arguments.
    """
    ctx, kind = ctx or default_context(), np.dtype(dtype).name
    values = _named(sym.list_arguments(), location, dtype)
    states = _named(sym.list_auxiliary_states(), aux_states or [], dtype)
    names = list(values if grad_nodes is None else grad_nodes)
    executor = sym.bind(
        ctx,
        {name: nd.array(value, ctx, dtype) for name, value in values.items()},
        {name: nd.zeros(values[name].shape, ctx, dtype) for name in names},
        {name: "write" if name in names else "null" for name in values},
        {name: nd.array(value, ctx, dtype) for name, value in states.items()},
    )
    weights = [np.random.rand(*out.shape) + 0.1 for out in executor.forward(is_train=True)]  # noqa: NPY002
    executor.backward([nd.array(weight, ctx, dtype) for weight in weights])
    found = {name: executor.grad_dict[name].asnumpy() for name in names}
    step = STEPS[kind] if numeric_eps is None else numeric_eps

    def height() -> float:
        for name, value in states.items():
            executor.aux_dict[name][:] = value
        outputs = executor.forward(is_train=use_forward_train)
        return sum(float((o.asnumpy() * w).sum()) for o, w in zip(outputs, weights, strict=True))

    for name in names:
        slope, value = np.zeros(values[name].shape), values[name]
        for at in np.ndindex(value.shape):
            ends = []
            for move in (step / 2, -step / 2):
                moved = value.copy()
                moved[at] += move
                executor.arg_dict[name][:] = moved
                ends.append(height())
            slope[at] = (ends[0] - ends[1]) / step
        executor.arg_dict[name][:] = value
        assert_almost_equal(
            slope.astype(dtype), found[name], rtol, atol, (f"NUMERICAL_{name}", f"BACKWARD_{name}")
        )


def _named(names: Sequence[str], given: Any, dtype: Any) -> dict[str, np.ndarray]:
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ArgumentError(f"{len(names)} arrays are needed, for {', '.join(names)}; got {len(given)}")
        given = dict(zip(names, given, strict=True))
    if set(given) != set(names):
        raise ArgumentError(f"arrays are needed for {', '.join(names)}; got {', '.join(given)}")
    return {name: np.array(_host(given[name]), dtype) for name in names}


def _host(value: Any) -> np.ndarray:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def _same_shape(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape != b.shape:
        raise AssertionError(f"a.shape = {a.shape} and b.shape = {b.shape} are not equal")


def _tolerance(given: Any, at: int, *arrays: np.ndarray) -> float:
    """A tolerance as given, or the coarsest of the arrays' dtypes; a list or number is read as float64."""
    if isinstance(given, (int, float, np.number)):
        return float(given)
    own = {np.dtype(dtype): value for dtype, value in (given or {}).items()}
    return float(max(own.get(x.dtype, TOLERANCES.get(x.dtype.name, (0.0, 0.0))[at]) for x in arrays))


_INSTEAD = {
    "download": "gluon.utils.download copies from file:// addresses; nothing is downloaded",
    "get_cifar10": "gluon.data.vision.CIFAR10 reads its files; nothing is downloaded",
    "get_mnist": "datasets.fashion_mnist() comes with the package, gluon.data.vision.MNIST reads files; nothing is"
    " downloaded",
    "get_mnist_iterator": "io.MNISTIter reads files; nothing is downloaded",
    "get_mnist_ubyte": "io.MNISTIter reads files; nothing is downloaded",
}


def __getattr__(name: str) -> object:
    if name in _INSTEAD:
        raise UnknownNameError(f"workbench.test_utils has no {name!r}: {_INSTEAD[name]}.")
    raise unknown_name("workbench.test_utils", name, __all__)


def __dir__() -> list[str]:
    return __all__
