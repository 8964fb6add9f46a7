import pytest

from workbench.errors import BudgetError
from workbench.memory.chen import chen
from workbench.memory.search import Search
from workbench.memory.strategies import STRATEGIES
from workbench.networks import deep_mlp
from workbench.symbolic.memory import training_pass


@pytest.fixture
def network():
    made = deep_mlp(depth=12, width=16, batch=256, inputs=8)
    return training_pass(made.symbol, made.shapes)


def found(search):
    return [search.plans[index] for index in search.run(lambda part: None, lambda: False)]


def test_every_strategy_gives_plans_that_only_get_better(network):
    search = Search(network)
    plans = found(search)
    assert search.strategies == list(STRATEGIES)
    assert plans[0].planner.name == "none"
    assert {plan.planner.name for plan in plans} == set(STRATEGIES) - {"milp"}
    assert "'milp' takes 48 operations at most" in search.refused["milp"]
    for strategy in STRATEGIES:
        own = [(plan.peak.value, plan.recomputed.value) for plan in plans if plan.planner.name == strategy]
        for at, (peak, work) in enumerate(own):
            assert not any(p <= peak and w <= work for p, w in own[:at])


def test_a_plan_is_found_again_by_its_strategy_and_its_budget(network):
    for plan in found(Search(network)):
        again = plan.planner.plan(network)
        assert again.peak.value <= plan.peak.value


def test_it_stops_when_asked_and_tells_how_far_it_is(network):
    parts = []
    search = Search(network)
    assert len([*search.run(parts.append, lambda: len(parts) >= 2)]) == len(search.plans)
    assert parts == [1 / len(STRATEGIES), 2 / len(STRATEGIES)]


def test_a_strategy_of_ones_own_is_asked_at_several_budgets(network):
    asked = []

    def mine(workload, budget=None):
        asked.append(budget)
        return chen(workload, budget)

    search = Search(network, [mine])
    own = [plan for plan in found(search) if plan.planner.name == "mine"]
    assert search.strategies[-1] == "mine"
    assert len(own) > 1
    assert asked[0] is None
    assert asked[1:] == sorted(asked[1:])


def test_why_a_strategy_has_no_plan_is_kept(network):
    def greedy(workload, budget=None):
        raise BudgetError("greedy wants more")

    search = Search(network, [greedy])
    assert "greedy" not in {plan.planner.name for plan in found(search)}
    assert search.refused["greedy"] == "greedy wants more"


def test_a_strategy_of_ones_own_that_fails_does_not_end_the_search(network):
    def broken(workload, budget=None):
        return {}["cut"]

    def last(workload, budget=None):
        return chen(workload, budget)

    search = Search(network, [broken, last])
    assert "last" in {plan.planner.name for plan in found(search)}
    assert search.refused["broken"] == "KeyError: 'cut'"
