"""Every check of lesson 08 accepts the solution, and says of typical wrong answers what is wrong."""

import numpy as np
import pytest
from checks import lesson_08
from checks.exercise import WrongAnswerError
from solutions_08 import fitted, interval, lost, ring

pytestmark = pytest.mark.lesson


@pytest.mark.exercise_08_1
def test_ring(answers):
    lesson_08.exercise_1.__wrapped__(answers["ring"])


@pytest.mark.exercise_08_2
def test_fitted(answers):
    lesson_08.exercise_2.__wrapped__(answers["fitted"])


@pytest.mark.exercise_08_3
def test_lost_and_interval(answers):
    lesson_08.exercise_3.__wrapped__(lambda: (answers["lost"], answers["interval"]))


def whole_arrays(arrays, send):
    """Passes whole arrays round, n − 1 times."""
    n, sums = len(arrays), [array.copy() for array in arrays]
    moving = list(arrays)
    for _ in range(n - 1):
        came = [send(rank, (rank + 1) % n, moving[rank]) for rank in range(n)]
        moving = came[-1:] + came[:-1]
        sums = [a + b for a, b in zip(sums, moving, strict=True)]
    return sums


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda arrays, send: [sum(arrays)] * len(arrays), r"each of 2 workers sends; got \[0, 0\] numbers"),
        (lambda arrays, send: sum(arrays), "asked for a list of 2 sums"),
        (
            lambda arrays, send: ring(arrays, send)[:1] * len(arrays) if len(arrays) < 3 else arrays,
            "the sum of all arrays",
        ),
        (
            lambda arrays, send: [send(1, 1, a) for a in arrays],
            "worker 1 of 2 to send to worker 0 only; got a message",
        ),
        (whole_arrays, r"at most 16 numbers sent by each of 3 workers for arrays of 12; got \[24, 24, 24\]"),
    ],
)
def test_wrong_answers_to_exercise_1(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 1: .*{says}"):
        lesson_08.exercise_1(answer)


def by_means(sizes, times):
    per_byte, alpha = np.polyfit(sizes, np.mean(times, axis=1), 1)
    return alpha, 1 / per_byte


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (by_means, "s for 256 bytes, within 5 %"),
        (
            lambda sizes, times: (fitted(sizes, times)[0], 1 / fitted(sizes, times)[1]),
            "s for 256 bytes, within 5 %",
        ),
        (lambda sizes, times: 1e-4, "a pair, α and B; got 0.0001"),
    ],
)
def test_wrong_answers_to_exercise_2(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 2: .*{says}"):
        lesson_08.exercise_2(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            (lambda t, write, between: write / t + t / between, interval),
            r"lost\(t=1, write=0.5, between=20\) to be 0.525, .* 0.5 s in every 1 s for .*; got 0.55",
        ),
        (
            (lost, lambda write, between: between / 2),
            r"interval\(write=0.5, between=20\) to be 4.472 s between .*; got 10 s",
        ),
    ],
)
def test_wrong_answers_to_exercise_3(answer, says):
    with pytest.raises(WrongAnswerError, match=f"exercise 3: .*{says}"):
        lesson_08.exercise_3(lambda: answer)
