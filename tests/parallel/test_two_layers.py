"""The two-layer network on several devices: what it computes, its graph, and each dependency that it could forget."""

import numpy as np
import pytest

from workbench import engine, parallel
from workbench.errors import ArgumentError

# What nobody writes, and what is ordered by way of `error` and of the weights in any case.
NOT_NEEDED = {
    ("forward 1", "x"),
    ("forward 2", "y"),
    ("backward 1", "x"),
    ("backward 1", "hidden"),
}


def by_formulas(steps, rate=0.1, batch=8):
    before = parallel.two_layers(devices=1, rate=1e-300)  # which leaves the weights as they are
    engine.wait_for_all()
    x, y, v, w = (before[n] for n in ("x on cpu(1)", "y on cpu(1)", "weight 1", "weight 2"))
    for _ in range(steps):
        hidden = np.tanh(x @ v)
        error = hidden @ w - y
        v, w = v - rate / batch * x.T @ (error @ w.T * (1 - hidden**2)), w - rate / batch * hidden.T @ error
    return v, w


@pytest.mark.parametrize("devices", [1, 2, 4])
@pytest.mark.parametrize("kind", ["naive", "threaded"])
def test_any_number_of_devices_learns_what_the_formulas_say(devices, kind):
    with engine.engine_type(kind):
        arrays = parallel.two_layers(devices=devices, steps=3)
        engine.wait_for_all()
    for name, want in zip(("weight 1", "weight 2"), by_formulas(3), strict=True):
        np.testing.assert_allclose(arrays[name], want, rtol=1e-12, atol=1e-14)


def recorded():
    with engine.record() as events:
        arrays = parallel.two_layers()
        engine.wait_for_all()
    operations = [event.operation for event in events]  # of other threads too
    return engine.graph(each for each in operations if arrays.keys() & {v.name for v in each.writes})


def test_the_recorded_graph_is_that_of_the_formulas():
    nodes, edges = recorded()
    assert len(nodes) == 18
    between = {(edge.first.name, edge.second.name) for edge in edges}
    for d in (1, 2):
        assert {b for a, b in between if a == f"backward 2 on cpu({d})"} == {f"add gradient 2 of cpu({d})"}
        assert {a for a, b in between if b == f"backward 1 on cpu({d})"} == {
            f"forward 1 on cpu({d})",
            f"forward 2 on cpu({d})",
            f"copy weight 2 to cpu({d})",
        }
    assert {a for a, b in between if b == "update 2"} == {
        "add gradient 2 of cpu(2)",
        "copy weight 2 to cpu(1)",
        "copy weight 2 to cpu(2)",
    }
    assert not [1 for a, b in between if a.endswith("on cpu(1)") and b.endswith("on cpu(2)")]


def test_the_checker_finds_each_dependency_that_is_forgotten_and_none_where_none_is():
    assert engine.race_check(lambda: parallel.two_layers(steps=2)) == []
    uses = [(node.name, v.name) for node in recorded().nodes for v in (*node.reads, *node.writes)]
    first_device = [use for use in uses if "cpu(2)" not in use[0]]
    quiet = set()
    for use in first_device:
        races = engine.race_check(lambda use=use: parallel.two_layers(steps=2, undeclared=use))
        if races:
            assert any(use[0] in (race.first.name, race.second.name) for race in races), use
        else:
            quiet.add(tuple(name.removesuffix(" on cpu(1)") for name in use))
    assert quiet == NOT_NEEDED
    assert len(first_device) == 27


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"devices": 3}, "two_layers(): 3 devices can't share 8 rows equally"),
        ({"devices": 0}, "two_layers(): devices must be a whole number, 1 or more, got 0"),
        (
            {"undeclared": ("update 3", "weight 1")},
            "nothing to forget: no operation 'update 3' was pushed that uses a variable 'weight 1'",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given, message):
    with pytest.raises(ArgumentError) as caught:
        parallel.two_layers(**given)
    assert str(caught.value) == message
    engine.wait_for_all()
