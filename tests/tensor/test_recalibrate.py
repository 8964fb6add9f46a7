import numpy as np
import pytest

from workbench import tensor
from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.gluon import nn
from workbench.imperative import nd
from workbench.symbolic import sym

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(40, 30)) * np.linspace(1, 4, 30) + 2).astype(np.float32)


def network(**options):
    net = nn.HybridSequential()
    net.add(nn.Dense(24, in_units=30), nn.BatchNorm(in_channels=24, **options), nn.Dense(6, in_units=24))
    net.initialize("xavier")
    return net


def moving(net):
    return [p.data().asnumpy() for p in (net[1].running_mean, net[1].running_var)]


def test_statistics_are_the_means_of_the_batches():
    net = network(momentum=0.7)
    weights = net[0].weight.data().asnumpy()
    tensor.Recalibrate(ROWS, batch_size=16)(net)
    batches = net[0](nd.array(ROWS[:32])).asnumpy().reshape(2, 16, 24)
    mean, variance = moving(net)
    np.testing.assert_allclose(mean, batches.mean(1).mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance, batches.var(1).mean(0), rtol=1e-4)
    np.testing.assert_array_equal(net[0].weight.data().asnumpy(), weights)


def test_a_failure_leaves_the_statistics_as_they_were():
    net = network()
    before = moving(net)
    with pytest.raises(ShapeError, match=r"weight must have shape \(24, 29\), got \(24, 30\)"):
        tensor.Recalibrate(ROWS[:, :29])(net)
    np.testing.assert_array_equal(moving(net), before)


@pytest.mark.parametrize(
    "make",
    [lambda: network(use_global_stats=True), lambda: network(momentum=1.0), lambda: nn.Dense(3, in_units=30)],
)
def test_a_network_without_statistics_to_take_is_refused(make):
    net = make()
    if isinstance(net, nn.Dense):
        net.initialize()
    with pytest.raises(ArgumentError, match=r"has no BatchNorm layer with statistics to take anew$"):
        tensor.Recalibrate(ROWS)(net)


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (np.ones((2, 2), complex), DTypeError, "Recalibrate: examples are numbers, got complex128"),
        (None, DTypeError, "Recalibrate: examples are numbers, got object"),
        (np.ones((0, 3)), ShapeError, "Recalibrate: a batch of examples or more, got an array of (0, 3)"),
    ],
)
def test_what_is_no_batch_is_named(data, error, said):
    with pytest.raises(error) as caught:
        tensor.Recalibrate(data)
    assert str(caught.value) == said


def test_statistics_of_a_compressed_network_follow_what_changed_before_them():
    net = network()
    tensor.Recalibrate(ROWS[:20] + 1)(net)  # as if it had been trained on other rows
    before = moving(net)
    found = tensor.compress(net, ROWS, 0.5, recalibrate=ROWS[:32], repeats=1, progress=False)
    was, now = (block[0](nd.array(ROWS[:32])).asnumpy() for block in (net, found.network))
    mean, variance = moving(found.network)
    np.testing.assert_allclose(mean, before[0] + now.mean(0) - was.mean(0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(variance, before[1] * now.var(0) / was.var(0), rtol=1e-3)
    np.testing.assert_array_equal(moving(net), before)


def test_a_symbol_is_recalibrated_too():
    net = network()
    params = {name: p.data() for name, p in net.collect_params().items()}
    symbol = net(sym.var("data"))
    found = tensor.compress(symbol, ROWS, 0.5, params=params, recalibrate=ROWS, repeats=1, progress=False)
    block = tensor.compress(net, ROWS, 0.5, recalibrate=ROWS, study=found.sensitivity, repeats=1)
    for parameter in (block.network[1].running_mean, block.network[1].running_var):
        np.testing.assert_allclose(
            found.params[parameter.name].asnumpy(), parameter.data().asnumpy(), rtol=1e-4, atol=1e-5
        )
