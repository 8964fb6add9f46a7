"""Options of strategies are checked where they are given, long before anything is planned."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.memory.plan import Planner, planner


@pytest.mark.parametrize(
    ("strategy", "options", "text"),
    [
        ("revolve", {"checkpoints": 1.5}, "checkpoints must be a whole number, 0 or more or None, got 1.5"),
        ("revolve", {"checkpoints": True}, "checkpoints must be a whole number, 0 or more or None, got True"),
        ("chain", {"extra": "x"}, "extra must be a number, 0 or more, got 'x'"),
        ("chain", {"extra": float("nan")}, "extra must be a number, 0 or more, got nan"),
        ("online", {"extra": -1}, "extra must be a number, 0 or more, got -1"),
        ("milp", {"seconds": 0}, "seconds must be a number above 0, got 0"),
        ("milp", {"seconds": -1}, "seconds must be a number above 0, got -1"),
        ("offload", {"parts": -5}, "parts must be a whole number, 1 or more, got -5"),
        ("chen", {"mirror": 3}, "mirror must be 'segments' or 'cheap', got 3"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(strategy, options, text):
    with pytest.raises(ArgumentError) as caught:
        planner(strategy, **options)
    assert str(caught.value) == f"strategy {strategy!r}: {text}"


def test_an_option_of_another_strategy_is_refused():
    with pytest.raises(ArgumentError) as caught:
        planner("chen", extra=1)
    assert str(caught.value) == "strategy 'chen' has no option 'extra'; its options: mirror"


@pytest.mark.parametrize("budget", [0, -3, 1.5, "4GB", True])
def test_a_planner_s_budget_is_bytes(budget):
    with pytest.raises(ArgumentError) as caught:
        Planner("chen", budget)
    said = f"Planner('chen'): budget must be a whole number, 1 or more or None, got {budget!r}"
    assert str(caught.value) == said


@pytest.mark.parametrize("strategy", ["chan", 3, None, ["chen"]])
def test_a_planner_s_strategy_has_a_name(strategy):
    with pytest.raises(ArgumentError, match="there is none of that name"):
        Planner(strategy)


def test_planners_of_the_same_request_are_equal():
    assert planner("revolve", checkpoints=np.int64(3)) == Planner("revolve", None, {"checkpoints": 3})
    assert hash(planner("chen", "4GB")) == hash(Planner("chen", 4 * 10**9))
