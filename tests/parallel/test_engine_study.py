"""Studies of programs of the engine: what is pushed after the network, races, and recorded runs."""

import pytest

from workbench import cpu, engine
from workbench.errors import ArgumentError
from workbench.parallel.engine_study import EngineStudy
from workbench.parallel.pushed import Pushed, network_study

FORGOTTEN = [("forward 2 on cpu(1)", "weight 2 on cpu(1)")]


def values(study):
    return {figure.name: figure.value for figure in study.figures}


def test_the_network_of_two_devices_takes_seven_ticks_where_the_naive_engine_takes_eighteen():
    study = network_study()
    assert values(study) == {
        "operations": 18,
        "dependencies": 28,
        "ticks, naive": 18,
        "ticks, threaded": 7,
    }
    assert {figure.kind for figure in study.figures} == {"predicted"}
    assert study.races() == []


def test_a_forgotten_dependency_is_a_race_of_the_two():
    study = network_study(forgotten=FORGOTTEN)
    (race,) = study.races()
    places = [study.place(race.first), study.place(race.second)]
    assert [study.operations[place].name for place in places] == [
        "copy weight 2 to cpu(1)",
        "forward 2 on cpu(1)",
    ]
    assert not [edge for edge in study.edges if (edge["first"], edge["second"]) == tuple(places)]
    assert values(study)["dependencies"] == 27


def test_operations_pushed_after_the_network_wait_for_what_it_writes_and_race_where_they_do_not_say_so():
    pushed = [Pushed("look", ["weight 1"], ["seen"], cpu(1)), Pushed("spoil", ["seen"], ["weight 1"])]
    study = network_study(pushed=pushed)
    assert [operation.name for operation in study.operations[-3:]] == ["update 2", "look", "spoil"]
    assert {"first": 16, "second": 18, "kind": "read after write", "variable": "weight 1"} in study.edges
    assert study.races() == []
    (race,) = network_study(pushed=pushed, forgotten=[("look", "weight 1")]).races()
    assert (race.first.name, race.second.name) == ("update 1", "look")


def test_without_a_network_there_is_only_what_is_pushed():
    assert values(network_study(0))["operations"] == 0
    assert network_study(0).races() == []
    study = network_study(0, pushed=[Pushed("a", [], ["x"]), Pushed("b", ["x"])])
    assert values(study)["ticks, threaded"] == 2
    with pytest.raises(ArgumentError, match="there is nothing to measure: no operation was pushed"):
        network_study(0).measure(lambda part: None, lambda: False)


def test_a_read_that_is_forgotten_shows_in_what_was_read():
    pushed = [Pushed("write", [], ["x"]), Pushed("read", ["x"])]
    (race,) = network_study(0, pushed=pushed, forgotten=[("read", "x")]).races()
    assert (race.first.name, race.second.name) == ("write", "read")


def program():
    state, x = {"x": 1}, engine.new_variable("x")

    def double():
        state["x"] *= 2

    engine.push(double, [], [x])
    engine.wait_for_var(x)
    engine.push(double, [], [x], name="again")
    return state


def test_a_program_of_ones_own_is_measured_on_both_engines():
    study = EngineStudy(program)
    told = []
    measured = study.measure(told.append, lambda: False)
    assert told[-1] == 1.0
    for kind, trace in measured.traces.items():
        assert [event["operation"] for event in trace] == [0, 1], kind
        assert min(event["start_s"] for event in trace) == 0
        assert all(event["start_s"] <= event["end_s"] for event in trace)
        assert {event["device"] for event in trace} == {"cpu(0)"}
    assert [figure.name for figure in measured.figures] == [
        "makespan, naive",
        "makespan, threaded",
        "threaded / naive",
    ]
    assert {figure.kind for figure in measured.figures} == {"measured"}
    assert study.measure(told.append, lambda: True) is None


def test_places_leave_out_waits():
    study = EngineStudy(program)
    assert [operation.name for operation in study.operations] == ["double", "again"]
    assert [study.place(operation) for operation in study.operations] == [0, 1]
    assert [edge["second"] for edge in study.edges] == [1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"devices": 5}, "network_study(): devices must be a whole number from 0 to 4, got 5"),
        ({"steps": 0}, "network_study(): steps must be a whole number, 1 or more, got 0"),
        (
            {"pushed": [Pushed("a", ["x"], ["x"])]},
            "push() was given x twice, in const_vars and mutable_vars; what an operation writes it may read",
        ),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(ArgumentError) as caught:
        network_study(**given)
    assert str(caught.value) == message
