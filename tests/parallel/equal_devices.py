"""One network, one seed, one training loop a style, whatever the devices.

Run as a program it has eight CPU devices, and prints for every way of sharing a batch the largest difference of a
parameter from those that one device reaches.
"""

import json

import jax
import numpy as np

BATCH = 16
STEPS = 3
CLASSES = 8
RATES = {"learning_rate": 0.1, "momentum": 0.9}
SHAPES = {"data": (BATCH, 6), "softmax_label": (BATCH,)}


def network(mx):
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=16, name="fc1")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="tanh"), num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def block(mx):
    net = mx.gluon.nn.HybridSequential(prefix="")
    net.add(
        mx.gluon.nn.Dense(16, activation="tanh", prefix="fc1_"), mx.gluon.nn.Dense(CLASSES, prefix="fc2_")
    )
    net.hybridize()
    return net


def start(mx, symbol, shapes):
    """The parameters that every way begins with, by name."""
    mx.random.seed(0)
    found, _, _ = symbol.infer_shape(**shapes)
    names = zip(symbol.list_arguments(), found, strict=True)
    drawn = {name: mx.nd.zeros(shape) for name, shape in names if name not in shapes}
    for name, value in drawn.items():
        mx.init.Xavier()(mx.init.InitDesc(name), value)
    return drawn


def batches(shapes, classes):
    draw = np.random.default_rng(0)
    for _ in range(STEPS):
        x = draw.normal(size=shapes["data"]).astype("f")
        yield x, draw.integers(0, classes, len(x)).astype("f")


def by_module(mx, symbol, shapes, devices, values):
    """Parameters and auxiliary states after training on these devices."""
    module = mx.mod.Module(symbol, context=devices)
    module.bind([("data", shapes["data"])], [("softmax_label", shapes["softmax_label"])])
    module.init_params(mx.init.Xavier(), arg_params=values, allow_missing=True)
    module.init_optimizer(kvstore="device", optimizer="sgd", optimizer_params=RATES)
    for x, y in batches(shapes, CLASSES):
        module.forward_backward(mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)]))
        module.update()
    args, aux = module.get_params()
    return {name: value.asnumpy() for name, value in [*args.items(), *aux.items()]}


def by_gluon(mx, net, shapes, devices, values):
    """As `by_module`, with a hybridized block."""
    loss, load = mx.gluon.loss.SoftmaxCrossEntropyLoss(), mx.gluon.utils.split_and_load
    net.initialize(ctx=devices)
    for name, parameter in net.collect_params().items():
        parameter.set_data(values[name])
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", RATES, kvstore="device")
    for x, y in batches(shapes, CLASSES):
        with mx.autograd.record():
            parts = zip(load(x, devices), load(y, devices), strict=True)
            losses = [loss(net(data), label) for data, label in parts]
        mx.autograd.backward(losses)
        trainer.step(BATCH)
    return {name: parameter.list_data()[0].asnumpy() for name, parameter in net.collect_params().items()}


def differences(mx):
    """The largest difference from one device's parameters, by what trained; and how far training went."""
    symbol = network(mx)
    values = start(mx, symbol, SHAPES)
    alone = by_module(mx, symbol, SHAPES, [mx.cpu(0)], values)

    def apart(other):
        return max(float(np.abs(alone[name] - other[name]).max()) for name in alone)

    found = {"start": apart({name: value.asnumpy() for name, value in values.items()})}
    for count in (2, 4, 8):
        devices = [mx.cpu(i) for i in range(count)]
        found[f"Module, {count}"] = apart(by_module(mx, symbol, SHAPES, devices, values))
        found[f"Gluon, {count}"] = apart(by_gluon(mx, block(mx), SHAPES, devices, values))
        mesh = mx.parallel.mesh(data=count)
        found[f"Module, {mesh}"] = apart(by_module(mx, symbol, SHAPES, mesh, values))
    for sizes in ({"data": 8}, {"data": 4, "model": 2}, {"data": 1, "model": 8}):
        mesh = mx.parallel.mesh(**sizes)
        found[f"Gluon, {mesh}"] = apart(by_gluon(mx, block(mx), SHAPES, [mesh], values))
    return found


if __name__ == "__main__":
    jax.config.update("jax_num_cpu_devices", 8)
    import workbench

    print(json.dumps(differences(workbench)))
