import logging

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.train import initializer as init


def filled(made, name, shape=(2,)):
    arr = nd.full(shape, 9.0)
    made(init.InitDesc(name), arr)
    return arr.asnumpy().tolist()


def test_mixed_takes_the_first_match():
    mixed = init.Mixed(["fc1", ".*bias", ".*"], [init.Constant(1.0), init.Constant(2.0), init.One()])
    assert filled(mixed, "fc1_weight") == [1, 1]
    assert filled(mixed, "fc2_bias") == [0, 0]  # Constant is a rule for weights; a bias starts at 0
    assert filled(mixed, "fc2_weight") == [1, 1]


def test_mixed_without_a_match():
    with pytest.raises(
        ArgumentError, match=r"parameter 'conv_weight' matches no pattern of 'fc', 'bn'; end the list"
    ):
        filled(init.Mixed(["fc", "bn"], [init.Zero(), init.Zero()]), "conv_weight")


def test_mixed_needs_an_initializer_a_pattern():
    with pytest.raises(ArgumentError, match="got 2 patterns and 1 initializers"):
        init.Mixed(["a", "b"], [init.Zero()])


def test_load_drops_prefixes_and_falls_back(caplog):
    load = init.Load({"arg:w_weight": nd.array([1, 2]), "aux:m": nd.array([3, 4])}, init.One(), verbose=True)
    with caplog.at_level(logging.INFO):
        assert filled(load, "w_weight") == [1, 2]
        assert filled(load, "m") == [3, 4]
        assert filled(load, "v_weight") == [1, 1]
    assert [r.getMessage() for r in caplog.records] == [
        "Initialized w_weight by loading",
        "Initialized m by loading",
        "Initialized v_weight by default",
    ]


def test_load_reads_a_file(tmp_path):
    path = str(tmp_path / "net.params")
    nd.save(path, {"arg:w_weight": nd.array([1, 2])})
    assert filled(init.Load(path), "w_weight") == [1, 2]
    nd.save(path, [nd.array([1, 2])])
    with pytest.raises(ArgumentError, match="Load needs arrays by name, got list"):
        init.Load(path)


def test_load_names_what_is_missing_or_misshapen():
    load = init.Load({"w": np.ones((3,), np.float32)})
    with pytest.raises(ShapeError, match=r"parameter 'w' has shape \(2,\), the loaded one \(3,\)"):
        filled(load, "w")
    with pytest.raises(ArgumentError, match="parameter 'v' is not among the loaded ones"):
        filled(load, "v")
