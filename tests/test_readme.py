"""The README's examples are programs: each is run as it stands."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_readme_s_example_runs_and_shows_something(example, capsys):
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_every_make_target_the_readme_names_is_in_the_makefile():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE)
    named = re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)
    assert {"lab", "test"} <= set(named) <= set(targets)
