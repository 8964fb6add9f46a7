"""Runs a program of this folder as it stands, or under MXNet with only its import line changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
PROGRAMS = (
    "train_digits",
    "gluon_loop",
    "char_lstm",
    "hinge_chain",
    "array_surface",
    "bound_loop",
    "optimizers",
    "metrics",
    "initializers",
    "rnn_from_scratch",
    "stacked_autoencoder",
    "two_modules",
)
LINE = "import workbench as mx\n"


def here(name: str, folder: Path, monkeypatch) -> dict:
    """What a program leaves, run in this process."""
    path = FOLDER / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(path), str(folder)])
    exec(compile(path.read_text(), path, "exec"), {"__name__": "__main__"})
    return dict(np.load(folder / "result.npz"))


def under_mxnet(name: str, folder: Path) -> dict:
    """What it leaves, run by the Python in WORKBENCH_MXNET_PYTHON."""
    source = (FOLDER / f"{name}.py").read_text()
    assert source.count(LINE) == 1
    path = folder / f"{name}.py"
    path.write_text(source.replace(LINE, "import mxnet as mx\n"))
    command = [os.environ["WORKBENCH_MXNET_PYTHON"], str(path), str(folder)]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(folder / "result.npz"))
