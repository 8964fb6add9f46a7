"""A chain of modules that ends in a loss written in NumPy, stepped by hand."""

import os
import sys

import numpy as np

import workbench as mx

rng = np.random.RandomState(3)
x = rng.randn(64, 5).astype(np.float32)
y = (x[:, 0] + x[:, 1] > 0).astype(np.float32)
train = mx.io.NDArrayIter(x, y, batch_size=16)


def hinge_gradient(scores, labels):
    scores, labels = scores.asnumpy(), labels.asnumpy().astype(int)
    sign = np.where(labels == 1, 1.0, -1.0)[:, None]
    return np.where(sign * scores < 1, -sign, 0.0)


data = mx.sym.Variable("data")
body = mx.sym.FullyConnected(data, num_hidden=7, name="fc1")
body = mx.sym.Activation(body, act_type="tanh", name="act1")
head = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc2")

model = mx.mod.SequentialModule()
model.add(mx.mod.Module(body, label_names=[], context=mx.cpu()))
model.add(mx.mod.Module(head, label_names=[], context=mx.cpu()), auto_wiring=True)
model.add(mx.mod.PythonLossModule(grad_func=hinge_gradient), take_labels=True, auto_wiring=True)
model.bind(data_shapes=train.provide_data, label_shapes=train.provide_label)
model.init_params(mx.init.One())
start = {name: mx.nd.array(rng.randn(*array.shape) * 0.3) for name, array in model.get_params()[0].items()}
model.set_params(start, {}, allow_extra=True)
model.init_optimizer(optimizer="nag", optimizer_params={"learning_rate": 0.1, "momentum": 0.9})

for _ in range(8):
    train.reset()
    for batch in train:
        model.forward(batch, is_train=True)
        model.backward()
        model.update()
train.reset()
scores = np.concatenate([outputs[0].asnumpy() for outputs, _, _ in model.iter_predict(train)])
result = {"accuracy": np.float32(((scores[:, 0] > 0) == (y > 0)).mean()), "scores": scores}
result.update({name: array.asnumpy() for name, array in model.get_params()[0].items()})
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
