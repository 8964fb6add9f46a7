"""Factorised convolutions against the dense one: what is predicted of each, and what a training step takes.

Predicted are floating-point operations of the chain that is chosen, counted from shapes; measured are forward and
backward together, of one layer that also gives its data's gradient, as inside a network.
"""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple

import numpy as np
from tensors import gluon, ratio, times

from workbench.gluon import nn
from workbench.ops.factorized_convolution import (
    Window,
    cheapest,
    in_line,
    kernel_factors,
    sizes_of,
    stages,
    works,
)
from workbench.tensor.layers import FactorizedConv2D

KERNEL = (3, 3)
HALF = 0.5  # of the dense operations: below it, the layer is to be faster


class Work(NamedTuple):
    """A convolution, 3 × 3 with padding, of a batch of square images."""

    batch: int
    channels: int
    filters: int
    side: int
    stride: int = 1


WORKS = (
    Work(16, 32, 64, 32),
    Work(16, 64, 64, 16),
    Work(8, 128, 128, 28),
    Work(8, 128, 256, 14, 2),
    Work(8, 256, 256, 14),
)
FORMATS = ("tucker", "cp", "tt")
FRACTIONS = (0.05, 0.2, 0.4)


def measure() -> list[str]:
    """Prints a table; what fell short."""
    print(
        "\nfactorised 3 × 3 convolutions, by the dense one: operations predicted, forward and backward measured"
    )
    print(
        f"{'images, filters, of parameters':<44}{'FLOP':>7}{'moved':>7}{'time':>7}   convolutions that are run"
    )
    return [line for work in WORKS for line in _table(work)]


def _table(work: Work) -> list[str]:
    layers = {(form, share): _layer(work, form, share) for form in FORMATS for share in FRACTIONS}
    rng = np.random.default_rng(0)
    x = rng.normal(size=(work.batch, work.channels, work.side, work.side)).astype(np.float32)
    out = -(-work.side // work.stride)
    head = rng.normal(size=(work.batch, work.filters, out, out)).astype(np.float32)
    dense = nn.Conv2D(work.filters, 3, work.stride, 1, use_bias=False, in_channels=work.channels)
    turns = {}
    for name, layer in {"dense": dense, **layers}.items():
        layer.initialize()
        turns[name] = gluon(layer, x, head)
    found = times(turns)
    dense_ms = statistics.median(found["dense"]) * 1e3
    shown = f"{work.batch} × {work.channels} × {work.side}², {work.filters} filters, stride {work.stride}"
    print(f"{shown}: {dense_ms:.2f} ms dense")
    short = []
    for (form, share), layer in layers.items():
        short += _row(work, form, share, layer._options["ranks"], ratio(found[form, share], found["dense"]))
    return short


def _layer(work: Work, form: Any, share: float) -> FactorizedConv2D:
    return FactorizedConv2D(
        work.filters, 3, share, form, work.stride, 1, use_bias=False, in_channels=work.channels
    )


def _row(work: Work, form: str, share: float, ranks: tuple[int, ...], measured: float) -> list[str]:
    factors, sizes = kernel_factors(form, 2, ranks), sizes_of(KERNEL, work.channels, work.filters, ranks)
    windows = [Window(3, work.stride, 1, 1)] * 2
    lengths = (work.side, work.side)
    chosen = works(cheapest(factors, sizes, lengths, windows), sizes, lengths, windows)
    (dense,) = works(stages(in_line(factors), ()), sizes, lengths, windows)
    flops = sum(each.products for each in chosen) / dense.products
    moved = sum(each.moved for each in chosen) / dense.moved
    slow = sum(each.products for each in chosen if each.stage.by_channel) / dense.products
    run = " ".join(each.stage.letters for each in chosen)
    name = f"  {form}, {share:.0%}, ranks {ranks}"
    why = ""
    if flops < HALF and measured >= 1:
        why = f"; {moved:.1f} times the numbers are moved, and {slow:.1%} of the operations are channel by channel"
    print(f"{name:<44}{flops:>7.2f}{moved:>7.2f}{measured:>7.2f}   {run}{why}")
    return [f"convolution{name}: {measured:.2f} × dense, {flops:.2f} of its operations{why}"] if why else []
