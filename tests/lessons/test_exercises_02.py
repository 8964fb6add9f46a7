"""Every check of lesson 02 accepts the solution, and says of typical wrong answers what is wrong."""

import pytest
from checks import lesson_02
from checks.exercise import WrongAnswerError
from solutions_02 import peak_of, share

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_02_1
def test_peak_of(answers):
    lesson_02.exercise_1.__wrapped__(answers["peak_of"])


@pytest.mark.exercise_02_2
def test_share(answers):
    lesson_02.exercise_2.__wrapped__(answers["share"])


@pytest.mark.exercise_02_3
def test_heaviest_layer(answers):
    lesson_02.exercise_3.__wrapped__(answers["heaviest_layer"])


def peak_of_everything(operations, sizes):
    return sum(sizes.values()), len(operations) - 1


def peak_at_the_turn(operations, sizes):
    forward = [name for name, _ in operations if name.startswith("h")]
    return sum(sizes[name] for name in forward), len(forward) - 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (peak_of_everything, r"asked for \(\d+, \d+\), the most bytes and the first step .*; got \(\d+, 7\)"),
        (peak_at_the_turn, r"the most bytes and the first step that has them"),
        (lambda operations, sizes: peak_of(operations, sizes)[0], r"; got \d+$"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: .*{says}"):
        lesson_02.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda lives, sizes: dict.fromkeys(lives, 0),
            r"two buffers for \w+ and \w+, alive at steps .*; got buffer 0",
        ),
        (
            lambda lives, sizes: {name: name for name in lives},
            r"buffers of at most \d+ bytes together; got \d+ bytes",
        ),
        (lambda lives, sizes: {"h1": 0}, "a buffer for every value; got none for "),
        (lambda lives, sizes: list(share(lives, sizes)), "asked for a dict.*; got list"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_02.exercise_2(answer)


@pytest.mark.parametrize("answer", [lambda plan: plan.network.nodes[-1].name, lambda plan: None])
def test_wrong_answers_to_exercise_3(answer):
    says = "asked for the layer whose values take most at the peak, such as .* bytes; got .* which has 0 bytes there"
    with pytest.raises(WrongAnswerError, match=says):
        lesson_02.exercise_3(answer)
