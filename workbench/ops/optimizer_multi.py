"""Updates of many parameters in one operation: rows of arrays, one weight's after another's."""

from __future__ import annotations

from typing import Any

from workbench.errors import ArgumentError
from workbench.ops import optimizer_sgd as sgd
from workbench.ops.optimizer import Array, same_shape
from workbench.ops.registry import Operator, register


def _facts(single: Operator) -> dict[str, Any]:
    plural = {"lr": "lrs", "wd": "wds"}
    outputs = len(single.output_names({}))
    return {
        "dynamic": tuple(plural.get(n, n) for n in single.dynamic),
        "variable_outputs": lambda num_weights, **_: outputs * num_weights,
        "visible": lambda num_weights, **_: num_weights,
        "differentiable": False,
        "update": True,
        "each": single.name,
    }


def _each(
    single: Operator, data: tuple[Array, ...], count: int, lrs: tuple, wds: tuple, **rates: Any
) -> tuple[Array, ...]:
    """The single update of every row: all the new weights, then all the first new states, and so on."""
    columns = single.inputs
    if len(data) != len(columns) * count:
        raise ArgumentError(
            f"multi_{single.name}(): num_weights={count} needs {len(columns) * count} arrays "
            f"({', '.join(columns)} of each weight in turn), got {len(data)}"
        )
    for name, values in (("lrs", lrs), ("wds", wds)):
        if len(values) != count:
            raise ArgumentError(
                f"multi_{single.name}(): num_weights={count} needs {count} {name}, got {len(values)}"
            )
    rows = [data[i : i + len(columns)] for i in range(0, len(data), len(columns))]
    for i, row in enumerate(rows):
        same_shape(dict(zip(columns, row, strict=True)), i)
    made = [single.fn(*row, lr=lr, wd=wd, **rates) for row, lr, wd in zip(rows, lrs, wds, strict=True)]
    return (
        tuple(made)
        if not single.writes
        else tuple(new for column in zip(*made, strict=True) for new in column)
    )


@register("multi_sgd_update", **_facts(sgd.sgd_update))
def multi_sgd_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`sgd_update` of many weights in one operation.

    data: weight and grad of each weight in turn, 2 × num_weights arrays → the new weights.
    `lrs` and `wds`: num_weights numbers each.  Source: MXNet 1.9 ``multi_sgd_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    rates = {"rescale_grad": rescale_grad, "clip_gradient": clip_gradient}
    return _each(sgd.sgd_update, data, num_weights, lrs, wds, **rates)


@register("multi_sgd_mom_update", **_facts(sgd.sgd_mom_update))
def multi_sgd_mom_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`sgd_mom_update` of many weights in one operation.

    data: weight, grad and mom of each weight in turn, 3 × num_weights arrays → the new weights; each mom is
    written back.  `lrs` and `wds`: num_weights numbers each.  Source: MXNet 1.9 ``multi_sgd_mom_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    rates = {"momentum": momentum, "rescale_grad": rescale_grad, "clip_gradient": clip_gradient}
    return _each(sgd.sgd_mom_update, data, num_weights, lrs, wds, **rates)


@register("multi_mp_sgd_update", **_facts(sgd.mp_sgd_update))
def multi_mp_sgd_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`mp_sgd_update` of many weights in one operation.

    data: weight, grad and weight32 of each weight in turn, 3 × num_weights arrays → the new weights; each
    weight32 is written back.  `lrs` and `wds`: num_weights numbers each.
    Source: MXNet 1.9 ``multi_mp_sgd_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    rates = {"rescale_grad": rescale_grad, "clip_gradient": clip_gradient}
    return _each(sgd.mp_sgd_update, data, num_weights, lrs, wds, **rates)


@register("multi_mp_sgd_mom_update", **_facts(sgd.mp_sgd_mom_update))
def multi_mp_sgd_mom_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`mp_sgd_mom_update` of many weights in one operation.

    data: weight, grad, mom and weight32 of each weight in turn, 4 × num_weights arrays → the new weights;
    each mom and weight32 is written back.  `lrs` and `wds`: num_weights numbers each.
    Source: MXNet 1.9 ``multi_mp_sgd_mom_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    rates = {"momentum": momentum, "rescale_grad": rescale_grad, "clip_gradient": clip_gradient}
    return _each(sgd.mp_sgd_mom_update, data, num_weights, lrs, wds, **rates)
