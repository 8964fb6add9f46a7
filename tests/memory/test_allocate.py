"""Allocation: every value its place, none in another's while both are needed."""

import numpy as np
import pytest
from chains import chain
from hypothesis import given
from hypothesis import strategies as st
from workloads import moving, schedules, workloads

from workbench.errors import ArgumentError
from workbench.memory.allocate import PLANS, allocate
from workbench.memory.liveness import timeline
from workbench.memory.schedule import of_groups, unplanned
from workbench.memory.workload import Operation, Workload


@st.composite
def cases(draw):
    workload = draw(workloads())
    workspace = [draw(st.integers(0, 3)) for _ in workload.operations] if draw(st.booleans()) else []
    options = {"match_range": draw(st.sampled_from([1, 2, 16])), "workspace": workspace}
    return workload, draw(st.one_of(schedules(workload), moving(workload))), options


@given(cases(), st.sampled_from(PLANS), st.integers(1, 3))
def test_what_is_alive_at_once_lies_apart(case, plan, colours):
    workload, schedule, options = case
    arena = allocate(workload, schedule, plan, colours=colours, **options)
    placed = list(zip(arena.buffers, arena.offsets, strict=True))
    for i, (one, low) in enumerate(placed):
        assert low + one.size <= arena.size
        for other, start in placed[:i]:
            if one.start <= other.end and other.start <= one.end:
                assert low + one.size <= start or start + other.size <= low


@given(cases())
def test_each_plan_takes_no_more_than_the_one_before_and_no_less_than_what_is_alive(case):
    workload, schedule, options = case
    none, inplace, share = (allocate(workload, schedule, plan, **options) for plan in PLANS)
    assert none.size >= inplace.size >= share.size >= int(share.live.max())
    assert np.array_equal(inplace.live, share.live)


@given(cases(), st.integers(1, 3))
def test_live_bytes_are_those_of_the_timeline(case, colours):
    workload, schedule, options = case
    arena = allocate(workload, schedule, colours=colours, match_range=options["match_range"])
    line = timeline(workload, schedule)
    assert np.array_equal(arena.live, line.total)
    for kind in ("activation", "gradient"):
        assert np.array_equal(arena.by_kind[kind], line.feature_maps[kind])
    assert set(arena.by_kind["parameter"]) == {workload.fixed_bytes}


@given(cases())
def test_layers_add_up_to_what_is_alive(case):
    workload, schedule, options = case
    arena = allocate(workload, schedule, **options)
    for place in range(len(schedule)):
        assert sum(arena.by_layer(place).values()) == arena.live[place]


def line(sizes):
    """Operations in a row, each of which reads what the one before made."""
    operations = [Operation(f"op{i}", (i,), (i + 1,)) for i in range(len(sizes))]
    return Workload(operations, len(sizes), [1, *sizes], [0], [])


def test_a_block_serves_values_of_other_sizes_and_grows():
    work = line([4, 5, 6, 1])
    arena = allocate(work, unplanned(work))
    assert arena.blocks == (6, 5)
    assert [b.block for b in arena.buffers] == [0, 1, 0]  # nobody reads the last value: it takes no memory
    assert arena.offsets == (0, 6, 0)
    assert allocate(work, unplanned(work), "inplace").size == 4 + 5 + 6


def test_the_match_range_keeps_large_blocks_from_small_values():
    work = line([100, 50, 10, 5, 1])
    assert allocate(work, unplanned(work), match_range=16).blocks == (100, 50)
    assert allocate(work, unplanned(work), match_range=2).blocks == (100, 50, 10, 5)


def test_the_block_that_fits_best_is_taken():
    """Blocks of 8, 5 and 3 are free when 4 are asked for, then 3."""
    operations = [
        Operation("a", (0,), (1, 2, 3)),
        Operation("b", (1, 2, 3), (4,)),
        Operation("c", (4,), (5, 6)),
        Operation("d", (5, 6), (7,)),
    ]
    work = Workload(operations, 4, [1, 8, 5, 3, 1, 4, 3, 1], [0], [7])
    arena = allocate(work, unplanned(work))
    block = {b.value: b.block for b in arena.buffers}
    assert (block[5], block[6]) == (block[2], block[3])


def test_a_result_in_place_lies_over_what_it_reads():
    relu = Operation("relu", (1,), (2,), in_place=((2, 1),))
    work = Workload([Operation("a", (0,), (1,)), relu, Operation("b", (2,), (3,))], 3, [1, 9, 9, 1], [0], [3])
    found = allocate(work, unplanned(work), "inplace")
    assert [(b.value, b.block, b.start, b.end) for b in found.buffers] == [(1, 0, 0, 0), (2, 0, 1, 2)]
    assert allocate(work, unplanned(work), "none").size == 18


def test_workspace_is_there_while_its_operation_runs():
    work = line([4, 4, 4])
    arena = allocate(work, unplanned(work), workspace=[0, 7, 0])
    assert arena.by_kind["workspace"].tolist() == [0, 7, 0]
    assert arena.live.max() == 4 + 4 + 7
    assert arena.size == 15


def test_a_value_computed_again_has_a_buffer_for_each_time():
    work = chain([3, 5, 7])
    again = of_groups([[0, 1, 2, 3, 0, 1, 4, 0, 5]], 0)
    arena = allocate(work, again)
    assert [(b.start, b.end) for b in arena.buffers if b.value == 1] == [(0, 1), (4, 5), (7, 8)]


def branches():
    """Two branches of two operations each that need nothing of each other, and their sum."""
    operations = [
        Operation("a1", (0,), (1,)),
        Operation("a2", (1,), (2,)),
        Operation("b1", (0,), (3,)),
        Operation("b2", (3,), (4,)),
        Operation("sum", (2, 4), (5,)),
        Operation("end", (5,), (6,)),
    ]
    return Workload(operations, 6, [1, 8, 8, 8, 8, 8, 1], [0], [6])


def test_sharing_between_branches_makes_one_wait_for_the_other():
    work = branches()
    arena = allocate(work, unplanned(work))
    assert arena.size == 24
    assert arena.waits == ((0, 2), (1, 2))  # b1 is given what a1 made and a2 read


def test_with_a_colour_a_branch_nothing_waits():
    work = branches()
    arena = allocate(work, unplanned(work), colours=2)
    assert arena.waits == ()
    assert arena.size == 32


def test_the_report_says_what_takes_most():
    work = chain([3, 5, 7])
    found = allocate(work, unplanned(work)).report()
    assert found.splitlines() == [
        "plan share: 20 B in 4 blocks for 5 buffers",
        "held by the caller: 0 B",
        "most alive: 20 B at layer2_backward: activation 15 B, gradient 5 B",
        "  layer2: 12 B",
        "  layer1: 5 B",
        "  layer0: 3 B",
    ]


def test_the_size_is_a_prediction():
    work = chain([3, 5, 7])
    found = allocate(work, unplanned(work)).quantity
    assert (found.value, found.unit, found.kind) == (20, "B", "predicted")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"plan": "shared"}, "allocate(plan='shared'): there is none of that name. Did you mean 'share'?"),
        ({"match_range": 0.5}, "allocate(): match_range must be a number, 1 or more, got 0.5"),
        ({"colours": 0}, "allocate(): colours must be a whole number, 1 or more, got 0"),
        ({"workspace": [1]}, "allocate(workspace=…) has 1 entries for 6 operations"),
    ],
)
def test_what_is_no_plan_is_refused(options, text):
    work = chain([3, 5, 7])
    with pytest.raises(ArgumentError) as caught:
        allocate(work, unplanned(work), **options)
    assert str(caught.value).startswith(text)
