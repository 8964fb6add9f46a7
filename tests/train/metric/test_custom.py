import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.imperative import nd
from workbench.train import metric as metrics


def gap(label, pred):
    assert type(label) is type(pred) is np.ndarray
    return abs(label - pred).max()


def test_a_function_makes_a_metric():
    made = metrics.create(gap)
    made.update([nd.array([1.0, 2.0])], [nd.array([1.5, 2.0])])
    made.update([nd.array([1.0])], [nd.array([2.0])])
    assert made.get() == ("gap", 0.75)


def test_sum_and_count():
    made = metrics.np(lambda label, pred: (float(label.sum()), label.size), name="mean label")
    made.update([np.array([1.0, 2.0, 6.0])], [np.zeros(3)])
    assert made.get() == ("mean label", 3.0)


def test_as_a_decorator():
    @metrics.np
    def agree(label, pred):
        return float((label == pred).mean())

    agree.update([np.array([1, 2])], [np.array([1, 3])])
    assert agree.get() == ("agree", 0.5)


def test_extra_outputs_are_allowed_on_request():
    with pytest.raises(ShapeError, match="labels 1 do not match predictions 2"):
        metrics.CustomMetric(gap).update([np.zeros(1)], [np.ones(1), np.ones(1)])
    made = metrics.CustomMetric(gap, allow_extra_outputs=True)
    made.update([np.zeros(1)], [np.ones(1), np.ones(1)])
    assert made.get()[1] == 1


@pytest.mark.parametrize("result", [None, "0.5", (1.0, None), (1.0, 2, 3)])
def test_what_is_no_number_is_refused_and_not_counted(result):
    made = metrics.CustomMetric(lambda label, pred: 3.0 if pred.any() else result, "mine")
    made.update([np.zeros(1)], [np.ones(1)])
    with pytest.raises(ArgumentError, match=r"^mine: its function gives a number or a \(sum, count\), got "):
        made.update([np.zeros(1)], [np.zeros(1)])
    assert (made.get(), made.get_global()) == (("mine", 3.0), ("mine", 3.0))


def test_it_has_no_configuration():
    with pytest.raises(NotSupportedError, match="CustomMetric 'gap' can't be described"):
        metrics.create(gap).get_config()
