import os
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import ROOT

from workbench.types import Quantity
from workbench.viz.quantity_text import write

pytestmark = pytest.mark.browser

LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("01_*.ipynb"))
SAMPLE = """\
from sample_study import lenet_study
from workbench.types import Quantity
from workbench_widgets import StyleExplorer

study = lenet_study()
explorer = StyleExplorer(study=study)
explorer"""
FAILURE = "study.failure = ValueError('conv2 has 50 filters')"
CASES = [
    *((0, "B"), (1023, "B"), (1024, "B"), (5e9, "B"), (0, "s"), (3.2e-8, "s"), (0.0123456, "s"), (61, "s")),
    *((0.99951, "s"), (1.5e12, "FLOP"), (2.5e10, "B/s"), (1234567, "1"), (0.04567, "1"), (12.345, "%")),
]
FIGURES = [
    Quantity(value, unit, "predicted", "a case", f"case {index}") for index, (value, unit) in enumerate(CASES)
]


def write_notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def open_explorer(page, lab, notebook):
    """Runs all cells of the notebook and returns its first explorer."""
    page.goto(lab.address(notebook))
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    explorer = page.locator(".wb-style").first
    explorer.wait_for(timeout=300_000)  # a lesson trains networks before, on busy cores for minutes
    explorer.scroll_into_view_if_needed()
    page.get_by_text("| Idle").wait_for(timeout=120_000)
    return explorer


def picture(page, name):
    """Keeps a screenshot where WORKBENCH_PICTURES names a folder, for a person to look at."""
    folder = os.environ.get("WORKBENCH_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def violations(page):
    found = Axe().run(page, context=".wb-style").response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("notebook", ["sample.ipynb", *LESSONS])
def test_the_cut_moves_by_keyboard_and_the_trace_with_it(page, lab, theme, notebook):
    if notebook == "sample.ipynb":
        write_notebook(lab.folder / notebook, SAMPLE)
    explorer = open_explorer(page, lab, notebook)
    stem = notebook.partition(".")[0]
    assert violations(page) == []
    picture(page, f"{stem}-start-{theme}")

    trace, slider = explorer.locator(".wb-trace"), explorer.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    if not trace.is_visible():  # the lesson has measured this cut already
        explorer.get_by_role("button", name="Measure this cut").click()
    trace.wait_for(timeout=120_000)
    described = trace.get_attribute("aria-label")
    bars = trace.get_by_role("option").count()
    assert bars == explorer.locator(".wb-hull").count()

    slider.focus()
    slider.press("ArrowRight")
    explorer.locator(f".wb-trace:not([aria-label={described!r}])").wait_for(timeout=120_000)
    assert trace.get_by_role("option").count() < bars
    assert trace.locator(".wb-before").count() == bars
    picture(page, f"{stem}-moved-{theme}")
    assert violations(page) == []


def test_a_step_marks_the_same_operation_on_both_sides(page, lab):
    write_notebook(lab.folder / "step.ipynb", SAMPLE)
    explorer = open_explorer(page, lab, "step.ipynb")
    sides = [explorer.locator(f"{side} [aria-selected=true]") for side in (".wb-code", ".wb-graph")]
    explorer.get_by_role("button", name="Step one operation").click()
    for side in sides:
        side.and_(explorer.locator("[data-value='1']")).wait_for()
    sides[1].focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    for side in sides:
        side.and_(explorer.locator("[data-value='4']")).wait_for()
    assert "tanh2" in explorer.locator(".wb-sentence").inner_text()


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_keys_stay_in_the_explorer_and_the_kernels_errors_reach_it(page, lab):
    write_notebook(lab.folder / "keys.ipynb", SAMPLE.replace("explorer =", f"{FAILURE}\nexplorer ="))
    explorer = open_explorer(page, lab, "keys.ipynb")
    for focusable in (explorer.get_by_role("slider"), explorer.locator(".wb-code [aria-selected=true]")):
        focusable.focus()
        page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 1

    explorer.get_by_role("button", name="Measure this cut").click()
    explorer.get_by_text("ValueError: conv2 has 50 filters").wait_for(timeout=30_000)
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_figures_are_written_alike_in_python_and_in_the_browser(page, lab):
    setting = SAMPLE.replace("explorer =", f"study.more = {FIGURES!r}\nexplorer =")
    write_notebook(lab.folder / "figures.ipynb", setting)
    explorer = open_explorer(page, lab, "figures.ipynb")
    for figure in FIGURES:
        row = explorer.get_by_role("row").filter(has=page.get_by_text(figure.name, exact=True))
        assert row.locator("b").inner_text() == write(figure.value, figure.unit)
