"""LeNet learns Fashion-MNIST in every style, one program a step, by the gradients JAX gives for it."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import workbench as mx
from tests.training import lenet, styles
from workbench.runtime import trace
from workbench.runtime.compile import cache

EPOCHS, BATCH = 3, 50
RATE, MOMENTUM = 0.02, 0.9
WARM_UP = 4  # steps: the first runs operation by operation, the second compiles, momenta appear in between
ACCURACY = 0.85


@pytest.fixture(scope="module")
def data():
    """Images of mean 0 and variance 1 over the training set, and labels, all float32: training, test."""
    read = mx.datasets.fashion_mnist()
    mean, deviation = read.train_images.mean(), read.train_images.std()

    def images(part):
        return ((part[:, None] - mean) / deviation).astype(np.float32)

    return (
        (images(read.train_images), read.train_labels.astype(np.float32)),
        (images(read.test_images), read.test_labels.astype(np.float32)),
    )


def made(style, **rates):
    start = styles.initial(lenet, seed=1)
    rates = {"learning_rate": RATE, "momentum": MOMENTUM, **rates}
    return styles.STYLES[style](lenet, start, BATCH, "sgd", **rates)


def epoch(images, labels):
    return mx.io.NDArrayIter(images, labels, BATCH, shuffle=True)


def accuracy(model, images, labels):
    score = mx.metric.Accuracy()
    for batch in mx.io.NDArrayIter(images, labels, BATCH):
        score.update(batch.label, [model.scores(batch.data[0])])
    return score.get()[1]


@pytest.mark.parametrize("style", styles.STYLES)
def test_lenet_learns_fashion_mnist(style, data, capsys):
    train, test = data
    began = time.perf_counter()
    steps = EPOCHS * len(train[0]) // BATCH
    model = made(style, lr_scheduler=mx.lr_scheduler.PolyScheduler(steps, RATE, pwr=1))
    mx.random.seed(3)
    batches = epoch(*train)
    compiled = []
    for _ in range(EPOCHS):
        batches.reset()
        for batch in batches:
            model.step(batch.data[0], batch.label[0])
            compiled.append(cache.misses)
    found = accuracy(model, *test)
    with capsys.disabled():
        print(f"\nLeNet, {style}: {found:.1%} correct after {time.perf_counter() - began:.1f} s")
    assert found >= ACCURACY
    assert compiled[WARM_UP] == compiled[-1], "a step of every epoch is the step of the first"


def batch_of(data, number=0):
    (images, labels), _ = data
    part = slice(number * BATCH, (number + 1) * BATCH)
    return mx.nd.array(images[part]), mx.nd.array(labels[part])


@pytest.mark.parametrize("style", styles.STYLES)
@pytest.mark.parametrize("read", [False, True], ids=["unread", "outputs read after each"])
def test_a_step_is_one_program(style, read, data):
    model = made(style)

    def step(number):
        model.step(*batch_of(data, number))
        if read:
            assert np.isfinite(model.outputs()).all()
        else:
            mx.nd.waitall()

    for number in range(WARM_UP):
        step(number)
    misses = cache.misses
    with trace.record() as events:
        for number in range(WARM_UP, WARM_UP + 3):
            step(number)
    assert len(events) == 3
    assert cache.misses == misses


def loss(params, x, y):
    """The cross-entropy of LeNet, summed over the batch, as one writes it in JAX."""
    for name in ("conv1", "conv2"):
        x = jax.lax.conv_general_dilated(
            x, params[f"{name}_weight"], (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW")
        )
        x = jnp.tanh(x + params[f"{name}_bias"][:, None, None])
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = jnp.tanh(x.reshape(len(x), -1) @ params["fc1_weight"].T + params["fc1_bias"])
    x = x @ params["fc2_weight"].T + params["fc2_bias"]
    return -jnp.take_along_axis(jax.nn.log_softmax(x), y.astype(int)[:, None], 1).sum()


@pytest.mark.parametrize("style", styles.STYLES)
def test_gradients_are_those_of_jax(style, data):
    x, y = batch_of(data)
    params = {n: jnp.asarray(v) for n, v in styles.initial(lenet, seed=1).items()}
    expected = jax.jit(jax.grad(loss))(params, x.jax, y.jax)
    model = made(style)
    model.step(x, y)
    found = model.gradients()
    assert found.keys() == expected.keys()
    for name, wanted in expected.items():
        difference = np.linalg.norm(found[name] - wanted) / np.linalg.norm(wanted)
        assert difference <= 1e-5, f"{name} differs by {difference:.1e}"
