"""The networks' names, shapes and sizes, as MXNet 1.9.1 told them (tests/mxnet/network_answer.py)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as mx
from tests.networks import NETWORKS
from tests.networks.values import facts

EXPECTED = json.loads((Path(__file__).parents[1] / "data" / "networks.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_shapes_are_mxnets_and_survive_a_file(name: str) -> None:
    network = NETWORKS[name]
    symbol = network.build(mx)
    assert facts(symbol, network.image) == EXPECTED[name]
    assert facts(mx.sym.load_json(symbol.tojson()), network.image) == EXPECTED[name]


def test_every_network_is_told() -> None:
    assert set(EXPECTED) == set(NETWORKS)


def test_the_published_sizes() -> None:
    """Parameters of the classifiers of 1000 classes, in millions, as their papers and MXNet's model zoo give them."""
    sizes = {name: EXPECTED[name]["parameters"] / 1e6 for name in EXPECTED}
    assert sizes["resnet50_v1"] == pytest.approx(25.6, abs=0.1)
    assert sizes["resnet18_v2"] == pytest.approx(11.7, abs=0.1)
    assert sizes["resnext50"] == pytest.approx(25.0, abs=0.1)
    assert sizes["mobilenet_v1"] == pytest.approx(4.2, abs=0.1)
    assert sizes["mobilenet_v2"] == pytest.approx(3.5, abs=0.1)
    assert sizes["resnet110_small"] == pytest.approx(1.7, abs=0.1)
    assert sizes["inception_v3"] == pytest.approx(23.8, abs=0.2)
    assert sizes["inception_v4"] == pytest.approx(42.7, abs=0.3)
