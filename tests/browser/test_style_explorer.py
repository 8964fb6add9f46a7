import os
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import ROOT

pytestmark = pytest.mark.browser

LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("01_*.ipynb"))
SAMPLE = "sample.ipynb"
CELL = """from sample_study import lenet_study
from workbench_widgets import StyleExplorer

explorer = StyleExplorer(study=lenet_study())
explorer"""


@pytest.fixture(params=[SAMPLE, *LESSONS])
def notebook(request, lab):
    if request.param == SAMPLE:
        cell = nbformat.v4.new_code_cell(CELL, id="sample")
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        nbformat.write(content, lab.folder / SAMPLE)
    return request.param


@pytest.fixture
def explorer(page, lab, notebook):
    """The explorer of the notebook, once all cells have run."""
    page.goto(lab.address(notebook))
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = page.locator(".wb-style").first
    widget.wait_for(timeout=120_000)
    widget.scroll_into_view_if_needed()
    return widget


def picture(page, name):
    """Keeps a screenshot where WORKBENCH_PICTURES names a folder, for a person to look at."""
    folder = os.environ.get("WORKBENCH_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def violations(page):
    found = Axe().run(page, context=".wb-style").response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


def test_the_cut_moves_by_keyboard_and_the_trace_with_it(page, explorer, theme, notebook):
    page.get_by_text("| Idle").wait_for(timeout=120_000)
    assert violations(page) == []
    picture(page, f"start-{theme}")

    explorer.get_by_role("button", name="Measure this cut").click()
    trace = explorer.locator(".wb-trace")
    trace.wait_for(timeout=60_000)
    first = trace.get_attribute("aria-label")
    bars = trace.get_by_role("option").count()
    assert bars == len(explorer.locator(".wb-hull").all())

    slider = explorer.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    changed = f".wb-trace[aria-label]:not([aria-label={first!r}])"
    explorer.locator(changed).wait_for(timeout=60_000)
    assert trace.get_by_role("option").count() < bars
    assert "before: " in trace.inner_text() or trace.locator(".wb-before").count() == bars
    picture(page, f"measured-{theme}")
    assert violations(page) == []
