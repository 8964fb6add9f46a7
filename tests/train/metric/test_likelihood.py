import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from workbench.errors import ArgumentError, ShapeError
from workbench.train import metric as metrics


def probabilities(n=8, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.random((n, classes))
    return rng.integers(0, classes, n), scores / scores.sum(1, keepdims=True)


@pytest.mark.parametrize("name", ["ce", "nll_loss"])
def test_log_loss(name):
    made = metrics.create(name)
    rows = [probabilities(seed=s, n=4 + s) for s in range(3)]
    for label, pred in rows:
        made.update([label.astype(np.float32)], [pred])
    label, pred = (np.concatenate(c) for c in zip(*rows, strict=True))
    np.testing.assert_allclose(made.get()[1], log_loss(label, pred, labels=range(5)))


def test_eps_bounds_the_loss_of_an_impossible_label():
    made = metrics.CrossEntropy(eps=1e-3)
    made.update([np.array([1])], [np.array([[1.0, 0.0]])])
    np.testing.assert_allclose(made.get()[1], -math.log(1e-3))


def test_perplexity_is_the_exponential_of_log_loss():
    label, pred = probabilities()
    made = metrics.Perplexity(None)
    made.update([label], [pred])
    np.testing.assert_allclose(made.get()[1], math.exp(log_loss(label, pred, labels=range(5))))
    np.testing.assert_allclose(made.get_global()[1], made.get()[1])


def test_perplexity_of_a_fair_choice_is_the_number_of_choices():
    made = metrics.create("perplexity", ignore_label=None)
    made.update([np.zeros((2, 3))], [np.full((2, 3, 4), 0.25)])
    np.testing.assert_allclose(made.get()[1], 4)


def test_perplexity_ignores_padding_and_takes_an_axis():
    label, pred = probabilities()
    plain, padded = metrics.Perplexity(None), metrics.Perplexity(-1, axis=0)
    plain.update([label], [pred])
    padded.update([np.append(label, -1)], [np.vstack([pred, np.full((1, 5), 0.2)]).T])
    np.testing.assert_allclose(padded.get()[1], plain.get()[1])
    nothing = metrics.Perplexity(0)
    nothing.update([np.zeros(2)], [np.full((2, 2), 0.5)])
    assert math.isnan(nothing.get()[1])


@pytest.mark.parametrize("name", ["ce", "nll_loss", "perplexity"])
def test_wrong_batches_are_named(name):
    made = metrics.create(name)
    with pytest.raises(
        ShapeError, match=r"label of shape \(3,\) does not match prediction of shape \(2, 2\)"
    ):
        made.update([np.zeros(3)], [np.zeros((2, 2))])
    for wrong in (2, -1):
        with pytest.raises(ArgumentError, match=f"label {wrong} is not among the 2 classes predicted"):
            made.update([np.array([0, wrong])], [np.full((2, 2), 0.5)])


def test_loss_is_the_mean_of_outputs():
    made = metrics.Loss()
    made.update(None, [np.array([1.0, 2.0]), np.array([[6.0]])])
    made.update(None, np.array([7.0]))
    assert made.get() == ("loss", 4.0)


def test_losses_under_their_old_names():
    for name in ("torch", "caffe"):
        loss = metrics.create(name)
        loss.update(None, [np.array([[1.0, 2.0], [3.0, 6.0]])])
        assert loss.get() == (name, 3.0)
