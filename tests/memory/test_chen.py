from dataclasses import replace

import pytest
from chains import chain

from workbench.errors import ArgumentError
from workbench.memory.chen import chen
from workbench.memory.liveness import peak
from workbench.memory.schedule import unplanned
from workbench.memory.segments import segments
from workbench.memory.workload import Workload


def marked(work, **marks):
    """The workload with attributes of forward operations replaced: ``mirror={3: True}``."""
    operations = list(work.operations)
    for attribute, places in marks.items():
        for place, value in places.items():
            operations[place] = replace(operations[place], **{attribute: value})
    return Workload(operations, work.forward, work.sizes, work.held, work.results)


def test_memory_grows_as_the_root_of_the_depth_for_one_more_forward():
    peaks = {}
    for depth in (64, 256):
        work = chain([1] * depth)
        schedule = chen(work)
        peaks[depth] = peak(work, schedule)
        assert schedule.recomputed_flops(work) < depth
    assert peaks[64] <= 2 * 8 + 1
    assert peaks[256] <= 2 * 16 + 1


def test_cuts_come_only_after_the_operations_that_are_marked():
    work = marked(chain([1] * 32), stage={7: True, 19: True})
    for strategy in (chen, segments):
        schedule = strategy(work)
        starts = {group[0] for group in schedule.groups[: schedule.forward]}
        assert {0} < starts <= {0, 8, 20}


def test_what_is_marked_to_be_kept_is_never_computed_again():
    plain = chain([1] * 32)
    assert {3, 5} <= set(chen(plain).repeats) | set(segments(plain).repeats)
    work = marked(plain, mirror={3: False, 5: False})
    for strategy in (chen, segments):
        schedule = strategy(work)
        schedule.check(work)
        assert not {3, 5} & set(schedule.repeats)


def test_what_is_marked_to_be_recomputed_is_in_the_last_segment_too():
    work = marked(chain([1] * 32), mirror={30: True})
    assert chen(work).repeats[30] == 1


def test_a_mirror_of_cheap_operations_recomputes_just_those_at_their_gradients():
    work = marked(chain([4] * 6), cheap={1: True, 4: True}, mirror={4: False, 3: True})
    schedule = chen(work, mirror="cheap")
    schedule.check(work)
    assert schedule.repeats == {1: 1, 3: 1}
    backward = schedule.groups[1]
    assert backward.index(3) == backward.index(8) - 1  # just before the gradient of layer 3
    assert peak(work, schedule) < peak(work, unplanned(work))


def test_an_unknown_mirror_is_refused():
    with pytest.raises(ArgumentError, match="mirror must be 'segments' or 'cheap', got 'all'"):
        chen(chain([1]), mirror="all")
