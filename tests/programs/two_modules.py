"""Two modules against each other: one makes points, the other tells them from given ones."""

import os
import sys

import numpy as np

import workbench as mx

BATCH = 8
rng = np.random.RandomState(5)
points = rng.normal(2, 0.3, (BATCH * 4, 3)).astype(np.float32)


class Noise(mx.io.DataIter):
    def __init__(self):
        super().__init__(BATCH)
        self.provide_data = [("noise", (BATCH, 2))]
        self.provide_label = []

    def iter_next(self):
        return True

    def getdata(self):
        return [mx.nd.array(rng.normal(0, 1, (BATCH, 2)))]


def network(data, name, size, out):
    net = mx.sym.FullyConnected(mx.sym.Variable(data), num_hidden=size, name=f"{name}1")
    net = mx.sym.LeakyReLU(net, act_type="leaky", slope=0.2, name=f"{name}_act")
    return mx.sym.FullyConnected(net, num_hidden=out, name=f"{name}2")


def module(net, data, label, inputs_need_grad):
    names = [name for name, _ in data]
    made = mx.mod.Module(net, data_names=names, label_names=[n for n, _ in label] or None)
    made.bind(data, label or None, inputs_need_grad=inputs_need_grad)
    shapes, _, _ = net.infer_shape(**dict([*data, *label]))
    given = {n: mx.nd.array(rng.normal(0, 0.4, s)) for n, s in zip(net.list_arguments(), shapes)}  # noqa: B905
    made.init_params(mx.init.Zero(), arg_params=given, aux_params={}, allow_extra=True)
    made.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.02, "beta1": 0.5})
    return made


def entropy(label, pred):
    pred, label = pred.ravel(), label.ravel()
    return -(label * np.log(pred + 1e-12) + (1 - label) * np.log(1 - pred + 1e-12)).mean()


noise, given = Noise(), mx.io.NDArrayIter(points, batch_size=BATCH)
maker = module(network("noise", "make", 6, 3), noise.provide_data, [], False)
loss = mx.sym.LogisticRegressionOutput(network("data", "tell", 6, 1), mx.sym.Variable("label"), name="loss")
teller = module(loss, [("data", (BATCH, 3))], [("label", (BATCH, 1))], True)
label = mx.nd.zeros((BATCH, 1))
told, made = mx.metric.CustomMetric(entropy), mx.metric.CustomMetric(entropy)
history = []
for _ in range(3):
    given.reset()
    for batch in given:
        maker.forward(noise.next(), is_train=True)
        fake = maker.get_outputs()
        label[:] = 0
        teller.forward(mx.io.DataBatch(fake, [label]), is_train=True)
        teller.backward()
        held = [[g.copyto(g.context) for g in grads] for grads in teller._exec_group.grad_arrays]
        teller.update_metric(told, [label])
        label[:] = 1
        batch.label = [label]
        teller.forward(batch, is_train=True)
        teller.backward()
        for real, fakes in zip(teller._exec_group.grad_arrays, held):  # noqa: B905
            for grad, other in zip(real, fakes):  # noqa: B905
                grad += other
        teller.update()
        teller.update_metric(told, [label])
        teller.forward(mx.io.DataBatch(fake, [label]), is_train=True)
        teller.backward()
        maker.backward(teller.get_input_grads())
        maker.update()
        made.update([label], teller.get_outputs())
        history.append((told.get()[1], made.get()[1]))
result = {"history": np.array(history, np.float32)}
for each in (maker, teller):
    result.update({name: array.asnumpy() for name, array in each.get_params()[0].items()})
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
