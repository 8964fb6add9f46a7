import numpy as np
import pytest

from workbench import autograd, gluon, kvstore, mod, nd, sym
from workbench.errors import ArgumentError, NotSupportedError
from workbench.runtime.device import cpu
from workbench.train.compression import GradientCompression
from workbench.train.io import DataBatch

TWO_BIT = {"type": "2bit", "threshold": 0.5}


def by_hand(gradients, threshold):
    """What arrives of a sender's gradients, one after another, in float32."""
    residual, arrived = np.zeros_like(gradients[0]), []
    for gradient in gradients:
        residual = residual + gradient
        said = np.where(residual >= threshold, threshold, np.where(residual <= -threshold, -threshold, 0))
        residual = (residual - said).astype(np.float32)
        arrived.append(said.astype(np.float32))
    return arrived


def test_a_store_gives_what_mxnet_gives():
    # Printed by MXNet 1.9.1 for these pushes to a store 'device'.
    store = kvstore.create("device")
    store.set_gradient_compression(TWO_BIT)
    store.init("one", nd.zeros((5,)))
    out = nd.zeros((5,))
    gradient = [0.3, -0.6, 0.5, 0.1, -0.2]
    for expected in ([0, -0.5, 0.5, 0, 0], [0.5, -0.5, 0.5, 0, 0], [0, -0.5, 0.5, 0, -0.5]):
        store.push("one", nd.array(gradient))
        store.pull("one", out)
        np.testing.assert_array_equal(out.asnumpy(), np.float32(expected))


@pytest.mark.devices
def test_every_device_has_a_residual_of_its_own():
    store = kvstore.create("device")
    store.set_gradient_compression(TWO_BIT)
    store.init(3, nd.zeros((5,)))
    out = nd.zeros((5,))
    for expected in ([0, 0, 0.5, 0, 0], [1, 0, 0.5, 0, 0], [0, 0, 1, 0, -1]):  # by MXNet 1.9.1
        first = nd.array([0.3, -0.6, 0.5, 0.1, -0.2], ctx=cpu(0))
        second = nd.array([0.3, 0.6, 0.2, 0.1, -0.2], ctx=cpu(1))
        store.push(3, [first, second])
        store.pull(3, out)
        np.testing.assert_array_equal(out.asnumpy(), np.float32(expected))


@pytest.mark.parametrize("threshold", [0.1, 0.5, 3.0])
def test_nothing_is_lost_only_late(threshold):
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=(7, 5)).astype(np.float32) for _ in range(20)]
    compression = GradientCompression({"type": "2bit", "threshold": threshold})
    for gradient, expected in zip(gradients, by_hand(gradients, np.float32(threshold)), strict=True):
        given = nd.array(gradient)
        np.testing.assert_array_equal(compression.sent("w", given, cpu()).asnumpy(), expected)
        np.testing.assert_array_equal(given.asnumpy(), gradient)


@pytest.mark.devices
def test_a_trainer_compresses_between_devices():
    contexts = [cpu(0), cpu(1)]
    net = gluon.nn.Dense(1, use_bias=False, in_units=2)
    net.initialize("zeros", ctx=contexts)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0}, compression_params=TWO_BIT)
    parts = [np.float32([[0.3, 0.7]]), np.float32([[0.3, -0.1]])]
    arrived = [by_hand([part] * 3, 0.5) for part in parts]
    weight = np.zeros((1, 2), np.float32)
    for turn in range(3):
        with autograd.record():
            outs = [net(nd.array(part, ctx=ctx)) for part, ctx in zip(parts, contexts, strict=True)]
        autograd.backward(outs)
        trainer.step(1)
        weight -= arrived[0][turn] + arrived[1][turn]
        np.testing.assert_array_equal(net.weight.data(cpu(0)).asnumpy(), weight)
        np.testing.assert_array_equal(net.weight.data(cpu(1)).asnumpy(), weight)


@pytest.mark.devices
def test_a_module_compresses_between_devices():
    head = sym.MakeLoss(sym.FullyConnected(sym.Variable("data"), num_hidden=1, no_bias=True, name="fc"))
    module = mod.Module(head, label_names=None, context=[cpu(0), cpu(1)], compression_params=TWO_BIT)
    module.bind([("data", (2, 2))])
    module.init_params()
    module.set_params({"fc_weight": nd.zeros((1, 2))}, {})
    for kind in ("local", None):
        with pytest.raises(
            NotSupportedError, match=f"compression_params with kvstore={kind!r} on several devices"
        ):
            module.init_optimizer(kind)
    module.init_optimizer("device", optimizer_params={"learning_rate": 1.0, "rescale_grad": 1.0})
    rows = np.float32([[0.3, 0.7], [0.3, -0.1]])
    arrived = [by_hand([row[None]] * 3, 0.5) for row in rows]
    weight = np.zeros((1, 2), np.float32)
    for turn in range(3):
        module.forward_backward(DataBatch([nd.array(rows)]))
        module.update()
        weight -= arrived[0][turn] + arrived[1][turn]
        np.testing.assert_array_equal(module.get_params()[0]["fc_weight"].asnumpy(), weight)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ("2bit", "compression_params are arguments by name, got '2bit'"),
        ({"type": "2bit", "treshold": 1}, "got 'treshold'. Did you mean 'threshold'"),
        ({"threshold": 1}, "the type is '2bit', got None"),
        ({"type": "2bit", "threshold": 0}, "a number above 0, got 0"),
        ({"type": "2bit", "threshold": True}, "a number above 0, got True"),
    ],
)
def test_what_is_no_compression_is_refused(params, text):
    with pytest.raises(ArgumentError, match=text):
        GradientCompression(params)


@pytest.mark.devices
@pytest.mark.parametrize("kind", ["local", None, kvstore.create("nccl")])
def test_a_trainer_whose_store_does_not_compress_says_so(kind):
    net = gluon.nn.Dense(1, in_units=2)
    net.initialize("zeros", ctx=[cpu(0), cpu(1)])
    trainer = gluon.Trainer(net.collect_params(), "sgd", kvstore=kind, compression_params=TWO_BIT)
    with pytest.raises(
        NotSupportedError, match="on several devices: as in MXNet it sums gradients as they are"
    ):
        trainer.step(1)


def test_one_device_has_nothing_to_compress():
    net = gluon.nn.Dense(1, use_bias=False, in_units=1)
    net.initialize("zeros")
    arguments = {"learning_rate": 1.0}
    trainer = gluon.Trainer(
        net.collect_params(), "sgd", arguments, kvstore="local", compression_params=TWO_BIT
    )
    with autograd.record():
        out = net(nd.array([[0.25]]))
    out.backward()
    trainer.step(1)
    assert net.weight.data().asscalar() == -0.25


def test_a_local_store_does_not_compress():
    with pytest.raises(
        NotSupportedError, match="not for a kvstore 'local'; one of create\\('device'\\) compresses"
    ):
        kvstore.create("local").set_gradient_compression(TWO_BIT)
