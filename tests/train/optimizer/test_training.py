"""Every optimizer fits a small regression, in a Module and in a Gluon block."""

import numpy as np
import pytest

import workbench as mx
from workbench.train import optimizer as opt

RATES = {
    "adadelta": {"rho": 0.5, "epsilon": 1e-2},
    "adagrad": {"learning_rate": 0.3},
    "adam": {"learning_rate": 0.1},
    "adamax": {"learning_rate": 0.1},
    "ccsgd": {"learning_rate": 0.1},
    "dcasgd": {"learning_rate": 0.1},
    "ftml": {"learning_rate": 0.1},
    "ftrl": {"learning_rate": 1.0, "lamda1": 0.001},
    "lamb": {"learning_rate": 0.1},
    "lars": {"learning_rate": 1.0, "eta": 0.1},
    "lbsgd": {"learning_rate": 0.1},
    "nadam": {"learning_rate": 0.1},
    "nag": {"learning_rate": 0.05, "momentum": 0.5},
    "rmsprop": {"learning_rate": 0.05},
    "sgd": {"learning_rate": 0.1},
    "sgld": {"learning_rate": 0.01, "rescale_grad": 1.0},  # noise for each step, data for all the examples
    "signum": {"learning_rate": 0.03, "momentum": 0.5},
}
STEPS = 40
rng = np.random.default_rng(0)
DATA = rng.normal(size=(32, 3)).astype("float32")
TARGET = (DATA @ [[1.0], [-2.0], [0.5]] + 0.25).astype("float32")
BEFORE = float(np.square(TARGET).mean())


def test_every_optimizer_is_tried():
    assert set(RATES) == {
        name for name, made in opt.Optimizer.opt_registry.items() if made.__module__.startswith("workbench.")
    }


@pytest.mark.parametrize("name", RATES)
def test_gluon_learns(name):
    mx.random.seed(1)
    net = mx.gluon.nn.Dense(1, in_units=3)
    net.initialize(mx.init.Normal(0.1))
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), name, dict(RATES[name]))
    data, target, distance = mx.nd.array(DATA), mx.nd.array(TARGET), mx.gluon.loss.L2Loss()
    for _ in range(STEPS):
        with mx.autograd.record():
            loss = distance(net(data), target)
        loss.backward()
        trainer.step(1 if "rescale_grad" in RATES[name] else len(DATA))
    assert float(np.square(net(data).asnumpy() - TARGET).mean()) < 0.3 * BEFORE


@pytest.mark.parametrize("name", RATES)
def test_module_learns(name):
    mx.random.seed(1)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    net = mx.sym.LinearRegressionOutput(net, mx.sym.Variable("label"), name="out")
    module = mx.mod.Module(net, label_names=["label"])
    batches = mx.io.NDArrayIter(DATA, TARGET, len(DATA), label_name="label")
    module.fit(
        batches,
        num_epoch=STEPS,
        optimizer=name,
        optimizer_params=dict(RATES[name]),
        initializer=mx.init.Normal(0.1),
        eval_metric="mse",
    )
    assert dict(module.score(batches, "mse"))["mse"] < 0.3 * BEFORE
