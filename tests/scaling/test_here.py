"""The prediction by hand; and a run of a small network, of which everything but the times is known."""

import pytest

from workbench.errors import ArgumentError, WorkbenchError
from workbench.networks import deep_mlp
from workbench.parallel.costmodel import Job, Layer, link
from workbench.scaling import Here, measure
from workbench.scaling.answers import answers
from workbench.types import Quantity


def given(value, unit, spread=None):
    return Quantity(value, unit, "measured", "for a test", spread=spread)


@pytest.fixture
def here():
    layers = tuple(Layer(name, given(100, "B"), given(1, "FLOP")) for name in "ab")
    job = Job("net", layers, 8, given(3.0, "s", (2.0, 6.0)), busy=given(1.0, "1"))
    return Here(job, given(2.0, "1", (1.0, 4.0)), link(0.5, 200.0, "measured", "for a test"))


def test_computing_shares_the_cores_and_gradients_go_there_and_back(here):
    sent = 2 * 3 * (2 * 0.5 + 200 / 200)  # of three other devices, both ways, a message a layer
    assert here.predict(1).value == 3
    assert here.predict(4).value == pytest.approx(4 * 3 / 2 + sent)
    assert here.predict(4).spread == pytest.approx((4 * 2 / 4 + sent, 4 * 6 / 1 + sent))
    assert here.predict_processor(4).value == pytest.approx(4 * 3 + sent)


def test_less_than_a_core_slows_copies_too(here):
    busy = Here(here.job, given(0.5, "1"), here.link)
    assert busy.predict(2).value == pytest.approx(2 * 3 / 0.5 + 2 * (1.0 + 1.0) / 0.5)
    assert busy.predict_processor(2).value == pytest.approx(2 * 3 + 2 * (1.0 + 1.0))


def test_a_network_is_measured_on_one_device_and_on_two():
    net, parts = deep_mlp(1, 8, batch=4, inputs=6), []
    found = measure(net.symbol, {"data": (4, 6)}, counts=[2], rounds=2, report=parts.append)
    assert [run.devices for run in found.runs] == [1, 2]
    assert parts == sorted(parts)
    assert parts[-1] == 1
    named = "network ending in softmax"
    assert (found.job.name, found.job.batch, found.job.size) == (named, 4, 4 * (6 * 8 + 8 + 8 * 10 + 10))
    for run in found.runs:
        assert {run.step.kind, run.processor.kind, run.cores.kind} == {"measured"}
        assert {run.predicted.kind, run.predicted_processor.kind} == {"predicted"}
        assert run.step.spread[0] <= run.step.value <= run.step.spread[1]
    one, two = found.runs
    assert one.spans == ()
    assert one.off == pytest.approx(0)
    assert [(device, name) for device, name, _, _ in two.spans] == [
        (None, "pull"), (0, "compute"), (1, "compute"), (None, "push"), (None, "update"),
    ]  # fmt: skip


def test_it_is_stopped_when_nobody_cares():
    assert measure(deep_mlp(1, 8).symbol, {"data": (4, 6)}, cancelled=lambda: True) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((3,), r"scaling.measure\(\) needs a network: a Symbol with a loss"),
        ((deep_mlp(1, 8).symbol, {"date": (4, 6)}), "shapes: the network has no input 'date'"),
        (
            (deep_mlp(1, 8).symbol, None, [0]),
            r"measure\(\): counts must be a sequence of whole numbers from 1 to 256, got",
        ),
        (
            (deep_mlp(1, 8).symbol, None, [10**6]),
            "counts must be a sequence of whole numbers from 1 to 256, got",
        ),
        ((deep_mlp(1, 8).symbol, {1: (4, 6)}), "shapes: the network has no input 1; it has"),
        ((deep_mlp(1, 8).symbol, {"data": None}), "is not given and does not follow from data None; give it"),
    ],
)
def test_a_wrong_argument_is_named(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        measure(*arguments)


def test_a_process_that_fails_is_quoted():
    task = {"symbol": "{}", "shapes": {}, "labels": [], "counts": [1], "rounds": 1}
    with pytest.raises(WorkbenchError, match=r"workbench\.scaling\.child ended with status 1: .*Error"):
        list(answers("workbench.scaling.child", task, 1, lambda: False))
