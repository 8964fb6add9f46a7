"""What every strategy promises, on workloads drawn at random."""

import pytest
from chains import chain
from hypothesis import given, settings
from hypothesis import strategies as st
from random_workloads import chains, graphs

from workbench.errors import BudgetError
from workbench.memory.budget import ELSEWHERE, cheapest
from workbench.memory.front import SOURCES, pareto
from workbench.memory.liveness import peak
from workbench.memory.schedule import unplanned
from workbench.memory.strategies import STRATEGIES

workloads = st.one_of(chains(), graphs(6))


def within(name, work, budget):
    """What a strategy gives for a budget: a schedule, or its refusal."""
    try:
        return STRATEGIES[name](work, budget)
    except BudgetError as error:
        return error


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(workloads)
def test_without_a_budget_a_strategy_gives_a_schedule_that_computes_everything(name, work):
    STRATEGIES[name](work).check(work)


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(workloads, st.integers(1, 40))
def test_no_strategy_is_ever_above_its_budget(name, work, budget):
    schedule = within(name, work, budget)
    if isinstance(schedule, BudgetError):
        assert schedule.least > budget
    else:
        schedule.check(work)
        assert peak(work, schedule) <= budget


@pytest.mark.parametrize("name", ["none", "chen"])
@settings(max_examples=40, deadline=None)
@given(workloads, st.integers(1, 40), st.integers(0, 20))
def test_a_larger_budget_never_costs_more_work(name, work, budget, more):
    tight, roomy = within(name, work, budget), within(name, work, budget + more)
    if not isinstance(tight, BudgetError):
        assert roomy.recomputed_flops(work) <= tight.recomputed_flops(work)


@settings(max_examples=30, deadline=None)
@given(workloads, st.integers(1, 40))
def test_the_cheapest_plan_is_no_dearer_than_any_strategy_s(work, budget):
    found = [within(name, work, budget) for name in STRATEGIES if name not in ELSEWHERE]
    fitting = [each.recomputed_flops(work) for each in found if not isinstance(each, BudgetError)]
    if fitting:
        assert cheapest(work, budget).recomputed_flops(work) == min(fitting)
    else:
        with pytest.raises(BudgetError) as refused:
            cheapest(work, budget)
        assert refused.value.least == min(error.least for error in found)


def test_an_impossible_budget_is_refused_with_the_least_that_is_possible_and_whose():
    work = chain([2**20] * 30)
    least = peak(work, STRATEGIES["chain"](work, extra=100))
    with pytest.raises(
        BudgetError,
        match="fits in 1 MiB: the least is 4 MiB, 4 MiB of feature maps by strategy 'chain' and 0 B of",
    ) as error:
        cheapest(work, 2**20)
    assert error.value.least == least
    with pytest.raises(BudgetError, match=r"the least is 31 MiB, 31 MiB of feature maps by strategy 'none'"):
        STRATEGIES["none"](work, 2**20)


@settings(max_examples=30, deadline=None)
@given(workloads)
def test_a_point_of_the_front_is_dominated_just_where_another_is_better(work):
    points = pareto(work)
    for point in points:
        point.schedule.check(work)
        better = [
            other
            for other in points
            if other.peak <= point.peak
            and other.flops <= point.flops
            and (other.peak, other.flops) != (point.peak, point.flops)
        ]
        if better:
            assert point.dominated
    assert any(not point.dominated for point in points)


def test_the_front_holds_what_the_strategies_named_can_reach():
    work = chain([1] * 30)
    assert {point.strategy for point in pareto(work, ["chen"])} == {"chen"}
    assert set(SOURCES) <= set(STRATEGIES)
    assert pareto(work, ["none"])[0].schedule == unplanned(work)
