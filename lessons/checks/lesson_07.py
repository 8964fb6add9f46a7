"""The exercises of lesson 07: unequal parts, two bits with a residual, and which exchange is faster."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.exercise import Answer, exercise, expect
from workbench import kvstore, nd
from workbench.parallel.costmodel import Cluster, Exchange, exchanged, link

Array = np.ndarray[Any, Any]


def by_one_worker(x: Array, y: Array, rate: float, steps: int) -> Array:
    """Weights of a linear model after steps on all examples, from zeros."""
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        w -= rate * x.T @ (x @ w - y) / len(x)
    return w


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``train(parts, rate, steps)``."""
    draw = np.random.default_rng(0)
    for sizes in (6,), (4, 4), (7, 2), (1, 5, 3):
        x, y = draw.normal(size=(sum(sizes), 3)), draw.normal(size=sum(sizes))
        cuts = np.cumsum(sizes)[:-1]
        parts = list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))
        for steps in 1, 5:
            right, came = by_one_worker(x, y, 0.1, steps), answer(parts, 0.1, steps)
            near = np.shape(came) == (3,) and np.allclose(came, right, atol=1e-9)
            what = f"after {steps} step{'s' * (steps > 1)} with {' and '.join(map(str, sizes))} examples the weights"
            expect(near, f"{what} {right.round(4).tolist()}, those of one worker", _shown(came))


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``arrivals(gradients, threshold)``."""
    draw = np.random.default_rng(1)
    series = [np.array([[0.3, 0.5, -0.5], [0.3, 0.0, -0.1], [0.3, 0.0, -0.1]])]
    series += [draw.normal(size=(count, 5)) for count in (1, 4, 9)]
    for gradients in series:
        for threshold in 0.5, 1.25:
            given = gradients.astype(np.float32)
            right = by_the_library(given, threshold)
            came = answer([each.copy() for each in given], threshold)
            near = isinstance(came, list) and np.shape(came) == right.shape and np.allclose(came, right)
            what = f"{right.tolist()} to arrive of {given.round(3).tolist()} at threshold {threshold}"
            expect(near, what, _shown(came))


def by_the_library(gradients: Array, threshold: float) -> Array:
    """What a kvstore keeps of each gradient that one device pushes."""
    store = kvstore.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": threshold})
    store.init(0, nd.zeros(gradients.shape[1:]))
    out, found = nd.zeros(gradients.shape[1:]), []
    for each in gradients:
        store.push(0, [nd.array(each)])
        store.pull(0, out=out)
        found.append(out.asnumpy().copy())
    return np.array(found)


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``faster(size, devices, latency, bandwidth)``."""
    for devices in 2, 3, 8, 64:
        for size in 1e3, 1e5, 1e7:
            for latency in 1e-6, 1e-4:
                line = link(latency, 1e9, "predicted", "for an exercise")
                here = Cluster(devices, 1, line, line, line)
                took = {name: exchanged(Exchange(name), here, size) for name in ("ring", "tree")}
                least = min(took.values())
                came = answer(size, devices, latency, 1e9)
                right = came in took and took[came] <= least * (1 + 1e-9)
                said = ", ".join(f"{name} {seconds:.3g} s" for name, seconds in took.items())
                what = f"the faster for {size:g} bytes, {devices} devices, {latency:g} s: {said}"
                expect(right, what, repr(came))


def _shown(came: Any) -> str:
    return f"{np.round(came, 4).tolist() if isinstance(came, (list, np.ndarray)) else came!r:.300}"
