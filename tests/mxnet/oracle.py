"""Asking MXNet 1.9.1: calls go to one child process of another Python as npz and JSON, answers come back so.

`WORKBENCH_MXNET_PYTHON` names that Python, of an environment with ``mxnet==1.9.1 numpy==1.23.5``.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PYTHON = os.environ.get("WORKBENCH_MXNET_PYTHON")
HOW = (
    "needs MXNet: name the Python of an environment with mxnet==1.9.1 numpy==1.23.5 in WORKBENCH_MXNET_PYTHON"
)


@dataclass(frozen=True)
class Call:
    """One call of one operator, and the cotangents for its outputs.

    `moving` inputs get a gradient; `written` ones are states that the call changes; `into` are those given as
    ``out=``, without which MXNet cannot update several weights at once.
    """

    key: str
    op: str
    arrays: Sequence[np.ndarray]
    attrs: Mapping[str, Any]
    heads: Sequence[np.ndarray]
    moving: Sequence[int]
    written: Sequence[int]
    train: bool
    into: Sequence[int] = ()


@dataclass
class Answer:
    """What a call gave: outputs, states as they were left, gradients by input; or why it gave nothing."""

    outputs: list[np.ndarray] = field(default_factory=list)
    after: list[np.ndarray] = field(default_factory=list)
    gradients: dict[int, np.ndarray] = field(default_factory=dict)
    error: str | None = None


def ask(calls: Sequence[Call], folder: Path) -> dict[str, Answer]:
    """The answers by the calls' keys; `folder` is for the files in between."""
    assert PYTHON, HOW
    _write(calls, folder)
    command = [PYTHON, str(Path(__file__).with_name("answer.py")), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=_environment())
    assert done.returncode == 0, f"{PYTHON} failed ({done.returncode}):\n{done.stderr[-3000:]}"
    return _read(calls, folder)


def _environment() -> dict[str, str]:
    """Without this environment's own paths, which would give the other Python the wrong NumPy."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}


def _write(calls: Sequence[Call], folder: Path) -> None:
    arrays: dict[str, np.ndarray] = {}
    written = []
    for call in calls:
        arrays.update({f"{call.key}:in{i}": a for i, a in enumerate(call.arrays)})
        arrays.update({f"{call.key}:head{i}": a for i, a in enumerate(call.heads)})
        counts = {"in": len(call.arrays), "head": len(call.heads)}
        facts = {"key": call.key, "op": call.op, "attrs": dict(call.attrs), "train": call.train}
        places = {"moving": list(call.moving), "written": list(call.written), "into": list(call.into)}
        written.append({**facts, **counts, **places})
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)  # type: ignore[arg-type]
    (folder / "calls.json").write_text(json.dumps(written))


def _read(calls: Sequence[Call], folder: Path) -> dict[str, Answer]:
    errors = json.loads((folder / "answers.json").read_text())
    answers = {call.key: Answer(error=errors.get(call.key)) for call in calls}
    with np.load(folder / "answers.npz", allow_pickle=False) as stored:
        for name in stored.files:  # in the order in which they were written
            key, kind = name.rsplit(":", 1)
            if kind.startswith("grad"):
                answers[key].gradients[int(kind.removeprefix("grad"))] = stored[name]
            else:
                (answers[key].outputs if kind.startswith("out") else answers[key].after).append(stored[name])
    return answers
