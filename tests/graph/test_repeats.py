"""Runs of equal blocks, against a search that tries every start and period."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.graph.repeats import LONGEST, WINDOW, Run, runs

BLOCK = ["conv", "norm", "relu", "conv", "norm", "add", "relu"]


def test_a_tower_of_blocks_is_one_run():
    text = ["stem", *BLOCK * 18, "pool", "dense"]
    assert runs(text) == [Run(1, 7, 18)]


def test_stages_are_runs_of_their_own():
    stages = [[f"{op}{stage}" for op in BLOCK] for stage in range(3)]
    text = [*stages[0] * 5, "down", *stages[1] * 5, "down", *stages[2] * 5]
    assert runs(text) == [Run(0, 7, 5), Run(36, 7, 5), Run(72, 7, 5)]


def test_one_symbol_repeated_is_a_run_of_period_one():
    assert runs(["update"] * 20) == [Run(0, 1, 20)]


def test_the_period_that_saves_most_wins_over_a_shorter_one():
    inner = ["a", "b"] * 6
    text = [*inner, "c"] * 9
    (found,) = runs(text)
    assert (found.period, found.count) == (13, 9)


def test_a_block_too_long_to_compile_well_is_taken_as_the_shorter_ones_it_repeats():
    inner = ["a", "b", "c"] * (LONGEST // 3)
    assert runs([*inner, "d"] * 2) == [Run(0, 3, LONGEST // 3), Run(LONGEST + 1, 3, LONGEST // 3)]


def test_nothing_repeats():
    assert runs(range(100)) == []
    assert runs([]) == []


@pytest.mark.parametrize(("least", "expected"), [(7, [Run(0, 7, 2)]), (8, [])])
def test_a_run_that_saves_too_little_is_left(least, expected):
    assert runs(BLOCK * 2, least=least) == expected


def tandem(text, start, period):
    """How often the block at a start is followed by itself."""
    count = 1
    while text[start + count * period : start + (count + 1) * period] == text[start : start + period]:
        count += 1
    return count


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(1, 12))
def test_every_run_is_there_and_none_overlap(text, least):
    found = runs(text, least)
    for run in found:
        block = text[run.start : run.start + run.period]
        assert text[run.start : run.stop] == block * run.count
        assert (run.count - 1) * run.period >= least
        assert tandem(text, run.start, run.period) == run.count
    assert all(a.stop <= b.start for a, b in pairwise(found))


@given(
    st.lists(st.integers(0, 5), min_size=WINDOW, max_size=12),
    st.integers(3, 30),
    st.lists(st.integers(6, 9), max_size=5, unique=True),
    st.lists(st.integers(10, 13), max_size=5, unique=True),
)
def test_a_repeated_block_is_found_wherever_it_stands(block, count, before, after):
    text = [*before, *block * count, *after]
    covered = sum(run.period * run.count for run in runs(text, least=1))
    assert covered >= len(block) * count
