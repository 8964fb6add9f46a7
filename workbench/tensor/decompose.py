"""Decomposing a tensor: into which format, of which rank or to which error, and from which of its entries.

The fits are TensorLy's, on its JAX backend (but HOOI, see `fitting.tucker`), in float64: the error of a good fit is a
small difference of large numbers, and in float32 would drown in rounding.  Factors come back in the tensor's own dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from workbench.arguments import AboveZero, Positive, Range, checked
from workbench.errors import ArgumentError
from workbench.lowrank import Format, Rank, format_of
from workbench.tensor.decomposition import Decomposition
from workbench.tensor.fitting import Effort, Fitting, Observed, fitting_of, observe, tensorly_on
from workbench.types import Quantity

ERROR = "‖x − reconstruction‖ / ‖x‖ in Frobenius norm, over {} of {} entries"

Seed = Annotated[int, Range(0, 2**32 - 1)]
Target = Annotated[float, Range(0, 1, above=True)]


@checked
def decompose(
    array: Any,
    format: str | Format,
    rank: Any = None,
    *,
    error: Target | None = None,
    mask: Any = None,
    nonnegative: bool = False,
    method: str | None = None,
    iterations: Positive = 100,
    tolerance: AboveZero | None = None,
    seed: Seed = 0,
    callback: Callable[[float], object] | None = None,
) -> Decomposition:
    """Writes a tensor as the factors of a low-rank format.

    Args:
        array: two modes or more of real numbers: a NumPy or JAX array, an NDArray.  float32 and float64 are kept,
            other dtypes give float32 factors.
        format: ``"cp"``, ``"tucker"`` or ``"tt"``, or a format such as ``lowrank.Tucker(modes=(0, 1))``.
        rank: a whole number, at most which every place of the format has; a tuple, a number for each place (CP one,
            Tucker one a mode, a tensor train one a bond); or a fraction such as 0.1 of the tensor's parameters.
        error: in place of a rank, the relative error to keep to by the smallest rank.  Singular values give that of
            Tucker; those of a tensor train share the error out over its bonds, so its rank may be a little larger than
            it need be; other fits are tried by doubling and bisection.
        mask: of the array's shape, True where an entry is observed, or ``"nan"``, everything but NaN.  What is missing
            does not count; the reconstruction fills it in.
        nonnegative: whether no factor may hold a negative number; CP and Tucker alone.
        method: of Tucker ``"hooi"``, or ``"hosvd"``, one pass; CP has ``"als"`` and a tensor train ``"svd"`` alone.
        iterations: the most.
        tolerance: the change of the relative error from one iteration to the next at which to stop; by default 1e-8
            for CP, 1e-5 for Tucker, 1e-6 for a tensor train with missing entries.
        seed: of the numbers that fill up a start, where CP's rank is above a mode's size.
        callback: called between the iterations of CP by alternating least squares, with the relative error that they
            have come to.  What it raises ends the fit, and goes on to who called.

    Raises:
        ArgumentError: both or neither of `rank` and `error` are given; the rank is out of bounds or the error out of
            reach; the array holds NaN without a mask, or infinity; nothing is observed of some slice.
        ShapeError: the array has fewer than two modes, or the mask another shape.
        DTypeError: the array does not hold real numbers.
        NotSupportedError: a non-negative tensor train, an HOSVD with missing entries, or a callback of another fit.
    """
    form = format_of(format)
    fitting = fitting_of(form)
    if (rank is None) == (error is None):
        given = "neither" if rank is None else "both"
        raise ArgumentError(f"decompose() takes a rank, or an error to keep to; {given} is given")
    data = observe(array, mask)
    effort = Effort(
        fitting.methods[0] if method is None else method,
        nonnegative,
        iterations,
        fitting.tolerance if tolerance is None else tolerance,
        seed,
        callback,
    )
    fitting.refuse(data, effort)
    with tensorly_on("jax"):
        if error is None:
            return fitted(data, fitting, form.resolve(data.shape, rank), effort)
        return smallest(data, fitting, error, effort)


def fitted(data: Observed, fitting: Fitting[Any], rank: Rank, effort: Effort) -> Decomposition:
    """The fit of one rank; called inside `tensorly_on`.

    Raises:
        ArgumentError: the fit has no numbers: the method broke down.
    """
    with np.errstate(all="ignore"):
        factors = tuple(factor.astype(data.dtype) for factor in fitting.fit(data, rank, effort))
    if not all(np.isfinite(factor).all() for factor in factors):
        raise ArgumentError(
            f"{fitting.format.title} of rank {rank} broke down on this tensor; a smaller rank has less to share out"
        )
    how = ERROR.format(data.count, math.prod(data.shape))
    found = Quantity(data.distance(fitting.reconstruct(factors)), "1", "measured", how, "relative error")
    return Decomposition(fitting.format, effort.method, data.shape, rank, factors, found)


def smallest(data: Observed, fitting: Fitting[Any], error: float, effort: Effort) -> Decomposition:
    """The fit of the smallest rank within an error; called inside `tensorly_on`.

    Raises:
        ArgumentError: no rank comes as near.
    """
    fitting.format.check_shape(data.shape)
    rank = fitting.rank_within(data, error, effort)
    if rank is not None:
        return fitted(data, fitting, rank, effort)
    return climbed(data, fitting, error, lambda r: fitted(data, fitting, r, effort))


def climbed(
    data: Observed, fitting: Fitting[Any], error: float, fit: Callable[[Rank], Decomposition]
) -> Decomposition:
    """The lowest rung of the format's ladder within an error: steps are doubled until one is, then halved.

    No rung is tried that has more parameters than the tensor has entries.

    Raises:
        ArgumentError: none is within it; the message says how near the last came.
    """
    form, shape = fitting.format, data.shape
    highest = max(1, form.step_within(shape, math.prod(shape)))
    low, step = 0, 1
    while (best := fit(form.rung(shape, step))).error.value > error:
        if step == highest:
            raise ArgumentError(
                f"error={error:g}: {form.title} of {shape} with rank {best.rank} comes to {best.error.value:.3g}, and "
                f"no larger one has fewer parameters than the tensor"
            )
        low, step = step, min(2 * step, highest)
    while step - low > 1:
        middle = (low + step) // 2
        found = fit(form.rung(shape, middle))
        if found.error.value <= error:
            best, step = found, middle
        else:
            low = middle
    return best
