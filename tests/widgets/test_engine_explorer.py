import json

import pytest
from traitlets import TraitError
from workbench_widgets import EngineExplorer

from workbench import engine
from workbench.errors import ArgumentError

FORGOTTEN = ("forward 2 on cpu(1)", "weight 2 on cpu(1)")


@pytest.fixture
def explorer():
    return EngineExplorer()


def ask(explorer, **content):
    explorer._handle_custom_msg(content, [])


def test_its_repr_says_the_state_and_nothing_that_changes_by_itself(explorer):
    says = "EngineExplorer('two layers on 2 devices, 1 step', operations=18, engine='threaded', tick=0)"
    assert repr(explorer) == says
    explorer.engine, explorer.tick = "naive", 19
    explorer.check()
    assert repr(explorer) == says.replace("threaded", "naive").replace("tick=0", "tick=19, races=0")


def test_what_travels_to_the_browser_is_json_and_the_same_as_in_the_core(explorer):
    skipped = ("layout", "tabbable")
    state = json.loads(json.dumps({k: v for k, v in explorer.get_state().items() if k not in skipped}))
    assert [len(state["frames"][kind]) for kind in ("naive", "threaded")] == [20, 9]
    assert state["frames"]["threaded"][1]["running"] == [0, 1, 8, 9]
    assert len(state["edges"]) == 28
    assert state["operations"][0] == {
        "name": "copy weight 1 to cpu(1)",
        "device": "cpu(1)",
        "reads": ["weight 1"],
        "writes": ["weight 1 on cpu(1)"],
        "forgotten": [],
        "source": "",
    }
    first_queue = state["variables"].index("weight 1")
    assert state["frames"]["threaded"][0]["queues"][str(first_queue)] == [
        [0, False, True],
        [8, False, True],
        [16, True, False],
    ]


def test_a_declaration_is_taken_away_and_the_checker_names_the_two(explorer):
    (race,) = explorer.forget(*FORGOTTEN)
    assert (race.first.name, race.second.name) == ("copy weight 2 to cpu(1)", "forward 2 on cpu(1)")
    assert [(each["first"], each["second"]) for each in explorer.races] == [(1, 3)]
    assert explorer.operations[3]["forgotten"] == ["weight 2 on cpu(1)"]
    assert "weight 2 on cpu(1)" not in explorer.operations[3]["reads"]
    assert explorer.arguments == f"undeclared={[FORGOTTEN]!r}"
    explorer.declare(*FORGOTTEN)
    assert (explorer.checked, explorer.races, explorer.undeclared) == (False, [], [])
    assert explorer.arguments == ""


def test_the_call_makes_the_same_state_again(explorer):
    explorer.push("look", ["weight 1"], ["seen"], "cpu(1)")
    explorer.forget("look", "weight 1")
    again = eval(f"EngineExplorer({explorer.arguments})")  # noqa: S307
    again.check()
    assert repr(again) == repr(explorer)
    assert (again.operations, again.races) == (explorer.operations, explorer.races)


def test_operations_are_pushed_and_taken_back_from_the_browser(explorer):
    ask(explorer, ask="push", name="look", reads=["weight 1"], writes=["seen"], device="cpu(1)")
    assert explorer.operations[-1]["name"] == "look"
    explorer.operation = 18
    assert explorer.pushed == [["look", ["weight 1"], ["seen"], "cpu(1)"]]
    ask(explorer, ask="push", name="wrong", reads=["seen"], writes=["seen"], device="cpu(0)")
    assert explorer.error.startswith("ArgumentError: push() was given seen twice")
    assert len(explorer.operations) == 19
    ask(explorer, ask="take back")
    assert (len(explorer.operations), explorer.operation, explorer.error) == (18, 17, "")


def test_another_network_is_shown_from_the_start_or_as_a_link_says(explorer):
    explorer.tick = 8
    ask(explorer, ask="show", devices=0, steps=1)
    assert (explorer.title, explorer.tick, explorer.operations) == ("what you push", 0, [])
    ask(explorer, ask="show", devices=9, steps=1)
    assert (
        explorer.error == "ArgumentError: EngineExplorer: devices must be a whole number from 0 to 4, got 9"
    )
    ask(explorer, ask="show", devices=1, steps=2, engine="naive", tick=3, undeclared=[["update 1", "sum 1"]])
    assert explorer.title == "two layers on 1 device, 2 steps"
    assert (explorer.engine, explorer.tick, explorer.checked) == ("naive", 3, True)
    assert explorer.races


def test_a_measurement_is_kept_until_the_program_changes(explorer):
    measured = explorer.measure()
    assert explorer.runs["traces"] == measured.traces
    assert {figure.kind for figure in explorer.figures} == {"predicted", "measured"}
    assert (explorer.status, explorer.progress) == ("idle", 1.0)
    explorer.push("look", ["weight 1"])
    assert explorer.runs == {}
    assert {figure.kind for figure in explorer.figures} == {"predicted"}


def test_what_is_not_there_is_refused(explorer):
    with pytest.raises(TraitError, match="tick=9: 'two layers on 2 devices, 1 step' has ticks 0 to 8"):
        explorer.tick = 9
    with pytest.raises(TraitError, match=r"operation=18: .* has operations 0 to 17"):
        explorer.operation = 18
    with pytest.raises(ArgumentError, match="nothing to forget: no operation 'update 3'"):
        explorer.forget("update 3", "weight 1")
    with pytest.raises(ArgumentError, match=r"a device is written cpu\(0\), cpu\(1\), …, got 'one'"):
        explorer.push("a", device="one")
    with pytest.raises(TraitError, match='"pushed" trait is read-only'):
        explorer.pushed = [["x"]]
    assert len(explorer.operations) == 18


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"pushed": 5},
            r"pushed must be a sequence of \(text, a sequence of texts, a sequence of texts, text\)s, got 5",
        ),
        ({"pushed": [("a",)]}, r"pushed must be .*, got \[\('a',\)\]"),
        ({"pushed": [("a", None, ["x"], "cpu(0)")]}, "pushed must be .*, got .*None"),
        ({"pushed": [("a", "ab", "cd", "cpu(0)")]}, "pushed must be .*, got .*'ab'"),
        ({"undeclared": "ab"}, r"undeclared must be a sequence of \(text, text\)s, got 'ab'"),
        ({"undeclared": [("a",)]}, r"undeclared must be .*, got \[\('a',\)\]"),
        ({"steps": 4}, "steps must be a whole number from 1 to 3, got 4"),
        ({"engine": "x"}, "engine must be 'threaded' or 'naive', got 'x'"),
        ({"program": 5}, "program must be a function or None, got 5"),
    ],
)
def test_a_call_that_is_none_is_refused(options, text):
    with pytest.raises(ArgumentError, match=f"^EngineExplorer: {text}"):
        EngineExplorer(**options)
    with pytest.raises(
        ArgumentError, match=r"EngineExplorer\(\) has no argument 'ticks'\. Did you mean 'tick'\?"
    ):
        EngineExplorer(ticks=1)


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (None, "the browser asked for None; known are 'measure', 'check', 'push'"),
        ([], "the browser asked for []; known are"),
        ({"ask": []}, "the browser asked for {'ask': []}; known are"),
        (
            {"ask": "forget"},
            "ArgumentError: the browser asked for 'forget' with {}: missing a required argument: 'opera",
        ),
        ({"ask": "measure", "way": 5}, "'measure' with {'way': 5}: got an unexpected keyword argument 'way'"),
        ({"ask": "take back"}, "ArgumentError: there is nothing to take back: nothing was pushed"),
        (
            {"ask": "show", "devices": 1, "steps": 1, "engine": "x"},
            "engine must be 'threaded' or 'naive', got 'x'",
        ),
        (
            {"ask": "show", "devices": 1, "steps": 1, "tick": 99},
            "tick=99: 'two layers on 1 device, 1 step' has ticks 0",
        ),
        ({"ask": "show", "devices": 1, "steps": 1, "pushed": [1]}, "pushed must be a sequence of"),
    ],
)
def test_a_wish_that_is_none_changes_nothing(explorer, wish, text):
    before = explorer.get_state()
    explorer._receive(explorer, wish, [])
    assert text in explorer.error
    assert {**explorer.get_state(), "error": ""} == before


def two_writes():
    state, x = {"x": 1}, engine.new_variable("x")

    def double():
        state["x"] *= 2

    def add():
        state["x"] += 1

    engine.push(double, [], [x])
    engine.push(add, [], [x])
    return state


def test_a_program_of_ones_own_is_shown_with_its_lines():
    explorer = EngineExplorer(two_writes)
    assert explorer.title == "two_writes"
    assert explorer.arguments == "two_writes"
    assert all(each["source"].startswith("test_engine_explorer.py:") for each in explorer.operations)
    (race,) = explorer.forget("add", "x")
    assert race.difference == "result['x'] is 3, then 4"
    with pytest.raises(ValueError, match="to a program of your own nothing is added here"):
        explorer.push("a")


def test_a_saved_notebook_holds_a_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "not measured yet" in data["image/svg+xml"]
    assert data == explorer._repr_mimebundle_()[0]
    explorer.measure()
    assert "not measured yet" not in explorer._repr_mimebundle_()[0]["image/svg+xml"]
