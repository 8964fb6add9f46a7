"""A small network learns, and to the same parameters, in every mode."""

from contextlib import nullcontext

import numpy as np
import pytest

from workbench.gluon import Trainer, nn
from workbench.gluon.data import ArrayDataset, DataLoader
from workbench.gluon.loss import SoftmaxCrossEntropyLoss
from workbench.imperative import autograd, nd
from workbench.runtime import engine, random
from workbench.train import initializer

rng = np.random.default_rng(0)
CENTRES = rng.normal(size=(3, 1, 6, 6)) * 2
LABELS = rng.integers(0, 3, size=96).astype(np.float32)
IMAGES = (CENTRES[LABELS.astype(int)] + rng.normal(size=(96, 1, 6, 6))).astype(np.float32)


def network():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Conv2D(4, 3, activation="tanh"), nn.BatchNorm(), nn.MaxPool2D(), nn.Flatten())
        net.add(nn.Dropout(0.2), nn.Dense(8, activation="relu"), nn.Dense(3))
    return net


def train(mode, optimizer="sgd", arguments=None, epochs=8):
    random.seed(7)
    net, loss = network(), SoftmaxCrossEntropyLoss()
    net.initialize(initializer.Xavier())
    if mode == "hybridized":
        net.hybridize()
        loss.hybridize()
    net.infer_shape(nd.array(IMAGES[:1]))
    for parameter in net.collect_params().values():
        parameter.finish_deferred_init()  # draws in one order, whatever calls first
    trainer = Trainer(net.collect_params(), optimizer, arguments or {"learning_rate": 0.1, "momentum": 0.9})
    history = []
    with engine.naive() if mode == "naive" else nullcontext():
        for _ in range(epochs):
            for x, y in DataLoader(ArrayDataset(IMAGES, LABELS), 32):
                with autograd.record():
                    value = loss(net(x), y)
                value.backward()
                trainer.step(32)
                history.append(value.mean())
    params = {name: p.data().asnumpy() for name, p in net.collect_params().items()}
    return [float(v.asscalar()) for v in history], params


@pytest.fixture(scope="module")
def bulked():
    return train("bulked")


def test_the_loss_falls(bulked):
    history, _ = bulked
    assert history[0] > 0.8
    assert max(history[-3:]) < 0.25


@pytest.mark.parametrize("mode", ["naive", "hybridized"])
def test_every_mode_learns_the_same(bulked, mode):
    history, params = train(mode)
    np.testing.assert_allclose(history, bulked[0], rtol=1e-3, atol=1e-5)
    for name, expected in bulked[1].items():
        scale = np.abs(expected).max()
        np.testing.assert_allclose(params[name], expected, rtol=1e-4, atol=1e-4 * scale, err_msg=name)


def test_adam_learns_too():
    history, _ = train("hybridized", "adam", {"learning_rate": 0.01})
    assert history[-1] < history[0] / 2
