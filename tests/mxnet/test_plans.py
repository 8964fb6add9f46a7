"""What a training pass takes when values share memory: predicted here, and as MXNet 1.9.1 allocates it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.mxnet import oracle
from workbench import networks
from workbench.networks import Network
from workbench.symbolic.memory import plan

ANSWER = Path(__file__).with_name("plan_answer.py")
pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


def theirs(network: Network, folder: Path) -> int:
    """MiB that MXNet allocates for the same network."""
    network.symbol.save(folder / "symbol.json")
    (folder / "shapes.json").write_text(json.dumps(dict(network.shapes)))
    command = [str(oracle.PYTHON), str(ANSWER), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=oracle._environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


@pytest.mark.parametrize(
    "build",
    [
        partial(networks.resnet, 200),
        partial(networks.resnet, 998),
        partial(networks.unrolled_lstm, steps=50),
        networks.deep_mlp,
    ],
)
def test_shared_memory_is_no_more_than_mxnets(build: Callable[[], Network], tmp_path: Path) -> None:
    network = build()
    ours = plan(network.symbol, network.shapes, "none", wanted=list(network.parameters)).arena().size / 2**20
    want = theirs(network, tmp_path)
    print(f"{network.name}: {ours:.0f} MiB predicted, {want} MiB allocated by MXNet")
    assert 0.4 * want <= ours <= 1.15 * want
