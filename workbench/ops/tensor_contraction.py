"""The tensor contraction layer: an activation tensor made smaller along some of its axes."""

from __future__ import annotations

from typing import Any

from workbench.errors import ArgumentError
from workbench.ops.factors import AXES, RANKS, Factor, contract, joined
from workbench.ops.registry import register
from workbench.types import Shape


def matrices(axes: Shape, ranks: Shape) -> list[Factor]:
    """One matrix for each contracted axis, its rows the new size.

    Raises:
        ArgumentError: there are more or fewer ranks than axes, an axis twice, the batch's, or too far.
    """
    if not ranks or (axes and len(axes) != len(ranks)):
        raise ArgumentError(
            f"TensorContraction(): ranks has one number for each axis, got ranks={ranks} for axes={axes or 'the rest'}"
        )
    places = axes or range(1, len(ranks) + 1)
    if len(set(places)) < len(ranks) or min((*places, *ranks)) < 1 or max(places) >= len(AXES):
        raise ArgumentError(
            f"TensorContraction(): axes are different ones from 1 to {len(AXES) - 1}, as axis 0 is the batch, and "
            f"ranks 1 or more, got axes={axes}, ranks={ranks}"
        )
    return [Factor(f"factor{i}_weight", RANKS[i] + AXES[place]) for i, place in enumerate(places)]


def _inputs(*, ranks: Shape, axes: Shape, **_: Any) -> tuple[str, ...]:
    return ("data", *(factor.name for factor in matrices(axes, ranks)))


def _shapes(known: Any, *, ranks: Shape, axes: Shape, **_: Any) -> dict[str, Shape]:
    if "data" not in known:
        return {}
    places = axes or range(1, len(ranks) + 1)
    return {
        factor.name: (rank, known["data"][place])
        for factor, rank, place in zip(matrices(axes, ranks), ranks, places, strict=True)
    }


@register("TensorContraction", used=_inputs, complete=_shapes)
def tensor_contraction(*data: Any, ranks: Shape, axes: Shape = ()) -> Any:
    """Each of some axes of an activation tensor multiplied by a matrix of its own: the tensor contraction layer (TCL).

    data: (n, ...), then one factor for each contracted axis, (rank, size of the axis); output: the data's shape with
    the ranks in place of those sizes.  `axes` counts from 1, as axis 0 is the batch; left out, they are the first
    ones after it.  The order of the products is the one predicted to cost least for the shapes at hand.
    Source: Kossaifi et al. (2017), "Tensor Contraction Layers for Parsimonious Deep Nets", section 3.
    """
    x, *weights = data
    found = matrices(axes, ranks)
    before = AXES[: x.ndim]
    reach = max(AXES.index(f.letters[1]) for f in found)
    if reach >= x.ndim:
        raise ValueError(f"axis {reach} is contracted, and data has {x.ndim} axes")
    after = before.translate(
        str.maketrans("".join(f.letters[1] for f in found), "".join(f.letters[0] for f in found))
    )
    return contract([(Factor("data", before), x), *joined(list(zip(found, weights, strict=True)))], after)
