from types import SimpleNamespace

import pytest

from workbench.viz.scaling_figure import scaling_figure


def point(devices, value, kind, spread=None):
    return {
        "devices": devices,
        "value": value,
        "efficiency": value / devices / 10,
        "kind": kind,
        "spread": spread,
    }


@pytest.fixture
def state():
    spans = [
        {"kind": "compute", "start": 0.0, "end": 1.0},
        {"kind": "wait", "start": 1.0, "end": 2.0},
        {"kind": "communicate", "start": 2.0, "end": 3.0},
    ]
    timeline = {"rows": [{"label": "device", "spans": spans}], "end": 3.0, "kind": "predicted"}
    curve = {
        "predicted": [point(1, 10, "predicted"), point(2, 18, "predicted", (16, 19))],
        "published": [point(1, 10, "published"), point(2, 17, "published")],
        "measured": [],
    }
    return SimpleNamespace(title="net", found={"timeline": timeline, "recorded": {}}, curve=curve, figures=[])


def drawn(axes, label):
    """The marks of that name in the legend, and the ends of the bars at them."""
    container = next(each for each in axes.containers if each.get_label() == label)
    line, _, bars = container
    return line, [end.tolist() for each in bars for end in each.get_segments() if len(end)]


def test_kinds_are_told_apart_by_mark_and_stroke_and_predictions_have_their_bars(state):
    _, throughput, efficiency, _ = scaling_figure(state).axes
    for axes, scale in ((throughput, 1), (efficiency, 5)):
        predicted, bars = drawn(axes, "predicted")
        published, none = drawn(axes, "published")
        assert (predicted.get_marker(), predicted.get_linestyle()) == ("x", "--")
        assert (published.get_marker(), published.get_linestyle()) == ("o", "None")
        assert bars == [[[2, 16 * scale], [2, 19 * scale]]]
        assert none == []
        assert [each.get_text() for each in axes.get_legend().get_texts()] == [
            "ideal",
            "predicted",
            "published",
        ]


def test_a_step_says_who_computes_sends_and_waits(state):
    step = scaling_figure(state).axes[0]
    assert step.get_title(loc="left") == "net: a step, predicted (simulated)"
    assert [each.get_text() for each in step.get_legend().get_texts()] == [
        "computes",
        "waits",
        "sends gradients",
    ]
