"""A network and its parameters as files, epoch by epoch (``mx.model``).

A checkpoint is ``prefix-symbol.json``, the network, and ``prefix-0001.params``, its parameters after
epoch 1, under the names ``arg:fc1_weight`` and ``aux:bn1_moving_mean``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError, SymbolFileError
from workbench.imperative import nd
from workbench.symbolic.symbol import Symbol, load


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
    remove_amp_cast: bool = True,
) -> None:
    """Writes the network (None writes none) and its parameters after `epoch`, and logs the file's name.

    `remove_amp_cast` is MXNet's; networks here hold no such casts.
    """
    path = numbered(prefix, epoch, "params")
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json")
    arrays = {f"arg:{name}": arr for name, arr in arg_params.items()}
    arrays |= {f"aux:{name}": arr for name, arr in aux_params.items()}
    nd.save(path, arrays)
    logging.info('Saved checkpoint to "%s"', path)


def numbered(prefix: str, epoch: int, kind: str) -> str:
    """The name of an epoch's file: ``prefix-0001.params``.

    Raises:
        ArgumentError: the epoch is no whole number, or the prefix is not text.
    """
    if not isinstance(prefix, (str, os.PathLike)):
        raise ArgumentError(f"a checkpoint's prefix is text, got {prefix!r}")
    if not isinstance(epoch, (int, np.integer)):
        raise ArgumentError(f"a checkpoint's epoch is a whole number, got {epoch!r}")
    return f"{prefix}-{epoch:04d}.{kind}"


def load_params(prefix: str, epoch: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and auxiliary states saved after `epoch`.

    Raises:
        SymbolFileError: the file holds something else.
    """
    path = numbered(prefix, epoch, "params")
    groups: dict[str, dict[str, Any]] = {"arg": {}, "aux": {}}
    arrays = nd.load(path)
    if not isinstance(arrays, Mapping):
        raise SymbolFileError(f"{path} holds a list of arrays, not parameters by name")
    for key, arr in arrays.items():
        group, colon, name = key.partition(":")
        if not colon or group not in groups:
            raise SymbolFileError(f"{path}: {key!r} is neither 'arg:…' nor 'aux:…'")
        groups[group][name] = arr
    return groups["arg"], groups["aux"]


@checked
def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, dict[str, Any], dict[str, Any]]:
    """(symbol, parameters, auxiliary states) saved after `epoch`."""
    return (load(f"{prefix}-symbol.json"), *load_params(prefix, epoch))
