"""Metrics of classes against scikit-learn and plain counting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from workbench.errors import ArgumentError, ShapeError
from workbench.train import metric as metrics


def batches(seed, classes, count=3):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = int(rng.integers(1, 20))
        yield rng.integers(0, classes, n), rng.random((n, classes)).astype(np.float32)


def joined(seed, classes):
    labels, scores = zip(*batches(seed, classes), strict=True)
    return np.concatenate(labels), np.concatenate(scores)


def matthews(label, chosen):
    """The correlation of two classes; 0 where either is always the same."""
    return np.corrcoef(label, chosen)[0, 1] if np.ptp(label) and np.ptp(chosen) else 0.0


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
@settings(deadline=None, max_examples=30)
def test_accuracy(seed, classes):
    accuracy = metrics.Accuracy()
    for label, scores in batches(seed, classes):
        accuracy.update([label], [scores])
    label, scores = joined(seed, classes)
    np.testing.assert_allclose(accuracy.get()[1], accuracy_score(label, scores.argmax(1)))


def test_accuracy_of_chosen_classes():
    accuracy = metrics.Accuracy()
    accuracy.update([np.array([1, 2, 3])], [np.array([1.0, 2.0, 0.0])])
    np.testing.assert_allclose(accuracy.get()[1], 2 / 3)


def test_accuracy_along_an_axis():
    scores = np.zeros((2, 3, 4), np.float32)
    scores[:, 2] = 1
    accuracy = metrics.Accuracy(axis=1)
    accuracy.update([np.full((2, 4), 2)], [scores])
    assert accuracy.get() == ("accuracy", 1.0)
    last = metrics.Accuracy(axis=-1)
    last.update([np.full((2, 4), 2)], [scores.transpose(0, 2, 1)])
    assert last.get()[1] == 1.0


def test_accuracy_over_two_outputs():
    accuracy = metrics.Accuracy()
    accuracy.update([np.array([0]), np.array([1])], [np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])])
    assert accuracy.get()[1] == 0.5


@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.integers(2, 6))
@settings(deadline=None, max_examples=30)
def test_top_k(seed, classes, k):
    top = metrics.TopKAccuracy(top_k=k)
    for label, scores in batches(seed, classes):
        top.update([label], [scores])
    label, scores = joined(seed, classes)
    wanted = 1.0 if k >= classes else top_k_accuracy_score(label, scores, k=k, labels=np.arange(classes))
    np.testing.assert_allclose(top.get()[1], wanted)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_f1_micro_and_macro(seed):
    micro, macro = metrics.F1(average="micro"), metrics.F1()
    each = []
    for label, scores in batches(seed, 2):
        micro.update([label], [scores])
        macro.update([label], [scores])
        each.append(f1_score(label, scores.argmax(1), zero_division=0))
    label, scores = joined(seed, 2)
    np.testing.assert_allclose(micro.get()[1], f1_score(label, scores.argmax(1), zero_division=0))
    np.testing.assert_allclose(macro.get()[1], np.mean(each))


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_mcc_micro_and_macro(seed):
    micro, macro = metrics.MCC(average="micro"), metrics.create("mcc")
    each = []
    for label, scores in batches(seed, 2):
        micro.update([label], [scores])
        macro.update([label], [scores])
        each.append(matthews(label, scores.argmax(1)))
    label, scores = joined(seed, 2)
    np.testing.assert_allclose(micro.get()[1], matthews(label, scores.argmax(1)), atol=1e-12)
    np.testing.assert_allclose(macro.get()[1], np.mean(each), atol=1e-12)


def test_f1_local_and_global():
    good = (np.array([1, 0]), np.array([[0, 1], [1, 0]]))
    bad = (np.array([1, 0]), np.array([[1, 0], [0, 1]]))
    for average in ("micro", "macro"):
        f1 = metrics.F1(average=average)
        f1.update([bad[0]], [bad[1]])
        f1.reset_local()
        f1.update([good[0]], [good[1]])
        assert f1.get() == ("f1", 1.0)
        assert f1.get_global() == ("f1", 0.5)
        f1.reset()
        assert np.isnan(f1.get_global()[1])


@pytest.mark.parametrize("made", [metrics.Accuracy(), metrics.TopKAccuracy(top_k=2), metrics.F1()], ids=str)
def test_shapes_that_do_not_fit_are_both_named(made):
    with pytest.raises(
        ShapeError, match=r"label of shape \(3,\) does not match prediction of shape \(2, 2\)"
    ):
        made.update([np.zeros(3)], [np.zeros((2, 2))])


def test_accuracy_without_the_axis():
    with pytest.raises(ShapeError, match=r"label of shape \(3,\) does not match prediction of shape \(2,\)"):
        metrics.Accuracy().update([np.zeros(3)], [np.zeros(2)])


def test_a_metric_is_unchanged_by_a_batch_that_does_not_fit():
    accuracy = metrics.Accuracy()
    accuracy.update([np.array([0])], [np.array([[1.0, 0.0]])])
    with pytest.raises(ShapeError):
        accuracy.update([np.zeros(3)], [np.zeros((2, 2))])
    assert (accuracy.get()[1], accuracy.num_inst) == (1.0, 1)


def test_wrong_arguments_are_named():
    with pytest.raises(ArgumentError, match="top_k must be 2 or more, got 1; use Accuracy"):
        metrics.TopKAccuracy()
    with pytest.raises(ArgumentError, match="average must be 'macro' or 'micro', got 'weighted'"):
        metrics.F1(average="weighted")
    with pytest.raises(ShapeError, match="MCC is of two classes, 0 and 1; got labels or scores of 3 classes"):
        metrics.MCC().update([np.array([0, 1])], [np.zeros((2, 3))])
    with pytest.raises(ShapeError, match="F1 is of two classes, 0 and 1; got labels or scores of 3 classes"):
        metrics.F1().update([np.array([0, 2])], [np.zeros((2, 2))])
