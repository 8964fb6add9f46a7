"""Which exercises there are, and what a notebook answers to them."""

from pathlib import Path

import nbformat

LESSONS = Path(__file__).parents[2] / "lessons"
EXERCISES = {
    "01": 3,
    "02": 3,
    "03": 3,
    "04": 3,
    "05": 3,
    "06": 3,
    "07": 3,
    "08": 3,
}  # lesson → number of exercises


def cells_of(path, *tags):
    """Sources of the code cells with one of the tags, in order."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if set(tags) & set(cell.metadata.get("tags", []))]


def answers_in(path):
    """What the cells of the exercises define, by name."""
    names = {}
    for source in cells_of(path, "imports", "exercise"):
        exec(compile(source, str(path), "exec"), names)
    return names
