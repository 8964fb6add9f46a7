"""The exercises of lesson 05: the work of an order, the rank for an energy, a dense layer replaced."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np

from checks.exercise import Answer, exercise, expect
from workbench import contraction, nd
from workbench.gluon.nn import Dense
from workbench.tensor.layers import TensorRegression

SIZES, RANKS = "abcd", "wxyz"


def counted(batch: int, sizes: tuple[int, ...], ranks: tuple[int, ...], order: tuple[int, ...]) -> int:
    """Operations of a contraction layer by the library's count of the same order."""
    modes = range(len(sizes))
    matrices = [RANKS[k] + SIZES[k] for k in modes]
    terms = ",".join(["n" + SIZES[: len(sizes)], *matrices])
    expression = contraction.parse(
        f"{terms}->n{RANKS[: len(sizes)]}", [(batch, *sizes), *zip(ranks, sizes, strict=True)]
    )
    left, path = list(modes), []
    for step, mode in enumerate(
        order
    ):  # what was made last is last in the list; the block is first before that
        block = 0 if step == 0 else len(left)
        place = left.index(mode) + (step == 0)
        path.append((place, block) if step else (0, place))
        left.remove(mode)
    return contraction.find(expression, path).flops


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``work(batch, sizes, ranks, order)``."""
    for sizes, ranks in ((256, 6, 6), (200, 5, 5)), ((8, 4), (4, 2)), ((6, 5, 4, 3), (3, 5, 2, 1)):
        for order in permutations(range(len(sizes))):
            came = answer(64, sizes, ranks, order)
            right = counted(64, sizes, ranks, order)
            what = f"{right} operations from {sizes} to {ranks} in the order {order}, batch 64"
            expect(came == right, what, repr(came))


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``rank_for(weight, energy)``."""
    rng = np.random.default_rng(0)
    for shape in (20, 30), (40, 12), (16, 16):
        falling = 0.8 ** np.arange(min(shape))
        left, right = (np.linalg.qr(rng.normal(size=(n, min(shape))))[0] for n in shape)
        weight = 3 * (left * falling) @ right.T
        kept = np.cumsum(falling**2) / (falling**2).sum()
        for energy in 0.3, 0.8, 0.95, 0.999:
            asked = 1 + int(np.argmax(kept >= energy))
            came = answer(weight, energy)
            keeps = f", which keeps {kept[came - 1]:.3f}" if came in range(1, len(kept) + 1) else ""
            what = f"rank {asked}, the smallest that keeps {energy} of a matrix of {shape}"
            expect(came == asked, what, f"{came!r}{keeps}")


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``replace(dense, in_shape, rank)``."""
    for in_shape, units, use_bias, rank in (
        ((8, 4, 4), 5, True, (8, 4, 4, 5)),
        ((8, 4, 4), 5, True, (3, 2, 2, 4)),
        ((6, 5), 4, False, (4, 3, 3)),
    ):
        dense = _trained(math.prod(in_shape), units, use_bias)
        came = answer(dense, in_shape, rank)
        pair = isinstance(came, tuple) and len(came) == 2
        expect(pair, "a layer and its space savings", f"{came!r:.80}")
        _judge_replacement(*came, dense, in_shape, rank)


def _trained(inputs: int, units: int, use_bias: bool) -> Dense:
    rng = np.random.default_rng(inputs)
    dense = Dense(units, use_bias=use_bias, in_units=inputs)
    dense.initialize()
    dense.weight.set_data(nd.array(rng.normal(size=(units, inputs))))
    if use_bias:
        dense.bias.set_data(nd.array(rng.normal(size=units)))
    return dense


def _judge_replacement(
    layer: Any, saved: Any, dense: Dense, in_shape: tuple[int, ...], rank: tuple[int, ...]
) -> None:
    what = f"for blocks of {in_shape} and rank {rank}"
    expect(isinstance(layer, TensorRegression), f"a TensorRegression {what}", type(layer).__name__)
    best = TensorRegression.from_dense(dense, in_shape, rank)
    compact, full = (
        sum(math.prod(p.shape) for p in each.collect_params().values()) for each in (best, dense)
    )
    held = sum(math.prod(p.shape) for p in layer.collect_params().values())
    expect(held == compact, f"{compact} numbers in the layer {what}", f"{held}")
    data = nd.array(np.random.default_rng(0).normal(size=(32, *in_shape)))
    flat = dense(data).asnumpy()
    least, off = (
        np.linalg.norm(each(data).asnumpy() - flat) / np.linalg.norm(flat) for each in (best, layer)
    )
    expect(off < 1.05 * least + 1e-4, f"outputs that differ by at most {least:.3f} {what}", f"{off:.3f}")
    right = 1 - compact / full
    near = isinstance(saved, (int, float)) and abs(saved - right) < 1e-6
    expect(near, f"savings of {right:.4f}, biases counted, {what}", f"{saved!r}")
