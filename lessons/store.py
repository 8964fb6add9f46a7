"""Runs a lesson and stores its outputs as they should be read: ``python lessons/store.py lessons/01_….ipynb``.

A stored lesson is a page that reads well before anything is run.  So it is run from top to bottom, and no view
of a widget is stored, which is nothing without its kernel: the picture beside it stays, and of a progress bar what it
said last.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

VIEW = "application/vnd.jupyter.widget-view+json"


def store(path: Path) -> None:
    """Runs the notebook in its own folder and writes it back.

    Raises:
        CellExecutionError: a cell failed; nothing is written.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, record_timing=False)
    client.execute(cwd=str(path.parent))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_stored(output, client.widget_state) for output in _joined(cell.outputs)]
    notebook.metadata.pop("widgets", None)
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


def _stored(output: nbformat.NotebookNode, widgets: Mapping[str, Any]) -> nbformat.NotebookNode:
    view = output.data.pop(VIEW, None) if "data" in output else None
    if view is not None and (said := _said(widgets[view["model_id"]], widgets)):
        output.data["text/plain"] = said
    return output


def _said(state: Mapping[str, Any], widgets: Mapping[str, Any]) -> str:
    """The texts that a box of widgets shows now, from left to right; none where it shows a picture of its own."""
    if state["_model_name"] == "HTMLModel":
        return html.unescape(state["value"]).replace("\u2007", " ")  # a bar pads its numbers with wide spaces
    inside = [_said(widgets[each.removeprefix("IPY_MODEL_")], widgets) for each in state.get("children", ())]
    return "|".join(filter(None, inside))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        store(Path(argument))
