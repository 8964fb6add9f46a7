"""Choosing ranks for many layers under one budget.

Each layer offers points: so many parameters for such a cost, the dense layer, which costs nothing, among them.  To
take the cheapest step from where one is, again and again, is best for the budgets it passes through if every layer's
steps become dearer as it shrinks.  They need not: a first cut must go below rank m·n/(m + n) before it saves
anything.  So only points on the lower convex hull are offered, on which they do.

Source: Y. Shoham, A. Gersho, "Efficient bit allocation for an arbitrary set of quantizers", IEEE Transactions on
Acoustics, Speech, and Signal Processing 36(9), 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Point(NamedTuple):
    """What a layer may become: its parameters and what that costs."""

    parameters: int
    cost: float


Choice = tuple[int, ...]  # the number of a point for each layer


def hull(points: Sequence[Point]) -> list[int]:
    """Numbers of the points on the lower convex hull, from the most parameters down to the fewest."""
    order = sorted(range(len(points)), key=lambda i: (-points[i].parameters, points[i].cost))
    kept: list[int] = []
    for i in order:
        if kept and points[i].parameters == points[kept[-1]].parameters:
            continue
        while len(kept) > 1 and _slope(points, kept[-2], kept[-1]) >= _slope(points, kept[-2], i):
            kept.pop()
        kept.append(i)
    return kept


def _slope(points: Sequence[Point], more: int, less: int) -> float:
    """What each parameter that is saved costs."""
    return (points[less].cost - points[more].cost) / (points[more].parameters - points[less].parameters)


class Step(NamedTuple):
    """One layer, made smaller.

    Attributes:
        slope: what each parameter that is saved costs.
        layer: which.
        point: the number of the point it becomes.
    """

    slope: float
    layer: int
    point: int


def steps(layers: Sequence[Sequence[Point]]) -> list[Step]:
    """The steps along the hulls of all layers, the cheapest first."""
    pairs = ((n, points, pairwise(hull(points))) for n, points in enumerate(layers))
    return sorted(
        Step(_slope(points, more, less), n, less) for n, points, steps in pairs for more, less in steps
    )


def choices(layers: Sequence[Sequence[Point]]) -> list[Choice]:
    """Every choice on the way from all dense to all as small as they can be, one step of one layer at a time."""
    now = [hull(points)[0] for points in layers]
    found = [tuple(now)]
    for step in steps(layers):
        now[step.layer] = step.point
        found.append(tuple(now))
    return found


def within(layers: Sequence[Sequence[Point]], most: float) -> Choice | None:
    """The first choice on that way of at most so many parameters, what is left over spent; None if all have more."""
    first = next((c for c in choices(layers) if total(layers, c).parameters <= most), None)
    return None if first is None else _spent(layers, first, most)


def _spent(layers: Sequence[Sequence[Point]], choice: Choice, most: float) -> Choice:
    """The choice with layers made larger where there is room, the greatest gain first."""
    now = list(choice)
    while True:
        room = most - total(layers, tuple(now)).parameters
        larger = [
            (points[at].cost - point.cost, n, i)
            for n, (points, at) in enumerate(zip(layers, now, strict=True))
            for i, point in enumerate(points)
            if 0 < point.parameters - points[at].parameters <= room and point.cost < points[at].cost
        ]
        if not larger:
            return tuple(now)
        _, layer, point = max(larger)
        now[layer] = point


def costing(layers: Sequence[Sequence[Point]], most: float) -> Choice:
    """The choice that the cheapest steps lead to while all cost at most so much; too dear a step stops its layer."""
    now = [hull(points)[0] for points in layers]
    left, stopped = most, set()
    for step in steps(layers):
        points = layers[step.layer]
        dearer = points[step.point].cost - points[now[step.layer]].cost
        if step.layer in stopped or dearer > left:
            stopped.add(step.layer)
            continue
        left -= dearer
        now[step.layer] = step.point
    return tuple(now)


def total(layers: Sequence[Sequence[Point]], choice: Choice) -> Point:
    """Parameters and cost of a choice."""
    chosen = [points[i] for points, i in zip(layers, choice, strict=True)]
    return Point(sum(p.parameters for p in chosen), sum(p.cost for p in chosen))
