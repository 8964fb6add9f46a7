import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lab import ROOT, Lab

MISSING = (
    "no Chromium for the browser tests: `sudo apt-get install chromium` (Debian, Ubuntu), "
    "or name one with WORKBENCH_CHROMIUM=/path/to/chromium"
)
FLAGS = [
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    named = os.environ.get("WORKBENCH_CHROMIUM")
    if named:
        return shutil.which(named)
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


@pytest.fixture(scope="session")
def browser():
    executable = chromium()
    if executable is None:
        if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """JupyterLab on a copy of the lessons, so that running them changes nothing here."""
    folder = tmp_path_factory.mktemp("lab")
    lessons = folder / "lessons"
    if (ROOT / "lessons").is_dir():
        shutil.copytree(ROOT / "lessons", lessons)
    lessons.mkdir(exist_ok=True)
    with Lab(lessons, folder / "jupyter") as server:
        yield server


@pytest.fixture(params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture
def page(browser, lab, theme):
    """A tab in the theme; the test fails at its end if the page wrote an error to its console."""
    lab.use_theme(theme)
    errors = []
    with browser.new_context(viewport={"width": 1500, "height": 1100}) as context:
        opened = context.new_page()
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
    assert errors == []
