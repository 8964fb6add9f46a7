"""What is missing is named with a command that works: of an extra there is, by pip, in the project's folder."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from workbench import extras

ROOT = Path(__file__).parents[1]
SAID = re.compile(r"""remedy\(["']([a-z0-9]+)["']\)""")


def test_the_remedy_is_said_in_one_sentence():
    assert extras.remedy("pretrained") == "in the project's folder, .venv/bin/pip install -e '.[pretrained]'"
    assert extras.remedy() == "in the project's folder, .venv/bin/pip install -e ."


def sources():
    return [
        path for root in ("workbench", "widgets/workbench_widgets") for path in (ROOT / root).rglob("*.py")
    ]


def test_each_extra_that_a_message_names_is_there():
    there = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {extra for path in sources() for extra in SAID.findall(path.read_text())}
    assert "lab" in named
    assert named <= set(there)


def test_no_message_has_a_command_of_its_own():
    own = [path.name for path in sources() if "pip install" in path.read_text()]
    assert own == ["extras.py"]


@pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="not a checkout")
def test_make_lab_brings_what_the_lessons_need():
    printed = subprocess.run(
        ["make", "--dry-run", "--always-make", "lab"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "'.[lab,data,pretrained,engines]'" in printed
