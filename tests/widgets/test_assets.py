"""What users get was built from the sources in this tree: they have no node to build it themselves."""

import hashlib
import json
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parents[2] / "widgets"
STATIC = WIDGETS / "workbench_widgets" / "static"
RECORD = json.loads((STATIC / "build.json").read_text())


def digest(name):
    return hashlib.sha256((WIDGETS / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("part", ["sources", "built"])
def test_the_assets_are_those_of_the_sources(part):
    stale = [name for name, recorded in RECORD[part].items() if digest(name) != recorded]
    assert stale == [], "run `make build` and commit the result"


def test_the_record_names_every_source_and_every_asset():
    sources = {
        path.relative_to(WIDGETS).as_posix() for path in (WIDGETS / "src").rglob("*") if path.is_file()
    }
    assert sources <= set(RECORD["sources"])
    assert "package-lock.json" in RECORD["sources"]
    assets = {path.relative_to(WIDGETS).as_posix() for path in STATIC.iterdir()} - {
        "workbench_widgets/static/build.json"
    }
    assert assets == set(RECORD["built"])


def test_every_widget_is_one_python_and_one_typescript_file_of_the_same_stem():
    python = {path.stem for path in (WIDGETS / "workbench_widgets").glob("*_explorer.py")}
    typescript = {path.stem for path in (WIDGETS / "src").glob("*.ts")}
    assert python == typescript


@pytest.mark.parametrize(
    "sheet", sorted((WIDGETS / "src").glob("*_explorer.css")), ids=lambda path: path.stem
)
def test_a_stylesheet_reaches_its_own_explorer_alone(sheet):
    """All of it stands inside one rule of the explorer's class: a page may hold several, each with its own."""
    name = sheet.stem.removesuffix("_explorer")
    outermost = [line for line in sheet.read_text().splitlines() if line and not line.startswith(" ")]
    assert outermost == ['@import "./shared/explorer.css";', f".wb-{name} {{", "}"]
