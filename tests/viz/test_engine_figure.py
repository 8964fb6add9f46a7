from dataclasses import dataclass, field

import pytest

from workbench.types import Quantity
from workbench.viz.engine_figure import engine_figure, engine_svg, places, short_name


def operation(name, device):
    return {"name": name, "device": device}


def frame(*running):
    return {"running": list(running)}


def event(place, device, start, end):
    return {"operation": place, "device": device, "start_s": start, "end_s": end}


@dataclass
class State:
    title: str = "a program"
    operations: list = field(
        default_factory=lambda: [
            operation("copy to cpu(1)", "cpu(1)"),
            operation("add", "cpu(0)"),
            operation("look on cpu(1)", "cpu(1)"),
        ]
    )
    edges: list = field(default_factory=lambda: [{"first": 0, "second": 1}])
    frames: dict = field(default_factory=lambda: {"threaded": [frame(), frame(0, 2), frame(1), frame()]})
    checked: bool = False
    races: list = field(default_factory=list)
    runs: dict = field(default_factory=dict)
    figures: list = field(default_factory=lambda: [Quantity(3, "1", "predicted", "a count", "operations")])


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_operations_stand_at_their_tick_and_side_by_side():
    assert places(State()) == {0: (1, 0), 2: (1, 1), 1: (2, 0)}


def test_names_go_without_the_device_of_the_column():
    assert [short_name(each) for each in State().operations] == ["copy", "add", "look"]


def test_it_says_what_was_found_and_that_nothing_is_measured():
    svg = engine_svg(State())
    assert "a program: 3 operations in the row of their tick, 1 dependencies<" in svg
    assert "not measured yet" in svg
    assert "operations: 3, predicted" in svg
    raced = State(checked=True, races=[{"first": 0, "second": 2}, {"first": None, "second": 1}])
    assert "1 dependencies; 2 races found<" in engine_svg(raced)
    assert "; no races found<" in engine_svg(State(checked=True))
    assert engine_svg(raced) == engine_svg(raced)


def test_recorded_runs_have_a_lane_a_device():
    trace = [event(0, "cpu(1)", 0.0, 1.0), event(1, "cpu(0)", 1.0, 1.5), event(2, "cpu(1)", 0.5, 1.0)]
    state = State(runs={"traces": {"naive": trace, "threaded": trace}})
    _, runs, _ = engine_figure(state).axes
    lanes = [text.get_text() for text in runs.get_yticklabels()]
    assert lanes == ["cpu(0), naive", "cpu(1), naive", "cpu(0), threaded", "cpu(1), threaded"]
    assert [len(lane.get_paths()) for lane in runs.collections] == [1, 2, 1, 2]


def test_no_operation_at_all_is_drawn_too():
    empty = State(operations=[], edges=[], frames={"threaded": [frame(), frame()]})
    assert "0 operations" in engine_svg(empty)
