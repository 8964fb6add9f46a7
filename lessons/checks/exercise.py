"""What every check does with an answer, whatever it asks.

An answer that raises `NotImplementedError` is not there yet: the check says so and lets the notebook run on.
A wrong one raises, with what was asked and what came; a mistake in the answer itself shows with its own lines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

Answer = Callable[..., Any]


class WrongAnswerError(AssertionError):
    """The answer gives something else than was asked for."""


def exercise(number: int) -> Callable[[Callable[[Answer], None]], Callable[[Answer], None]]:
    """Makes a judge, which raises `WrongAnswerError`, the check that a lesson calls.

    The judge itself stays to be had as ``__wrapped__``: to it, an answer that is not there is not right.
    """

    def decorate(judge: Callable[[Answer], None]) -> Callable[[Answer], None]:
        @wraps(judge)
        def check(answer: Answer) -> None:
            wrong = None
            try:
                judge(answer)
            except NotImplementedError:
                print(f"Exercise {number}: nothing to check yet.")
                return
            except WrongAnswerError as error:
                wrong = f"exercise {number}: {error}"
            if wrong is not None:
                raise WrongAnswerError(wrong)  # from here, so that the judge's lines are not in the traceback
            print(f"Exercise {number}: right.")

        return check

    return decorate


def expect(condition: object, asked: str, came: object) -> None:
    """Raises with both sides where the condition does not hold.

    Raises:
        WrongAnswerError: it does not.
    """
    if not condition:
        raise WrongAnswerError(f"asked for {asked}; got {came}")
