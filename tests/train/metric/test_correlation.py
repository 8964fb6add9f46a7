"""Correlations against NumPy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from workbench.errors import ArgumentError, ShapeError
from workbench.train import metric as metrics


def drawn(seed, classes=None, count=3):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(4, 20, count)
    if classes is None:
        return [(rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) + 100) for n in sizes]
    return [(rng.integers(0, classes, n), rng.random((n, classes))) for n in sizes]


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_pearson_of_each_batch_and_of_all(seed):
    batches = drawn(seed)
    micro, macro = metrics.PearsonCorrelation(average="micro"), metrics.create("pearsonr")
    for label, pred in batches:
        micro.update([label], [pred])
        macro.update([label], [pred])
    labels, preds = (np.concatenate(column).ravel() for column in zip(*batches, strict=True))
    each = [np.corrcoef(label.ravel(), pred.ravel())[0, 1] for label, pred in batches]
    np.testing.assert_allclose(macro.get()[1], np.mean(each), rtol=1e-9)
    np.testing.assert_allclose(micro.get()[1], np.corrcoef(labels, preds)[0, 1], rtol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
@settings(deadline=None, max_examples=20)
def test_pcc_is_matthews_correlation_of_many_classes(seed, classes):
    batches = drawn(seed, classes)
    pcc = metrics.PCC()
    for label, scores in batches:
        pcc.update([label], [scores])
    labels, scores = (np.concatenate(column) for column in zip(*batches, strict=True))
    wanted = matthews_corrcoef(labels, scores.argmax(1))
    if wanted != 0:
        np.testing.assert_allclose(pcc.get()[1], wanted)


def test_pcc_of_chosen_classes_of_one_kind_is_nan():
    pcc = metrics.PCC()
    pcc.update([np.array([1, 0, 1])], [np.array([1, 1, 1])])
    assert np.isnan(pcc.get()[1])


@pytest.mark.parametrize("made", [metrics.PCC(), metrics.PearsonCorrelation(average="micro")], ids=str)
def test_local_and_global(made):
    made.update([np.array([1, 0, 1, 0])], [np.array([0, 1, 0, 1])])
    made.reset_local()
    made.update([np.array([1, 0, 1, 0])], [np.array([1, 0, 1, 0])])
    assert made.get()[1] == 1.0
    assert made.get_global()[1] == 0.0
    made.reset()
    assert np.isnan(made.get()[1])
    assert np.isnan(made.get_global()[1])


def test_what_does_not_fit_is_named():
    text = r"label of shape \(3,\) does not match prediction of shape \(2,\)"
    for made in (metrics.PCC(), metrics.PearsonCorrelation()):
        with pytest.raises(ShapeError, match=text):
            made.update([np.zeros(3)], [np.zeros(2)])
    with pytest.raises(ArgumentError, match="average must be 'macro' or 'micro', got 'all'"):
        metrics.PearsonCorrelation(average="all")
    with pytest.raises(ArgumentError, match="PCC takes classes counted from 0, got -1"):
        metrics.PCC().update([np.array([-1, 0])], [np.array([1, 0])])
