"""The exercises of the lessons, one marker each: ``pytest tests/lessons -m exercise_01_2``.

The answers tested are our own solutions.  To judge somebody else's, name their notebook:
``WORKBENCH_ANSWERS=their.ipynb pytest tests/lessons -m exercise_01_2``; only its cells tagged ``imports`` and
``exercise`` are run.
"""

import importlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "lessons"))
sys.path.insert(0, str(Path(__file__).parent))

from answers import EXERCISES, answers_in


def pytest_configure(config):
    for lesson, count in EXERCISES.items():
        for number in range(1, count + 1):
            config.addinivalue_line("markers", f"exercise_{lesson}_{number}: an exercise of lesson {lesson}")


@pytest.fixture(scope="session")
def answers():
    """Answers by name: our solutions, or what stands in the notebook that WORKBENCH_ANSWERS names."""
    path = os.environ.get("WORKBENCH_ANSWERS")
    if path:
        return answers_in(Path(path))
    solutions = [vars(importlib.import_module(f"solutions_{lesson}")) for lesson in EXERCISES]
    return {name: answer for each in solutions for name, answer in each.items()}
