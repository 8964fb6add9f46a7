"""What makes the styles fast, without a clock: programs a step, programs compiled, memory used again."""

import networks
import numpy as np
import pytest
from mxnet_styles import ALL as STYLES
from networks import LSTM, RELU, TANH, Conv, Dense, MaxPool, MeanPool, Network, Norm, Residual

import workbench as mx
from workbench import engine, nd, trace
from workbench.runtime import recycle
from workbench.runtime.compile import cache

SMALL = {
    "dense": Network("dense", 4, (6,), (Dense(5), RELU, Dense(networks.CLASSES))),
    "convolutional": Network(
        "convolutional",
        2,
        (1, 8, 8),
        (
            Conv(3, 3, 1, 1, bias=False),
            Norm(),
            RELU,
            Residual((Conv(3, 3, 1, 1),), (Conv(3, 1),)),
            MaxPool(),
            MeanPool(),
            Dense(networks.CLASSES),
        ),
    ),
    "recurrent": Network("recurrent", 2, (4, 3), (LSTM(2), TANH, Dense(networks.CLASSES))),
}
FUSED = [name for name in STYLES if not name.startswith("naive")]


def settled(style, network, turns=3):
    step, wait = STYLES[style](mx, SMALL[network])
    for _ in range(turns):
        step()
    wait()
    return step, wait


CASES = [(style, network) for style in FUSED for network in ("dense", "convolutional")]


@pytest.mark.parametrize(
    ("style", "network"),
    [*CASES, ("bulked imperative (nd)", "recurrent"), ("hybridized (Gluon)", "recurrent")],
)
def test_a_training_step_is_one_program(style, network, monkeypatch):
    monkeypatch.setattr(networks, "STEPS", 4)
    step, wait = settled(style, network)
    misses = cache.misses
    with trace.record() as events:
        for _ in range(3):
            step()
        wait()
    assert len(events) == 3
    assert cache.misses == misses


@pytest.mark.parametrize("style", FUSED)
def test_a_training_step_allocates_no_parameter_anew(style, monkeypatch):
    step, wait = settled(style, "convolutional", turns=4)
    missing = []
    spares = recycle.Rewrites.spares

    def watched(self, places):
        found = spares(self, places)
        missing.extend(each is None for each in found)
        return found

    monkeypatch.setattr(recycle.Rewrites, "spares", watched)
    for _ in range(3):
        step()
    wait()
    count = len(SMALL["convolutional"].parameters())
    assert missing == [False] * (3 * count)


def test_naively_every_operation_is_a_program_and_none_is_compiled_twice():
    step, wait = settled("naive imperative (nd)", "dense", turns=1)
    misses = cache.misses
    with trace.record() as events:
        step()
        wait()
    assert all(len(event.segment.instructions) == 1 for event in events)
    assert cache.misses == misses


def test_loops_of_many_lengths_compile_their_operations_alone():
    x = nd.array(np.linspace(0, 1, 15).reshape(3, 5))
    before = cache.misses
    for length in range(1, 30):
        out = x
        for _ in range(length):
            out = nd.log1p(out) * x
        out.wait_to_read()
    assert cache.misses - before <= 4


def test_a_learning_rate_that_changes_compiles_nothing():
    w = nd.ones((3, 4))
    w.attach_grad()
    for turn in range(8):
        with mx.autograd.record():
            loss = nd.square(w).sum()
        loss.backward()
        nd.sgd_update(w, w.grad, lr=0.1 / (turn + 1), out=w)
        engine.flush()
        if turn == 3:
            misses = cache.misses
    assert cache.misses == misses


def test_the_styles_agree_on_the_network_they_train():
    """The benchmark compares like with like: from the same weights, a few steps give the same ones."""
    network = SMALL["convolutional"]
    found = []
    for style in ("symbolic (Executor)", "bulked imperative (nd)"):
        made = {}
        update = mx.nd.multi_sgd_update

        def kept(*rows, out, made=made, update=update, **facts):
            made["params"] = out
            return update(*rows, out=out, **facts)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mx.nd, "multi_sgd_update", kept)
            step, wait = STYLES[style](mx, network)
            for _ in range(3):
                step()
            wait()
        found.append([p.asnumpy() for p in made["params"]])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-5)
