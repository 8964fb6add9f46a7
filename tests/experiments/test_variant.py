import math

import pytest

from workbench.experiments.variant import VARIANTS, SmallAlexNet, parameter_counts
from workbench.imperative import nd

CONVOLUTIONS = (25 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 32
# By hand: a dense layer has (inputs + 1) · outputs numbers, a TCL old · new for each axis, a Tucker weight its core,
# a matrix for each axis, and ten biases.
DENSE_PARTS = {
    "baseline": 801 * 512 + 513 * 512 + 513 * 10,
    "add TCL (32, 5, 5), 512 units": 32 * 32 + 2 * 25 + 801 * 512 + 513 * 512 + 513 * 10,
    "add TCL (25, 5, 5), 410 units": 32 * 25 + 2 * 25 + 626 * 410 + 411 * 410 + 411 * 10,
    "replace with TCL (32, 5, 5), 512 units": 32 * 32 + 2 * 25 + 801 * 512 + 513 * 10,
    "replace with TCL (25, 5, 5), 410 units": 32 * 25 + 2 * 25 + 626 * 410 + 411 * 10,
    "replace with TCL (16, 4, 4), 256 units": 32 * 16 + 2 * 20 + 257 * 256 + 257 * 10,
    "TRL, rank (24, 4, 4, 10)": 24 * 4 * 4 * 10 + 32 * 24 + 2 * 20 + 10 * 10 + 10,
    "TRL, rank (8, 3, 3, 10)": 8 * 3 * 3 * 10 + 32 * 8 + 2 * 15 + 10 * 10 + 10,
}


def test_the_cases_are_all_variants():
    assert [variant.name for variant in VARIANTS] == list(DENSE_PARTS)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_parameters_are_counted_as_by_hand(variant):
    network = SmallAlexNet(variant)
    network.initialize()
    dense = DENSE_PARTS[variant.name]
    assert parameter_counts(network) == (CONVOLUTIONS + dense, dense)
    assert network(nd.zeros((2, 1, 28, 28))).shape == (2, 10)


def test_the_dense_part_is_in_alexnets_proportion():
    features = SmallAlexNet(VARIANTS[0]).features
    features.initialize()
    shape = features(nd.zeros((1, 1, 28, 28))).shape[1:]
    assert shape == (256 // 8, 5, 5)
    assert math.prod(shape) / 512 == 256 * 5 * 5 / 4096
