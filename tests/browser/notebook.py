"""Notebooks in a real browser: written, run to their end, looked at and checked."""

import os
from pathlib import Path

import nbformat
from axe_playwright_python.sync_playwright import Axe


def write_notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def open_widget(page, lab, root, notebook):
    """Runs all cells of the notebook and returns the first widget with this root."""
    return open_address(page, lab.address(notebook), root)


def open_address(page, address, root):
    """The same, of the notebook at this address."""
    page.goto(address)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = page.locator(root).first
    widget.wait_for(timeout=300_000)  # a lesson trains networks before, on busy cores for minutes
    widget.scroll_into_view_if_needed()
    page.get_by_text("| Idle").wait_for(timeout=120_000)
    return widget


def copied(page, widget, button):
    """What a button copies."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget.get_by_role("button", name=button).click()
    widget.get_by_text("Copied: ").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def focused(page):
    """What has the focus, by its key."""
    return page.evaluate("document.activeElement.dataset.key")


def picture(page, name):
    """Keeps a screenshot where WORKBENCH_PICTURES names a folder, for a person to look at."""
    folder = os.environ.get("WORKBENCH_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def violations(page, root):
    found = Axe().run(page, context=root).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
