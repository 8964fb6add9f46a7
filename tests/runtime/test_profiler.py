"""The profiler: valid trace events of what ran, marks of the program's own, and a table."""

import json

import pytest

import workbench as mx
from workbench import nd, profiler
from workbench.errors import ArgumentError, NotSupportedError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "profile.json"
    profiler.set_config(filename=str(path), profile_all=True, aggregate_stats=True)
    yield path
    profiler.set_state("stop")
    profiler.dumps(reset=True)


def work():
    nd.tanh(nd.ones((8, 8)) * 2).wait_to_read()


def checked(path):
    """The file's events, which must be as the trace event format says."""
    events = json.loads(path.read_text())["traceEvents"]
    for event in events:
        assert {"name", "ph", "pid", "tid"} <= event.keys()
        assert event["ph"] in "XCiM"
        if event["ph"] != "M":
            assert event["ts"] >= 0
        if event["ph"] == "X":
            assert event["dur"] >= 0
        if event["ph"] == "i":
            assert event["s"] in "gpt"
    return events


def test_what_ran_while_it_ran_is_written_and_nothing_else(file):
    work()
    with mx.engine.naive():
        profiler.set_state("run")
        work()
        profiler.pause()
        nd.exp(nd.ones((3,))).wait_to_read()
        profiler.resume()
        work()
        profiler.set_state("stop")
    profiler.dump()
    names = [e["name"] for e in checked(file) if e.get("cat") == "segment"]
    assert names.count("tanh") == 2
    assert "exp" not in names
    rows = {e["tid"]: e["args"]["name"] for e in checked(file) if e["ph"] == "M"}
    assert set(rows.values()) == {"program", "cpu(0)"}
    profiler.dump()
    assert [e for e in checked(file) if e["ph"] == "X"] == []


def test_the_programs_own_marks_stand_beside_the_segments(file):
    domain = profiler.Domain("lesson")
    counter = domain.new_counter("loss", 3)
    profiler.set_state("run")
    with domain.new_task("step"):
        work()
    with profiler.Event("alone"), domain.new_frame("epoch"):
        counter += 2
        counter -= 1
        domain.new_marker("here").mark("global")
    profiler.set_state("stop")
    profiler.dump()
    events = {e["name"]: e for e in checked(file) if e.get("cat") in ("lesson", "event")}
    assert events.keys() == {"step", "alone", "epoch", "loss", "here"}
    assert events["loss"]["args"] == {"loss": 4}
    inside = [e for e in checked(file) if e.get("cat") == "segment"]
    step = events["step"]
    assert any(step["ts"] <= e["ts"] <= step["ts"] + step["dur"] for e in inside)


def test_the_table_counts_and_sums(file):
    with mx.engine.naive():
        profiler.set_state("run")
        for _ in range(3):
            work()
        profiler.set_state("stop")
    table = profiler.dumps()
    assert table.startswith("Profile Statistics:\n")
    (row,) = [line.split() for line in table.splitlines() if line.startswith("tanh ")]
    assert int(row[1]) == 3
    facts = json.loads(profiler.dumps(format="json", reset=True))["Time"]["tanh"]
    assert facts["min"] <= facts["avg"] <= facts["max"] <= facts["total"]
    assert json.loads(profiler.dumps(format="json"))["Time"] == {}


def test_mistakes_are_named(file):
    with pytest.raises(ArgumentError, match=r"has no 'filenam'.*Did you mean 'filename'\?"):
        profiler.set_config(filenam="x")
    with pytest.raises(NotSupportedError, match=r"continuous_dump=True.*call dump"):
        profiler.set_config(continuous_dump=True)
    with pytest.raises(ArgumentError, match="takes 'run' or 'stop', got 'go'"):
        profiler.set_state("go")
    with pytest.raises(ArgumentError, match="sort_by total, avg"):
        profiler.dumps(sort_by="name")
    with pytest.raises(ArgumentError, match=r"no scope 'proces'.*'process'"):
        profiler.Marker(profiler.Domain("d"), "m").mark("proces")
