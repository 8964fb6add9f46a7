"""Compressing a trained network: which of its layers can do with how little, and what is left of it then.

The layers of a network differ in what they can lose.  A budget that is shared out evenly ruins it where one that goes
by what each layer's loss does to the outputs hardly shows; so first that is measured, on sample data, layer by layer
(`tensor.sensitivity`), and ranks are chosen by it (`tensor.rank_choice`).  Then the layers are replaced, in a copy, and
both networks measured side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, BudgetError, ShapeError, did_you_mean
from workbench.gluon.block import Block, HybridBlock, SymbolBlock
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.network import labels_of
from workbench.symbolic.symbol import Symbol
from workbench.symbolic.variable import var
from workbench.tensor.compression_text import compression_text
from workbench.tensor.forward import Forward
from workbench.tensor.rank_choice import Choice, choices, costing, within
from workbench.tensor.replacement import in_block, in_symbol, owners
from workbench.tensor.sensitivity import (
    RUINED,
    Candidate,
    LayerCurve,
    Sensitivity,
    cost_of,
    relative,
    sensitivity,
)
from workbench.tensor.site import Site, sites
from workbench.types import Quantity

DENSE = "numbers in the weights of layers that can be factorised"
ALL = "numbers in all parameters and states"
OUTPUT_ERROR = "‖outputs − outputs before‖ / ‖outputs before‖ on the sample data"
TRIES = 7
AGREEMENT = "examples of the sample whose largest output is the one it was before"
ACCURACY = "examples of the sample whose largest output is their label"


@dataclass(frozen=True)
class Compression:
    """A network with factorised layers, beside the one it was made from.

    Attributes:
        network: the new network: a block where a block was given, else a symbol.
        params: of a symbol its parameters and states by name; None for a block.
        layers: what became of each layer that can be factorised, in the order of execution.
        sensitivity: the curves that this was chosen by.
        before, after: figures of both, in the same order: parameters, work, time, memory and, of the new one, error of
            the outputs, agreement, and accuracy where labels were given.
        predicted: what the error of the outputs was predicted to be, before any fine-tuning.
    """

    network: HybridBlock | Symbol
    params: dict[str, NDArray] | None
    layers: tuple[tuple[LayerCurve, Candidate], ...]
    sensitivity: Sensitivity
    before: tuple[Quantity, ...]
    after: tuple[Quantity, ...]
    predicted: Quantity

    def __str__(self) -> str:
        return compression_text(self)

    def __repr__(self) -> str:
        dense = [next(q.value for q in figures if q.how == DENSE) for figures in (self.before, self.after)]
        return f"Compression({dense[0]:,.0f} dense parameters to {dense[1]:,.0f}, {dense[1] / dense[0]:.1%})"


@checked
def compress(
    network: Any,
    data: Any,
    budget: int | float | None = None,
    *,
    error: float | None = None,
    params: Mapping[str, Any] | None = None,
    labels: Any = None,
    fine_tune: Callable[[HybridBlock], Any] | None = None,
    leave: str | None = None,
    study: Sensitivity | None = None,
    repeats: Positive = 5,
    progress: bool = True,
) -> Compression:
    """Replaces dense layers, convolutions and embeddings of a trained network by factorised ones.

    The network that is given stays as it is, also where this is interrupted.

    Args:
        network: a hybrid block with values, or a Symbol.
        data: sample inputs, a batch: an NDArray or NumPy array; for several inputs, or another name than ``data``, a
            dict of them by name.
        budget: the most dense parameters, that is, numbers in the weights of layers that can be factorised: a number
            of them, or a fraction of what they are.
        error: in place of a budget, the most that the network's outputs may be off by, relatively, before fine-tuning;
            measured on the sample.
        params: of a Symbol, its parameters and states by name.
        labels: the class of each example, for the accuracy.
        fine_tune: called with the new block (of a symbol, a `SymbolBlock`), to train it; `FineTune` is one.
        leave: a regular expression; layers whose names it finds something in stay dense.
        study: the `sensitivity` of an earlier compression of this network on this data, in place of measuring it anew.
        repeats: how often each network is timed.
        progress: show a bar.

    Raises:
        ArgumentError: it is no such network; no layer can be factorised; both or neither of `budget` and `error` are
            given, or out of range.
        BudgetError: even the smallest ranks have more parameters, or a larger error.
        NotInitializedError: a parameter has no value.
        ShapeError: data or labels do not fit the network.
    """
    symbol, values = _read(network, params)
    inputs = data if isinstance(data, Mapping) else {"data": data}
    _check_inputs(symbol, values, inputs)
    target = _target(budget, error)
    found = study or _studied(network, symbol, values, inputs, leave, progress)
    if not found.curves:
        raise ArgumentError(
            "compress(): the network has no layer that can be factorised, or all are left out"
        )
    choice = target(found)
    ranks = [(curve.site, c.rank) for curve, c in found.chosen(choice) if c.rank is not None]
    if isinstance(network, Symbol):
        new, arrays = in_symbol(symbol, values, ranks)
        block: HybridBlock = _held(new, arrays)
    else:
        block = in_block(network, ranks)
    if fine_tune is not None:
        fine_tune(block)
    now = new if isinstance(network, Symbol) else _read(block, None)[0]
    tuned = _values(block)
    after = Forward(now, tuned, inputs)
    sizes = (found.parameters, found.size(choice))
    first, second = (_costs(f, n, repeats) for f, n in zip((found.forward, after), sizes, strict=True))
    outputs = [np.asarray(output) for output in after()]
    return Compression(
        now if isinstance(network, Symbol) else block,
        {n: nd.array(v, dtype=v.dtype) for n, v in tuned.items()} if isinstance(network, Symbol) else None,
        tuple(found.chosen(choice)),
        found,
        (*first, *_accuracy(found.outputs[0], labels)),
        (*second, *_likeness(outputs, found.outputs), *_accuracy(outputs[0], labels)),
        found.predicted(choice),
    )


def _read(network: Any, params: Mapping[str, Any] | None) -> tuple[Symbol, dict[str, np.ndarray]]:
    """The network as a symbol, and its parameters by name."""
    if isinstance(network, Symbol):
        if params is None:
            raise ArgumentError(
                "compress(): a Symbol has no values; give params, its parameters and states by name"
            )
        return network, {name: _numpy(value) for name, value in params.items()}
    if params is not None:
        raise ArgumentError("compress(): params are of a Symbol; a block has its own")
    if not isinstance(network, HybridBlock):
        kind = "a plain Block" if isinstance(network, Block) else f"{network!r:.60}"
        raise ArgumentError(f"compress() takes a hybrid block or a Symbol, which are graphs; got {kind}")
    made = network(var("data"))
    if not isinstance(made, Symbol):
        raise ArgumentError(
            f"compress(): {network.name} has {len(made)} outputs; networks with one are taken"
        )
    return made, _values(network)


def _values(block: Block) -> dict[str, np.ndarray]:
    return {name: p.mean_over_devices().asnumpy() for name, p in block.collect_params().items()}


def _numpy(value: Any) -> np.ndarray:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def _check_inputs(symbol: Symbol, values: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Every input has a value, but for the labels of losses, which a prediction does not read.

    Raises:
        ArgumentError: one has none, or the data are of no input.
    """
    known = symbol.list_inputs()
    for name in inputs:
        if name not in known:
            raise ArgumentError(
                f"compress(): data are of {name!r}, and the network has no such input.{did_you_mean(name, known)} "
                "Give data as a dict by name"
            )
    given = {*values, *inputs, *labels_of(symbol.nodes)}
    if missing := [name for name in known if name not in given]:
        raise ArgumentError(
            f"compress(): {', '.join(map(repr, missing))} have no value; parameters and states belong into params, "
            "inputs into data, a dict by name"
        )


def _held(symbol: Symbol, values: Mapping[str, np.ndarray]) -> SymbolBlock:
    """A symbol as a block with values, so that it can be trained; what has none is an input."""
    held = SymbolBlock(symbol, [var(name) for name in symbol.list_inputs() if name not in values])
    for name, parameter in held.collect_params().items():
        parameter.start_from(nd.array(values[name], dtype=values[name].dtype), None)
    return held


def _studied(
    network: Any,
    symbol: Symbol,
    values: Mapping[str, np.ndarray],
    inputs: Mapping[str, Any],
    leave: str | None,
    progress: bool,
) -> Sensitivity:
    from tqdm import tqdm  # here, so that importing the workbench need not pay for it

    known = None if isinstance(network, Symbol) else owners(network)

    def left(site: Site) -> bool:
        return (known is not None and site.parameter not in known) or bool(
            leave and re.search(leave, site.name)
        )

    with tqdm(
        total=len(sites(symbol, values)), unit="layer", delay=2, leave=False, disable=not progress
    ) as bar:
        return sensitivity(symbol, values, inputs, left, bar.update)


# -- targets -----------------------------------------------------------------------------------------


def _target(budget: int | float | None, error: float | None) -> Callable[[Sensitivity], Choice]:
    """How to choose.

    Raises:
        ArgumentError: both or neither are given, or out of range.
    """
    if (budget is None) == (error is None):
        given = "neither" if budget is None else "both"
        raise ArgumentError(
            f"compress() takes a budget of parameters, or an error to keep to; {given} is given"
        )
    if error is not None:
        if error <= 0:
            raise ArgumentError(f"compress(): error={error}: a relative error is above 0")
        return lambda study: _until(study, error)
    assert budget is not None
    if budget <= 0 or (isinstance(budget, float) and budget > 1):
        raise ArgumentError(
            f"compress(): budget={budget}: it is a number of dense parameters, 1 or more, or a fraction of them, "
            "above 0 and at most 1.0"
        )
    return lambda study: _within(study, budget)


def _within(study: Sensitivity, budget: int | float) -> Choice:
    most = budget * study.parameters if isinstance(budget, float) else budget
    choice = within(study.points, most)
    if choice is None:
        least = study.size(choices(study.points)[-1])
        raise BudgetError(
            f"compress(): budget={budget}: the smallest ranks that are tried have {least:,} parameters, "
            f"{least / study.parameters:.2g} of the {study.parameters:,} dense ones",
            least,
        )
    return choice


def _until(study: Sensitivity, error: float) -> Choice:
    """The smallest choice found whose measured error is within: what it may cost by prediction is halved in on."""
    found = costing(study.points, 0.0)
    low, high = 0.0, 2 * cost_of(min(error, RUINED))
    for _ in range(TRIES):
        limit = (low + high) / 2
        choice = costing(study.points, limit)
        if study.measured(choice) <= error:
            found, low = choice, limit
        else:
            high = limit
    return found


# -- figures -----------------------------------------------------------------------------------------


def _costs(forward: Forward, dense: int, repeats: int) -> tuple[Quantity, ...]:
    whole = sum(forward.values[n].size for n in forward.parameters)
    return (
        Quantity(dense, "1", "predicted", DENSE, "dense parameters"),
        Quantity(whole, "1", "predicted", ALL, "all parameters"),
        forward.work,
        forward.time(repeats),
        forward.memory,
    )


def _likeness(outputs: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> tuple[Quantity, ...]:
    found = [Quantity(relative(outputs, before), "1", "measured", OUTPUT_ERROR, "output error")]
    if outputs[0].ndim > 1:
        share = float(np.mean(outputs[0].argmax(-1) == before[0].argmax(-1)))
        found.append(Quantity(share, "1", "measured", AGREEMENT, "agreement"))
    return tuple(found)


def _accuracy(outputs: np.ndarray, labels: Any) -> tuple[Quantity, ...]:
    """The share of right answers, where labels are given.

    Raises:
        ShapeError: there is not one label for each answer.
    """
    if labels is None:
        return ()
    right = _numpy(labels)
    if right.shape != outputs.shape[:-1]:
        raise ShapeError(f"compress(): labels of {right.shape} do not fit outputs of {outputs.shape}")
    return (Quantity(float(np.mean(outputs.argmax(-1) == right)), "1", "measured", ACCURACY, "accuracy"),)
