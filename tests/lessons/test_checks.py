"""What every check says, whatever the exercise."""

import importlib

import pytest
from answers import EXERCISES

pytestmark = pytest.mark.lesson


@pytest.mark.parametrize(
    ("lesson", "number"), [(lesson, n + 1) for lesson, count in EXERCISES.items() for n in range(count)]
)
def test_an_answer_that_is_not_there_is_neither_right_nor_wrong(lesson, number, capsys):
    def answer(*_):
        raise NotImplementedError

    check = getattr(importlib.import_module(f"checks.lesson_{lesson}"), f"exercise_{number}")
    check(answer)
    assert capsys.readouterr().out == f"Exercise {number}: nothing to check yet.\n"
    with pytest.raises(NotImplementedError):
        check.__wrapped__(answer)
