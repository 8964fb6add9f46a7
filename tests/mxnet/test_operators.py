"""Every case of the operator sweep in MXNet 1.9.1: values, dtypes, states and gradients.

Where MXNet is not installed, one line says so.  Differences that are meant stand with their reasons in
`lessons/reference/differences.toml`, by what differs; one that has gone fails here until its line goes too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.mxnet import oracle
from tests.mxnet.oracle import Answer, Call
from tests.ops.case import Case
from tests.ops.cases import CASES, LOOKED_AT
from workbench import autograd, nd
from workbench.graph.bind import bind
from workbench.ops import registry

TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}  # both compute in float32, in different orders
PATH = Path(__file__).parents[2] / "lessons" / "reference" / "differences.toml"
DIFFERENCES = tomllib.loads(PATH.read_text(encoding="utf-8"))
ABSENT, MORE = DIFFERENCES["absent"], DIFFERENCES["more"]
ASKED = {case.name: case for case in CASES if case.op not in ABSENT and case.defined}

pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


def call_of(case: Case) -> Call:
    dtypes = [draw.dtype or "float32" for draw in case.inputs]
    arrays = [a.astype(d) for a, d in zip(case.arrays(), dtypes, strict=True)]
    rng = np.random.default_rng(7)
    shapes = [np.shape(one) for one in case.expected(case.arrays())]
    heads = [rng.uniform(0.5, 1.5, shape).astype("float32") for shape in shapes]
    if case.op in LOOKED_AT:
        heads[1:] = [np.zeros_like(h) for h in heads[1:]]
    op = registry.get(case.op)
    names = op.inputs if not op.variadic else ("",) * len(arrays)
    moving = [i for i, d in enumerate(case.inputs) if case.gradient and d.moves and names[i] not in op.aux]
    written = [i for i, _ in bind(op, case.attrs)[0].writes] if op.update or op.writes else []
    into = range(0, len(arrays), len(arrays) // case.attrs["num_weights"]) if op.each else ()
    train = case.train or not op.train_aware  # MXNet differentiates a pooling only in training
    return Call(case.name, case.op, arrays, case.attrs, heads, moving, written, train, into)


def ours(call: Call) -> Answer:
    inputs = [nd.array(a, dtype=a.dtype) for a in call.arrays]
    for i in call.moving:
        inputs[i].attach_grad()
    with autograd.record(train_mode=call.train):
        out = getattr(nd, call.op)(*inputs, **call.attrs)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    if call.moving:
        heads = [nd.array(h, dtype=o.dtype) for h, o in zip(call.heads, outputs, strict=False)]
        autograd.backward(outputs, heads, train_mode=call.train)
    return Answer(
        [o.asnumpy() for o in outputs],
        [inputs[i].asnumpy() for i in call.written],
        {i: inputs[i].grad.asnumpy() for i in call.moving},
    )


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    return oracle.ask([call_of(case) for case in ASKED.values()], tmp_path_factory.mktemp("mxnet"))


def values(got: Answer, want: Answer) -> None:
    assert want.error is None, want.error
    assert len(got.outputs) == len(want.outputs)
    for one, expected in zip([*got.outputs, *got.after], [*want.outputs, *want.after], strict=True):
        assert one.shape == expected.shape
        np.testing.assert_allclose(one.astype(float), expected.astype(float), **TOLERANCE)


def dtypes(got: Answer, want: Answer) -> None:
    assert [o.dtype.name for o in got.outputs] == [o.dtype.name for o in want.outputs]


def gradients(got: Answer, want: Answer) -> None:
    for i, expected in want.gradients.items():
        np.testing.assert_allclose(got.gradients[i], expected, **TOLERANCE, err_msg=f"input {i}")


CHECKS: dict[str, Callable[[Answer, Answer], None]] = {
    "values": values,
    "dtype": dtypes,
    "gradient": gradients,
}


@pytest.mark.parametrize("name", ASKED, ids=str)
def test_the_operator_gives_what_mxnet_gives(name: str, answers: dict[str, Answer]) -> None:
    case = ASKED[name]
    got = ours(call_of(case))
    if case.op in MORE and answers[name].error:
        return
    for aspect, check in CHECKS.items():
        if case.op not in DIFFERENCES[aspect]:
            check(got, answers[name])


@pytest.mark.parametrize("op", MORE)
def test_mxnet_refuses_what_the_table_says_it_does(op: str, answers: dict[str, Answer]) -> None:
    assert any(answers[n].error for n, case in ASKED.items() if case.op == op), f"{op}: strike its line"


@pytest.mark.parametrize(("aspect", "op"), [(a, op) for a in CHECKS for op in DIFFERENCES[a]])
def test_a_listed_difference_is_there(aspect: str, op: str, answers: dict[str, Answer]) -> None:
    def differs(case: Case) -> bool:
        try:
            CHECKS[aspect](ours(call_of(case)), answers[case.name])
        except AssertionError:
            return True
        return False

    assert any(differs(case) for case in ASKED.values() if case.op == op), f"{op} agrees: strike its line"


def test_the_table_names_operators() -> None:
    assert set(DIFFERENCES) == {"absent", "more", *CHECKS}
    for names in DIFFERENCES.values():
        assert all(registry.get(op).name == op for op in names)
