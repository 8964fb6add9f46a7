"""Every check of lesson 04 accepts the solution, and says of typical wrong answers what is wrong."""

import numpy as np
import pytest
from checks import lesson_04
from checks.exercise import WrongAnswerError
from solutions_04 import best_factor, choose_rank

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_04_1
def test_best_factor(answers):
    lesson_04.exercise_1.__wrapped__(answers["best_factor"])


@pytest.mark.exercise_04_2
def test_ranks_within(answers):
    lesson_04.exercise_2.__wrapped__(answers["ranks_within"])


@pytest.mark.exercise_04_3
def test_choose_rank(answers):
    lesson_04.exercise_3.__wrapped__(answers["choose_rank"])


def in_place(x, factors, mode):
    factors[mode] = best_factor(x, factors, mode)
    return factors[mode]


def others_reversed(x, factors, mode):
    """The Khatri–Rao product in the wrong order."""
    rest = [factor for k, factor in enumerate(factors) if k != mode][::-1]
    given = [*rest[:mode], factors[mode], *rest[mode:]]
    flat = np.moveaxis(x, mode, 0)
    flipped = np.moveaxis(flat.reshape(len(flat), *(len(f) for f in rest)), 0, mode)
    return best_factor(flipped, given, mode)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (in_place, "asked for the given factors to stay as they are; got others"),
        (others_reversed, r"the factor of least error for mode 0 of .*; got one that differs by "),
        (
            lambda x, factors, mode: best_factor(x, factors, mode).T,
            r"a factor of shape \(5, 2\) for mode 0 of a tensor of shape \(5, 6, 7\); got shape \(2, 5\)",
        ),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: .*{says}"):
        lesson_04.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda x, error: 3, r"a tuple of 3 ranks for a tensor of shape \(12, 14, 16\) .*; got 3"),
        (lambda x, error: (0, 1, 1), r"ranks from 1 to a mode's size .*; got \(0, 1, 1\)"),
        (lambda x, error: (1, 1, 1), r"ranks that reach it .*; got \(1, 1, 1\), whose error is "),
        (lambda x, error: x.shape, r"at most \d+ parameters .*; got \(12, 14, 16\), which has \d+"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_04.exercise_2(answer)


def best_fitted(x, ranks, fit):
    """Looks at what the fit has seen."""
    seen = np.random.default_rng(0).random(x.shape) > 0.2
    return min(ranks, key=lambda rank: np.linalg.norm((x - fit(x, seen, rank))[seen]))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (best_fitted, "asked for rank 2, which the tensor has beside its noise; got [345]"),
        (lambda x, ranks, fit: 2, "asked for fits to be tried; got none"),
        (
            lambda x, ranks, fit: fit(x, np.ones(x.shape, bool), 2),
            "a part of the entries to be hidden; got 2184 of 2184 seen",
        ),
        (
            lambda x, ranks, fit: fit(x, np.arange(100), 2),
            r"seen: True or False for \(14, 13, 12\); got \(100,\)",
        ),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: .*{says}"):
        lesson_04.exercise_3(answer)


def test_answers_are_judged_by_an_independent_solution():
    """The judge's least squares and the solution's normal equations say the same."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 5, 6))
    factors = [rng.normal(size=(n, 3)) for n in x.shape]
    for mode in range(3):
        one = lesson_04.least_squares(x, factors, mode)
        np.testing.assert_allclose(one, best_factor(x, factors, mode), atol=1e-10)


def test_the_choice_needs_no_luck():
    """Other hidden entries give the same rank."""
    rng = np.random.default_rng(7)
    x = lesson_04.tensor_of([rng.normal(size=(n, 2)) for n in (10, 9, 8)])
    x += 0.2 * rng.normal(size=x.shape) * x.std()
    assert choose_rank(x, range(1, 4), lesson_04.fitted) == 2
