"""The image-classification networks under MXNet 1.9.1 and here: names, shapes, files, and one training step.

From the same parameters, every array agrees within 2e-3: its difference's norm against its norm, and each element
against its greatest.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import workbench as mx
from tests.mxnet import oracle
from tests.networks import NETWORKS
from tests.networks.values import facts, values

ROOT = Path(__file__).parents[2]
ANSWER = Path(__file__).with_name("network_answer.py")
WITHIN = 2e-3

pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


def ask(*rest: str) -> str:
    command = [str(oracle.PYTHON), str(ANSWER), str(ROOT), *rest]
    done = subprocess.run(command, capture_output=True, text=True, env=oracle._environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def step(symbol: mx.sym.Symbol, image: tuple[int, ...]) -> dict[str, np.ndarray]:
    inputs = {"data": (2, *image), "softmax_label": (2,)}
    executor = symbol.simple_bind(mx.cpu(), grad_req="write", **inputs)
    for arrays in (executor.arg_dict, executor.aux_dict):
        for key, array in arrays.items():
            array[:] = values(key, array.shape)
    executor.forward(is_train=True)
    executor.backward()
    found = {"output": executor.outputs[0].asnumpy()}
    found.update({f"gradient:{k}": g.asnumpy() for k, g in executor.grad_dict.items() if k not in inputs})
    found.update({f"state:{k}": a.asnumpy() for k, a in executor.aux_dict.items()})
    return found


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """The greater of the norms' ratio and the elements', 0 where both are all zero."""
    difference = got.astype(np.float64) - want
    scale = np.linalg.norm(want), np.abs(want).max()
    apart = np.linalg.norm(difference), np.abs(difference).max()
    return max(a / s if s else float(a != 0) for a, s in zip(apart, scale, strict=True))


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
    got = step(theirs, network.image)
    with np.load(tmp_path / "answers.npz") as want:
        assert set(got) == set(want.files)
        apart = {key: distance(got[key], want[key]) for key in want.files}
    worst = dict(sorted(apart.items(), key=lambda item: -item[1])[:5])
    assert max(worst.values()) < WITHIN, worst


def test_the_committed_facts_are_mxnets() -> None:
    assert json.loads(ask()) == json.loads((ROOT / "tests/data/networks.json").read_text())
