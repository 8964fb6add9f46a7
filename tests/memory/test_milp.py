"""The optimum on graphs against trying everything, and the dynamic programme against the optimum."""

import numpy as np
import pytest
from brute_force import least_work
from chains import chain
from hypothesis import given, settings
from hypothesis import strategies as st
from persistent import least_persistent
from random_workloads import chains, graphs

from workbench.errors import ArgumentError, BudgetError
from workbench.memory.chain import chain as best_of_chain
from workbench.memory.liveness import peak
from workbench.memory.milp import MOST, milp
from workbench.memory.milp_model import Model
from workbench.memory.schedule import unplanned
from workbench.memory.workload import Operation, Workload

SECONDS = 60.0


@settings(max_examples=60, deadline=None)
@given(graphs(4), st.data())
def test_the_optimum_is_what_trying_everything_finds(work, data):
    budget = data.draw(st.integers(1, 1 + peak(work, unplanned(work))))
    expected, model = least_work(work, budget), Model(work)
    if expected is None:
        smallest = round(model.least_peak(SECONDS).fun * model.unit)
        assert least_work(work, smallest) is not None
        assert least_work(work, smallest - 1) is None
    else:
        assert model.least_work(budget, SECONDS).fun * model.scale == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(graphs(4), st.data())
def test_its_schedule_is_no_worse_than_what_trying_everything_finds(work, data):
    """It can be better: what the optimum runs for nothing is left out, and the order may be another then."""
    budget = data.draw(st.integers(1, 1 + peak(work, unplanned(work))))
    expected = least_work(work, budget)
    refused, found = least(milp, work, budget)
    if refused:
        assert expected is None
        assert least_work(work, found - 1) is None
    elif expected is not None:
        assert found <= expected + 1e-6
        schedule = milp(work, budget)
        schedule.check(work)
        assert peak(work, schedule) <= budget
        assert schedule.bound <= schedule.recomputed_flops(work)


def test_an_operation_that_ran_for_nothing_is_left_out():
    large = (
        Operation("large", (0,), (1,)),
        Operation("small", (0,), (2,)),
        Operation("reads large", (1,), (3,)),
    )
    both = Operation("reads both", (2, 3), (4,))
    work = Workload([*large, both], 4, [0, 10, 5, 1, 0], [0], [4])
    assert peak(work, unplanned(work)) == 16
    assert least_work(work, 11) == 1  # `small` early, for nothing, and again
    found = milp(work, 11)
    assert (found.recomputed_flops(work), found.bound, found.gap) == (0, 0, 0)
    assert list(found) == [0, 2, 1, 3]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_the_dynamic_programme_is_optimal_on_chains_whose_stages_keep_as_much(size, flops, data):
    work = chain([size] * len(flops), flops, reads_input=True)
    budget = data.draw(st.integers(1, 1 + peak(work, unplanned(work))))
    found, expected = least(best_of_chain, work, budget), least(milp, work, budget)
    assert found == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(st.one_of(chains(6, True, False), chains(6, True, True)), st.data())
def test_the_dynamic_programme_is_the_optimum_of_persistent_schedules(work, data):
    """The claim of Beaumont et al. (arXiv:1911.13214, Section 4), against the linear programme of just that class.

    Of all chains whose gradients read what their layer reads, of any sizes.
    """
    budget = data.draw(st.integers(1, 1 + peak(work, unplanned(work))))
    assert least(best_of_chain, work, budget) == pytest.approx(least_persistent(work, budget))


@settings(max_examples=20, deadline=None)
@given(chains(6, reads_input=True), st.data())
def test_the_dynamic_programme_is_never_below_the_optimum_of_all_schedules(work, data):
    """It can be above: on the one below, and on about one random chain in 150."""
    budget = data.draw(st.integers(1, 1 + peak(work, unplanned(work))))
    found, expected = least(best_of_chain, work, budget), least(milp, work, budget)
    assert found >= expected  # both as (whether it is refused, least bytes or FLOP)


def least(strategy, work, budget):
    """(0, FLOP recomputed), or where the budget is refused (1, the least bytes)."""
    try:
        return 0, strategy(work, budget).recomputed_flops(work)
    except BudgetError as error:
        return 1, error.least


def test_a_schedule_that_is_not_persistent_can_be_better():
    """Letting go of what was kept, and making it again, costs less here than keeping it until it is used."""
    work = chain([4, 1, 3, 5, 4], [7, 5, 8, 6, 4], reads_input=True)
    assert least(milp, work, 11) == (0, 20)
    assert least_persistent(work, 11) == pytest.approx((0, 32))
    assert least(best_of_chain, work, 11) == (0, 32)


def test_what_crosses_the_end_of_a_piece_is_free_once_the_way_back_has_passed_it():
    work = chain([6, 4, 3, 6], [9, 5, 1, 6], reads_input=True, reads_output=True)
    assert least(best_of_chain, work, 21) == least(milp, work, 21) == (0, 5)


def test_a_stage_s_input_that_its_gradient_does_not_read_is_kept_all_the_same():
    work = chain([4, 1], [6, 3])
    assert least(milp, work, 6) == (1, 8)
    assert least(best_of_chain, work, 6) == (1, 9)


def test_a_workload_that_is_too_large_is_refused_with_its_size():
    with pytest.raises(ArgumentError, match=f"takes {MOST} operations at most, .* have 60"):
        milp(chain([1] * 30))


def test_the_optimum_is_given_with_its_proof():
    work = chain([3, 1, 4, 1, 5, 9, 2, 6], [float(n) for n in range(1, 9)])
    found = milp(work, 26)
    assert 0 < found.bound == pytest.approx(found.recomputed_flops(work))
    assert found.gap == 0


def test_a_solver_without_time_says_so():
    with pytest.raises(ArgumentError, match="found no schedule within seconds=1e-09; give it more"):
        milp(chain([3, 1, 4, 1, 5, 9, 2, 6]), 26, seconds=1e-9)


def test_forwards_to_run_again_are_not_negative():
    with pytest.raises(ArgumentError, match="extra must be a number, 0 or more, got -1"):
        best_of_chain(chain([1] * 4), extra=-1)


@pytest.mark.parametrize("seed", range(4))
def test_a_budget_in_hundreds_of_megabytes_is_kept_to(seed):
    sizes = np.random.default_rng(seed).integers(10**8, 6 * 10**8, 4).tolist()
    work = chain(sizes)
    least = peak(work, milp(work))
    assert peak(work, milp(work, least)) <= least
    with pytest.raises(BudgetError, match="the least is"):
        milp(work, least - 1)
