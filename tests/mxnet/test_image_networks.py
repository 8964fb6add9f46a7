"""The image-classification networks under MXNet 1.9.1 and here: names, shapes, files, and one training step.

From the same parameters, every array agrees: its difference's norm against its norm, and each element against its
greatest.  In float64, because in float32 the two round differently, and a maximum or a rectifier that then changes
sides moves a gradient by more than any tolerance worth the name.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.linalg import norm

import workbench as mx
from tests.mxnet import oracle
from tests.networks import NETWORKS
from tests.networks.values import facts, step

ROOT = Path(__file__).parents[2]
ANSWER = Path(__file__).with_name("network_answer.py")
WITHIN = {"float64": 2e-6, "float32": 2e-3}  # MXNet keeps a moving mean's share, 0.1, in float32

pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


def ask(*rest: str) -> str:
    command = [str(oracle.PYTHON), str(ANSWER), str(ROOT), *rest]
    done = subprocess.run(command, capture_output=True, text=True, env=oracle._environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """The greater of the norms' ratio and the elements'.

    A bias before a batch norm has no gradient but rounding, so nothing is measured against less than 1e-6.
    """
    difference = np.abs(got - want)
    return max(difference.max() / max(np.abs(want).max(), 1e-6), norm(difference) / max(norm(want), 1e-6))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_same_under_mxnet(name: str, tmp_path: Path) -> None:
    network = NETWORKS[name]
    symbol = network.build(mx)
    symbol.save(tmp_path / "ours.json")
    ask(str(tmp_path), name)
    told = json.loads((tmp_path / "facts.json").read_text())
    assert told["built"] == told["read"] == facts(symbol, network.image)
    theirs = mx.sym.load(tmp_path / "theirs.json")
    assert facts(theirs, network.image) == told["built"]
    got = step(mx, theirs, network.image, network.dtype)
    with np.load(tmp_path / "answers.npz") as want:
        assert set(got) == set(want.files)
        apart = {key: distance(got[key], want[key]) for key in want.files}
    worst = dict(sorted(apart.items(), key=lambda item: -item[1])[:5])
    assert max(worst.values()) < WITHIN[network.dtype], worst


def test_the_committed_facts_are_mxnets() -> None:
    assert json.loads(ask()) == json.loads((ROOT / "tests/data/networks.json").read_text())


def test_the_committed_names_are_mxnets() -> None:
    command = [str(oracle.PYTHON), str(ANSWER.with_name("surface.py"))]
    done = subprocess.run(command, capture_output=True, text=True, env=oracle._environment(), check=True)
    assert json.loads(done.stdout) == json.loads((ROOT / "lessons/reference/mxnet_names.json").read_text())
