import json
import re
import threading
from dataclasses import replace

import pytest
from traitlets import TraitError
from workbench_widgets import ScalingExplorer, scaling_explorer
from workbench_widgets.scaling_studies import machines, named

from workbench.errors import ArgumentError
from workbench.ledger.scaling import calibration, examine, rows
from workbench.networks import deep_mlp
from workbench.parallel.costmodel import Job, link
from workbench.scaling import Here, Run
from workbench.types import Quantity

MS = 1e-3


def ask(explorer, **content):
    explorer._handle_custom_msg(content, [])


def given(value, unit, name="", spread=None):
    return Quantity(value, unit, "measured", "for a test", name, spread)


def ran(batch=4):
    """What `measure` gives of two devices on one core, by hand."""
    net = deep_mlp(1, 8, batch=batch, inputs=6)
    layers = named("mlp").layers[:2]
    job = Job(net.name, layers, batch, given(4 * MS, "s", "step"), busy=given(1, "1"))
    here = Here(job, given(1, "1", "cores"), link(1e-5, 1e9, "measured", "for a test"))
    spans = ((None, "pull", 0.0, 1 * MS), (0, "compute", 1 * MS, 5 * MS), (1, "compute", 1 * MS, 9 * MS),
             (None, "push", 9 * MS, 10 * MS), (None, "update", 10 * MS, 11 * MS))  # fmt: skip

    def run(count, step):
        return Run(
            count, given(step, "s", "step", (0.9 * step, 1.2 * step)), here.predict(count),
            given(step, "s", "processor time"), here.predict_processor(count), here.cores, spans if count == 2 else (),
        )  # fmt: skip

    return Here(job, here.cores, here.link, (run(1, 4 * MS), run(2, 10 * MS)))


@pytest.fixture
def explorer():
    made = ScalingExplorer("alexnet")
    assert made.wait(120)
    return made


@pytest.fixture
def small():
    net = deep_mlp(1, 8, batch=4, inputs=6)
    made = ScalingExplorer(net.symbol, net.shapes, devices=2)
    assert made.wait(120)
    return made


def test_it_predicts_what_the_ledger_does(explorer):
    values = calibration().values
    for row in (row for row in rows() if row.network == "scaling-alexnet" and row.gpus in (1, 4, 16, 64)):
        found = next(each for each in explorer.curve["predicted"] if each["devices"] == row.gpus)
        assert 100 * found["efficiency"] == pytest.approx(row.modelled(values))
        published = next(each for each in explorer.curve["published"] if each["devices"] == row.gpus)
        assert 100 * published["efficiency"] == pytest.approx(row.efficiency)
        assert (found["kind"], published["kind"]) == ("predicted", "published")
    assert explorer.curve["measured"] == []


def test_each_choice_is_answered_at_once(explorer):
    before = explorer.found
    explorer.method = "two_level"
    assert explorer.found != before
    explorer.hosts = 2
    assert explorer.found["hosts"] == explorer.setup.cluster.hosts == 2
    explorer.store = "local"
    assert explorer.found["hosts"] == 1
    assert [each["level"] for each in explorer.found["links"]] == ["within", "feed"]
    assert "16 devices do" in explorer.found["says"]
    assert "by local" in explorer.found["says"]
    explorer.store, explorer.late = "dist_async", 2.0
    assert "hosts do not wait" in explorer.found["says"]
    assert "staleness" in [figure["name"] for figure in explorer.found["figures"]]
    rows_ = {row["label"]: row["spans"] for row in explorer.found["timeline"]["rows"]}
    assert rows_.keys() >= {"device", "slow host: slow device"}
    assert [span["kind"] for span in rows_["device"]][:5] == ["feed", "compute", "wait", "feed", "compute"]
    assert explorer.error == ""


def test_compression_goes_with_servers_alone(explorer):
    explorer.servers, explorer.compressed = 4, True
    assert explorer.setup.exchange.compressed
    explorer.method = "ring"
    assert explorer.setup.exchange == explorer.setup.sent
    assert not explorer.setup.exchange.compressed
    assert explorer.error == ""


def test_rows_say_what_they_show(explorer):
    rows_ = explorer.found["timeline"]["rows"]
    assert [row["label"] for row in rows_] == ["device", "inside a host", "host to devices", "between hosts"]
    for row in rows_:
        for span in row["spans"]:
            assert 0 <= span["start"] <= span["end"] <= explorer.found["timeline"]["end"]
            assert span["says"].endswith("(predicted, simulated).")
    assert rows_[0]["spans"][0]["says"].startswith("Device: is fed, ")
    assert len(json.dumps(explorer.found)) < 60_000


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"hosts": 0}, "hosts=0: it is from 1 to 64"),
        ({"devices": 65}, "devices=65: it is from 1 to 64"),
        ({"late": 0.5}, "late=0.5: it is from 1 to 100"),
        ({"within_latency": -1.0}, "within_latency=-1.0: it is 0 or more"),
        ({"between_bandwidth": 0.0}, "between_bandwidth=0.0: it is above 0"),
        ({"store": "shop"}, "store"),
    ],
)
def test_a_choice_out_of_bounds_is_refused_now_and_later(explorer, choice, text):
    ((name, value),) = choice.items()
    with pytest.raises(TraitError, match=re.escape(text)):
        setattr(explorer, name, value)
    with pytest.raises(TraitError, match=re.escape(text)):
        ScalingExplorer("alexnet", **choice)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("alexnett",), "network='alexnett': there are alexnet, inception_v3, resnet_152, mlp"),
        ((3,), "ScalingExplorer needs a network: a Symbol with a loss"),
        (("alexnet", {"data": (1, 2)}), "ScalingExplorer: shapes=… goes with a network of your own"),
    ],
)
def test_a_wrong_network_is_named(arguments, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        ScalingExplorer(*arguments)
    with pytest.raises(ArgumentError, match=re.escape("machine='cloud': there are p2, here")):
        ScalingExplorer("alexnet", machine="cloud")


def test_a_network_of_the_users_is_counted(small):
    assert (small.network, small.machine, small.store, small.batch) == ("", "here", "local", 4)
    assert small.setup.job.size == 4 * (6 * 8 + 8 + 8 * 10 + 10)
    assert small.trainable
    assert small.curve["published"] == []
    assert [each["devices"] for each in small.curve["predicted"]] == [1, 2, 4, 8]


def test_what_is_too_large_is_not_trained(explorer):
    assert not explorer.trainable
    with pytest.raises(
        ArgumentError, match="AlexNet is too large to be trained here: choose the MLP, or give"
    ):
        explorer.measure()
    ask(explorer, ask="measure")
    assert explorer.error.startswith("ArgumentError: AlexNet is too large")


def test_what_was_measured_stands_beside_the_prediction(small, monkeypatch):
    monkeypatch.setattr(scaling_explorer, "measure", lambda *_, **__: ran())
    assert small.measure() is not None
    assert small.wait(120)
    assert [(each["devices"], each["kind"]) for each in small.curve["measured"]] == [
        (1, "measured"),
        (2, "measured"),
    ]
    assert small.curve["measured"][1]["efficiency"] == pytest.approx(0.4)
    assert "a step took 10.0 ms" in small.curve["measured"][1]["says"]
    assert [figure["name"] for figure in small.found["measured"]] == ["step", "processor time"]
    assert small.found["recorded"]["kind"] == "measured"
    first, second = small.found["recorded"]["rows"]
    assert [span["kind"] for span in first["spans"]] == [
        "communicate",
        "compute",
        "wait",
        "communicate",
        "update",
    ]
    assert [span["kind"] for span in second["spans"]] == ["communicate", "compute", "communicate", "update"]
    assert second["spans"][1]["says"] == "Cpu(1): compute, 8.00 ms from 1.00 ms on (measured, recorded here)."
    assert (small.cores, small.within_latency) == (1, pytest.approx(1e-5))
    assert {figure.kind for figure in small.figures} == {"predicted", "measured"}
    small.devices = 4
    assert small.found["recorded"] == {}
    small.batch = 8
    assert small.wait(120)
    assert small.curve["measured"] == []


def test_measuring_is_cancelled_from_the_browser(small, monkeypatch):
    started, go_on = threading.Event(), threading.Event()

    def slow(*_, cancelled, **__):
        started.set()
        assert go_on.wait(120)
        return None if cancelled() else pytest.fail("was not told of the cancellation")

    monkeypatch.setattr(scaling_explorer, "measure", slow)
    ask(small, ask="measure")
    assert started.wait(120)
    assert small.status == "measuring"
    ask(small, ask="cancel")
    go_on.set()
    small._measuring.wait(lambda _: None)  # once it has stopped
    assert (small.status, small.runs, small.error) == ("idle", {}, "")


def test_another_network_takes_its_place_and_a_link_restores(explorer):
    ask(explorer, ask="show", network="mlp", machine=None)
    assert (explorer.title, explorer.machine, explorer.devices) == ("MLP, 3 layers of 1024", "here", 4)
    ask(
        explorer,
        ask="restore",
        network="alexnet",
        machine="p2",
        state={"hosts": 3, "method": "tree", "title": "x"},
    )
    assert (explorer.network, explorer.hosts, explorer.method, explorer.error) == ("alexnet", 3, "tree", "")
    ask(explorer, ask="show", network="lenet", machine=None)
    assert explorer.error.startswith("ArgumentError: network='lenet': there are")
    assert explorer.network == "alexnet"
    with pytest.raises(ArgumentError, match="machine='cloud'"):
        explorer.show("mlp", "cloud")
    assert explorer.setup.job.name == "AlexNet"


def test_a_name_that_is_set_is_followed_or_refused(explorer):
    for name, known in (
        ("machine", "'p2', 'here'"),
        ("network", "'alexnet', 'inception_v3', 'resnet_152', 'mlp'"),
    ):
        before = getattr(explorer, name)
        with pytest.raises(TraitError, match=f"{name}='zz': there are {known}"):
            setattr(explorer, name, "zz")
        assert getattr(explorer, name) == before
    explorer.network = "mlp"
    assert (explorer.title, explorer.machine, explorer.devices) == ("MLP, 3 layers of 1024", "p2", 16)
    assert explorer.setup.job.name == explorer.title
    explorer.machine = "here"
    assert (explorer.devices, explorer.error) == (4, "")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"hosts": 3, "devices": 99}, "TraitError: devices=99: it is from 1 to 64"),
        ({"hosts": 3, "store": "x"}, "TraitError: The 'store' trait"),
        (None, "ArgumentError: ScalingExplorer._restore(): state must be a dict, got None"),
    ],
)
@pytest.mark.parametrize("network", ["alexnet", "mlp"])
def test_a_link_that_does_not_fit_changes_nothing(explorer, network, state, text):
    names = ("network", "machine", "title", *scaling_explorer.CHOICES)
    before = {name: getattr(explorer, name) for name in names}
    ask(explorer, ask="restore", network=network, machine="here" if network == "mlp" else "p2", state=state)
    assert explorer.error.startswith(text)
    assert {name: getattr(explorer, name) for name in names} == before
    assert explorer.setup.job.name == "AlexNet"


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (
            {"ask": "restore"},
            "ArgumentError: the browser asked for 'restore' with {}: missing a required argument: 'net",
        ),
        (
            {"ask": "show", "machine": "p2"},
            "'show' with {'machine': 'p2'}: missing a required argument: 'network'",
        ),
        ({"ask": "cancel", "x": 1}, "'cancel' with {'x': 1}: got an unexpected keyword argument 'x'"),
        ({"ask": "measure", "way": 5}, "'measure' with {'way': 5}: got an unexpected keyword argument 'way'"),
        ("x", "the browser asked for 'x'; known are 'measure', 'cancel', 'show', 'restore'"),
    ],
)
def test_a_wish_that_is_none_is_told(explorer, wish, text):
    explorer._receive(explorer, wish, [])
    assert text in explorer.error


def test_what_follows_from_the_network_is_no_argument():
    with pytest.raises(ArgumentError, match=r"ScalingExplorer\(\) has no argument 'found'\."):
        ScalingExplorer("mlp", found={})
    with pytest.raises(ArgumentError, match=r"has no argument 'devices_'\. Did you mean 'devices'\?"):
        ScalingExplorer("mlp", devices_=2)


def test_its_repr_says_the_state_and_nothing_that_changes_by_itself(explorer):
    text = "ScalingExplorer(network='AlexNet', machine='p2', hosts=16, devices=16, store='dist_sync')"
    assert repr(explorer) == text
    explorer.store = "device"
    assert repr(explorer) == text.replace("hosts=16", "hosts=1").replace("dist_sync", "device")


def test_a_saved_notebook_holds_a_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "AlexNet: a step, predicted (simulated)" in data["image/svg+xml"]
    assert data == explorer._repr_mimebundle_()[0]


def test_all_that_travels_to_the_browser_is_json(explorer):
    state = explorer.get_state()
    for trait in ("found", "curve", "defaults", "networks", "machines", "runs"):
        text = json.dumps(state[trait])
        assert json.dumps(json.loads(text)) == text


def test_machines_bring_what_is_published_or_assumed():
    p2 = machines()["p2"]
    assert p2.within.bandwidth.value == pytest.approx(calibration().values["within"])
    assert p2.between.bandwidth.kind == "published"
    assert "assumed" in machines()["here"].within.bandwidth.how


def test_predictions_have_the_bars_of_the_calibration(explorer):
    values = explorer.curve["predicted"]
    assert [each["devices"] for each in values if each["spread"] is None] == [1]
    found = next(each for each in examine("scaling-alexnet") if each.row.gpus == 64)
    point = next(each for each in values if each["devices"] == 64)
    ends = [100 * point["efficiency"] * end / point["value"] for end in point["spread"]]
    assert ends == pytest.approx(found.predicted.spread)
    assert " to " in point["says"]
    explorer.hosts = 4
    assert explorer.wait(120)
    assert [each["devices"] for each in explorer.curve["predicted"] if each["spread"] is None] == [1]
    explorer.feed_bandwidth = 2e9  # chosen, so nothing says how far it can be trusted
    assert explorer.wait(120)
    assert all(each["spread"] is None for each in explorer.curve["predicted"])


def test_predictions_have_the_bars_of_what_was_measured_here(small, monkeypatch):
    here = ran()
    alone = given(4 * MS, "s", "step", (3 * MS, 6 * MS))
    here = replace(here, job=replace(here.job, layers=small.setup.job.layers, step=alone))
    monkeypatch.setattr(scaling_explorer, "measure", lambda *_, **__: here)
    small.measure()
    assert small.wait(120)
    for point in small.curve["predicted"]:
        best, worst = here.predict(point["devices"]).spread
        examples = 4 * point["devices"]
        assert point["spread"] == pytest.approx((examples / worst, examples / best))
    small.store = "device"
    assert small.wait(120)
    assert small.curve["predicted"][-1]["spread"] is None
