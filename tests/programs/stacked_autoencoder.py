"""An autoencoder trained layer by layer, all executors on one dict of arrays, then as a whole."""

import os
import sys

import numpy as np

import workbench as mx

SIZES = [9, 6, 4, 2]
LAYERS = range(len(SIZES) - 1)
rng = np.random.RandomState(11)
x = rng.rand(32, 1).astype(np.float32) * np.linspace(0.2, 1, 9, dtype=np.float32) + 0.1
args, grads, lr_mult, result = {}, {}, {}, {}
for i in LAYERS:
    for part, shape in (("encode", (SIZES[i + 1], SIZES[i])), ("decode", (SIZES[i], SIZES[i + 1]))):
        name = f"{part}{i}"
        args[name + "_weight"] = mx.nd.array(rng.uniform(-0.5, 0.5, shape))
        args[name + "_bias"] = mx.nd.zeros(shape[:1])
        grads.update({n: mx.nd.empty(args[n].shape) for n in (name + "_weight", name + "_bias")})
        lr_mult[name + "_bias"] = 2.0


def encode(layers):
    net = mx.sym.Variable("data")
    for i in layers:
        net = mx.sym.FullyConnected(net, num_hidden=SIZES[i + 1], name=f"encode{i}")
        if i < LAYERS[-1]:
            net = mx.sym.Activation(net, act_type="relu", name=f"act{i}")
    return net


def decode(net, layers):
    for i in reversed(layers):
        net = mx.sym.FullyConnected(net, num_hidden=SIZES[i], name=f"decode{i}")
        if i > 0:
            net = mx.sym.Activation(net, act_type="relu")
    return mx.sym.LinearRegressionOutput(net, mx.sym.Variable("target"), name="out")


def train(net, inputs, epochs):
    feed = mx.io.NDArrayIter({"data": inputs}, {"target": inputs}, batch_size=8)
    fed = {d.name: mx.nd.zeros(d.shape) for d in feed.provide_data + feed.provide_label}
    executor = net.bind(mx.cpu(), args=dict(args, **fed), args_grad=grads, grad_req="write", aux_states={})
    out = executor.outputs[0]
    held = mx.nd.empty(out.shape)
    optimizer = mx.optimizer.create("sgd", learning_rate=0.05, momentum=0.9, wd=1e-4, rescale_grad=1 / 8)
    optimizer.set_lr_mult(lr_mult)
    updater = mx.optimizer.get_updater(optimizer)
    for _ in range(epochs):
        feed.reset()
        losses = []
        for batch in feed:
            for arrays, names in ((batch.data, ["data"]), (batch.label, ["target"])):
                for array, name in zip(arrays, names):  # noqa: B905 (as such programs are written)
                    array.copyto(fed[name])
            executor.forward(is_train=True)
            out.copyto(held)
            losses.append(float(((held.asnumpy() - batch.label[0].asnumpy()) ** 2).mean()))
            executor.backward()
            for name, grad in executor.grad_dict.items():
                if grad is not None:
                    updater(name, grad, args[name])
    return np.array(losses, np.float32)


features = x
for i in LAYERS:
    result[f"losses {i}"] = train(decode(encode([i]), [i]), features, 10)
    executor = encode([i]).bind(mx.cpu(), dict(args, data=mx.nd.array(features)))
    features = executor.forward()[0].asnumpy()
result["losses"] = train(decode(encode(LAYERS), LAYERS), x, 10)
result.update({name: array.asnumpy() for name, array in args.items()})
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
