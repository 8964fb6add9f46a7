"""What layers with factorised weights have in common: their parameters, how these start, and how ranks are read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn import Activation
from workbench.gluon.parameter import Parameter
from workbench.imperative import nd
from workbench.lowrank import Format, RankLike
from workbench.ops.factors import Factor
from workbench.tensor.decomposition import Decomposition
from workbench.train.initializer import FanIn
from workbench.types import Quantity, Shape


class Factorized(HybridBlock):
    """A layer whose weight is the contraction of its factors, which are parameters of their own.

    Attributes:
        error: ‖weight − factors‖ / ‖weight‖, measured, where it was made from a trained layer.
    """

    error: Quantity | None = None
    _factors: tuple[str, ...] = ()  # their names, in the operator's order
    bias: Parameter | None = None
    act: Activation | None = None

    def _hold(
        self,
        found: Sequence[Factor],
        sizes: Mapping[str, int],
        summed: str,
        init: Any,
        dtype: Any = "float32",
    ) -> None:
        """Makes the factors; `summed` are the letters that are summed, of the data's axes and of ranks."""
        self._factors = tuple(factor.name for factor in found)
        fans = fan_letters(found, summed)
        for factor in found:
            made = self.params.get(
                factor.name,
                shape=tuple(sizes.get(letter, 0) for letter in factor.letters),
                init=FanIn(fans[factor.name]) if init is None else init,
                dtype=dtype,
                allow_deferred_init=True,
            )
            setattr(self, factor.name, made)

    def _hold_bias(self, shape: Shape, init: Any, dtype: Any = "float32") -> None:
        self.bias = self.params.get("bias", shape=shape, init=init, dtype=dtype, allow_deferred_init=True)

    def _hold_activation(self, name: str | None) -> None:
        with self.name_scope():
            self.act = Activation(name, prefix=name + "_") if name is not None else None

    def _inputs(self, bias: Any, weights: Mapping[str, Any]) -> list[Any]:
        """What the operator takes after the data."""
        return [*(weights[name] for name in self._factors), *([] if self.bias is None else [bias])]

    @property
    def factors(self) -> list[Parameter]:
        """The factors of the weight, in the order in which the operator takes them."""
        return [self._reg_params[name] for name in self._factors]

    @property
    def parameter_count(self) -> int:
        """How many numbers the layer learns, its bias included.

        Raises:
            ShapeError: a size is not known yet.
        """
        for parameter in self._reg_params.values():
            if not parameter.shape_is_known:
                raise ShapeError(
                    f"{self.name}: the number of parameters follows from {parameter.name}, whose shape is "
                    f"{parameter.shape} so far: call the layer on data first, or state its input sizes"
                )
        return sum(math.prod(parameter.shape or ()) for parameter in self._reg_params.values())

    def _start_from(self, layer: Any, found: Decomposition, factors: Sequence[np.ndarray]) -> None:
        """Takes values for the factors, and a trained layer's bias (0 where it has none), on its weight's devices."""
        contexts = layer.weight.list_ctx()
        for parameter, value in zip(self.factors, factors, strict=True):
            parameter.start_from(nd.array(value, dtype=parameter.dtype), contexts)
        if self.bias is not None:
            none = layer.bias is None
            start = nd.zeros(self.bias.shape) if none else layer.bias.mean_over_devices()
            self.bias.start_from(start.astype(self.bias.dtype), contexts)
        self.error = found.error


def settings(layer: Any) -> dict[str, Any]:
    """What a factorised layer has in common with the trained one that it is made from."""
    common = {"use_bias": layer.bias is not None, "dtype": np.dtype(layer.weight.dtype).name}
    return {**common, "activation": None if layer.act is None else layer.act._act_type}


def weight_of(layer: Any) -> np.ndarray:
    """The trained weight of a layer.

    Raises:
        NotInitializedError: it has none yet.
    """
    values: np.ndarray = layer.weight.mean_over_devices().asnumpy()
    return values


def fan_letters(found: Sequence[Factor], summed: str) -> dict[str, tuple[int, ...]]:
    """The axes of each factor that are its fan: every axis of the data and every rank is one factor's.

    Factors come in the order in which a signal meets them: those of the data's axes, a core, those of the outputs.
    A rank belongs to the later of the factors that share it, so that every product on the way keeps the signal's size.
    """

    def meets(factor: Factor) -> int:
        own = [letter for letter in factor.letters if letter.islower()]
        return 1 if not own else 0 if all(letter in summed for letter in own) else 2

    last = {letter: f.name for f in sorted(found, key=meets) for letter in f.letters if letter in summed}
    return {
        f.name: tuple(i for i, letter in enumerate(f.letters) if last.get(letter) == f.name) for f in found
    }


def as_rank(rank: Any) -> RankLike:
    """A rank, as a tuple where it is an array."""
    return tuple(rank.tolist()) if isinstance(rank, np.ndarray) else rank


def ranks_of(layer: str, form: Format, shape: Shape, rank: RankLike, sizes: str) -> Shape:
    """A rank as users give it, written out; `sizes` names the argument that would state unknown sizes.

    Raises:
        ArgumentError: it is no such rank, or needs sizes that are not known.
    """
    rank = as_rank(rank)
    if all(shape):
        return form.resolve(shape, rank)
    if isinstance(rank, Sequence):
        if not rank or min(rank) < 1:
            raise ArgumentError(f"{layer}: rank={rank}: ranks are whole numbers, 1 or more")
        return tuple(rank)
    if isinstance(rank, (int, np.integer)) and form.name == "cp":
        return (int(rank),)
    raise ArgumentError(
        f"{layer}: rank={rank} needs the size of every axis, and {shape} has unknown ones (0): state {sizes}, or give "
        "the ranks as a tuple"
    )


def no_error(layer: str, error: float | None, maker: str) -> None:
    """A target error has a meaning only for a weight that is there.

    Raises:
        ArgumentError: one was given.
    """
    if error is not None:
        raise ArgumentError(
            f"{layer}: error={error}: a target error needs the trained weight that is approximated; "
            f"{layer}.{maker}(…, error={error}) takes it from a layer"
        )
