"""Sums, counts, names and configurations that all metrics share."""

import math

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.train import metric as metrics

LABEL, PRED = nd.array([0, 1]), nd.array([[0.9, 0.1], [0.8, 0.2]])


def test_before_any_batch_the_value_is_nan():
    for made in (metrics.Accuracy(), metrics.F1(), metrics.Perplexity(None), metrics.Loss()):
        assert math.isnan(made.get()[1])
        assert math.isnan(made.get_global()[1])


def test_local_and_global():
    accuracy = metrics.create("acc")
    accuracy.update([LABEL], [PRED])
    accuracy.reset_local()
    accuracy.update([nd.array([0, 0])], [PRED])
    assert accuracy.get() == ("accuracy", 1.0)
    assert accuracy.get_global() == ("accuracy", 0.75)
    assert accuracy.get_global_name_value() == [("accuracy", 0.75)]
    accuracy.reset()
    assert math.isnan(accuracy.get_global()[1])


class Handmade(metrics.EvalMetric):
    def __init__(self):
        super().__init__("handmade", has_global_stats=False)

    def update(self, labels, preds):
        self.sum_metric += 3.0
        self.num_inst += 2


def test_a_metric_without_global_sums_has_its_local_value():
    handmade = Handmade()
    handmade.update([LABEL], [PRED])
    assert handmade.get_global_name_value() == [("handmade", 1.5)]
    assert "has_global_stats" not in handmade.get_config()


def test_text():
    accuracy = metrics.Accuracy()
    accuracy.update([LABEL], [PRED])
    assert str(accuracy) == "EvalMetric: {'accuracy': 0.5}"


def test_by_name_of_output_and_label():
    accuracy = metrics.Accuracy(output_names=["softmax_output"], label_names=["softmax_label"])
    other = nd.zeros((5,))
    accuracy.update_dict({"softmax_label": LABEL, "b": other}, {"a": other, "softmax_output": PRED})
    assert accuracy.get()[1] == 0.5
    with pytest.raises(ArgumentError, match="no output 'softmax_output' to measure; there are a, b"):
        accuracy.update_dict({"softmax_label": LABEL}, {"a": PRED, "b": PRED})
    with pytest.raises(ArgumentError, match="no label 'softmax_label' to measure; there are none"):
        accuracy.update_dict({}, {"softmax_output": PRED})


def test_without_names_everything_is_taken():
    accuracy = metrics.Accuracy()
    accuracy.update_dict({"x": LABEL}, {"y": PRED})
    assert accuracy.num_inst == 2


def test_configuration():
    config = metrics.TopKAccuracy(top_k=3, output_names=["o"]).get_config()
    assert config == {
        "metric": "TopKAccuracy",
        "name": "top_k_accuracy_3",
        "output_names": ["o"],
        "label_names": None,
        "top_k": 3,
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("acc", metrics.Accuracy),
        ("accuracy", metrics.Accuracy),
        ("f1", metrics.F1),
        ("mae", metrics.MAE),
        ("mse", metrics.MSE),
        ("rmse", metrics.RMSE),
        ("ce", metrics.CrossEntropy),
        ("cross-entropy", None),
        ("crossentropy", metrics.CrossEntropy),
        ("nll_loss", metrics.NegativeLogLikelihood),
        ("negativeloglikelihood", metrics.NegativeLogLikelihood),
        ("perplexity", metrics.Perplexity),
        ("loss", metrics.Loss),
        ("composite", metrics.CompositeEvalMetric),
    ],
)
def test_by_name(name, kind):
    if kind is None:
        with pytest.raises(ArgumentError, match=f"no metric {name!r}.*Did you mean 'crossentropy'"):
            metrics.create(name)
    else:
        assert type(metrics.create(name)) is kind


def test_by_name_with_arguments():
    assert metrics.create("top_k_accuracy", top_k=5).top_k == 5
    assert metrics.create("top_k_acc", top_k=2).name == "top_k_accuracy_2"
    assert metrics.create("perplexity", ignore_label=0).ignore_label == 0


def test_a_metric_of_ones_own():
    @metrics.register
    @metrics.alias("count")
    class Counting(metrics.EvalMetric):
        def __init__(self, name="counting", **kwargs):
            super().__init__(name, **kwargs)

        def update(self, labels, preds):
            self.sum_metric += len(preds)
            self.num_inst += 1

    made = metrics.create("count")
    made.update([LABEL], [PRED])
    assert made.get() == ("counting", 1)


def test_one_without_a_rule_says_so():
    with pytest.raises(NotImplementedError, match="EvalMetric must define update"):
        metrics.EvalMetric("empty").update([], [])


def test_numbers_of_outputs_must_agree():
    with pytest.raises(ShapeError, match="labels 2 do not match predictions 1"):
        metrics.Accuracy().update([LABEL, LABEL], [PRED])


def test_check_label_shapes():
    assert metrics.check_label_shapes([1], [2]) == ([1], [2])
    labels, preds = metrics.check_label_shapes(LABEL, PRED, wrap=True)
    assert labels[0] is LABEL
    assert preds[0] is PRED
    with pytest.raises(ShapeError, match=r"labels \(2,\) do not match predictions \(2, 2\)"):
        metrics.check_label_shapes(LABEL, PRED, shape=True)


def test_single_arrays_numpy_and_low_precision():
    for wrap in (np.asarray, lambda a: nd.array(a, dtype="bfloat16"), lambda a: nd.array(a, dtype="float16")):
        for made in (metrics.Accuracy(), metrics.CrossEntropy(), metrics.MSE()):
            label, pred = wrap([0.0, 1.0]), wrap([[0.75, 0.25], [0.5, 0.5]])
            made.update(label, pred[:, 0] if isinstance(made, metrics.MSE) else pred)
            assert math.isfinite(made.get()[1])


def test_a_metric_of_several_tasks_keeps_its_own_counts():
    class Tasks(metrics.EvalMetric):
        def __init__(self):
            super().__init__("tasks")

        def reset(self):
            self.sum_metric, self.num_inst = [0.0, 0.0], [0, 0]

        def update(self, labels, preds):
            for i in range(2):
                self.sum_metric[i] += 1
                self.num_inst[i] += 2

        def get(self):
            return zip(*((f"task{i}", self.sum_metric[i] / self.num_inst[i]) for i in range(2)), strict=True)

        def get_name_value(self):
            return list(zip(*self.get(), strict=True))

    tasks = Tasks()
    tasks.update([], [])
    assert tasks.get_global_name_value() == [("task0", 0.5), ("task1", 0.5)]


@pytest.mark.parametrize("name", ["acc", "ce", "nll_loss", "mse", "f1"])
def test_a_batch_that_fails_within_is_not_half_counted(name):
    metric = metrics.create(["acc", name])
    right, wrong = nd.array([[0.5, 0.5], [0.2, 0.8]]), nd.ones((3, 2))
    metric.update([nd.array([0, 1])] * 2, [right] * 2) if name != "mse" else None
    before = str(metric.get()) + str(metric.get_global())
    for preds in ([right, wrong], [wrong, right]):
        with pytest.raises(ShapeError, match="does not match prediction"):
            metric.update([nd.array([0, 1])] * 2, preds)
    assert str(metric.get()) + str(metric.get_global()) == before


def test_labels_are_arrays():
    with pytest.raises(ArgumentError, match="labels are an array or a list of arrays, got NoneType"):
        metrics.Accuracy().update(None, [nd.ones((2, 2))])
