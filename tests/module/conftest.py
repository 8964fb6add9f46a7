"""A small classification problem, and a network for it."""

import numpy as np
import pytest

from workbench.runtime import random
from workbench.symbolic import sym
from workbench.train import io


@pytest.fixture(autouse=True)
def _seeded():
    random.seed(3)


@pytest.fixture(scope="session")
def examples():
    """96 examples of 6 features and their class of 3, which is linear in them."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(96, 6)).astype(np.float32)
    return x, (x @ rng.normal(size=(6, 3))).argmax(1).astype(np.float32)


@pytest.fixture
def batches(examples):
    def make(batch_size=16, count=96, **options):
        return io.NDArrayIter(examples[0][:count], examples[1][:count], batch_size=batch_size, **options)

    return make


@pytest.fixture
def net():
    def make(norm=False, **softmax):
        hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=8, name="fc1")
        hidden = sym.Activation(hidden, act_type="tanh", name="act")
        hidden = sym.BatchNorm(hidden, name="bn") if norm else hidden
        scores = sym.FullyConnected(hidden, num_hidden=3, name="fc2")
        return sym.SoftmaxOutput(scores, name="softmax", **softmax)

    return make
