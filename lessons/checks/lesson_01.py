"""The exercises of lesson 01: stop at a bad layer, be the optimiser, read without cutting."""

from __future__ import annotations

from typing import Any

import numpy as np

import workbench as mx
from checks.exercise import Answer, exercise, expect
from workbench import autograd, gluon, nd, passes, sym, trace
from workbench.gluon import nn
from workbench.graph.node import Graph

BATCH, STEPS = 8, 4


class Scale(gluon.Block):
    """Multiplies by a number and notes that it ran."""

    def __init__(self, name: str, factor: float, ran: list[str]) -> None:
        super().__init__(prefix=f"{name}_")
        self._factor, self._ran = factor, ran

    def forward(self, x: Any) -> Any:
        """`x` times the factor, of the same shape."""
        self._ran.append(self.name)
        return x * self._factor


def _stopped_at(answer: Answer, factors: list[float]) -> tuple[object, list[str]]:
    """What the answer says of layers a, b, c, …, and which of them ran."""
    ran: list[str] = []
    net = nn.Sequential()
    net.add(*[Scale(name, factor, ran) for name, factor in zip("abcdef", factors, strict=False)])
    return answer(net, nd.array([[-1.0, 1.0], [1.0, -1.0]]), 0.01, 100.0), ran


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``first_bad_layer(net, images, low, high)``."""
    nan = float("nan")
    for factors, bad, why in (
        ([1, 2, 0.5], None, "None, as all activations are within bounds"),
        ([1, 0.001, 1], "b", "the layer 'b', where the spread falls below `low`"),
        ([2, 2, 1000, 0.001], "c", "the layer 'c', where the spread exceeds `high`"),
        ([0.001, 1000], "a", "the layer 'a': the first counts, though a later one mends it"),
        ([1, nan, 1], "b", "the layer 'b', whose activations are not a number"),
    ):
        said, ran = _stopped_at(answer, [float(f) for f in factors])
        expect(said == bad, why, f"{said!r} (the layers multiply by {factors}, low=0.01, high=100)")
        needed = len(factors) if bad is None else "abcdef".index(bad) + 1
        expect(
            ran == list("abcdef"[:needed]), f"the layers {', '.join('abcdef'[:needed])} to run once", f"{ran}"
        )


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``tidy(F, x)`` against ``tanh(x)²``."""
    x = np.linspace(-3, 3, 31, dtype=np.float32)
    came = answer(nd, nd.array(x))
    expect(isinstance(came, nd.NDArray), "an NDArray for F=nd", type(came).__name__)
    expect(came.shape == x.shape, f"the shape {x.shape}", came.shape)
    far = int(np.abs(came.asnumpy() - np.tanh(x) ** 2).argmax())
    given, wanted = float(came.asnumpy()[far]), float(np.tanh(x[far]) ** 2)
    expect(abs(given - wanted) < 1e-5, f"{wanted:.4f} at x={x[far]:.1f}", f"{given:.4f}")
    symbol = answer(sym, sym.Variable("x"))
    expect(isinstance(symbol, sym.Symbol), "a Symbol for F=sym", type(symbol).__name__)
    graph = Graph(symbol.values, tuple(node for node in symbol.nodes if node.is_variable))
    changes = passes.optimise(graph).changes
    expect(not changes, "nothing for the passes to change", [f"{c.node.op} {c.fate}" for c in changes])
    ops = [node.op for node in graph.nodes]
    expect(len(ops) <= 2, "at most two operations", ops)


def _setting() -> tuple[Any, Any, Any, list[tuple[Any, Any]]]:
    """A small network with its loss, trainer and batches; always the same."""
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(STEPS, BATCH, 5)), rng.integers(0, 3, (STEPS, BATCH))
    net = nn.Sequential(prefix="log_")
    with net.name_scope():
        net.add(nn.Dense(4, activation="tanh", in_units=5), nn.Dense(3, in_units=4))
    net.initialize(mx.init.Zero())
    for parameter in net.collect_params().values():
        parameter.set_data(nd.array(rng.normal(size=parameter.shape)))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    batches = [(nd.array(x), nd.array(y)) for x, y in zip(inputs, labels, strict=True)]
    nd.waitall()
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer, batches


def _reference() -> list[float]:
    net, loss_of, trainer, batches = _setting()
    losses = []
    for x, y in batches:
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(len(x))
        losses.append(float(loss.mean().asscalar()))
    return losses


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``log_losses(net, loss_of, trainer, batches)``."""
    said = answer(*_setting())
    right = [round(loss, 4) for loss in _reference()]
    expect(isinstance(said, list), "a list", type(said).__name__)
    expect(all(type(loss) is float for loss in said), "floats", sorted({type(x).__name__ for x in said}))
    came = [round(loss, 4) for loss in said]
    expect(np.allclose(came, right, atol=1e-3) if len(came) == len(right) else False, f"{right}", f"{came}")
    for _ in range(2):
        answer(*_setting())  # what is seen again is compiled
    setting = _setting()
    with trace.record() as events:
        answer(*setting)
        nd.waitall()
    expect(len(events) <= STEPS, f"at most {STEPS} programs for {STEPS} steps", f"{len(events)} programs")
