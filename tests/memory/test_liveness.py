"""Lifetimes against a simulation that keeps, at every place, just what is still to be read."""

from chains import chain
from hypothesis import given
from hypothesis import strategies as st
from workloads import moving, schedules, workloads

from workbench.memory.liveness import Lifetime, lifetimes, peak, timeline
from workbench.memory.schedule import of_groups, unplanned
from workbench.memory.workload import Operation, Workload


def simulated(workload, schedule):
    """At each place the makings (value, place of it) that are in memory."""
    order = list(schedule)
    current, first, alive = {}, {}, []
    for place, number in enumerate(order):
        operation = workload.operations[number]
        dying = {
            v for v in operation.reads if v in current and not read_next(workload, order[place + 1 :], v)
        }
        handed = {r for g, r in operation.in_place if workload.sizes[g] == workload.sizes[r] and r in dying}
        for value in operation.gives:
            first.setdefault(value, place)
        there = {
            (v, made)
            for v, made in current.items()
            if (v not in handed if v in operation.reads else read_next(workload, order[place:], v))
        }
        current.update(dict.fromkeys(operation.gives, place))
        there |= {(v, place) for v in operation.gives if read_next(workload, order[place + 1 :], v)}
        there |= {(v, made) for v, made in first.items() if v in workload.results}
        alive.append(there)
    return alive


def read_next(workload, rest, value):
    """Whether the next operation that has to do with a value reads it, before any makes it again."""
    for number in rest:
        if value in workload.operations[number].reads:
            return True
        if value in workload.operations[number].gives:
            return False
    return False


@given(st.data())
def test_a_making_lives_from_where_it_is_made_to_where_it_is_read_last(data):
    workload = data.draw(workloads())
    schedule = data.draw(schedules(workload))
    schedule.check(workload)
    expected = simulated(workload, schedule)
    found = [set() for _ in expected]
    for life in lifetimes(workload, schedule):
        for place in range(life.start, life.end + 1):
            found[place].add((life.value, life.start))
    assert found == expected


@given(st.data())
def test_the_timeline_adds_up_what_is_alive(data):
    workload = data.draw(workloads())
    schedule = data.draw(st.one_of(schedules(workload), moving(workload)))
    line = timeline(workload, schedule)
    for place, there in enumerate(simulated(workload, schedule)):
        away = {move.value for move in schedule.moved if move.out < place < move.back}  # groups of one
        for kind in ("activation", "gradient"):
            fixed = workload.fixed | away
            own = [v for v, _ in there if v not in fixed and workload.kind(v) == kind]
            assert line.feature_maps[kind][place] == sum(workload.sizes[v] for v in own)
    assert line.peak == line.total.max()
    assert line.total[line.peak_place] == line.peak


def test_a_chain_keeps_every_layer_until_its_gradient():
    work = chain([3, 5, 7])
    assert lifetimes(work, unplanned(work))[:3] == [
        Lifetime(1, 0, 5, 5),
        Lifetime(2, 1, 4, 4),
        Lifetime(3, 2, 3, 3),
    ]
    assert peak(work, unplanned(work)) == 3 + 5 + 7 + 5  # and, first going back, the gradient of the second


def test_a_value_made_again_is_away_in_between():
    work = chain([3, 5, 7])
    again = of_groups([[0, 1, 2, 3, 0, 1, 4, 0, 5]], 0)
    found = [(life.start, life.end) for life in lifetimes(work, again) if life.value == 1]
    assert found == [(0, 1), (4, 5), (7, 8)]


def test_a_sum_lies_over_one_of_its_terms_and_no_more():
    add = Operation("add", (1, 2), (3,), in_place=((3, 1),))
    work = Workload(
        [Operation("a", (0,), (1,)), Operation("b", (0,), (2,)), add, Operation("c", (3,), (4,))],
        4,
        [0, 8, 8, 8, 1],
        [0],
        [4],
    )
    assert timeline(work, unplanned(work)).total.tolist() == [8, 16, 16, 8]


def sums(steps):
    """A weight's gradient: at each step a term, added to those before."""
    operations = [Operation("forward", (0,), (1,))]
    sizes, before = [8, 4], None
    for step in range(steps):
        term = len(sizes)
        operations.append(Operation(f"term{step}", (1,), (term,), of=0))
        sizes.append(8)
        if before is not None:
            operations.append(
                Operation(f"sum{step}", (before, term), (term + 1,), in_place=((term + 1, before),))
            )
            sizes.append(8)
            term += 1
        before = term
    return Workload(operations, 1, sizes, [0], [before])


def test_gradients_that_grow_into_a_result_take_its_memory():
    work = sums(3)
    assert work.fixed == {0, 2, 4, 6}  # the weight, the first term and the two sums
    assert peak(work, unplanned(work)) == 4 + 8  # the activation and one term


def test_a_gradient_that_is_read_again_does_not_grow_into_a_result():
    work = sums(2)
    operations = [*work.operations, Operation("reader", (2,), (5,))]
    again = Workload(operations, 1, [*work.sizes, 1], [0], [4, 5])
    assert again.fixed == {0, 4, 5}
