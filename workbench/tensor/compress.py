"""Compressing a trained network: which of its layers can do with how little, and what is left of it then.

The layers of a network differ in what they can lose.  A budget that is shared out evenly ruins it where one that goes
by what each layer's loss does to the outputs hardly shows; so first that is measured, on sample data, layer by layer
(`tensor.sensitivity`), and ranks are chosen by it (`tensor.rank_choice`).  Then the layers are replaced, in a copy, and
both networks measured side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.gluon.block import HybridBlock, SymbolBlock
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.symbol import Symbol
from workbench.symbolic.variable import var
from workbench.tensor.compressible import check_inputs, check_study, inputs_of, read, values_of
from workbench.tensor.compression_figures import DENSE, accuracy, costs, likeness
from workbench.tensor.compression_target import target
from workbench.tensor.compression_text import compression_text
from workbench.tensor.forward import Forward
from workbench.tensor.recalibrate import Recalibrate
from workbench.tensor.replacement import in_block, in_symbol, owners
from workbench.tensor.sensitivity import Candidate, LayerCurve, Sensitivity, sensitivity
from workbench.tensor.site import Site, sites
from workbench.types import Quantity


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
        predicted: what the error of the outputs was predicted to be, before any new statistics and fine-tuning.
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
    recalibrate: Any = None,
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
            measured on the sample. Where no ranks keep to it all layers stay dense.
        params: of a Symbol, its parameters and states by name.
        labels: the class of each example, for the accuracy.
        recalibrate: inputs, the sample again or better more, by which the statistics of BatchNorm layers follow what
            changes before them; see `Recalibrate`.
        fine_tune: called with the new block (of a symbol, a `SymbolBlock`), to train it; `FineTune` is one.
        leave: a regular expression; layers whose names it finds something in stay dense.
        study: the `sensitivity` of an earlier compression of this network on this data, in place of measuring it anew.
        repeats: how often each network is timed.
        progress: show a bar.

    Raises:
        ArgumentError: it is no such network; no layer can be factorised; both or neither of `budget` and `error` are
            given, or out of range; data are NaN or infinite; the study is of other weights or data.
        BudgetError: even the smallest ranks have more parameters.
        NotInitializedError: a parameter has no value.
        ShapeError: data or labels do not fit the network.
        DTypeError: data are no numbers.
    """
    symbol, values = read(network, params)
    inputs = inputs_of(data)
    check_inputs(symbol, values, inputs)
    choose = target(budget, error)
    calibrated = None if recalibrate is None else Recalibrate(recalibrate)
    if study is not None:
        check_study(study, values, inputs)
    found = study or _studied(network, symbol, values, inputs, leave, progress)
    if not found.curves:
        raise ArgumentError(
            "compress(): the network has no layer that can be factorised, or all are left out"
        )
    choice = choose(found)
    ranks = [(curve.site, c.rank) for curve, c in found.chosen(choice) if c.rank is not None]
    if isinstance(network, Symbol):
        new, arrays = in_symbol(symbol, values, ranks)
        block: HybridBlock = _held(new, arrays)
    else:
        block = in_block(network, ranks)
    if calibrated is not None:
        calibrated(
            block, like=_held(symbol, values) if isinstance(network, Symbol) else in_block(network, [])
        )
    if fine_tune is not None:
        fine_tune(block)
    now = new if isinstance(network, Symbol) else read(block, None)[0]
    tuned = values_of(block)
    after = Forward(now, tuned, inputs)
    sizes = (found.parameters, found.size(choice))
    first, second = (costs(f, n, repeats) for f, n in zip((found.forward, after), sizes, strict=True))
    outputs = [np.asarray(output) for output in after()]
    return Compression(
        now if isinstance(network, Symbol) else block,
        {n: nd.array(v, dtype=v.dtype) for n, v in tuned.items()} if isinstance(network, Symbol) else None,
        tuple(found.chosen(choice)),
        found,
        (*first, *accuracy(found.outputs[0], labels)),
        (*second, *likeness(outputs, found.outputs), *accuracy(outputs[0], labels)),
        found.predicted(choice),
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
    try:
        pattern = None if leave is None else re.compile(leave)
    except re.error as error:
        raise ArgumentError(f"compress(): leave={leave!r} is no regular expression: {error}") from None

    def left(site: Site) -> bool:
        unknown = known is not None and site.parameter not in known
        return unknown or (pattern is not None and pattern.search(site.name) is not None)

    layers = sum(not left(site) for site in sites(symbol, values))
    with tqdm(total=layers, unit="layer", delay=2, leave=False, disable=not progress) as bar:
        return sensitivity(symbol, values, inputs, left, bar.update)
