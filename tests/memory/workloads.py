"""Workloads and schedules drawn at random, for properties of planners."""

from hypothesis import strategies as st

from workbench.memory.schedule import Move, Schedule, of_groups
from workbench.memory.workload import Operation, Workload


@st.composite
def workloads(draw, most=6):
    """A small pass of any shape: operations that read and give one or two values, some in place, some results."""
    forward, backward = draw(st.integers(1, most)), draw(st.integers(0, most))
    sizes = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 2)))]
    held = len(sizes)
    operations = []
    for number in range(forward + backward):
        reads = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True))
        gives = [len(sizes) + i for i in range(draw(st.integers(1, 2)))]
        sizes += [draw(st.integers(1, 4)) for _ in gives]
        alike = [(g, r) for g in gives for r in reads if sizes[g] == sizes[r] and r >= held]
        over = [pair for pair in alike if draw(st.booleans())]
        of = draw(st.integers(0, forward - 1)) if number >= forward else None
        operations.append(Operation(f"op{number}", tuple(reads), tuple(gives), of, matched(over)))
    results = draw(st.sets(st.integers(held, len(sizes) - 1), max_size=3))
    return Workload(operations, forward, sizes, range(held), sorted(results))


def matched(pairs):
    kept, taken = [], set()
    for pair in pairs:
        if taken.isdisjoint(pair):
            kept.append(pair)
            taken.update(pair)
    return tuple(kept)


@st.composite
def schedules(draw, workload):
    """Everything once, and some of the forward operations again at later places."""
    order = list(range(len(workload.operations)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(1, len(order)))
        again = draw(st.sampled_from(sorted(set(order[:place]))))
        if again < workload.forward:
            order.insert(place, again)
    turn = next((place for place, n in enumerate(order) if n >= workload.forward), len(order))
    return of_groups([order[:turn], order[turn:]], 1)


@st.composite
def moving(draw, workload):
    """The same in groups of one, with some values in the host's memory for a while."""
    plain = draw(schedules(workload))
    groups, forward = tuple((number,) for number in plain), sum(map(len, plain.groups[: plain.forward]))
    moved = []
    for _ in range(draw(st.integers(0, 4))):
        value = draw(st.integers(0, len(workload.sizes) - 1))
        out, back = draw(st.integers(0, len(groups) - 1)), draw(st.integers(0, len(groups) - 1))
        alone = all(value != move.value or back <= move.out or move.back <= out for move in moved)
        if alone and is_there(workload, groups, value, out, back):
            moved.append(Move(value, out, back))
    return Schedule(groups, forward, tuple(moved))


def is_there(workload, groups, value, out, back):
    """Whether a value is made before it would leave, and read, not made again, once it would be back."""
    made = [at for at, (number,) in enumerate(groups) if value in workload.operations[number].gives]
    reads = [at for at, (number,) in enumerate(groups) if value in workload.operations[number].reads]
    touched = any(out < at < back for at in (*made, *reads))
    after = [at for at in (*made, *reads) if at >= back]
    return bool(made) and made[0] <= out < back - 1 and not touched and bool(after) and min(after) in reads
