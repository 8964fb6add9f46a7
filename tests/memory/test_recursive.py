"""Memory of the order of a logarithm: halves of halves, and binomial checkpoints."""

from functools import cache
from math import log2

import pytest
from chains import chain

from workbench.errors import ArgumentError, BudgetError
from workbench.memory.liveness import peak
from workbench.memory.recursive import recursive
from workbench.memory.revolve import first_checkpoint, longest, revolve


@pytest.mark.parametrize("depth", [16, 64, 256])
def test_halving_takes_a_logarithm_of_memory_and_half_a_forward_a_level(depth):
    work = chain([1] * depth)
    schedule = recursive(work)
    assert peak(work, schedule) <= log2(depth) + 3
    assert schedule.recomputed_flops(work) <= depth / 2 * log2(depth)


def test_with_room_halving_stops_early():
    work = chain([1] * 64)
    schedules = [recursive(work, budget) for budget in (10, 20, 40, 65)]
    again = [schedule.recomputed_flops(work) for schedule in schedules]
    assert again == sorted(again, reverse=True)
    assert again[0] > again[-1] == 0


@cache
def fewest_runs(length, checkpoints):
    """Of stages to get somewhere, by trying every place for the first checkpoint."""
    if length == 1:
        return 0
    if checkpoints == 0:
        return length * (length - 1) // 2
    return min(
        k + fewest_runs(length - k, checkpoints - 1) + fewest_runs(k, checkpoints) for k in range(1, length)
    )


def test_the_first_checkpoint_is_placed_where_trying_every_place_would_have_it():
    for length in range(2, 40):
        for c in range(1, 12):
            k = first_checkpoint(length, c)
            assert k + fewest_runs(length - k, c - 1) + fewest_runs(k, c) == fewest_runs(length, c)


def test_the_longest_chain_follows_pascal_s_triangle():
    assert [longest(1, r) for r in range(4)] == [1, 3, 6, 10]
    assert longest(3, 2) == longest(3, 1) + longest(2, 2)
    assert longest(-1, 2) == longest(2, -1) == 0


@pytest.mark.parametrize("checkpoints", [0, 1, 3, 7])
def test_revolve_runs_as_few_stages_as_can_be(checkpoints):
    work = chain([1] * 20, reads_input=True)
    schedule = revolve(work, checkpoints=checkpoints)
    schedule.check(work)
    assert (
        schedule.recomputed_flops(work) == fewest_runs(20, checkpoints) - 19
    )  # the first way along is no repeat
    assert peak(work, schedule) <= checkpoints + 4  # a stage's input and output, two gradients


def test_revolve_takes_as_many_checkpoints_as_fit():
    work = chain([1] * 40, reads_input=True)
    schedules = [revolve(work, budget) for budget in (8, 12, 20, 50)]
    again = [schedule.recomputed_flops(work) for schedule in schedules]
    assert again == sorted(again, reverse=True)
    assert again[0] > again[-1]
    with pytest.raises(BudgetError, match="by strategy 'revolve'"):
        revolve(work, 8, checkpoints=10)


def test_a_number_of_checkpoints_is_not_negative():
    with pytest.raises(ArgumentError, match="checkpoints must be a whole number, 0 or more or None, got -1"):
        revolve(chain([1] * 4), checkpoints=-1)
