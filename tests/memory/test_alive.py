import pytest
from chains import chain

from workbench.memory.alive import Liveness
from workbench.memory.chen import chen
from workbench.memory.offload import offload
from workbench.memory.profile import Profile
from workbench.memory.schedule import of_groups, unplanned


def liveness(work, schedule):
    return Liveness(Profile(work, schedule))


def named(found):
    return {each.value: each for each in found}


def test_what_is_alive_adds_up_to_the_timeline():
    work = chain([10, 25, 30, 40, 15, 60])
    for schedule in (unplanned(work), chen(work), offload(work, parts=6)):
        found = liveness(work, schedule)
        line = found.profile.timeline
        for place in range(len(schedule)):
            assert sum(each.size for each in found.at(place)) == line.total[place] + line.fixed_bytes


def test_a_value_names_its_maker_and_its_readers():
    work = chain([10, 20, 30])  # values 1, 2, 3 of layers 0, 1, 2; backward 2, 1, 0 at places 3, 4, 5
    found = named(liveness(work, unplanned(work)).at(2))
    assert (found[1].made_at, found[1].next_read, found[1].last_read) == (0, 5, 5)
    assert (found[2].made_at, found[2].next_read, found[2].last_read) == (1, 2, 4)
    assert found[2].kind == "activation"
    assert not found[2].fixed


def test_what_the_caller_holds_has_no_price():
    work = chain([10, 20, 30])
    found = liveness(work, unplanned(work))
    data = named(found.at(4))[0]
    assert (data.kind, data.fixed, data.made_at, data.next_read) == ("parameter", True, None, None)
    assert found.again(data) == ()


def test_dropping_a_value_costs_what_made_it():
    work = chain([10, 20, 30, 40], flops=[1.0, 2.0, 4.0, 8.0])
    found = liveness(work, unplanned(work))
    kept = named(found.at(4))
    assert found.again(kept[2]) == (1,)  # its input is kept: one layer
    assert found.flops(found.again(kept[2])) == 2.0


def test_dropping_a_boundary_costs_the_way_back_to_the_one_before():
    work = chain([10] * 6)
    schedule = of_groups([range(6), [5 + 1], [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]], 1)
    schedule.check(work)
    found = liveness(work, schedule)
    last = named(found.at(5))[6]
    assert found.again(last) == (0, 1, 2, 3, 4, 5)  # nothing else was kept


@pytest.mark.parametrize("strategy", [unplanned, chen, offload])
def test_the_price_is_enough_to_make_the_value_again(strategy):
    work = chain([7, 9, 30, 4, 15, 60, 8, 8, 3])
    found = liveness(work, strategy(work))
    lives = found.profile.lives
    for place in range(len(found.profile.schedule)):
        for each in found.at(place):
            there = set(work.held)
            if each.next_read is not None:
                for value, start, end, last in zip(*(c.tolist() for c in lives), strict=True):
                    stays = last if last == end + 1 else end
                    if start < each.next_read <= stays and value != each.value:
                        there.add(value)
            for number in found.again(each):
                assert set(work.operations[number].reads) <= there
                there.update(work.operations[number].gives)
            if not each.fixed and each.next_read is not None:
                assert each.value in there


def test_what_waits_in_the_host_s_memory_says_when_it_leaves_and_that_it_came_back():
    work = chain([10] * 6)
    schedule = offload(work, parts=6)
    found = liveness(work, schedule)
    before, after = named(found.at(1))[2], named(found.at(10))[2]
    assert (before.made_at, before.returned, before.leaves_at) == (1, False, 2)
    assert (after.made_at, after.returned, after.leaves_at) == (10, True, None)
    assert before.last_read == after.last_read == 10
    assert all(2 not in named(found.at(place)) for place in range(3, 10))
