"""A convolutional network on files of digits: `Module.fit` with a schedule, checkpoints, and a second start."""

import argparse
import logging
import os
import struct

import numpy as np

import workbench as mx

parser = argparse.ArgumentParser(description="train on digits")
parser.add_argument("folder", help="where files go")
parser.add_argument("--batch-size", type=int, default=20)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--num-epochs", type=int, default=4)
args = parser.parse_args()
logging.basicConfig(level=logging.INFO)


@mx.init.register
class ByShape(mx.init.Initializer):
    """The same values on every machine."""

    def _init_weight(self, name, arr):
        count = int(np.prod(arr.shape))
        values = np.sin(np.arange(count) * 1.7 + len(name)) / np.sqrt(count / arr.shape[0])
        arr[:] = values.reshape(arr.shape)


def write_digits(count, seed, stem):
    """Bright squares whose place is their class, in noise."""
    rng = np.random.RandomState(seed)
    labels = rng.randint(0, 4, count)
    images = rng.randint(0, 100, (count, 12, 12))
    for image, label in zip(images, labels):  # noqa: B905
        row, column = 6 * (label // 2), 6 * (label % 2)
        image[row : row + 6, column : column + 6] += 120
    image_file, label_file = (os.path.join(args.folder, stem + kind) for kind in ("-images", "-labels"))
    with open(image_file, "wb") as f:
        f.write(struct.pack(">IIII", 2051, count, 12, 12) + images.astype(np.uint8).tobytes())
    with open(label_file, "wb") as f:
        f.write(struct.pack(">II", 2049, count) + labels.astype(np.uint8).tobytes())
    return mx.io.MNISTIter(
        image=image_file, label=label_file, batch_size=args.batch_size, shuffle=False, silent=True
    )


def get_symbol(num_classes=4):
    data = mx.symbol.Variable("data")
    conv = mx.symbol.Convolution(data=data, kernel=(3, 3), num_filter=6, name="conv1")
    bn = mx.symbol.BatchNorm(data=conv, fix_gamma=False, momentum=0.8, name="bn1")
    act = mx.symbol.Activation(data=bn, act_type="relu", name="relu1")
    pool = mx.symbol.Pooling(data=act, pool_type="avg", kernel=(2, 2), stride=(2, 2), name="pool1")
    flat = mx.symbol.Flatten(data=pool)
    fc = mx.symbol.FullyConnected(data=flat, num_hidden=10, name="fc1")
    act = mx.symbol.Activation(data=fc, act_type="tanh", name="tanh1")
    fc = mx.symbol.FullyConnected(data=act, num_hidden=num_classes, name="fc2")
    return mx.symbol.SoftmaxOutput(data=fc, name="softmax")


train, val = write_digits(200, 0, "train"), write_digits(60, 1, "val")
prefix = os.path.join(args.folder, "digits")
epoch_size = 200 // args.batch_size


def fit(begin_epoch, num_epoch, symbol, arg_params, aux_params):
    model = mx.mod.Module(context=mx.cpu(), symbol=symbol)
    scheduler = mx.lr_scheduler.MultiFactorScheduler(step=[epoch_size, 3 * epoch_size], factor=0.5)
    model.fit(
        train,
        begin_epoch=begin_epoch,
        num_epoch=num_epoch,
        eval_data=val,
        eval_metric=["accuracy", mx.metric.create("top_k_accuracy", top_k=2)],
        kvstore="device",
        optimizer="sgd",
        optimizer_params={
            "learning_rate": args.lr,
            "lr_scheduler": scheduler,
            "momentum": 0.9,
            "wd": 0.001,
        },
        initializer=mx.init.Mixed([".*fc2.*", ".*"], [mx.init.Zero(), ByShape()]),
        arg_params=arg_params,
        aux_params=aux_params,
        batch_end_callback=mx.callback.Speedometer(args.batch_size, 5),
        epoch_end_callback=mx.callback.do_checkpoint(prefix),
        allow_missing=True,
    )
    return model


fit(0, args.num_epochs // 2, get_symbol(), None, None)
symbol, arg_params, aux_params = mx.model.load_checkpoint(prefix, args.num_epochs // 2)
model = fit(args.num_epochs // 2, args.num_epochs, symbol, arg_params, aux_params)

val.reset()
result = {"accuracy": np.float32(dict(model.score(val, mx.metric.Accuracy()))["accuracy"])}
val.reset()
result["prediction"] = model.predict(val).asnumpy()
for params in model.get_params():
    result.update({name: array.asnumpy() for name, array in params.items()})
np.savez(os.path.join(args.folder, "result.npz"), **result)
