import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from lab import ROOT, Lab

FLAGS = [
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(chromium_path):
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
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
