"""One seed gives one network, whichever style trains it.

Each style computes the same sums in another order, so values differ by rounding, and training may enlarge that.
Agreement is ``norm(a - b) <= 1e-5 norm(b)`` for each parameter and state; and lest one element hide among
many, each is within 5e-5 of the largest of its array.  Biases do not start at 0 here, so that an error relative to them
means something.

A maximum pool needs care (and a ReLU would).  Its gradient goes to the winner alone, so where rounding decides a
near tie, the gradient takes another path: a jump, not a drift, which fast learning soon spreads over all
parameters.  LeNet is therefore compared three times.  With mean pools, as LeCun published it, and with maximum
pools in float64, where near ties are a billion times rarer, it learns at full speed; with maximum pools in float32,
at a rate that does not spread a jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import workbench as mx
from tests.training import lenet, normed, styles

STEPS = 50
TOLERANCE = 1e-5
ELEMENT_TOLERANCE = 5e-5


@dataclass(frozen=True)
class Setting:
    """What is trained, and how."""

    network: Any
    rate: float
    dtype: str = "float32"
    batch: int = 16


def pooling(kind: str) -> Any:
    return SimpleNamespace(
        symbol=partial(lenet.symbol, kind), block=partial(lenet.block, kind), SHAPE=lenet.SHAPE
    )


SETTINGS = {
    "mean-pooled lenet": Setting(pooling("avg"), 0.02),
    "lenet in float64": Setting(pooling("max"), 0.05, "float64", batch=8),
    "lenet": Setting(pooling("max"), 0.0002),
    "batch norm and dropout": Setting(normed, 0.02),
}


@cache
def batches(dtype: str, size: int) -> list[tuple[Any, Any]]:
    """The first batches of Fashion-MNIST in an order drawn once."""
    data = mx.datasets.fashion_mnist()
    order = np.random.default_rng(0).permutation(len(data.train_images))[: STEPS * size]
    images = (data.train_images[order, None] / 255).astype(dtype)
    labels = data.train_labels[order].astype(dtype)
    cut = [slice(i, i + size) for i in range(0, STEPS * size, size)]
    return [(mx.nd.array(images[c], dtype=dtype), mx.nd.array(labels[c], dtype=dtype)) for c in cut]


@cache
def start(setting: str) -> styles.Arrays:
    """First parameters and states."""
    chosen, draw = SETTINGS[setting], np.random.default_rng(1)
    drawn = styles.initial(chosen.network, seed=1)
    drawn |= {n: draw.uniform(-0.1, 0.1, v.shape) for n, v in drawn.items() if n.endswith(("bias", "beta"))}
    return {n: v.astype(chosen.dtype) for n, v in drawn.items()}


@cache
def trained(setting: str, style: str) -> styles.Arrays:
    """What a style makes of the initial parameters."""
    chosen = SETTINGS[setting]
    make = styles.STYLES.get(style, styles.Gluon)
    with styles.mode(style):
        made = make(
            chosen.network, start(setting), chosen.batch, "sgd", learning_rate=chosen.rate, momentum=0.9
        )
        mx.random.seed(3)
        for x, y in batches(chosen.dtype, chosen.batch):
            made.step(x, y)
        return made.parameters()


@pytest.mark.parametrize("style", styles.STYLES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_style_learns_what_naive_execution_learns(setting, style):
    expected, found = trained(setting, "naive"), trained(setting, style)
    assert found.keys() == expected.keys() == start(setting).keys()
    for name, wanted in expected.items():
        assert found[name].dtype == wanted.dtype == SETTINGS[setting].dtype
        difference = np.linalg.norm(found[name] - wanted) / np.linalg.norm(wanted)
        assert difference <= TOLERANCE, f"{name} differs by {difference:.1e}"
        np.testing.assert_allclose(
            found[name], wanted, rtol=0, atol=ELEMENT_TOLERANCE * abs(wanted).max(), err_msg=name
        )


@pytest.mark.parametrize("setting", SETTINGS)
def test_agreement_says_something_because_everything_moved(setting):
    for name, value in trained(setting, "naive").items():
        before = start(setting)[name]
        moved = np.linalg.norm(value - before) / np.linalg.norm(value)
        assert moved > 100 * TOLERANCE, f"{name} moved by {moved:.1e}"
