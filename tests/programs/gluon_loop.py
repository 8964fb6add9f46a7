"""A convolutional network in Gluon on pictures in memory: transforms, workers, a metric, a schedule, a second start."""

import os
import sys

import numpy as np

import workbench as mx

autograd, gluon, nd, nn = mx.autograd, mx.gluon, mx.nd, mx.gluon.nn
folder = sys.argv[1]
ctx = [mx.cpu()]
batch_size, classes = 16, 4


class Corners(gluon.data.Dataset):
    """Bright squares whose place is their class."""

    def __init__(self, count, seed):
        rng = np.random.RandomState(seed)
        self._labels = rng.randint(0, classes, count).astype(np.int32)
        self._images = rng.randint(0, 120, (count, 12, 12, 1)).astype(np.uint8)
        for image, label in zip(self._images, self._labels):  # noqa: B905
            row, column = 6 * (label // 2), 6 * (label % 2)
            image[row : row + 6, column : column + 6] += 100

    def __len__(self):
        return len(self._labels)

    def __getitem__(self, idx):
        return nd.array(self._images[idx], dtype="uint8"), self._labels[idx]


class Waves(mx.init.Initializer):
    """The same values on every machine."""

    def _init_weight(self, name, arr):
        count = int(np.prod(arr.shape))
        arr[:] = (np.sin(np.arange(count) * 1.3) / np.sqrt(count / arr.shape[0])).reshape(arr.shape)


transform = gluon.data.vision.transforms.Compose(
    [gluon.data.vision.transforms.ToTensor(), gluon.data.vision.transforms.Normalize(0.4, 0.3)]
)
train = gluon.data.DataLoader(Corners(96, 0).transform_first(transform), batch_size, num_workers=2)
val = gluon.data.DataLoader(
    Corners(40, 1).transform_first(transform), batch_size, last_batch="keep", num_workers=1
)

net = nn.HybridSequential(prefix="net_")
with net.name_scope():
    net.add(nn.Conv2D(6, kernel_size=3, activation="relu"), nn.BatchNorm(), nn.AvgPool2D(2, 2))
    net.add(nn.Flatten(), nn.Dense(10, activation="tanh"), nn.Dense(classes))
net.initialize(Waves(), ctx=ctx)
net.hybridize()
schedule = mx.lr_scheduler.FactorScheduler(step=8, factor=0.7, base_lr=0.2)
trainer = gluon.Trainer(
    net.collect_params(), "sgd", {"learning_rate": 0.2, "momentum": 0.9, "wd": 1e-4, "lr_scheduler": schedule}
)
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
metric = mx.metric.CompositeEvalMetric([mx.metric.Accuracy(), mx.metric.CrossEntropy()])
result = {}
for epoch in range(3):
    metric.reset()
    total = 0.0
    for data, label in train:
        parts = gluon.utils.split_and_load(data, ctx)
        labels = gluon.utils.split_and_load(label, ctx)
        with autograd.record():
            outputs = [net(x) for x in parts]
            losses = [loss_fn(out, y) for out, y in zip(outputs, labels)]  # noqa: B905
        for loss in losses:
            loss.backward()
        trainer.step(data.shape[0])
        metric.update(labels, [nd.softmax(out) for out in outputs])
        total += sum(float(loss.mean().asscalar()) for loss in losses)
    names, values = metric.get()
    result[f"epoch{epoch}"] = np.array([total, *values], np.float32)
    net.save_parameters(os.path.join(folder, "net.params"))
    trainer.save_states(os.path.join(folder, "net.states"))
net.load_parameters(os.path.join(folder, "net.params"), ctx=ctx)
trainer.load_states(os.path.join(folder, "net.states"))
result["rate"] = np.float32(trainer.learning_rate)

metric.reset()
for data, label in val:
    data, label = data.as_in_context(ctx[0]), label.as_in_context(ctx[0])
    metric.update([label], [nd.softmax(net(data))])
result["accuracy"], result["cross entropy"] = np.array(metric.get()[1], np.float32)
net.export(os.path.join(folder, "net"), epoch=3)
symbol, arg_params, aux_params = mx.model.load_checkpoint(os.path.join(folder, "net"), 3)
module = mx.mod.Module(symbol, data_names=["data"], label_names=None)
module.bind(for_training=False, data_shapes=[("data", (batch_size, 1, 12, 12))])
module.set_params(arg_params, aux_params)
data, _ = next(iter(train))
module.forward(mx.io.DataBatch([data.as_in_context(ctx[0])]), is_train=False)
result["exported"] = module.get_outputs()[0].asnumpy()
result.update({name: array.asnumpy() for name, array in {**arg_params, **aux_params}.items()})
np.savez(os.path.join(folder, "result.npz"), **result)
