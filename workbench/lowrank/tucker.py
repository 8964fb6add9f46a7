"""Tucker: a small core, multiplied in each mode by a factor that leads from the core's mode to the tensor's.

Each mode has a rank of its own.  It is at most the mode's size, and at most the product of the other ranks: the core's
unfolding in that mode has no more rows that are independent.  Some modes may be left as they are, without a factor:
a convolution's kernel is compressed in its channels alone (Tucker-2).

Source: T. G. Kolda, B. W. Bader, "Tensor Decompositions and Applications", SIAM Review 51(3), 2009, Section 4;
Tucker-2 of kernels: Y.-D. Kim et al., "Compression of Deep Convolutional Neural Networks for Fast and Low Power
Mobile Applications", arXiv:1511.06530, Section 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.errors import ArgumentError
from workbench.lowrank.format import Format, Rank
from workbench.types import Shape


class Tucker(Format):
    """A core, then factors (n_k, r_k); a rank a mode that has a factor.

    Args:
        modes: those that have a factor, ascending; all by default.

    Raises:
        ArgumentError: they are no whole numbers in a tuple.
    """

    name = "tucker"
    title = "Tucker"
    reason = "the size of a mode, or the product of all others where that is less"

    def __init__(self, modes: Sequence[int] | None = None) -> None:
        if modes is not None and (
            not isinstance(modes, (list, tuple)) or any(type(mode) is not int for mode in modes)
        ):
            raise ArgumentError(f"Tucker(modes=…) takes modes counted from 0, such as (0, 1), got {modes!r}")
        self._modes = None if modes is None else tuple(modes)

    def modes(self, shape: Shape) -> tuple[int, ...]:
        """The modes that have a factor.

        Raises:
            ArgumentError: the tensor has no such mode, or they do not ascend.
        """
        if self._modes is None:
            return tuple(range(len(shape)))
        if not self._modes or list(self._modes) != sorted(set(self._modes) & set(range(len(shape)))):
            raise ArgumentError(
                f"modes={self._modes}: they are ascending modes of the tensor {shape}, counted from 0"
            )
        return self._modes

    def bounds(self, shape: Shape) -> Rank:
        size = math.prod(shape)
        return tuple(min(shape[mode], size // shape[mode]) for mode in self.modes(shape))

    def check(self, shape: Shape, rank: Rank) -> Rank:
        modes = self.modes(shape)
        if len(rank) != len(modes):
            raise ArgumentError(
                f"rank={rank}: Tucker of {shape} has {len(modes)} ranks, one for each mode, not {len(rank)}"
            )
        core = self.core(shape, rank)
        for mode, r in zip(modes, rank, strict=True):
            others = math.prod(core[:mode] + core[mode + 1 :])
            if not 1 <= r <= shape[mode]:
                raise ArgumentError(
                    f"rank={rank}: the rank of mode {mode} of {shape} is from 1 to {shape[mode]}, got {r}"
                )
            if r > others:
                raise ArgumentError(
                    f"rank={rank}: the rank of mode {mode} is at most {others}, the product of the core's other "
                    f"modes, got {r}"
                )
        return rank

    def core(self, shape: Shape, rank: Rank) -> Shape:
        """The shape of the core: a mode without a factor keeps its size."""
        of_mode = dict(zip(self.modes(shape), rank, strict=True))
        return tuple(of_mode.get(mode, n) for mode, n in enumerate(shape))

    def shapes(self, shape: Shape, rank: Rank) -> tuple[Shape, ...]:
        factors = zip(self.modes(shape), rank, strict=True)
        return self.core(shape, rank), *((shape[mode], r) for mode, r in factors)

    def clipped(self, shape: Shape, rank: int) -> Rank:
        return self.useful(shape, super().clipped(shape, rank))

    def rung(self, shape: Shape, step: int) -> Rank:
        """Ranks in proportion to what each mode can have."""
        bounds = self.bounds(shape)
        return self.useful(shape, tuple(-(-step * bound // max(bounds)) for bound in bounds))

    def useful(self, shape: Shape, rank: Rank) -> Rank:
        """The rank with its largest number cut to the product of the others: more would be numbers without use."""
        core = self.core(shape, rank)
        modes = self.modes(shape)
        others = (math.prod(core[:mode] + core[mode + 1 :]) for mode in modes)
        return tuple(map(min, rank, others))
