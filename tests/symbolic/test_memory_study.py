import json
from functools import partial

import pytest

from workbench.errors import ArgumentError, DeviceError
from workbench.gluon import nn
from workbench.memory import timing
from workbench.memory.chen import chen
from workbench.networks.study import FamilyStudy
from workbench.symbolic import memory_study as module
from workbench.symbolic import sym
from workbench.symbolic.memory_study import memory_study

SMALL = {"depth": 12, "width": 8, "batch": 64}


@pytest.fixture
def study():
    made = FamilyStudy("mlp", SMALL)
    assert [*made.search(lambda part: None, lambda: False)] == list(range(len(made.plans)))
    return made


def nothing(part):
    """Nobody wants to know."""


def test_a_picture_is_json_and_shows_the_plans_peak(study):
    for index, plan in enumerate(study.plans):
        picture = study.picture(index)
        assert json.loads(json.dumps(picture)) == picture
        assert picture["strategy"] == plan.planner.name
        most = max(sum(each) for each in zip(*picture["bytes"].values(), strict=True))
        assert most == picture["peak"] == plan.peak.value
        assert len(picture["phases"]) == len(picture["places"])


def test_all_figures_are_predictions_until_one_is_measured(study):
    assert {figure.kind for figure in study.figures(0)} == {"predicted"}
    named = {figure.name: figure.value for figure in study.figures(0)}
    assert named["peak bytes"] == named["feature maps"] + named["held throughout"]
    assert named["extra forwards"] == 0


def test_what_is_alive_says_who_made_it_and_who_reads_it(study):
    place = study.plans[0].timeline.peak_place
    found = study.alive(0, place)
    assert found["bytes"] == study.plans[0].peak.value
    assert json.loads(json.dumps(found)) == found
    activations, gradients, held, workspace = found["kinds"]
    assert [kind["kind"] for kind in found["kinds"]] == ["activation", "gradient", "parameter", "workspace"]
    assert workspace == {"kind": "workspace", "count": 0, "bytes": 0, "buffers": []}  # no convolutions
    act0 = next(each for each in activations["buffers"] if each["name"] == "act0")
    assert act0["made"] == 1
    assert act0["last"][1] in ("act0_backward", "fc1_backward")
    assert act0["flops"] > 0
    assert any(each["name"].startswith("gradient of ") and each["fixed"] for each in gradients["buffers"])
    assert any(each["name"] == "data" and each["made"] is None for each in held["buffers"])


def test_the_workspace_of_the_operation_that_runs_is_alive_too():
    net = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=8, name="conv")
    made = memory_study(sym.SoftmaxOutput(sym.Flatten(net), name="softmax"), {"data": (4, 8, 12, 12)})
    assert [*made.search(nothing, lambda: False)]
    found = made.alive(0, 0)
    workspace = found["kinds"][-1]
    assert workspace["bytes"] == made.plans[0].timeline.workspace[0] > 0
    assert [(each["name"], each["made"]) for each in workspace["buffers"]] == [("conv", 0)]
    assert found["bytes"] == made.plans[0].timeline.total[0] + made.plans[0].timeline.fixed_bytes
    assert [kind["kind"] for kind in made.alive(0, 0, layer=0)["kinds"]] == [
        "activation",
        "gradient",
        "parameter",
    ]


def test_of_a_layer_only_its_feature_maps_are_told(study):
    found = study.alive(0, study.plans[0].timeline.peak_place, layer=1)
    names = [each["name"] for kind in found["kinds"] for each in kind["buffers"]]
    assert names == [study.layers[1]]


def test_a_plan_is_measured_from_shapes_alone_and_by_running_it(study):
    last = next(i for i, plan in enumerate(study.plans) if plan.planner.name == "chain")
    parts = []
    predicted, assigned = study.measure(last, "compiled", parts.append, lambda: False)
    assert (predicted.kind, assigned.kind) == ("predicted", "measured")
    assert parts[-1] == 1.0
    calibrated = study.picture(last)["calibrated"]
    assert max(map(sum, zip(*calibrated.values(), strict=True))) <= predicted.value
    assert calibrated.keys() == study.picture(last)["bytes"].keys()
    assert len(calibrated["workspace"]) == len(study.picture(last)["places"])
    (run,) = study.measure(last, "running", nothing, lambda: False)
    assert (run.kind, run.unit, run.name) == ("measured", "B", "peak bytes, run")
    (process,) = study.measure(last, "process", nothing, lambda: False)
    assert (process.kind, process.unit, process.name) == ("measured", "B", "peak bytes, process")
    assert "a process of its own" in process.how
    for way in study.ways:
        assert study.measure(last, way, nothing, lambda: True) is None


def test_what_does_not_fit_is_not_run(study, monkeypatch):
    monkeypatch.setattr(module, "free_bytes", lambda device: 2048)
    with pytest.raises(DeviceError, match=r"takes .* \(predicted\) and cpu\(0\) has 2 KiB free: take a plan"):
        study.measure(0, "running", nothing, lambda: False)


def test_growth_is_that_of_the_family_and_a_network_by_itself_has_none(study):
    grown = [*study.growth(lambda: False)]
    assert {each["strategy"] for each in grown} == {"none", "chen", "recursive"}
    assert json.loads(json.dumps(grown)) == grown
    net = sym.SoftmaxOutput(sym.FullyConnected(sym.var("data"), num_hidden=3, name="fc"), name="softmax")
    assert [*memory_study(net, {"data": (2, 4)}).growth(lambda: False)] == []


def test_a_block_of_the_users_is_studied_with_strategies_of_the_users():
    def mine(workload, budget=None):
        return chen(workload, budget)

    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="relu"), nn.Dense(3))
    made = memory_study(net, {"data": (4, 5)}, [mine])
    assert made.arguments == "net, shapes={'data': (4, 5)}, own=[mine]"
    assert made.strategies[-1] == "mine"
    with pytest.raises(ArgumentError, match="a study of memory needs a network"):
        memory_study(3)


def test_every_strategy_says_what_it_does_in_a_few_words(study):
    assert [*study.meanings] == study.strategies
    assert all(20 < len(says) < 140 and not says.endswith(".") for says in study.meanings.values())

    def told(workload, budget=None):
        """Keeps the first half.

        And no more."""

    made = memory_study(sym.MakeLoss(sym.var("data") * sym.var("w", shape=(2, 2))), {"data": (2, 2)}, [told])
    assert made.meanings["told"] == "Keeps the first half"
    assert module._says(lambda workload, budget=None: None) == "a strategy of your own"
    assert module._says(partial(told, budget=1)) == "Keeps the first half"


def test_the_call_of_a_family_names_all_its_sizes(study):
    assert study.arguments == "family='mlp', sizes={'depth': 12, 'width': 8, 'batch': 64}"
    assert study.title == "MLP, 12 layers of 8"


def test_operations_are_weighed_by_the_seconds_that_each_took_by_itself(study):
    parts = []
    found = study.weighed("seconds", parts.append, lambda: False)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert (found.costs, found.plans, study.costs) == ("seconds", [], "FLOP")
    assert [*found.search(nothing, lambda: False)]
    chain = next(i for i, plan in enumerate(found.plans) if plan.recomputed.value)
    assert found.picture(chain)["unit"] == found.plans[chain].recomputed.unit == "s"
    assert [each["strategy"] for each in found.growth(lambda: False)]
    assert found.weighed("FLOP", nothing, lambda: False).network.seconds is None
    assert study.weighed("seconds", nothing, lambda: True) is None


def test_an_operation_too_large_to_be_timed_is_named(study, monkeypatch):
    monkeypatch.setattr(timing, "free_bytes", lambda device: 2048)
    with pytest.raises(
        DeviceError, match=r"by itself takes .* and cpu\(0\) has 2 KiB free: it can't be timed"
    ):
        study.weighed("seconds", nothing, lambda: False)
