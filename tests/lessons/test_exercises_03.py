"""Every check of lesson 03 accepts the solution, and says of typical wrong answers what is wrong."""

import math

import pytest
from checks import lesson_03
from checks.exercise import WrongAnswerError
from solutions_03 import best_segment, largest_batch, my_strategy

from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.stages import Stages

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_03_1
def test_best_segment(answers):
    lesson_03.exercise_1.__wrapped__(answers["best_segment"])


@pytest.mark.exercise_03_2
def test_my_strategy(answers):
    lesson_03.exercise_2.__wrapped__(answers["my_strategy"])


@pytest.mark.exercise_03_3
def test_largest_batch(answers):
    lesson_03.exercise_3.__wrapped__(answers["largest_batch"])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda work: 2 * math.isqrt(work.forward),
            r"asked for \d+ layers a segment, .*; got 8, which takes \d+",
        ),
        (lambda work: best_segment(work) + 0.5, r"; got \d+\.5"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: .*{says}"):
        lesson_03.exercise_1(answer)


def everything_twice(work, budget):
    stages = Stages(work, range(work.forward + 1))
    good = stages.segmented(range(1, work.forward, 1))
    return Schedule((tuple(range(work.forward)), tuple(range(work.forward)), *good.groups), 2 + good.forward)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda work, budget: unplanned(work), r"at most \d+ bytes for a chain of 12 layers; got \d+ bytes"),
        (lambda work, budget: my_strategy(work, budget).groups, "asked for a Schedule; got tuple"),
        (
            lambda work, budget: Schedule(((0, 1),), 1),
            "that computes a chain of 12 layers; got the schedule",
        ),
        (everything_twice, r"at most 12 layers computed again, one forward; got \d+"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_03.exercise_2(answer)


def tried_one_by_one(build, budget):
    right = largest_batch(build, budget)
    for batch in range(1, 30):
        build(batch)
    return right


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda build, budget: largest_batch(build, budget) + 1,
            r"a batch for which a plan keeps to \d+ bytes",
        ),
        (
            lambda build, budget: largest_batch(build, budget) - 1,
            r"the largest such batch .*; got \d+; \d+ fits too",
        ),
        (lambda build, budget: float(largest_batch(build, budget)), r"a whole number, 0 or more; got \d+\.0"),
        (tried_one_by_one, "at most 24 networks to be built; got "),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: .*{says}"):
        lesson_03.exercise_3(answer)
