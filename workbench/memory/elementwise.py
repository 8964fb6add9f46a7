"""Which results may be written over which inputs: where element k of one needs element k of the other, and no more.

Addition can write its sum over a term, because once an element is read nobody needs it again; a softmax can't, for
its every element needs all inputs.  Rather than listing operators, this looks at what each one is made of: the JAX
program behind it is followed from the input on, and every step on the way must work element by element.  Gradients
are programs too, so the same holds for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import jax
import numpy as np

from workbench.graph.bound import Bound, Types

ELEMENT_BY_ELEMENT = {
    "abs", "acos", "acosh", "add", "add_any", "and", "asin", "asinh", "atan", "atan2", "atanh", "bessel_i0e",
    "bessel_i1e", "cbrt", "ceil", "clamp", "convert_element_type", "copy", "copy_p", "cos", "cosh", "digamma", "div",
    "eq", "erf", "erf_inv", "erfc", "exp", "exp2", "expm1", "floor", "ge", "gt", "igamma", "igammac", "integer_pow",
    "is_finite", "le", "lgamma", "log", "log1p", "logistic", "lt", "max", "min", "mul", "ne", "neg", "nextafter",
    "not", "optimization_barrier", "or", "pow", "reduce_precision", "rem", "round", "rsqrt", "select_n",
    "shift_left", "shift_right_arithmetic", "shift_right_logical", "sign", "sin", "sinh", "sqrt", "square",
    "stop_gradient", "sub", "tan", "tanh", "xor",
}  # fmt: skip
IN_ORDER = {"reshape", "squeeze", "expand_dims", "broadcast_in_dim"}  # where the number of elements stays

Pairs = tuple[tuple[int, int], ...]


@cache
def in_place(bound: Bound, types: Types) -> Pairs:
    """Pairs (output, input) of an operation that may lie in the same memory, where the input is read no more.

    The two have the same dtype and number of elements.  A reshape counts: it moves nothing.

    Args:
        bound: the operation.
        types: of its inputs, the random key included where it draws.
    """
    outputs = bound.infer(types)
    alike = [
        (given, read)
        for given, output in enumerate(outputs)
        for read, type_ in enumerate(types)
        if output.size == type_.size > 1 and output.dtype == type_.dtype
    ]
    if not alike:
        return ()
    program = program_of(bound, types)
    reached = {read: _reached(program, [program.invars[read]]) for read in {read for _, read in alike}}
    return tuple(
        (given, read)
        for given, read in alike
        if (found := reached[read]) is not None and program.outvars[given] in found
    )


@cache
def unchanged(bound: Bound, types: Types) -> frozenset[int]:
    """The outputs of an operation that are one of its inputs as it is: moved nowhere, and no number of it changed.

    Args:
        bound: the operation.
        types: of its inputs.
    """
    if not in_place(bound, types):
        return frozenset()
    program = program_of(bound, types)
    same = set(program.invars)
    for step in program.eqns:
        if step.primitive.name in IN_ORDER and _is_variable(step.invars[0]) and step.invars[0] in same:
            same.update(o for o in step.outvars if o.aval.size == step.invars[0].aval.size)
    return frozenset(i for i, output in enumerate(program.outvars) if _is_variable(output) and output in same)


def program_of(bound: Bound, types: Types) -> Any:
    """What an operation is made of: its JAX program, as JAX writes it down."""
    arrays = [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in types]
    scalars = [jax.ShapeDtypeStruct((), np.float64) for _ in range(bound.scalar_count)]
    with jax.enable_x64(True):
        return jax.make_jaxpr(lambda arrays, scalars: bound.call(arrays, scalars))(arrays, scalars).jaxpr


def _reached(program: Any, starts: Iterable[Any]) -> set[Any] | None:
    """The variables computed element by element from the first; None where any step is of another kind."""
    reached = set(starts)
    for step in needed_steps(program):
        touched = [v for v in step.invars if _is_variable(v) and v in reached]
        if touched:
            found = _through(step, touched)
            if found is None:
                return None
            reached.update(found)
    return reached


def _through(step: Any, touched: list[Any]) -> list[Any] | None:
    """The results of a step that depend on these of its inputs, if they do so element by element."""
    inner = step.params.get("jaxpr", step.params.get("call_jaxpr"))
    if inner is not None and len(step.invars) == len(getattr(inner, "jaxpr", inner).invars):
        return _inside(getattr(inner, "jaxpr", inner), step, touched)
    name = step.primitive.name
    sized = all(v.aval.size == o.aval.size for v in touched for o in step.outvars)
    return list(step.outvars) if sized and (name in ELEMENT_BY_ELEMENT or name in IN_ORDER) else None


def _inside(program: Any, step: Any, touched: list[Any]) -> list[Any] | None:
    pairs = zip(step.invars, program.invars, strict=True)
    starts = [inner for outer, inner in pairs if any(outer is v for v in touched)]
    found = _reached(program, starts)
    if found is None:
        return None
    results = zip(step.outvars, program.outvars, strict=True)
    return [outer for outer, inner in results if _is_variable(inner) and inner in found]


def needed_steps(program: Any) -> list[Any]:
    """The steps that the results need, in order: the compiler leaves out the others."""
    wanted = {v for v in program.outvars if _is_variable(v)}
    kept = []
    for step in reversed(program.eqns):
        if any(v in wanted for v in step.outvars):
            kept.append(step)
            wanted.update(v for v in step.invars if _is_variable(v))
    return kept[::-1]


def _is_variable(atom: Any) -> bool:
    return not hasattr(atom, "val")  # a literal has a value
