"""What a metric has seen survives as plain values."""

import json

import numpy as np
import pytest

from workbench.imperative import nd
from workbench.train import metric
from workbench.train.metric.kept import kept, restore

MAKERS = {
    "accuracy": lambda: metric.Accuracy(),
    "several": lambda: metric.create(["acc", metric.F1(average="micro"), "ce"]),
    "counts": lambda: metric.MCC(),
    "moments": lambda: metric.PearsonCorrelation(average="micro"),
    "array": lambda: metric.PCC(),
    "function": lambda: metric.create(lambda label, pred: float(np.abs(label - pred[:, 0]).mean())),
}


def batch(number):
    rng = np.random.default_rng(number)
    scores = rng.random((8, 2)).astype(np.float32)
    return [nd.array(rng.integers(0, 2, 8))], [nd.array(scores / scores.sum(1, keepdims=True))]


def fed(found, kind, numbers):
    for number in numbers:
        labels, preds = batch(number)
        found.update(labels, [preds[0][:, 0]] if kind == "moments" else preds)
    return found


@pytest.mark.parametrize("kind", MAKERS)
def test_a_metric_goes_on(kind):
    whole = fed(MAKERS[kind](), kind, range(4))
    before = kept(fed(MAKERS[kind](), kind, range(2)))
    resumed = MAKERS[kind]()
    restore(resumed, json.loads(json.dumps(before)))
    fed(resumed, kind, (2, 3))
    assert resumed.get() == whole.get()
    assert resumed.get_global() == whole.get_global()


def test_no_metric_is_nothing():
    assert kept(None) is None
    restore(None, None)
