"""A case of the operator sweep: inputs, attributes, and what NumPy says the result is.

References are written in NumPy from each operator's published definition and compute in float64.  Gradients need
no second formula: they are checked against central finite differences of the reference.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Relative and absolute tolerance by dtype: a few units in the last place of sums of a few dozen terms.
TOLERANCE = {
    "float64": (1e-11, 1e-11),
    "float32": (2e-5, 1e-5),
    "float16": (1e-2, 4e-3),
    "bfloat16": (6e-2, 3e-2),
    "int32": (0, 0),
}
STEP = 1e-6  # of a central difference in float64: truncation about 1e-12, rounding about 1e-10
DIFFERENCE_TOLERANCE = (1e-6, 1e-7)


@dataclass(frozen=True)
class Draw:
    """How an input is drawn; `moves` says whether a gradient is checked with respect to it."""

    shape: tuple[int, ...]
    make: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    moves: bool = True
    dtype: str | None = None  # of its own, whatever the case computes in


def real(*shape: int) -> Draw:
    """Numbers of either sign, none within 0.1 of zero, where `abs` and its like have no derivative."""
    return Draw(shape, lambda rng, s: rng.uniform(0.1, 1.5, s) * rng.choice([-1.0, 1.0], s))


def positive(*shape: int) -> Draw:
    return Draw(shape, lambda rng, s: rng.uniform(0.3, 2.0, s))


def apart(*shape: int) -> Draw:
    """Numbers that all differ by 0.1 or more, so that no maximum changes hands."""
    return Draw(shape, lambda rng, s: (rng.permutation(int(np.prod(s))) * 0.125 - 1.01).reshape(s))


def between(low: float, high: float, *shape: int) -> Draw:
    return Draw(shape, lambda rng, s: rng.uniform(low, high, s))


def whole(high: int, *shape: int, dtype: str | None = None, low: int = 0) -> Draw:
    """Whole numbers in [low, high): class numbers and indices, which have no gradient."""
    return Draw(shape, lambda rng, s: rng.integers(low, high, s).astype(np.float64), False, dtype)


def fixed(values: Any, dtype: str | None = None, moves: bool = False) -> Draw:
    array = np.asarray(values, np.float64)
    return Draw(array.shape, lambda rng, s: array.copy(), moves, dtype)


@dataclass(frozen=True)
class Case:
    """One call of one operator.

    Attributes:
        reference: arrays and attributes → the visible outputs, then the outputs written back.
        loss: arrays and attributes → the documented gradient of a loss layer's first input.
        train: whether it is called in training.
        ints: whether int32 inputs make sense too.
        coarse: whether float16 and bfloat16 do.
        defined: whether MXNet 1.9 has an answer: some of its paths read or write memory that is not theirs.
    """

    op: str
    inputs: tuple[Draw, ...]
    reference: Callable[..., Any]
    attrs: dict[str, Any] = field(default_factory=dict)
    gradient: bool = True
    loss: Callable[..., Any] | None = None
    train: bool = False
    ints: bool = False
    coarse: bool = True
    defined: bool = True

    @property
    def name(self) -> str:
        shapes = ",".join("x".join(map(str, d.shape)) or "-" for d in self.inputs)
        given = ",".join(f"{k}={v}" for k, v in self.attrs.items())
        return f"{self.op}[{shapes}]({given}){'train' if self.train else ''}".replace(" ", "")

    def arrays(self) -> list[np.ndarray]:
        """The inputs in float64, the same in every process."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [d.make(rng, d.shape) for d in self.inputs]

    def expected(self, arrays: Iterable[np.ndarray]) -> list[np.ndarray]:
        out = self.reference(*arrays, **self.attrs)
        return [np.asarray(o) for o in (out if isinstance(out, (tuple, list)) else [out])]


def case(op: str, reference: Callable[..., Any], *inputs: Draw, **facts: Any) -> Case:
    """A case; keywords that are no field of `Case` are attributes of the operator."""
    own = {k: facts.pop(k) for k in ("gradient", "loss", "train", "ints", "coarse", "defined") if k in facts}
    return Case(op, inputs, reference, facts, **own)


def each_shape(
    op: str, reference: Callable[..., Any], draws: Iterable[tuple[Draw, ...] | Draw], **facts: Any
) -> list[Case]:
    """The same call on several inputs."""
    groups = [d if isinstance(d, tuple) else (d,) for d in draws]
    return [case(op, reference, *group, **facts) for group in groups]
