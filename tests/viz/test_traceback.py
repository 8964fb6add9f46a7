"""Errors in a real kernel: short for the workbench's own, as ever for all others, and never other in plain Python."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

SHAPES = "a, b = mx.nd.ones((2, 3)), mx.nd.ones((2, 3))\nmx.nd.dot(a, b)"
CELLS = {
    "imports": "import json\n\nimport workbench as mx\nfrom workbench.gluon import nn",
    "short": SHAPES,
    "all": "%tb",
    "nested": """\
class Net(nn.HybridBlock):
    def hybrid_forward(self, F, x):
        return F.dot(x, x)  # the line in the user's block


Net()(mx.nd.ones((2, 3)))""",
    "widget": """\
from workbench_widgets import MemoryExplorer

MemoryExplorer(family="mlpp")""",
    "arisen": """\
try:
    json.loads("{")
except ValueError:
    mx.cpu(-1)""",
    "other": "json.loads('{')",
    "verbose": f"%xmode Verbose\n{SHAPES}",
    "caught": """\
try:
    mx.nd.dot(a, b)
except mx.errors.ShapeError as error:
    print(getattr(error, "__notes__", "no notes"))""",
}
LEFT_OUT = re.compile(r"\(without \d+ frames? of the workbench's own: %tb shows all\)$")


@pytest.fixture(scope="module")
def shown():
    """What each cell shows, without colours."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    return dict(zip(CELLS, map(text_of, notebook.cells), strict=True))


def text_of(cell):
    said = ["\n".join(o.get("traceback", ())) or o.get("text", "") for o in cell.outputs]
    return text_without_colours("\n".join(said)).strip()


def text_without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def files(text):
    """The files that a traceback shows lines of."""
    return re.findall(r"^(?:File|Cell) (.*?)(?:,|:\d| line)", text, re.MULTILINE)


def test_an_error_of_the_workbench_s_ends_at_the_user_s_line(shown):
    text = shown["short"]
    assert "----> 2 mx.nd.dot(a, b)" in text
    assert files(text) == ["In[2]"]
    assert "ShapeError: dot with lhs (2, 3), rhs (2, 3)" in text
    assert LEFT_OUT.search(text)
    assert len(text.splitlines()) < 10


def test_the_whole_traceback_can_be_had(shown):
    assert len(files(shown["all"])) > 2
    assert any("workbench" in file for file in files(shown["all"]))
    assert not LEFT_OUT.search(shown["all"])
    assert any("workbench" in file for file in files(shown["verbose"]))


def test_the_user_s_own_functions_that_the_workbench_called_stay(shown):
    text = shown["nested"]
    assert files(text) == ["In[4]", "In[4]"]
    assert "return F.dot(x, x)  # the line in the user's block" in text


def test_the_widgets_count_as_the_workbench(shown):
    assert files(shown["widget"]) == ["In[5]"]


def test_an_error_that_arose_from_another_shows_both(shown):
    text = shown["arisen"]
    assert "JSONDecodeError" in text
    assert "During handling of the above exception" in text
    assert "ArgumentError: a device number is 0 or more" in text
    assert not any("workbench" in file for file in files(text))


def test_other_errors_are_shown_as_ever(shown):
    assert any("json" in file for file in files(shown["other"]))
    assert not LEFT_OUT.search(shown["other"])


def test_an_error_that_is_caught_is_as_it_was(shown):
    assert shown["caught"] == "no notes"


@pytest.mark.parametrize("before", ["", "import IPython\n"])
def test_plain_python_shows_all(before):
    code = f"{before}import workbench as mx\n{SHAPES}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.count("File ") > 2
    assert "%tb" not in done.stderr


def test_what_was_typed_in_a_terminal_stays():
    code = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
shell.run_cell("import workbench as mx\\nfrom workbench.gluon import nn")
shell.run_cell({CELLS["nested"]!r})"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    text = text_without_colours(done.stdout)
    assert files(text) == ["In[1]", "In[1]"]
    assert "return F.dot(x, x)  # the line in the user's block" in text
    assert LEFT_OUT.search(text.strip())


def test_who_has_had_a_say_keeps_it():
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.set_custom_exc((KeyError,), lambda *rest, tb_offset=None: None)
import workbench
print(shell.custom_exceptions)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(<class 'KeyError'>,)\n"
