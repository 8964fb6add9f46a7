"""Putting factors in the place of weights: the network anew, the one that was given untouched.

A symbol's graph is rebuilt with other nodes.  A Gluon block is copied as Python copies what it knows nothing of, layer
by layer and list by list, except that the copier is told beforehand what stands for each replaced layer: so it gets
there wherever the network keeps it, as an attribute, a child, or in a list of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.gluon import nn
from workbench.gluon.block import Block, HybridBlock
from workbench.graph.node import Node, Value, rebuild, with_inputs
from workbench.imperative import nd
from workbench.lowrank import Rank
from workbench.ops.factorized_convolution import kernel_factors
from workbench.ops.factors import matrix
from workbench.symbolic.symbol import Symbol, apply
from workbench.symbolic.variable import var
from workbench.tensor.layers import Factorized, FactorizedConv2D, FactorizedDense, FactorizedEmbedding
from workbench.tensor.layers.factorized import settings
from workbench.tensor.site import Site

Ranks = Sequence[tuple[Site, Rank]]
KINDS = (nn.Dense, nn.Conv2D, nn.Embedding)


# -- symbols -----------------------------------------------------------------------------------------


def in_symbol(
    symbol: Symbol, values: Mapping[str, np.ndarray], ranks: Ranks
) -> tuple[Symbol, dict[str, np.ndarray]]:
    """The symbol with factorised operators in these places, and its parameters by name."""
    chosen = {site.parameter: (site, rank) for site, rank in ranks}
    found = {name: value for name, value in values.items() if name not in chosen}

    def change(node: Node, inputs: tuple[Value, ...]) -> Node | tuple[Value, ...]:
        if node.op not in OPERATORS or node.inputs[1].node.name not in chosen:
            return with_inputs(node, inputs)
        site, rank = chosen[node.inputs[1].node.name]
        arrays = dict(zip(_names(site, rank), site.factors(rank), strict=True))
        found.update(arrays)
        given = [Symbol([inputs[0]]), *(var(name) for name in arrays), *(Symbol([v]) for v in inputs[2:])]
        return apply(OPERATORS[site.op], *given, name=node.name, **_attributes(site, rank)).values

    return Symbol(rebuild(symbol.values, change)), found


OPERATORS = {
    "FullyConnected": "FactorizedFullyConnected",
    "Convolution": "FactorizedConvolution",
    "Embedding": "FactorizedEmbedding",
}


def _names(site: Site, rank: Rank) -> list[str]:
    """Names for the factors of a weight: its own, with theirs behind."""
    if site.op == "Convolution":
        found = kernel_factors(site.form, site.weight.ndim - 2, rank)
    else:
        found = matrix(site.form, 1, 1, rank)[2]
    return [f"{site.parameter.removesuffix('weight')}{factor.name}" for factor in found]


def _attributes(site: Site, rank: Rank) -> dict[str, Any]:
    facts: dict[str, Any] = {"ranks": rank, "factorization": site.form}
    kept: tuple[str, ...]
    if site.op == "FullyConnected":
        kept = ("no_bias", "flatten")
        facts["out_shape"] = site.weight.shape[:1]
    elif site.op == "Embedding":
        kept = ("input_dim", "output_dim")
    else:
        kept = ("kernel", "num_filter", "stride", "dilate", "pad", "no_bias")
    return {**facts, **{name: site.attrs[name] for name in kept}}


# -- blocks ------------------------------------------------------------------------------------------


def owners(block: Block) -> dict[str, Any]:
    """The layers of a block that can be replaced, by the name of their weight."""
    layers: list[Any] = [b for b in block._descendants() if type(b) in KINDS]
    return {layer.weight.name: layer for layer in layers}


def in_block(block: HybridBlock, ranks: Ranks) -> HybridBlock:
    """A copy of the block with factorised layers in these places."""
    layers = owners(block)
    memo: dict[int, Any] = {id(block._parents): []}
    made: list[tuple[Factorized, list[HybridBlock]]] = []
    for each in block._descendants():
        if isinstance(each, HybridBlock):
            memo[id(each._graphs)] = {}  # what it compiled is of the old layers
    for site, rank in ranks:
        old = layers[site.parameter]
        made.append((_layer(old, site, rank), old._parents))
        memo[id(old)] = made[-1][0]
    found: HybridBlock = copy.deepcopy(block, memo)
    for new, parents in made:
        new._parents = [memo[id(parent)] for parent in parents if id(parent) in memo]
    return found


def _layer(old: Any, site: Site, rank: Rank) -> Factorized:
    """The factorised layer of a dense one, on its devices."""
    facts: dict[str, Any] = {"prefix": old.prefix}
    made: Factorized
    if isinstance(old, nn.Embedding):
        entries, length = site.weight.shape
        made = FactorizedEmbedding(entries, length, rank, dtype=site.weight.dtype.name, **facts)
    elif isinstance(old, nn.Dense):
        units, inputs = site.weight.shape
        facts |= {**settings(old), "flatten": old._flatten, "in_units": inputs}
        made = FactorizedDense(units, rank, **facts)
    else:
        window = old._options
        facts |= {**settings(old), "in_channels": site.weight.shape[1], "dilation": window["dilate"]}
        facts |= {"strides": window["stride"], "padding": window["pad"], "factorization": site.form}
        made = FactorizedConv2D(site.weight.shape[0], window["kernel"], rank, **facts)
    devices = old.weight.list_ctx()
    for parameter, value in zip(made.factors, site.factors(rank), strict=True):
        parameter.start_from(nd.array(value, dtype=value.dtype), devices)
        parameter.grad_req = old.weight.grad_req
    if made.bias is not None:
        made.bias.start_from(old.bias.mean_over_devices(), devices)
    return made
