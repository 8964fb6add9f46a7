"""The committed description of MXNet's model zoo is what MXNet 1.9.1 says of it."""

import subprocess
from pathlib import Path

import pytest

from tests.mxnet import oracle

HERE = Path(__file__).parent
COMMITTED = HERE.parent / "gluon" / "model_zoo" / "mxnet_parameters.json"

pytestmark = pytest.mark.skipif(oracle.PYTHON is None, reason=oracle.HOW)


def test_the_committed_description_is_mxnets():
    command = [str(oracle.PYTHON), "-W", "ignore", str(HERE / "describe_networks.py")]
    described = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout
    assert described == COMMITTED.read_text()
