"""Every check of lesson 05 accepts the solution, and says of typical wrong answers what is wrong."""

import math

import pytest
from checks import lesson_05
from checks.exercise import WrongAnswerError
from solutions_05 import rank_for, replace, work

from workbench.gluon.nn import Dense
from workbench.tensor.layers import TensorRegression

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_05_1
def test_work(answers):
    lesson_05.exercise_1.__wrapped__(answers["work"])


@pytest.mark.exercise_05_2
def test_rank_for(answers):
    lesson_05.exercise_2.__wrapped__(answers["rank_for"])


@pytest.mark.exercise_05_3
def test_replace(answers):
    lesson_05.exercise_3.__wrapped__(answers["replace"])


def test_work_by_hand():
    """The judge counts as one does by hand: 2 · 64 · (256·5·6·6 + 256·5·5·6 + 200·256·5·5)."""
    by_hand = 2 * 64 * (256 * 5 * 6 * 6 + 256 * 5 * 5 * 6 + 200 * 256 * 5 * 5)
    assert lesson_05.counted(64, (256, 6, 6), (200, 5, 5), (1, 2, 0)) == by_hand


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda *given: work(*given) // 2, r"asked for \d+ operations from \(256, 6, 6\) to .*; got \d+"),
        (
            lambda batch, sizes, ranks, order: work(batch, sizes, ranks, sorted(order)),
            r"in the order \(0, 2, 1\)|in the order \(1, 0, 2\), batch 64; got \d+",
        ),
        (lambda batch, sizes, ranks, order: work(1, sizes, ranks, order), r"batch 64; got \d+"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: .*({says})"):
        lesson_05.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda weight, energy: rank_for(weight, energy) - 1, r"got \d+(, which keeps 0\.\d+)?"),
        (
            lambda weight, energy: rank_for(weight, energy) + 1,
            r"the smallest that keeps 0\.3 .*; got \d+, which",
        ),
        (lambda weight, energy: rank_for(weight, math.sqrt(energy)), "the smallest that keeps 0.3"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_05.exercise_2(answer)


def not_trained(dense, in_shape, rank):
    layer = TensorRegression(dense.weight.shape[0], rank, in_shape=in_shape, use_bias=dense.bias is not None)
    layer.initialize()
    return layer, replace(dense, in_shape, rank)[1]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda *given: replace(*given)[0], "a layer and its space savings; got TensorRegression"),
        (lambda dense, in_shape, rank: (Dense(5), 0.5), r"a TensorRegression for blocks of .*; got Dense"),
        (not_trained, r"outputs that differ by at most 0\.000 .*; got \d+\.\d+"),
        (lambda *given: (replace(*given)[0], 0.5), r"savings of -?\d\.\d+, biases counted, .*; got 0\.5"),
        (
            lambda dense, in_shape, rank: replace(dense, in_shape, tuple(max(1, r - 1) for r in rank)),
            r"asked for \d+ numbers in the layer .*; got \d+",
        ),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: .*{says}"):
        lesson_05.exercise_3(answer)
