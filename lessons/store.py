"""Runs a lesson and stores its outputs as they should be read: ``python lessons/store.py lessons/01_….ipynb``.

A stored lesson is a page that reads well before anything is run.  So it is run from top to bottom, and no view
of a widget is stored, which is nothing without its kernel: the picture beside it stays.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

VIEW = "application/vnd.jupyter.widget-view+json"


def store(path: Path) -> None:
    """Runs the notebook in its own folder and writes it back.

    Raises:
        CellExecutionError: a cell failed; nothing is written.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, store_widget_state=False, record_timing=False)
    client.execute(cwd=str(path.parent))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_stored(output) for output in _joined(cell.outputs)]
    notebook.metadata.language_info = {"name": "python"}
    nbformat.write(notebook, path)


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """What a cell printed as one output, however the kernel's messages cut it."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == "stream" and output.get("name") == joined[-1].get("name"):
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _stored(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if "data" in output:
        output.data.pop(VIEW, None)
    return output


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        store(Path(argument))
