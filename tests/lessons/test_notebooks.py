"""Every lesson is stored as `lessons/STYLE.md` asks, so that it reads well before anything is run."""

import re

import nbformat
import pytest
from answers import EXERCISES, LESSONS, answers_in

from workbench.memory.strategies import STRATEGIES

pytestmark = pytest.mark.lesson

PATHS = sorted(LESSONS.glob("*.ipynb"))
LINES = 20  # of a cell
MACHINE = re.compile(
    r"/home/|/root/|/tmp/|/Users/|site-packages|[A-Z]:\\\\|ipykernel_|https?://(localhost|127\.)"
)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
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


def links(notebook):
    """What the prose links to: (text, target), but for addresses on the web."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return [(" ".join(text.split()), to) for text, to in LINK.findall(prose) if "://" not in to]


def test_its_links_lead_to_files_beside_it(notebook):
    assert [to for _, to in links(notebook) if not (LESSONS / to).is_file()] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_ends_with_links_to_the_lessons_before_and_after(path):
    notebook, at = nbformat.read(path, as_version=4), PATHS.index(path)
    beside = {"Before": PATHS[at - 1] if at else None, "Next": PATHS[at + 1] if path != PATHS[-1] else None}
    titles = {
        other: nbformat.read(other, as_version=4).cells[0].source.splitlines()[0]
        for other in beside.values()
        if other
    }
    said = [
        f"{word}: [{other.stem[:2]}, {titles[other].removeprefix('# ')}]({other.name})"
        for word, other in beside.items()
        if other
    ]
    assert notebook.cells[-1].source == " · ".join(said)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_another_lesson_that_it_names_is_a_link(path):
    prose = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    others = [number for number in EXERCISES if number != path.stem[:2]]
    plain = re.compile(rf"(?<!\[)\blesson\s({'|'.join(others)})\b", re.IGNORECASE)
    assert [source for source in prose if plain.search(source)] == []
    named = [
        (text, to)
        for text, to in links(nbformat.read(path, as_version=4))
        if text.lower().startswith("lesson")
    ]
    assert [(text, to) for text, to in named if text[-2:] != to[:2]] == []


def test_every_strategy_of_memory_is_explained_in_lesson_03():
    prose = "\n".join(cell.source for cell in nbformat.read(PATHS[2], as_version=4).cells)
    assert [name for name in STRATEGIES if f"`{name}`" not in prose] == []


def test_the_readme_lists_every_lesson():
    readme = (LESSONS.parent / "README.md").read_text()
    assert re.findall(r"\| \[\d\d\]\(lessons/(.*?)\) \|", readme) == [path.name for path in PATHS]
