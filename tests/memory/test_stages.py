import pytest
from chains import chain

from workbench.errors import ArgumentError
from workbench.memory.liveness import lifetimes, peak, timeline
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.stages import Stages, places_to_cut


def test_without_a_plan_all_layers_are_kept():
    work = chain([10] * 64)
    schedule = unplanned(work)
    schedule.check(work)
    assert peak(work, schedule) == 640 + 10  # and one gradient on its way
    assert schedule.repeats == {}


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_equal_segments_of_a_chain_take_the_boundaries_and_one_segment(size):
    work = chain([1] * 64)
    stages = Stages(work, range(65))
    schedule = stages.segmented(range(size, 64, size))
    schedule.check(work)
    assert peak(work, schedule) == 64 // size - 1 + size + 1  # boundaries, a segment, a gradient
    assert schedule.recomputed_flops(work) == (64 // size - 1) * (size - 1)  # a boundary is there


def test_a_value_that_is_made_again_has_two_lives():
    work = chain([1] * 4)
    schedule = Stages(work, range(5)).segmented([2])
    first = [life for life in lifetimes(work, schedule) if life.value == 1]
    assert [(life.start, life.end) for life in first] == [(0, 1), (6, 8)]


def test_a_timeline_tells_activations_from_gradients():
    work = chain([3, 5, 7])
    line = timeline(work, unplanned(work))
    assert line.feature_maps["activation"].tolist() == [3, 8, 15, 15, 8, 3]
    assert line.feature_maps["gradient"].tolist() == [0, 0, 0, 5, 8, 3]
    assert (line.peak, line.peak_place) == (20, 3)


def test_a_chain_can_be_cut_wherever_one_value_crosses():
    assert places_to_cut(chain([1] * 5)) == [0, 1, 2, 3, 4, 5]
    found = places_to_cut(chain([1] * 1000), most=50)
    assert (found[0], found[-1]) == (0, 1000)
    assert 45 <= len(found) <= 52


def test_a_schedule_that_reads_what_is_not_there_is_refused():
    work = chain([1] * 3)
    with pytest.raises(ArgumentError, match="runs 'layer1' at place 0 before layer0"):
        Schedule(((1, 0, 2),), 1).check(work)
    with pytest.raises(ArgumentError, match="never runs layer0_backward"):
        Schedule(((0, 1, 2), (3, 4)), 1).check(work)
    with pytest.raises(ArgumentError, match="runs operation 9, of 6"):
        Schedule(((0, 1, 2), (9,)), 1).check(work)


def test_a_schedule_whose_forward_is_not_the_forward_pass_is_refused():
    work = chain([1] * 2)
    with pytest.raises(ArgumentError, match="has 1 groups, and says forward=2"):
        Schedule(((0, 1, 2, 3),), 2).check(work)
    with pytest.raises(ArgumentError, match="runs 'layer1_backward' before the backward pass is asked for"):
        Schedule(((0, 1, 2, 3),), 1).check(work)
