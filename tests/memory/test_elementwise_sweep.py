"""Every operator: where one of its results may lie over an input, changing one element changes that element alone."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np
import pytest

from tests.ops.case import Case
from tests.ops.cases import CASES
from workbench.graph.bind import bind
from workbench.graph.bound import Bound
from workbench.memory.elementwise import in_place
from workbench.ops import registry
from workbench.types import TensorType, tensor_type

FIRST = {case.op: case for case in reversed(CASES)}
TRIED = 3  # elements of each input


def arrays_of(case: Case, bound: Bound) -> list[np.ndarray]:
    drawn = [a.astype(d.dtype or "float64") for a, d in zip(case.arrays(), case.inputs, strict=True)]
    return drawn if bound.key_type is None else [*drawn, np.array([3, 5], np.uint32)]


def check(bound: Bound, arrays: Sequence[np.ndarray], scalars: Sequence[float]) -> None:
    pairs = in_place(bound, types_of(arrays))
    run = jax.jit(bound.call)
    with jax.enable_x64(True):
        before = run(arrays, scalars) if pairs else ()
        for given, read in pairs:
            for element in np.linspace(0, arrays[read].size - 1, TRIED, dtype=int):
                changed = list(arrays)
                changed[read] = arrays[read].copy()
                changed[read].flat[element] += np.asarray(1, arrays[read].dtype)
                after, was = np.asarray(run(changed, scalars)[given]), np.asarray(before[given])
                same = np.equal(after, was) | (np.isnan(after) & np.isnan(was))
                assert set(np.flatnonzero(~same)) <= {element}, f"output {given} over input {read}"


def types_of(arrays: Sequence[np.ndarray]) -> tuple[TensorType, ...]:
    return tuple(tensor_type(a.shape, a.dtype) for a in arrays)


@pytest.mark.parametrize("op", sorted(FIRST))
def test_a_result_over_an_input_needs_the_same_element_alone(op: str) -> None:
    case = FIRST[op]
    bound, scalars = bind(registry.get(op), case.attrs, case.train)
    arrays = arrays_of(case, bound)
    check(bound, arrays, scalars)
    check_gradient(bound, arrays, scalars)


def check_gradient(bound: Bound, arrays: list[np.ndarray], scalars: Sequence[float]) -> None:
    types = types_of(arrays)
    wanted = tuple(bound.differentiable_inputs(types))
    outputs = bound.infer(types)
    given = tuple(t.is_float for t in outputs)
    if not any(wanted) or not any(given):
        return
    rule = bound.gradient(types, given, wanted)
    rng = np.random.default_rng(0)
    drawn = {i: rng.uniform(0.2, 1, t.shape).astype(t.dtype) for i, t in enumerate(outputs)}
    kept = [drawn[k.place] if k.is_output else arrays[k.place] for k in rule.kept]
    cotangents = [drawn[i] for i, g in enumerate(given) if g]
    check(rule.bound, [*kept, *cotangents], scalars)
