"""Layouts as data: which device holds what, on meshes of one process and of several."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import workbench as mx
from workbench.errors import ArgumentError
from workbench.parallel import Shard, mesh, shards

pytestmark = pytest.mark.devices


@pytest.fixture
def layouts():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc")
    return shards(net.simple_bind(mesh(data=2, model=2), data=(6, 3)).arg_dict, "a layer")


def test_slices_are_listed_device_by_device(layouts):
    data, weight, bias = layouts.arrays
    assert [shard.device for shard in data.shards] == ["cpu(0)", "cpu(1)", "cpu(2)", "cpu(3)"]
    assert [shard.ranges[0] for shard in data.shards] == [(0, 3), (0, 3), (3, 6), (3, 6)]
    assert weight.shards[1] == Shard("cpu(1)", 1, True, ((2, 4), (0, 3)))
    assert [shard.ranges for shard in bias.shards] == [((0, 2),), ((2, 4),)] * 2


def test_a_layout_is_told_in_words(layouts):
    assert str(layouts).splitlines() == [
        "data (6, 3): 2 × 1 pieces, 2 copies of each",
        "fc_weight (4, 3): 2 × 1 pieces, 2 copies of each",
        "fc_bias (4,): 2 pieces, 2 copies of each",
    ]


def test_an_array_on_one_device_is_whole():
    (array,) = shards({"x": mx.nd.zeros((2, 3), ctx=mx.cpu(2))}).arrays
    assert array.shards == (Shard("cpu(2)", 2, True, ((0, 2), (0, 3))),)
    assert str(shards({"s": mx.nd.ones(()).jax})) == "s (): 1 pieces, 1 copies of each"


class Elsewhere:
    """A device as a process knows those of others: JAX asks nothing else of one."""

    platform = device_kind = "cpu"

    def __init__(self, number, process):
        self.id, self.process_index = number, process
        self.client = jax.devices()[0].client


def test_parts_that_other_processes_hold_are_known_by_place():
    devices = np.array([Elsewhere(0, 0), Elsewhere(2048, 1)], object)
    sharding = NamedSharding(jax.sharding.Mesh(devices, ("data",)), PartitionSpec("data"))
    assert not sharding.is_fully_addressable
    (array,) = shards({"x": SimpleNamespace(shape=(4, 2), sharding=sharding)}).arrays
    assert array.shards == (
        Shard("cpu(0)", 0, True, ((0, 2), (0, 2))),
        Shard("cpu(2048) of process 1", 2048, False, ((2, 4), (0, 2))),
    )


def test_what_is_no_array_on_devices_is_named():
    with pytest.raises(ArgumentError, match="takes arrays by name, got list"):
        shards([])
    with pytest.raises(ArgumentError, match="'x' is no array on devices but a ndarray"):
        shards({"x": np.ones(3)})
