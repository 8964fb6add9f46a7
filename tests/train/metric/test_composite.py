import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.train import metric as metrics

LABEL, PRED = np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]])


def test_a_list_makes_one_metric_of_several():
    both = metrics.create(["acc", metrics.Loss(), lambda label, pred: 3.0])
    both.update([LABEL], [PRED])
    names, values = both.get()
    assert names == ["accuracy", "loss", "custom(<lambda>)"]
    np.testing.assert_allclose(values, [0.5, 0.5, 3.0])
    assert both.get_name_value() == list(zip(names, values, strict=True))
    assert str(both) == "EvalMetric: {'accuracy': 0.5, 'loss': 0.5, 'custom(<lambda>)': 3.0}"


def test_members():
    both = metrics.CompositeEvalMetric(["acc"])
    both.add("ce")
    assert isinstance(both.get_metric(1), metrics.CrossEntropy)
    with pytest.raises(ArgumentError, match="no metric 2: there are 2"):
        both.get_metric(2)
    assert [m["metric"] for m in both.get_config()["metrics"]] == ["Accuracy", "CrossEntropy"]


def test_resets_reach_every_member():
    both = metrics.create(["acc", "ce"])
    both.update([LABEL], [PRED])
    both.reset_local()
    assert np.isnan(both.get()[1]).all()
    assert np.isfinite(both.get_global()[1]).all()
    both.reset()
    assert np.isnan(both.get_global()[1]).all()
    assert [name for name, _ in both.get_global_name_value()] == ["accuracy", "cross-entropy"]


def test_members_choose_by_name():
    first = metrics.Accuracy(output_names=["a"], label_names=["x"], name="first")
    second = metrics.Accuracy(output_names=["b"], label_names=["x"], name="second")
    both = metrics.CompositeEvalMetric([first, second])
    both.update_dict({"x": LABEL}, {"a": PRED, "b": 1 - PRED, "c": None})
    assert both.get_name_value() == [("first", 0.5), ("second", 0.5)]
    narrowed = metrics.CompositeEvalMetric([metrics.Accuracy()], output_names=["a"], label_names=["x"])
    narrowed.update_dict({"x": LABEL, "y": None}, {"a": PRED, "b": None})
    assert narrowed.get_name_value() == [("accuracy", 0.5)]
