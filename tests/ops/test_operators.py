"""The operator sweep: every registered operator, imperative = symbolic = NumPy, gradients = finite differences.

It is driven from the registry: an operator without a case fails here, so a new one can't escape.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import workbench as mx
from tests.ops.case import DIFFERENCE_TOLERANCE, STEP, TOLERANCE, Case
from tests.ops.cases import CASES, LOOKED_AT, MODULES
from workbench import autograd, nd, sym
from workbench.graph.bind import bind
from workbench.ops import registry
from workbench.ops.random import LAWS

RANDOM = {  # test_random.py
    *[form for law in LAWS for form in (f"_random_{law}", f"_random_{law}_like", f"_sample_{law}")],
    "_random_randint", "_sample_multinomial", "_shuffle", "Dropout",
}  # fmt: skip
FIRST = {case.op: case for case in reversed(CASES)}
DIFFERENTIABLE = [case for case in CASES if case.gradient and any(draw.moves for draw in case.inputs)]
OPERATORS = sorted({op.name for op in registry.table().values()})

by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def dtypes_of(case: Case, dtype: str) -> list[str]:
    return [draw.dtype or dtype for draw in case.inputs]


def close(got: np.ndarray, want: np.ndarray, dtype: str) -> None:
    rtol, atol = TOLERANCE[dtype]
    np.testing.assert_allclose(
        np.asarray(got, np.float64), np.asarray(want, np.float64), rtol=rtol, atol=atol
    )


def call_nd(case: Case, arrays: list[nd.NDArray]) -> list[nd.NDArray]:
    with autograd.train_mode() if case.train else autograd.predict_mode():
        out = getattr(nd, case.op)(*arrays, **case.attrs)
    return list(out) if isinstance(out, (list, tuple)) else [out]


def on_device(case: Case, dtype: str) -> list[nd.NDArray]:
    return [nd.array(a, dtype=d) for a, d in zip(case.arrays(), dtypes_of(case, dtype), strict=True)]


def symbol_of(case: Case) -> sym.Symbol:
    variables = [sym.var(f"x{i}", dtype=draw.dtype) for i, draw in enumerate(case.inputs)]
    return getattr(sym, case.op)(*variables, **case.attrs, name="node")


def bound(case: Case, grad_req: str = "null") -> mx.sym.Symbol:
    symbol = symbol_of(case)
    named = {f"x{i}": a for i, a in enumerate(on_device(case, "float64"))}
    aux = {name: named.pop(name) for name in symbol.list_auxiliary_states()}
    moving = {f"x{i}" for i, draw in enumerate(case.inputs) if draw.moves}
    grads = {
        n: nd.full(a.shape, 7, dtype=a.dtype) for n, a in named.items() if n in moving and grad_req != "null"
    }
    req = {n: grad_req if n in grads else "null" for n in named}
    return symbol.bind(mx.cpu(), named, args_grad=grads, grad_req=req, aux_states=aux)


@pytest.mark.parametrize("op", OPERATORS)
def test_every_operator_has_a_case(op: str) -> None:
    assert op in FIRST or op in RANDOM, f"operator {op!r} is registered but has no case in tests/ops"
    several = {tuple(d.shape for d in case.inputs) for case in CASES if case.op == op}
    assert op in RANDOM or not registry.get(op).inputs or len(several) > 1, (
        f"{op!r} is tried on one shape only"
    )


@pytest.mark.parametrize("name", sorted(registry.table()))
def test_every_name_is_a_documented_function_of_both_styles(name: str) -> None:
    op = registry.get(name)
    assert op.doc
    for space in (nd, sym):
        function = getattr(space, name)
        if function.__doc__ == op.doc:
            assert list(inspect.signature(function).parameters)[: len(op.inputs)] == list(op.inputs)
        else:  # the namespace has a function of its own under this name
            assert function.__doc__


@by_name
def test_imperative_equals_reference(case: Case) -> None:
    arrays = on_device(case, "float64")
    op = registry.get(case.op)
    want = case.expected(case.arrays())
    got = call_nd(case, arrays)
    written = dict(bind(op, case.attrs)[0].writes) if op.update or op.writes else {}
    assert len(got) == len(want) - len(written)
    for one, expected in zip(got, want, strict=False):
        assert one.shape == expected.shape
        close(one.asnumpy(), expected, "float64")
    for position, expected in zip(written, want[len(got) :], strict=True):
        close(arrays[position].asnumpy(), expected, "float64")
    for i in set(range(len(arrays))) - set(written):
        np.testing.assert_array_equal(arrays[i].asnumpy(), case.arrays()[i])


@by_name
def test_symbolic_equals_reference_and_infers_its_shape(case: Case) -> None:
    trains = case.train or not registry.get(case.op).train_aware
    executor = bound(case, "write" if case in DIFFERENTIABLE else "null")
    want = case.expected(case.arrays())
    got = executor.forward(is_train=trains)
    for one, expected in zip(got, want, strict=False):
        close(one.asnumpy(), expected, "float64")
    for name, expected in zip(
        registry.get(case.op).aux if case.train else (), want[len(got) :], strict=False
    ):
        position = registry.get(case.op).inputs.index(name)
        close(executor.aux_dict[f"x{position}"].asnumpy(), expected, "float64")
    symbol = symbol_of(case)
    shapes = {f"x{i}": draw.shape for i, draw in enumerate(case.inputs) if draw.shape}
    _, outputs, _ = symbol.infer_shape(**shapes)
    assert outputs == [one.shape for one in got]
    assert len(symbol.list_outputs()) == len(got)


@by_name
def test_symbol_file_gives_the_operator_back(case: Case) -> None:
    symbol = symbol_of(case)
    again = sym.load_json(symbol.tojson())
    assert again.tojson() == symbol.tojson()
    assert again.nodes[-1].bound is symbol.nodes[-1].bound
    assert again.nodes[-1].scalars == symbol.nodes[-1].scalars


def head_gradients(case: Case) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    visible = len(case.expected(case.arrays())) - len(registry.get(case.op).writes)
    shapes = [out.shape for out in case.expected(case.arrays())[:visible]]
    heads = [rng.uniform(0.5, 1.5, shape) for shape in shapes]
    if case.op in LOOKED_AT:
        heads[1:] = [np.zeros_like(h) for h in heads[1:]]
    return heads


def differences(case: Case, heads: list[np.ndarray]) -> dict[int, np.ndarray]:
    """Central differences of sum(head · output) by the reference, for each input that moves."""
    arrays = case.arrays()
    found = {}
    for i, draw in enumerate(case.inputs):
        if not draw.moves or registry.get(case.op).inputs[i : i + 1] in [
            (name,) for name in registry.get(case.op).aux
        ]:
            continue
        slope = np.zeros(draw.shape)
        for place in np.ndindex(*draw.shape):
            ends = []
            for step in (STEP, -STEP):
                moved = [a.copy() for a in arrays]
                moved[i][place] += step
                outputs = case.expected(moved)
                ends.append(sum(np.sum(h * o) for h, o in zip(heads, outputs, strict=False)))
            slope[place] = (ends[0] - ends[1]) / (2 * STEP)
        found[i] = slope
    return found


def expected_gradients(case: Case, heads: list[np.ndarray]) -> dict[int, np.ndarray]:
    if case.loss is None:
        return differences(case, heads)
    none = {i: np.zeros(d.shape) for i, d in enumerate(case.inputs) if d.moves}
    return {**none, 0: case.loss(*case.arrays(), **case.attrs)}


def near(got: np.ndarray, want: np.ndarray) -> None:
    rtol, atol = DIFFERENCE_TOLERANCE
    np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=lambda case: case.name)
def test_gradients_of_both_styles_equal_finite_differences(case: Case) -> None:
    heads = head_gradients(case)
    want = expected_gradients(case, heads)
    arrays = on_device(case, "float64")
    for i in want:
        arrays[i].attach_grad()
    with autograd.record(train_mode=case.train):
        outputs = getattr(nd, case.op)(*arrays, **case.attrs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    cotangents = [nd.array(h, dtype="float64") for h in heads]
    autograd.backward(outputs, cotangents)
    for i, slope in want.items():
        near(arrays[i].grad.asnumpy(), slope)
    if registry.get(case.op).train_aware and not case.train:
        return  # an Executor differentiates training only
    executor = bound(case, "write")
    executor.forward(is_train=True)
    executor.backward(cotangents)
    for i, slope in want.items():
        near(executor.grad_dict[f"x{i}"].asnumpy(), slope)


OWN_DTYPE = {  # operators whose output's dtype does not follow their input's
    "argsort", "_histogram", "one_hot", "shape_array", "size_array",
    "_full", "_ones", "_arange", "_linspace", "_eye", "_contrib_index_array", "_contrib_allclose",
    "all_finite", "multi_all_finite", "multi_sum_sq",
    "_quantize_2bit",
    "_dequantize_2bit",
}  # fmt: skip
TERMWISE = {
    "cases_binary",
    "cases_elementwise",
    "cases_order",
    "cases_optimizer",
    "cases_shape",
    "cases_create",
    "cases_gather",
    "cases_join",
    "cases_slicing",
}  # no sums: bfloat16 says all
SUMMING = {case.op for name, module in MODULES.items() if name not in TERMWISE for case in module.CASES}
PRECISIONS = [
    (case, dtype)
    for case in FIRST.values()
    for dtype in [
        "float32",
        *["bfloat16"] * case.coarse,
        *["float16"] * (case.coarse and case.op in SUMMING),
        *["int32"] * case.ints,
    ]
]


@pytest.mark.parametrize(("case", "dtype"), PRECISIONS, ids=lambda v: v if isinstance(v, str) else v.op)
def test_other_dtypes_compute_the_same_in_their_precision(case: Case, dtype: str) -> None:
    arrays = on_device(case, dtype)
    rounded = [a.astype("float64").asnumpy() for a in arrays]
    want = case.expected(rounded)
    for one, expected in zip(call_nd(case, arrays), want, strict=False):
        if "dtype" not in case.attrs and case.op not in OWN_DTYPE:
            assert np.dtype(one.dtype).name == dtype
        close(one.astype("float64").asnumpy(), expected, dtype)
