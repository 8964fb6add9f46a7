import pytest
from chains import chain

from workbench.errors import BudgetError
from workbench.memory.liveness import peak
from workbench.memory.online import evicted, online
from workbench.memory.schedule import unplanned
from workbench.memory.workload import Operation, Workload


def reader(sizes, flops):
    """Values made one after another from data, and operations that read some of them later."""
    makers = [Operation(f"make{i}", (0,), (i + 1,)) for i in range(len(sizes))]
    readers = [Operation(f"read{i}", (i + 1,), (len(sizes) + 1 + i,)) for i in reversed(range(len(sizes)))]
    results = [v for op in readers for v in op.gives]
    work = [*flops, *[1.0] * len(sizes)]
    return Workload(
        [*makers, *readers], len(makers), [0, *sizes, *[0] * len(sizes)], [0], results, work.__getitem__
    )


def test_with_room_nothing_is_evicted():
    work = chain([1] * 8)
    assert online(work, peak(work, unplanned(work))).repeats == {}


def test_what_is_large_and_cheap_goes_first():
    large = reader([8, 2, 2], [6.0, 6.0, 6.0])
    assert online(large, 8).repeats == {0: 1}
    cheap = reader([2, 2, 2], [9.0, 1.0, 9.0])
    assert online(cheap, 4).repeats == {1: 1}


def test_of_equal_values_the_one_unused_for_longest_goes():
    assert online(reader([2, 2, 2], [1.0] * 3), 4).repeats.keys() == {0}


def test_what_was_evicted_is_made_again_with_what_it_was_made_from():
    work = chain([1] * 24)
    schedule = online(work, 14)
    schedule.check(work)
    assert peak(work, schedule) <= 14
    assert schedule.recomputed_flops(work) > 0


def test_a_value_that_finds_no_room_is_an_end():
    work = chain([1] * 8)
    assert evicted(work, 1, 4.0) is None
    with pytest.raises(BudgetError, match="by strategy 'online'"):
        online(work, 1)
