import json
import threading

import pytest
from sample_memory import HELD, KIB, SampleMemory
from traitlets import TraitError
from workbench_widgets import MemoryExplorer, memory_search
from workbench_widgets.memory_choice import choose
from workbench_widgets.memory_studies import published

from workbench.errors import ArgumentError
from workbench.memory.plan import Plan

NONE, HALF = 0, 1


@pytest.fixture
def sample():
    return SampleMemory()


@pytest.fixture
def explorer(sample):
    made = MemoryExplorer(study=sample)
    assert made.wait(30)
    return made


def ask(explorer, **content):
    explorer._handle_custom_msg(content, [])


def wait_for_threads():
    for thread in threading.enumerate():
        if thread.name == "measurement":
            thread.join(30)


def test_takes_one_thing_to_study(sample):
    with pytest.raises(TypeError, match=r"a network .*, family=… .* or study=…: one of them"):
        MemoryExplorer(study=sample, family="mlp")


def test_all_plans_arrive_with_their_figures(explorer, sample):
    assert [plan["peak"] for plan in explorer.plans] == [8 * KIB + HELD, 5 * KIB + HELD]
    assert [figure["name"] for figure in explorer.plans[HALF]["figures"]] == ["peak bytes", "recomputed work"]
    assert explorer.searched == 1.0
    assert [each["length"] for each in explorer.growth] == [4, 4, 16, 16, 64, 64]


def test_what_each_strategy_does_travels_to_the_browser(explorer, sample):
    assert explorer.meanings == {"cheapest": memory_search.CHEAPEST_MEANS, **sample.meanings}


def test_without_a_bound_nothing_is_recomputed(explorer):
    assert explorer.chosen == NONE
    assert explorer.plan == "plan 1"


def test_a_budget_takes_the_plan_that_recomputes_least_within_it(explorer):
    explorer.budget = 8.0 * KIB
    assert explorer.chosen == HALF
    explorer.strategy = "none"
    assert explorer.chosen == NONE  # its only one, though it does not keep to the budget
    explorer.strategy, explorer.budget = "chen", 1.0
    assert explorer.chosen == HALF


def test_what_needs_another_memory_is_chosen_by_name_only():
    plans = [
        {"strategy": name, "peak": peak, "recomputed": work, "moved": moved}
        for name, peak, work, moved in (("chen", 5, 10.0, 0), ("offload", 4, 0.0, 7))
    ]
    assert choose(plans, "cheapest", 6) == 0
    assert choose(plans, "offload", 6) == 1
    assert choose(plans, "none", 6) is None


def test_what_was_published_about_such_networks_stands_beside_them(explorer):
    assert explorer.published == []
    found = published("resnet", {"layers": 200, "image": 224, "batch": 32})
    assert {(each["length"], each["same"]) for each in found} == {(998, False), (200, True)}
    mine = [each for each in found if each["same"]]
    assert [each["says"].partition(",")[0] for each in mine] == ["in place", "sharing", "sublinear"]
    assert mine[-1]["says"].endswith(": mxnet-1.9.1")
    assert mine[-1]["bytes"] == 2520 * KIB**2


def test_a_budget_may_be_text(sample):
    assert MemoryExplorer(study=sample, budget="8KiB").budget == 8 * KIB
    with pytest.raises(ArgumentError, match="a budget is a size of a byte or more"):
        MemoryExplorer(study=sample, budget="much")


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), "4 apples", [4]])
def test_a_budget_that_is_no_size_is_refused_later_too(explorer, budget):
    explorer.budget = "8KiB"
    with pytest.raises(ArgumentError, match="a budget is a size of a byte or more"):
        explorer.budget = budget
    assert explorer.budget == 8 * KIB


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"own": 5}, "MemoryExplorer: own must be a sequence of functions, got 5"),
        ({"own": ["chen"]}, "MemoryExplorer: own must be a sequence of functions, got ['chen']"),
        ({"study": 3}, "MemoryExplorer: study must be a MemoryStudy or None, got 3"),
        ({"sizes": [3]}, "MemoryExplorer: sizes must be a dict or None, got [3]"),
        (
            {"sizes": {"depth": 3}, "study": SampleMemory()},
            "MemoryExplorer: sizes=… does not go with what is studied",
        ),
        ({"shapes": {"data": (1, 1)}}, "MemoryExplorer: shapes=… does not go with what is studied here"),
        ({"family": 3}, "MemoryExplorer: family must be text or None, got 3"),
        ({"sizes": {"depth": "x"}}, "depth='x': hidden layers is a whole number, of 1 to 2000"),
    ],
)
def test_a_wrong_argument_is_named(arguments, text):
    with pytest.raises(ArgumentError) as caught:
        MemoryExplorer(**arguments)
    assert str(caught.value).startswith(text)


def test_a_strategy_that_is_not_there_is_refused(explorer):
    with pytest.raises(TraitError, match="strategy='chess': there are cheapest, none, chen"):
        explorer.strategy = "chess"
    assert explorer.strategy == "cheapest"


def test_its_repr_says_the_state_and_nothing_that_changes_by_itself(explorer):
    assert repr(explorer) == "MemoryExplorer(network='eight layers', strategy='cheapest', budget=None)"
    explorer.strategy, explorer.budget = "chen", 8.0 * KIB
    explorer.measure()
    assert repr(explorer) == "MemoryExplorer(network='eight layers', strategy='chen', budget='8.00 KiB')"


def test_it_says_what_is_alive_at_the_peak_or_elsewhere(explorer):
    at_peak = explorer.why()
    assert at_peak["place"] == 7
    assert at_peak["bytes"] == explorer.plans[NONE]["peak"]
    assert explorer.alive == {**at_peak, "plan": NONE, "layer": None}
    of_layer = explorer.why(3, layer=2)
    assert [buffer["name"] for buffer in of_layer["kinds"][0]["buffers"]] == ["layer2"]


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"place": 16}, "place=16: this plan has places 0 to 15"),
        ({"layer": 8}, "layer=8: this plan has layers 0 to 7"),
        ({"place": "x"}, r"why\(\): place must be a whole number, 0 or more or None, got 'x'"),
        ({"layer": -1}, r"why\(\): layer must be a whole number, 0 or more or None, got -1"),
    ],
)
def test_a_place_that_is_not_there_is_refused(explorer, where, text):
    with pytest.raises(ValueError, match=text):
        explorer.why(**where)


def test_a_measurement_stands_with_the_plan_it_is_of(explorer):
    explorer.measure()
    measured = explorer.figures[-1]
    assert (measured.kind, measured.value) == ("measured", 8 * KIB + HELD + 100)
    assert explorer.progress == 1.0
    explorer.budget = 8.0 * KIB
    assert {figure.kind for figure in explorer.figures} == {"predicted"}
    explorer.measure("guess")
    assert explorer.figures[-1].how == "guessed on this CPU"
    assert sorted(explorer.runs) == ["0", "1"]


def test_a_way_that_is_not_there_is_refused(explorer):
    with pytest.raises(ValueError, match="way='smell': there are weigh, guess"):
        explorer.measure("smell")


def test_an_error_of_a_measurement_is_raised_here_and_shown_there(explorer, sample):
    sample.failure = MemoryError("the scales broke")
    with pytest.raises(MemoryError, match="the scales broke"):
        explorer.measure()
    assert explorer.error == "MemoryError: the scales broke"
    assert explorer.status == "idle"
    ask(explorer, ask="measure", way="weigh")
    wait_for_threads()
    assert explorer.error == "MemoryError: the scales broke"
    sample.failure = None
    explorer.measure()
    assert explorer.error == ""


def test_the_browser_measures_in_the_background_and_can_cancel(explorer, sample):
    started, go_on = threading.Event(), threading.Event()

    def slow(plan, way, progress, cancelled):
        started.set()
        go_on.wait(30)
        return None if cancelled() else pytest.fail("was not told of the cancellation")

    sample.measure = slow
    ask(explorer, ask="measure", way="weigh")
    started.wait(30)
    assert explorer.status == "measuring"
    ask(explorer, ask="cancel")
    go_on.set()
    wait_for_threads()
    assert (explorer.status, explorer.runs, explorer.error) == ("idle", {}, "")


def test_looking_for_plans_can_be_stopped(sample):
    first, go_on = threading.Event(), threading.Event()
    plans = sample.search

    def slow(progress, cancelled):
        for index in plans(progress, cancelled):
            yield index
            first.set()
            go_on.wait(30)

    sample.search = slow
    explorer = MemoryExplorer(study=sample)
    first.wait(30)
    ask(explorer, ask="stop")
    go_on.set()
    assert explorer.wait(30)
    assert explorer.stopped
    assert [plan["strategy"] for plan in explorer.plans] == ["none"]
    assert explorer.searched == 1.0


def test_the_browser_asks_why_and_is_told_what_is_wrong(explorer):
    ask(explorer, ask="why", place=3, layer=None)
    assert explorer.alive["operation"] == "layer3"
    ask(explorer, ask="why", place=99, layer=None)
    assert explorer.error == "ValueError: place=99: this plan has places 0 to 15"
    ask(explorer, ask="dance")
    assert (
        explorer.error
        == "the browser asked for {'ask': 'dance'}; known are 'measure', 'cancel', 'show', 'weigh', 'stop', 'why'"
    )


def test_all_that_travels_to_the_browser_is_json(explorer):
    explorer.measure()
    explorer.why()
    state = explorer.get_state()
    for trait in ("plans", "growth", "published", "alive", "runs", "families", "sizes"):
        text = json.dumps(state[trait])
        assert json.dumps(json.loads(text)) == text


def test_a_saved_notebook_holds_a_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "peak 10.0 KiB" in data["image/svg+xml"]
    assert data == explorer._repr_mimebundle_()[0]
    explorer.measure()
    assert "measured" in explorer._repr_mimebundle_()[0]["image/svg+xml"]


def test_a_network_of_one_length_and_one_without_plans_are_drawn_too():
    bare = MemoryExplorer(study=SampleMemory(keeps=(), grows=False))
    assert bare.wait(30)
    assert bare.chosen is None
    assert bare.plan is None
    assert bare.figures == []
    picture = bare._repr_mimebundle_()[0]["image/svg+xml"]
    assert "no plan has been found yet" in picture
    assert "drawn for the course's networks alone" in picture
    with pytest.raises(
        ValueError, match="eight layers: no plan has been found yet, so there is nothing to measure"
    ):
        bare.measure()
    with pytest.raises(ValueError, match="so nothing is in memory"):
        bare.why()


class TestRealNetworks:
    def test_a_network_of_the_course_is_planned(self):
        explorer = MemoryExplorer(family="mlp", sizes={"depth": 12, "width": 8, "batch": 64})
        assert explorer.wait(120)
        assert explorer.error == ""
        assert explorer.title == "MLP, 12 layers of 8"
        assert explorer.arguments == "family='mlp', sizes={'depth': 12, 'width': 8, 'batch': 64}"
        least = min((plan for plan in explorer.plans if not plan["moved"]), key=lambda plan: plan["peak"])
        explorer.budget = least["peak"]
        assert isinstance(explorer.plan, Plan)
        assert explorer.plan.peak.value == least["peak"] == explorer.why()["bytes"]

    def test_a_link_brings_its_strategy_and_budget(self, explorer):
        sizes = {"depth": 6, "width": 4, "batch": 2}
        ask(explorer, ask="show", family="mlp", sizes=sizes, strategy="chen", budget=9000)
        assert explorer.wait(120)
        assert (explorer.error, explorer.strategy, explorer.budget) == ("", "chen", 9000.0)
        ask(explorer, ask="show", family="mlp", sizes=sizes, strategy="chess", budget="lots")
        assert explorer.wait(120)
        assert explorer.error.startswith("ArgumentError: a budget is a size of a byte or more")
        assert (explorer.strategy, explorer.budget, explorer.searched) == ("chen", 9000.0, 1.0)
        ask(explorer, ask="show", family="mlp", sizes=5)
        assert explorer.error == "ArgumentError: MemoryExplorer._ask_show(): sizes must be a dict, got 5"
        ask(explorer, ask="show", family="mlp", sizes={}, bogus=1)
        assert explorer.error.endswith("got an unexpected keyword argument 'bogus'")

    @pytest.mark.parametrize("strategies", [["zz"], None, 5])
    def test_its_strategies_are_no_argument(self, strategies):
        with pytest.raises(
            ArgumentError,
            match=r"MemoryExplorer\(\) has no argument 'strategies'\. Did you mean 'strategy'\?",
        ):
            MemoryExplorer(family="mlp", strategies=strategies)

    def test_another_takes_its_place(self, explorer):
        explorer.budget = 8.0 * KIB
        explorer.show("mlp", depth=12, width=4, batch=2)
        assert explorer.wait(120)
        assert (explorer.family, explorer.sizes["depth"], explorer.budget) == ("mlp", 12, None)
        assert explorer.plans[0]["strategy"] == "none"
        assert explorer.runs == {}

    def test_the_browser_chooses_one_and_is_told_what_is_wrong(self, explorer):
        ask(explorer, ask="show", family="lstm", sizes={"steps": 2, "layers": 1, "hidden": 4, "batch": 2})
        assert explorer.wait(120)
        assert explorer.title == "LSTM, 1 layers of 4, 2 steps"
        ask(explorer, ask="show", family="lstm", sizes={"steps": 0})
        assert explorer.wait(120)
        assert explorer.error == "ArgumentError: steps=0: steps of time is a whole number, of 1 to 1000"
        assert explorer.title == "LSTM, 1 layers of 4, 2 steps"


# -- costs and calibration -----------------------------------------------------------------------


def test_operations_are_weighed_in_another_way(explorer):
    assert (explorer.costs, explorer.plans[HALF]["unit"], explorer.plans[HALF]["recomputed"]) == (
        "FLOP",
        "FLOP",
        80,
    )
    explorer.budget = 8 * KIB
    ask(explorer, ask="weigh", costs="seconds")
    assert explorer.wait(30)
    assert (explorer.costs, explorer.plans[HALF]["unit"], explorer.plans[HALF]["recomputed"]) == (
        "seconds",
        "s",
        16,
    )
    assert explorer.budget == 8 * KIB
    assert {figure.name: figure.unit for figure in explorer.figures}["recomputed work"] == "s"
    explorer.weigh("FLOP")
    assert explorer.wait(30)
    assert explorer.plans[HALF]["unit"] == "FLOP"


def test_they_can_be_weighed_so_from_the_start(sample):
    explorer = MemoryExplorer(study=sample, costs="seconds")
    assert explorer.wait(30)
    assert (explorer.costs, explorer.plans[HALF]["unit"]) == ("seconds", "s")


def test_a_way_to_weigh_that_there_is_not_is_refused(explorer, sample):
    with pytest.raises(ArgumentError, match="costs='metres': there are FLOP, seconds"):
        explorer.weigh("metres")
    with pytest.raises(ArgumentError, match="costs='metres': there are FLOP, seconds"):
        MemoryExplorer(study=sample, costs="metres")
    ask(explorer, ask="weigh", costs="metres")
    assert explorer.error.startswith("ArgumentError: costs='metres'")
    assert explorer.costs == "FLOP"


def test_weighing_is_stopped_and_what_was_found_stays(explorer, sample):
    sample.wait = 30
    found = explorer.plans
    explorer.weigh("seconds")
    explorer.stop()
    sample.wait = 0
    assert explorer.wait(120)
    assert (explorer.costs, explorer.plans) == ("FLOP", found)


def test_measuring_calibrates_the_picture(explorer):
    assert explorer.plans[NONE]["calibrated"] is None
    explorer.measure()
    after = explorer.plans[NONE]
    assert max(after["calibrated"]["workspace"]) == KIB
    assert max(after["bytes"]["workspace"]) == 0
    assert after["figures"]
    assert explorer.plans[HALF]["calibrated"] is None
