"""One training that several tests interrupt: dropout, momentum, a schedule, shuffled data and moving averages."""

import numpy as np

from workbench.module import Module
from workbench.runtime import random
from workbench.symbolic import sym
from workbench.train import io
from workbench.train.lr_scheduler import FactorScheduler

EPOCHS = 3
BATCHES = 6  # an epoch


class StopError(Exception):
    pass


def network():
    hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=8, no_bias=True, name="fc1")
    hidden = sym.Activation(sym.BatchNorm(hidden, name="bn"), act_type="tanh", name="act")
    hidden = sym.Dropout(hidden, p=0.3, name="drop")
    return sym.SoftmaxOutput(sym.FullyConnected(hidden, num_hidden=3, name="fc2"), name="softmax")


def examples():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(96, 6)).astype(np.float32)
    return x, (x @ rng.normal(size=(6, 3))).argmax(1).astype(np.float32)


def data(**options):
    return io.NDArrayIter(*examples(), batch_size=16, **{"shuffle": True, **options})


def train(after_batch=None, seed=3, iterator=data, optimizer="sgd", **options):
    """(parameters and states by name, the metric after each batch as ``{(epoch, batch): value}``)."""
    random.seed(seed)
    module, curve = Module(network()), {}

    def note(param):
        curve[param.epoch, param.nbatch] = param.eval_metric.get()[1]
        if after_batch is not None:
            after_batch(param)

    arguments = {"learning_rate": 0.1, "lr_scheduler": FactorScheduler(step=4, factor=0.8)}
    if optimizer == "sgd":
        arguments["momentum"] = 0.9
    module.fit(
        iterator(),
        eval_metric=["ce", "nll_loss"],
        num_epoch=EPOCHS,
        optimizer=optimizer,
        optimizer_params=arguments,
        batch_end_callback=note,
        **options,
    )
    return parameters(module), curve


def parameters(module):
    return {name: a.asnumpy() for arrays in module.get_params() for name, a in arrays.items()}


def stop_after(epoch, nbatch):
    def stop(param):
        if (param.epoch, param.nbatch) == (epoch, nbatch):
            raise StopError

    return stop


def assert_same(found, expected):
    """Equal but for rounding: a segment seen for the first time runs as several programs, later as one."""
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-5, err_msg=str(name))
