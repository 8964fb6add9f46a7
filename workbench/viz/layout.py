"""Layered layout of a directed graph: where boxes stand and how lines run between them.

As in K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981):
each node stands one layer below its last input, one that has none right above the first that reads it; a line that
passes layers gets a place in each; nodes are ordered by the mean of their neighbours, and placed as near to it as the
boxes allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
SWEEPS = 4  # over the layers, down and up


@dataclass(frozen=True)
class Layout:
    """Centres of the boxes, the points of each line from its source to its target, and the size of it all."""

    centres: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def layered(
    widths: Sequence[float], edges: Sequence[tuple[int, int]], row: float = 88.0, gap: float = 24.0
) -> Layout:
    """Places boxes of these widths, numbered so that every edge leads from a lower number to a higher one.

    Args:
        row: from one layer to the next.
        gap: between boxes that stand beside each other.
    """
    sizes = list(widths)
    layer = _layers(len(sizes), edges)
    chains: list[list[int]] = []
    links: list[tuple[int, int]] = []
    for source, target in edges:
        chain = [source]
        for between in range(layer[source] + 1, layer[target]):
            sizes.append(0.0)
            layer.append(between)
            chain.append(len(sizes) - 1)
        chain.append(target)
        chains.append(chain)
        links += pairwise(chain)
    rows = _ordered(layer, links)
    x = _placed(rows, sizes, links, gap)
    left = min((x[i] - sizes[i] / 2 for i in range(len(sizes))), default=0.0) - gap
    right = max((x[i] + sizes[i] / 2 for i in range(len(sizes))), default=0.0) + gap
    points = [(x[i] - left, row * (layer[i] + 0.5)) for i in range(len(sizes))]
    lines = tuple(tuple(points[i] for i in chain) for chain in chains)
    return Layout(tuple(points[: len(widths)]), lines, right - left, row * len(rows))


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    layer = [0] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        layer[target] = max(layer[target], layer[source] + 1)
    above, below = _neighbours(count, edges)
    for i, readers in enumerate(below):
        if readers and not above[i]:
            layer[i] = min(layer[reader] for reader in readers) - 1
    return layer


def _neighbours(count: int, links: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    return above, below


def _ordered(layer: Sequence[int], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for i, number in enumerate(layer):
        rows[number].append(i)
    above, below = _neighbours(len(layer), links)
    at = {i: place for row in rows for place, i in enumerate(row)}
    for sweep in range(SWEEPS):
        near = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            row.sort(key=lambda i: (_mean([at[j] for j in near[i]], at[i]), at[i]))
            at.update({i: place for place, i in enumerate(row)})
    return rows


def _placed(
    rows: Sequence[Sequence[int]], sizes: Sequence[float], links: Sequence[tuple[int, int]], gap: float
) -> list[float]:
    x = [0.0] * len(sizes)
    above, below = _neighbours(len(sizes), links)
    for row in rows:
        _spread(row, x, [0.0] * len(row), sizes, gap)
    for sweep in range(2 * SWEEPS):
        near = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            _spread(row, x, [_mean([x[j] for j in near[i]], x[i]) for i in row], sizes, gap)
    return x


def _spread(
    row: Sequence[int], x: list[float], wanted: Sequence[float], sizes: Sequence[float], gap: float
) -> None:
    """Places a row as near to what is wanted as boxes that must not touch allow: pushed right, then evened out."""
    right = -float("inf")
    for i, want in zip(row, wanted, strict=True):
        x[i] = max(want, right + sizes[i] / 2)
        right = x[i] + sizes[i] / 2 + gap
    shift = _mean([x[i] - want for i, want in zip(row, wanted, strict=True)], 0.0)
    for i in row:
        x[i] -= shift


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
