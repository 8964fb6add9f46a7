import re

import pytest

import workbench as wb
from workbench.contraction import ORDERS
from workbench.errors import ArgumentError, ShapeError

CHAIN = "ab,bc,cd->ad", (8, 16), (16, 32), (32, 4)


@pytest.fixture
def without_cotengra(monkeypatch):
    monkeypatch.setattr("workbench.contraction.search.find_spec", lambda name: None)


@pytest.mark.usefixtures("without_cotengra")
def test_all_orders_stand_side_by_side():
    found = wb.tensor.orders(*CHAIN)
    assert [c.order for c in found] == [name for name in ORDERS if name != "cotengra"]
    assert len(found) == 6
    assert found["left_to_right"].flops.value == 2 * 8 * 16 * 32 + 2 * 8 * 32 * 4
    assert found["exact"].flops.value == found["optimal"].flops.value == 2 * 16 * 32 * 4 + 2 * 8 * 16 * 4
    assert repr(found) == "Orders(left_to_right, single_loop, exact, optimal, dp, greedy)"
    with pytest.raises(
        ArgumentError, match="order 'cotengra' here: order 'cotengra' needs the package cotengra"
    ):
        found["cotengra"]
    with pytest.raises(ArgumentError, match=r"there is no order 'exakt' here: .* Did you mean 'exact'\?"):
        found["exakt"]


@pytest.mark.usefixtures("without_cotengra")
def test_orders_are_a_table():
    found = wb.tensor.orders(*CHAIN).measure(repeats=1, most_flops=20_000)
    assert found["single_loop"].time is None
    assert found["greedy"].time is not None
    lines = found.report().splitlines()
    assert lines[0].split() == [
        "order",
        "work",
        "by",
        "XLA",
        "largest",
        "temporary",
        "by",
        "XLA",
        "slices",
        "time",
    ]
    assert lines[1].split() == [
        "predicted",
        "measured",
        "predicted",
        "predicted",
        "measured",
        "predicted",
        "measured",
    ]
    assert lines[2].split()[:5] == ["left_to_right", "10.2", "kFLOP", "10.2", "kFLOP"]
    assert lines[3].split()[0] == "single_loop"
    assert lines[3].split()[-1] == "–"
    assert "single_loop: not run, more than 20 kFLOP" in lines


@pytest.mark.usefixtures("without_cotengra")
def test_an_order_that_can_not_be_had_says_why():
    found = wb.tensor.orders(*CHAIN, minimize="size")
    assert "looks for the fewest operations only" in found.left_out["greedy"]
    found = wb.tensor.orders(*CHAIN, memory_limit=16)
    assert "can't be kept within 16 B" in found.left_out["exact"]
    matrices = wb.tensor.orders("ab,bc,cd,de,ef,fg,gh,hi,ij->aj", *[(2, 2)] * 9)
    assert "is searched for up to 8 tensors, here are 9" in matrices.left_out["optimal"]
    assert "greedy" in [c.order for c in matrices]


@pytest.mark.usefixtures("without_cotengra")
def test_each_order_keeps_to_a_limit():
    for found in wb.tensor.orders(*CHAIN, memory_limit=512):
        assert found.xla_temporary.value <= 512


def test_what_is_wrong_for_all_is_raised():
    with pytest.raises(ShapeError, match=re.escape("'ab,bc->ac' has 2 tensors, but 1 came")):
        wb.tensor.orders("ab,bc->ac", (2, 3))
    with pytest.raises(ArgumentError, match="memory_limit is a size of a byte or more"):
        wb.tensor.orders(*CHAIN, memory_limit="little")


def test_what_xla_can_not_count_is_predicted_alone():
    lines = wb.tensor.orders("ab,bc,cd,de,ef,fg->ag", *[(2000, 2000)] * 6).report().splitlines()
    (loops,) = (line for line in lines if line.startswith("single_loop"))
    assert loops.split()[1:4] == ["7.68e+05", "EFLOP", "–"]
    limited = wb.tensor.orders("ab,bc->ac", (10**12, 1), (1, 10**12), memory_limit="1MB")
    assert "is beyond the 2⁶³ bytes and operations that XLA can count" in limited.left_out["exact"]


@pytest.mark.parametrize("name", [0, None, ["exact"]])
def test_an_order_is_asked_for_by_its_name(name):
    with pytest.raises(ArgumentError, match=re.escape(f"there is no order {name!r} here: there are ")):
        wb.tensor.orders(*CHAIN)[name]
