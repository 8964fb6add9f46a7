"""The user's marks as a schedule."""

from dataclasses import replace

from chains import chain
from hypothesis import given
from hypothesis import strategies as st
from workloads import workloads

from workbench.memory.mirror import mirrored
from workbench.memory.schedule import unplanned
from workbench.memory.workload import Workload


def marked(work, which):
    operations = [replace(o, mirror=i in which or None) for i, o in enumerate(work.operations)]
    return Workload(operations, work.forward, work.sizes, work.held, work.results)


def test_without_marks_everything_is_kept():
    work = chain([3, 5, 7])
    assert mirrored(work) == unplanned(work)


def test_what_is_marked_runs_again_just_before_the_gradient_that_reads_it():
    work = marked(chain([8, 8, 8, 8]), {0, 2})
    assert [list(group) for group in mirrored(work).groups] == [[0, 1, 2, 3], [4, 2, 5, 6, 0, 7]]


def test_marks_in_a_row_run_again_from_the_last_that_is_kept():
    work = marked(chain([8, 8, 8, 8]), {1, 2, 3})
    schedule = mirrored(work)
    assert list(schedule)[4:] == [1, 2, 3, 4, 5, 6, 7]


def test_a_thousand_marks_in_a_row_are_followed():
    work = marked(chain([1] * 3000), set(range(3000)))
    assert len(mirrored(work)) == 9000


@given(st.data())
def test_any_marks_give_a_schedule_that_computes_the_pass(data):
    work = data.draw(workloads())
    which = data.draw(st.sets(st.integers(0, work.forward - 1)))
    schedule = mirrored(marked(work, which))
    schedule.check(work)
    assert set(schedule.repeats) <= which
    assert all(times == 1 for times in schedule.repeats.values())
