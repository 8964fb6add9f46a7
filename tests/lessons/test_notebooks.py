"""Every lesson is stored as `lessons/STYLE.md` asks, so that it reads well before anything is run."""

import re

import nbformat
import pytest
from answers import EXERCISES, LESSONS, answers_in

pytestmark = pytest.mark.lesson

PATHS = sorted(LESSONS.glob("*.ipynb"))
LINES = 20  # of a cell
MACHINE = re.compile(
    r"/home/|/root/|/tmp/|/Users/|site-packages|[A-Z]:\\\\|ipykernel_|https?://(localhost|127\.)"
)
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code(notebook) for output in cell.outputs]


def test_there_are_lessons_and_each_is_named_by_number_verb_and_noun():
    assert PATHS
    assert all(re.fullmatch(r"\d\d_[a-z]+_[a-z_]+", path.stem) for path in PATHS)


def test_it_is_valid_and_asks_for_the_plain_kernel(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata


def test_cells_hold_one_idea(notebook):
    assert [c.source for c in code(notebook) if len(c.source.splitlines()) > LINES] == []
    prose = sum(c.cell_type == "markdown" for c in notebook.cells)
    assert 0.7 < prose / len(code(notebook)) < 1.5


def test_it_was_run_once_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_what_cells_print_and_show_is_stored(notebook):
    assert any("image/png" in o.get("data", {}) for o in outputs(notebook))
    assert [o for o in outputs(notebook) if o.output_type == "error" or o.get("name") == "stderr"] == []


def test_a_widget_leaves_its_picture_and_no_view_without_a_kernel(notebook):
    shown = [o.data for o in outputs(notebook) if "data" in o]
    assert [data for data in shown if VIEW in data] == []
    widgets = sum("from workbench_widgets import" in cell.source for cell in code(notebook))
    assert sum("image/svg+xml" in data for data in shown) >= widgets


def test_nothing_of_the_machine_it_ran_on_is_stored(notebook):
    texts = [o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs(notebook)]
    assert [text for text in texts if MACHINE.search(text)] == []


def test_output_that_must_not_change_is_there(notebook):
    checked = [c for c in code(notebook) if "nbval-check-output" in c.metadata.get("tags", [])]
    assert checked
    assert [c.source for c in checked if not c.outputs] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_its_exercises_are_unsolved(path, capsys):
    answers_in(path)
    said = capsys.readouterr().out
    assert said.count("nothing to check yet") == EXERCISES[path.stem[:2]]
    assert "right" not in said
