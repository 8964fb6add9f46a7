"""Layers that contract tensors: forward and backward, against the einsum by hand, TensorLy and tensorly-torch.

A step ends with a plain update of the factors and of the data by their gradients, so that each depends on the one
before and none can be left out.  Rounds are interleaved; a ratio is the median over rounds of the workbench's time
over the peer's in the same round.
"""

from __future__ import annotations

import gc
import importlib.util
import math
import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensor_peers as peers
from clock import seconds
from tensor_peers import Style

import workbench as mx
from workbench.tensor.layers import TensorContraction, TensorRegression

ROUNDS, BUDGET_S, MOST_TURNS = 21, 0.02, 20
OWN = "workbench (Gluon)"
BY_HAND, JITTED = "jnp.einsum by hand, jitted", "TensorLy (JAX), jitted by hand"
EAGER, TORCH, TLTORCH = "TensorLy (JAX)", "TensorLy (PyTorch)", "tensorly-torch"
TARGETS = {BY_HAND: 1.05, EAGER: 0.8, TORCH: 0.8, TLTORCH: 0.8}  # JITTED is shown for what its jitting gives


@dataclass(frozen=True)
class Work:
    """A layer on a batch: a TCL, or a TRL with as many ranks as the format has.

    Attributes:
        data: the shape of the batch.
        ranks: of the layer.
        form: ``tcl``, or the format of a TRL's weight.
        outputs: of a TRL.
    """

    title: str
    data: tuple[int, ...]
    ranks: tuple[int, ...]
    form: str = "tcl"
    outputs: int = 0

    def layer(self) -> Any:
        """The workbench's layer."""
        if self.form == "tcl":
            return TensorContraction(self.ranks)
        return TensorRegression(self.outputs, self.ranks, self.form, self.data[1:], use_bias=False)

    def equation(self) -> str:
        """The einsum that one writes by hand."""
        inputs = "cij"[: len(self.data) - 1]
        ranks = "RSTU"[: len(inputs) + 1]
        if self.form == "tcl":
            factors = [r + i for r, i in zip(ranks, inputs, strict=False)]
            return f"b{inputs},{','.join(factors)}->b{ranks[: len(inputs)]}"
        if self.form == "tucker":
            factors = [ranks, *(i + r for i, r in zip(inputs + "o", ranks, strict=True))]
        elif self.form == "cp":
            factors = [i + "R" for i in inputs + "o"]
        else:  # the train's ends are axes of size 1
            bonds = ranks[: len(inputs)]
            ends = ("x", *bonds), inputs + "o", (*bonds, "y")
            factors = ["".join(part) for part in zip(*ends, strict=True)]
        return f"b{inputs},{','.join(factors)}->bo"


WORKS = (
    Work("TCL, AlexNet's (256,5,5) to (200,5,5)", (64, 256, 5, 5), (200, 5, 5)),
    Work("TCL, VGG's (512,7,7) to (384,5,5)", (32, 512, 7, 7), (384, 5, 5)),
    Work("TCL, (64,16,16) to (32,8,8)", (64, 64, 16, 16), (32, 8, 8)),
    Work("TRL, (512,7,7) to 200, Tucker (100,1,1,100)", (64, 512, 7, 7), (100, 1, 1, 100), "tucker", 200),
    Work("TRL, (256,6,6) to 100, Tucker (64,3,3,50)", (64, 256, 6, 6), (64, 3, 3, 50), "tucker", 100),
    Work("TRL, (256,6,6) to 100, CP 64", (64, 256, 6, 6), (64,), "cp", 100),
    Work("TRL, (256,6,6) to 100, TT (32,64,50)", (64, 256, 6, 6), (32, 64, 50), "tt", 100),
)


def measure() -> list[str]:
    """Prints a table for each layer; what fell short."""
    print(f"\ntensor layers, forward and backward: measured, {ROUNDS} interleaved rounds")
    short = [line for work in WORKS for line in _table(work)]
    for package in ("torch", "tltorch"):
        if not importlib.util.find_spec(package):
            print(f"not compared with {package}: not installed")
    return short


def _table(work: Work) -> list[str]:
    """Compares with the peers on JAX, and then with those on PyTorch.

    PyTorch's threads wait for more work at full speed for a while, on the cores that whoever comes next runs on.
    """
    rng = np.random.default_rng(0)
    layer = work.layer()
    layer.initialize()
    x = rng.normal(size=work.data).astype(np.float32)
    head = rng.normal(size=layer(mx.nd.array(x)).shape).astype(np.float32)
    arrays = [x, *(p.data().asnumpy() for p in layer.factors)]
    own = gluon(layer, x, head)
    print(f"\n{work.title}, batch {work.data[0]}")
    short = []
    for others in (_on_jax(work, arrays, head), _on_torch(work, arrays, head)):
        found = times({OWN: own, **others})
        for name in others:
            short += _row(work.title, name, found[OWN], found[name])
    return short


def _on_jax(work: Work, arrays: list[np.ndarray], head: np.ndarray) -> dict[str, Style]:
    return {
        BY_HAND: peers.by_hand(work.equation(), arrays, head),
        EAGER: peers.tensorly_jax(work.form, arrays, head, jitted=False),
        JITTED: peers.tensorly_jax(work.form, arrays, head, jitted=True),
    }


def _on_torch(work: Work, arrays: list[np.ndarray], head: np.ndarray) -> dict[str, Style]:
    found = {}
    if importlib.util.find_spec("torch"):
        found[TORCH] = peers.tensorly_torch(work.form, arrays, head)
    if importlib.util.find_spec("tltorch"):
        found[TLTORCH] = peers.tltorch(work.form, work.ranks, arrays, head)
    return found


def gluon(layer: Any, x: np.ndarray, cotangent: np.ndarray) -> Style:
    """A step of a hybridized layer that updates its parameters, and its data too."""
    layer.hybridize()
    data, head = mx.nd.array(x), mx.nd.array(cotangent)
    data.attach_grad()
    layer(data)
    learned = [data, *(p.data() for p in layer.collect_params().values())]
    rates = {"num_weights": len(learned), "lrs": (peers.RATE,) * len(learned), "wds": (0.0,) * len(learned)}

    def turn() -> None:
        with mx.autograd.record():
            out = layer(data)
        out.backward(head)
        rows = [each for array in learned for each in (array, array.grad)]
        mx.nd.multi_sgd_update(*rows, out=learned, **rates)

    return turn, lambda: [array.wait_to_read() for array in learned]


def times(styles: dict[str, Style]) -> dict[str, list[float]]:
    """Seconds a step of each, one figure a round."""
    turns = {}
    for name, style in styles.items():
        seconds(*style, 4)
        turns[name] = max(1, min(MOST_TURNS, math.ceil(BUDGET_S / seconds(*style, 2))))
    found: dict[str, list[float]] = {name: [] for name in styles}
    gc.collect()
    for _ in range(ROUNDS):
        for name, style in styles.items():
            seconds(*style, 1)  # what the one before left in caches and on cores is over
            found[name].append(seconds(*style, turns[name]))
    return found


def ratio(own: list[float], peer: list[float]) -> float:
    """The median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(own, peer, strict=True))


def _row(title: str, name: str, own: list[float], values: list[float]) -> list[str]:
    share, target = ratio(own, values), TARGETS.get(name)
    bound = "" if target is None else f" (≤ {target:.2f})"
    ours, theirs = (statistics.median(each) * 1e3 for each in (own, values))
    print(f"  {ours:>9.3f} ms, {theirs:>9.3f} ms by {name:<32}{share:>5.2f} ×{bound}")
    return [f"{title}: {share:.2f} × {name}{bound}"] if target is not None and share > target else []
