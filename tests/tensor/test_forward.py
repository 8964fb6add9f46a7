import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.gluon import nn
from workbench.imperative import nd
from workbench.symbolic import sym
from workbench.tensor.forward import Forward

X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def net():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(8, in_units=6, activation="relu"), nn.Dropout(0.5), nn.Dense(3, in_units=8))
    net.initialize("xavier")
    return net


@pytest.fixture(scope="module")
def forward(net):
    return Forward(net(sym.var("data")), {n: p.data() for n, p in net.collect_params().items()}, {"data": X})


def test_it_predicts_what_the_network_does(net, forward):
    np.testing.assert_allclose(forward()[0], net(nd.array(X)).asnumpy(), rtol=1e-5, atol=1e-6)


def test_a_parameter_is_exchanged_for_one_call(net, forward):
    before = np.asarray(forward()[0])
    changed = forward(net_dense1_weight=np.zeros((3, 8), np.float32))[0]
    np.testing.assert_array_equal(changed, np.broadcast_to(net[2].bias.data().asnumpy(), (5, 3)))
    np.testing.assert_array_equal(forward()[0], before)
    with pytest.raises(ArgumentError, match="the network has no input 'weight'"):
        forward(weight=before)


def test_its_figures_say_what_they_are(forward):
    assert forward.work.value >= 2 * 5 * (6 * 8 + 8 * 3)
    assert forward.work.kind == "measured"
    assert "for 5 examples" in forward.work.how
    numbers = X.size + sum(forward.values[name].size for name in forward.parameters)
    assert forward.memory.value >= 4 * numbers
    assert forward.memory.kind == forward.time(2).kind == "measured"
    assert set(forward.parameters) == {f"net_dense{i}_{part}" for i in (0, 1) for part in ("weight", "bias")}
