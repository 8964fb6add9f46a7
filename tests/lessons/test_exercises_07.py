"""Every check of lesson 07 accepts the solution, and says of typical wrong answers what is wrong."""

import numpy as np
import pytest
from checks import lesson_07
from checks.exercise import WrongAnswerError
from solutions_07 import arrivals, faster, train

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_07_1
def test_train(answers):
    lesson_07.exercise_1.__wrapped__(answers["train"])


@pytest.mark.exercise_07_2
def test_arrivals(answers):
    lesson_07.exercise_2.__wrapped__(answers["arrivals"])


@pytest.mark.exercise_07_3
def test_faster(answers):
    lesson_07.exercise_3.__wrapped__(answers["faster"])


def mean_of_means(parts, rate, steps):
    """Right only where all have as many examples."""
    weights = np.zeros(3)
    for _ in range(steps):
        weights = weights - rate * np.mean([x.T @ (x @ weights - y) / len(x) for x, y in parts], axis=0)
    return weights


def one_after_the_other(parts, rate, steps):
    """Each updates by itself, without waiting."""
    weights = np.zeros(3)
    for _ in range(steps):
        for x, y in parts:
            weights = weights - rate * x.T @ (x @ weights - y) / sum(len(each) for each, _ in parts)
    return weights


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            mean_of_means,
            r"after 1 step with 7 and 2 examples the weights \[.*\], those of one worker; got \[",
        ),
        (one_after_the_other, r"after 1 step with 4 and 4 examples the weights \["),
        (lambda parts, rate, steps: None, "after 1 step with 6 examples the weights .*; got None"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: asked for {says}"):
        lesson_07.exercise_1(answer)


def without_a_residual(gradients, threshold):
    return [np.where(g >= threshold, threshold, np.where(g <= -threshold, -threshold, 0)) for g in gradients]


def strictly_above(gradients, threshold):
    return arrivals([g * (1 - 1e-4) for g in gradients], threshold)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            without_a_residual,
            r"\[\[0.0, 0.5, -0.5\], \[0.5, .* at threshold 0.5; got \[\[0.0, 0.5, -0.5\], \[0.0",
        ),
        (strictly_above, r"\[\[0.0, 0.5, -0.5\], .*; got \[\[0.0, 0.0, -?0.0\]"),
        (lambda gradients, threshold: np.array(arrivals(gradients, threshold)), r"\[\[0.0, 0.5, -0.5\]"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: asked for {says}"):
        lesson_07.exercise_2(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda *_: "ring", r"the faster for 1000 bytes, 8 devices, 1e-06 s: ring .*, tree .*; got 'ring'"),
        (lambda *_: "tree", r"the faster for 1000 bytes, 2 devices, .*; got 'tree'"),
        (lambda *_: 3, "the faster for 1000 bytes, 2 devices, .*; got 3"),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: asked for {says}"):
        lesson_07.exercise_3(answer)


def test_a_right_answer_is_told_so(capsys):
    lesson_07.exercise_1(train)
    lesson_07.exercise_3(faster)
    assert capsys.readouterr().out == "Exercise 1: right.\nExercise 3: right.\n"
