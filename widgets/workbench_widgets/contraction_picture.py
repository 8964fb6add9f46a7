"""What a drawing of the five ways needs, as JSON: letters, contraction trees and figures.

With the letters of a tree and the sizes of its indices the browser has every cost by multiplication, so a rank that is
dragged needs no answer from the kernel until its hand is still; only the order that is best then may be another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from workbench.contraction.tree import ContractionTree
from workbench.ledger.tensor import claims
from workbench.lowrank import FORMATS, Format
from workbench.tensor.truncation import Truncations
from workbench.tensor.variants import Order, Variant
from workbench.types import Shape

ORDERS: tuple[Order, ...] = ("left_to_right", "best", "greedy", "limited")
LADDERS = ("cp", "tt")
GRID = 48  # ranks a mode at which the browser knows Tucker's error by itself


def variant_picture(variant: Variant, order: Order, limit: float) -> dict[str, Any]:
    """A variant with its trees; that of a limit only where it is the order, because it takes a search."""
    expression = variant.expression
    trees = {each: variant.tree(each, limit) for each in ORDERS if each != "limited" or each == order}
    return {
        "name": variant.name,
        "title": variant.title,
        "rank": list(variant.rank),
        "operands": list(variant.operands),
        "inputs": list(expression.inputs),
        "output": expression.output,
        "sizes": dict(expression.sizes),
        "replaces": variant.replaces,
        "original": variant.original,
        "trees": {each: tree and tree_picture(tree) for each, tree in trees.items()},
        "figures": [asdict(figure) for figure in variant.figures(trees[order])],
    }


def tree_picture(tree: ContractionTree) -> dict[str, Any]:
    """A tree, without the sizes: operands, letters of the result, and whether a step is done in every slice."""
    return {
        "parts": [list(part) for part in tree.parts],
        "steps": [
            {"operands": list(step.operands), "result": step.result, "sliced": tree.in_slices(place)}
            for place, step in enumerate(tree.steps)
        ],
    }


def ladders(shape: Shape) -> dict[str, list[list[int]]]:
    """The rungs of CP and tensor train: parameters, then the rank."""
    return {name: _ladder(FORMATS[name], shape) for name in LADDERS}


def _ladder(form: Format, shape: Shape) -> list[list[int]]:
    rungs = [form.rung(shape, step) for step in range(1, form.rungs(shape) + 1)]
    found = [[form.parameters(shape, rank), *rank] for rank in rungs]
    most = max(math.prod(shape), found[0][0])
    return [rung for rung in found if rung[0] <= 2 * most]


def error_grid(truncations: Truncations) -> dict[str, Any]:
    """Tucker's errors at some ranks of each mode, first mode slowest: all of them where there are few."""
    ranks = [_spread(bound) for bound in truncations.bounds]
    chosen = truncations.errors[np.ix_(*[[r - 1 for r in each] for each in ranks])]
    return {"ranks": ranks, "errors": [float(f"{error:.4g}") for error in chosen.ravel()]}


def _spread(bound: int) -> list[int]:
    spread: Sequence[float] = np.geomspace(1, bound, GRID).tolist() if bound > GRID else range(1, bound + 1)
    return sorted({round(each) for each in spread})


def published() -> list[dict[str, Any]]:
    """The published rows about contraction and regression layers, as points."""
    found = [("trl" if "TRL" in claim.configuration else "tcl", claim) for claim in claims()]
    return [
        {"variant": name, "network": claim.network, "row": claim.configuration, **asdict(claim.published)}
        for name, claim in found
        if "TCL" in claim.configuration or name == "trl"
    ]
