"""What can be compressed: a network that is a graph, whose parameters have values, and data for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, DTypeError, ShapeError, did_you_mean
from workbench.gluon.block import Block, HybridBlock
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.network import labels_of
from workbench.symbolic.symbol import Symbol
from workbench.symbolic.variable import var
from workbench.tensor.sensitivity import Sensitivity


def read(network: Any, params: Mapping[str, Any] | None) -> tuple[Symbol, dict[str, np.ndarray]]:
    """The network as a symbol, and its parameters by name.

    Raises:
        ArgumentError: it is no graph, or has several outputs; a symbol comes without values, or a block with some.
        NotInitializedError: a parameter has no value.
    """
    if isinstance(network, Symbol):
        if params is None:
            raise ArgumentError(
                "compress(): a Symbol has no values; give params, its parameters and states by name"
            )
        return network, {name: as_numpy(value) for name, value in params.items()}
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
    return made, values_of(network)


def values_of(block: Block) -> dict[str, np.ndarray]:
    """The parameters of a block by name.

    Raises:
        NotInitializedError: one has no value.
    """
    return {name: p.mean_over_devices().asnumpy() for name, p in block.collect_params().items()}


def as_numpy(value: Any) -> np.ndarray:
    """An NDArray's values, or what NumPy makes of anything else.

    Raises:
        ShapeError: it is lists of different lengths.
    """
    try:
        return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
    except ValueError:
        raise ShapeError(f"lists of different lengths are no array: {value!r:.80}") from None


def examples(who: str, data: Any) -> np.ndarray:
    """Examples, inputs of a network or what it is to give for them.

    Raises:
        DTypeError: they are no numbers.
        ShapeError: there are none.
    """
    found = as_numpy(data)
    if found.dtype.kind not in "biufV":  # V: bfloat16
        raise DTypeError(f"{who}: examples are numbers, got {found.dtype}")
    if not found.ndim or not found.size:
        raise ShapeError(f"{who}: a batch of examples or more, got an array of {found.shape}")
    return found


def inputs_of(data: Any) -> dict[str, Any]:
    """Inputs by name; an array is of ``data``. float64 becomes float32, as in ``nd.array``, but in an NDArray.

    Raises:
        ArgumentError: some are NaN or infinite, so that no error can be measured.
        DTypeError: they are no numbers.
        ShapeError: there are none.
    """
    named = data if isinstance(data, Mapping) else {"data": data}
    arrays = {name: examples(f"compress(), {name!r}", value) for name, value in named.items()}
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ArgumentError(
                f"compress(): some of {name!r} are NaN or infinite, so no error can be measured on them"
            )
    return {
        name: value if isinstance(value, NDArray) else _single(arrays[name]) for name, value in named.items()
    }


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array


def check_inputs(symbol: Symbol, values: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
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


def check_study(study: Sensitivity, values: Mapping[str, np.ndarray], inputs: Mapping[str, Any]) -> None:
    """An earlier study is of these weights, on these data.

    Raises:
        ArgumentError: it is not.
    """
    arrays = {
        **{c.site.parameter: c.site.weight for c in study.curves},
        **{n: study.forward.values[n] for n in inputs},
    }
    now = {**values, **inputs}
    for name, known in arrays.items():
        if name not in now or not np.array_equal(as_numpy(now[name]), np.asarray(known)):
            raise ArgumentError(
                f"compress(): study was made with another {name!r} than the network or the data have now; leave it out"
            )
