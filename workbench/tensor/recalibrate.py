"""Statistics of batch normalisation, taken anew.

In prediction a BatchNorm layer normalises by the mean and the variance that its inputs had in training.  Behind layers
that were made smaller its inputs are others, and it shifts and scales them wrongly.  Taking both anew costs a forward
pass or a few, changes no weight and needs no labels.

A sample's statistics are not those of the data that a network was trained on.  So, where the network as it was before
is at hand, what is taken is the change: a mean moves by as much as it moved between the two on the sample, a variance
by the same factor.  Then a layer before which nothing was changed keeps what it had learned.

Source: the same after weights were averaged, P. Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
Generalization", UAI 2018, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.gluon.block import HybridBlock
from workbench.gluon.parameter import Parameter
from workbench.graph.bind import BoundOp
from workbench.imperative import autograd, nd
from workbench.tensor.compressible import examples, read

TINY = 1e-12  # a variance below it is that of a channel that is the same everywhere
NORMS = ("BatchNorm", "BatchNorm_v1", "SyncBatchNorm", "_contrib_BatchNormWithReLU")


class Moving(NamedTuple):
    """The moving statistics of one layer, and how much of them stays at a step of training."""

    mean: Parameter
    variance: Parameter
    momentum: float


class Recalibrate:
    """Gives a block's BatchNorm layers new statistics: the means of those of each batch of some examples.

    Layers that use their moving statistics in training too keep them.

    Args:
        data: the examples, inputs of the block.
        batch_size: examples at once; what is left over after whole batches does not count.

    Raises:
        ShapeError: there are no examples.
        DTypeError: they are no numbers.
    """

    @checked
    def __init__(self, data: Any, batch_size: Positive = 32) -> None:
        self._data = examples("Recalibrate", data)
        self._batch = min(batch_size, len(self._data))

    def __call__(self, network: HybridBlock, like: HybridBlock | None = None) -> None:
        """Runs the blocks in training mode, hybridized; but for these statistics they stay as they are.

        Args:
            network: whose statistics are set.
            like: the network as it was before; with it, the statistics move by what has changed since, without it they
                become those of the examples.

        Raises:
            ArgumentError: it has no layer with statistics to take.
            ShapeError: the examples do not fit it.
        """
        layers = moving(network)
        if not layers:
            raise ArgumentError(
                f"Recalibrate: {network.name} has no BatchNorm layer with statistics to take anew"
            )
        now = self._taken(network, layers)
        before = None if like is None else self._taken(like, moving(like))
        for layer in layers:
            name = layer.mean.name
            mean, variance = now[name]
            if before is not None:
                mean = _values(layer.mean) + mean - before[name][0]
                variance = _values(layer.variance) * variance / np.maximum(before[name][1], TINY)
            layer.mean.set_data(nd.array(mean, dtype=layer.mean.dtype))
            layer.variance.set_data(nd.array(variance, dtype=layer.variance.dtype))

    def _taken(self, network: HybridBlock, layers: Sequence[Moving]) -> dict[str, np.ndarray]:
        """Mean and variance of each layer's inputs, (2, channels), by the name of its moving mean."""
        network.hybridize()
        both = [(layer, parameter) for layer in layers for parameter in (layer.mean, layer.variance)]
        kept = [parameter.mean_over_devices().copy() for _, parameter in both]
        found = {layer.mean.name: np.zeros((2, *(layer.mean.shape or ()))) for layer in layers}
        whole = len(self._data) // self._batch
        try:
            for rows in np.split(self._data[: whole * self._batch], whole):
                for _, parameter in both:
                    parameter.set_data(nd.zeros(parameter.shape, dtype=parameter.dtype))
                with autograd.train_mode():
                    network(nd.array(rows, dtype=rows.dtype))
                for layer in layers:  # from 0 a moving average went to (1 − momentum) times the batch's
                    moved = np.stack([_values(layer.mean), _values(layer.variance)])
                    found[layer.mean.name] += moved / (1 - layer.momentum) / whole
        finally:
            for (_, parameter), value in zip(both, kept, strict=True):
                parameter.set_data(value)
        return found


def moving(network: HybridBlock) -> list[Moving]:
    """The layers whose statistics training moves."""
    symbol, _ = read(network, None)
    parameters = network.collect_params()
    found = {}
    for node in symbol.nodes:
        facts = node.bound.attrs if isinstance(node.bound, BoundOp) else {}
        if node.op in NORMS and not facts["use_global_stats"] and facts["momentum"] < 1:
            mean, variance = (parameters[value.node.name] for value in node.inputs[3:5])
            found[mean.name] = Moving(mean, variance, facts["momentum"])
    return list(found.values())


def _values(parameter: Parameter) -> np.ndarray:
    values: np.ndarray = parameter.mean_over_devices().asnumpy().astype(np.float64)
    return values
