"""The exercises of lesson 04: a step for any number of modes, ranks for an error, a rank that predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.exercise import Answer, exercise, expect
from workbench.lowrank import FORMATS
from workbench.tensor import decompose

MODES = "ijklm"
SLACK = 1.5  # parameters of exercise 2, by those of the library
ROUNDS = 60  # of alternating least squares in exercise 3


def tensor_of(factors: list[np.ndarray]) -> np.ndarray:
    """The CP tensor of factors, of any number of modes."""
    letters = MODES[: len(factors)]
    return np.einsum(",".join(f"{letter}r" for letter in letters) + f"->{letters}", *factors)


def least_squares(x: np.ndarray, factors: list[np.ndarray], mode: int) -> np.ndarray:
    """The best factor of a mode, from the linear problem written out in full."""
    rest = [factor for k, factor in enumerate(factors) if k != mode]
    columns = tensor_of([*rest, np.eye(rest[0].shape[1])]).reshape(-1, rest[0].shape[1])
    flat = np.moveaxis(x, mode, -1).reshape(-1, x.shape[mode])
    return np.linalg.lstsq(columns, flat, rcond=None)[0].T


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``best_factor(x, factors, mode)``."""
    rng = np.random.default_rng(0)
    for shape in (5, 6, 7), (4, 3), (3, 4, 5, 2):
        x = rng.normal(size=shape)
        factors = [rng.normal(size=(n, 2)) for n in shape]
        kept = [factor.copy() for factor in factors]
        for mode in range(len(shape)):
            came = answer(x, factors, mode)
            same = all(np.array_equal(a, b) for a, b in zip(kept, factors, strict=True))
            expect(same, "the given factors to stay as they are", "others")
            right = least_squares(x, kept, mode)
            _judge_factor(came, right, f"mode {mode} of a tensor of shape {shape}")


def _judge_factor(came: Any, right: np.ndarray, what: str) -> None:
    shape = np.shape(came)
    expect(shape == right.shape, f"a factor of shape {right.shape} for {what}", f"shape {shape}")
    apart = np.linalg.norm(came - right) / np.linalg.norm(right)
    expect(
        apart < 1e-6, f"the factor of least error for {what}", f"one that differs by {apart:.2g} of its norm"
    )


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``ranks_within(x, error)``."""
    for shape, error in ((12, 14, 16), 0.05), ((12, 14, 16), 0.2), ((6, 7, 8, 5), 0.1):
        x = falling(shape)
        came = answer(x, error)
        what = f"for a tensor of shape {shape} and an error of {error}"
        numbers = isinstance(came, (tuple, list)) and len(came) == len(shape)
        expect(numbers, f"a tuple of {len(shape)} ranks {what}", repr(came))
        bounded = all(1 <= r <= n for r, n in zip(came, shape, strict=True))
        expect(bounded, f"ranks from 1 to a mode's size {what}", repr(came))
        ranks = tuple(int(r) for r in came)
        reached = decompose(x, "tucker", ranks, method="hosvd").error.value
        expect(reached <= error, f"ranks that reach it {what}", f"{ranks}, whose error is {reached:.3g}")
        most = SLACK * decompose(x, "tucker", error=error, method="hosvd").parameters.value
        takes = FORMATS["tucker"].parameters(shape, ranks)
        expect(takes <= most, f"at most {most:.0f} parameters {what}", f"{ranks}, which has {takes}")


def falling(shape: tuple[int, ...]) -> np.ndarray:
    """A tensor whose singular values fall off, those of its modes differently, with noise."""
    grids = np.meshgrid(*(np.linspace(0, k + 1, n) for k, n in enumerate(shape)), indexing="ij")
    noise = np.random.default_rng(1).normal(size=shape)
    return 1 / (0.2 + np.asarray(sum(grids))) + 0.002 * noise


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``choose_rank(x, ranks, fit)``."""
    for true in 2, 1, 3:
        rng = np.random.default_rng(true)
        x = tensor_of([rng.normal(size=(n, true)) for n in (14, 13, 12)])
        x += 0.3 * rng.normal(size=x.shape) * np.linalg.norm(x) / np.sqrt(x.size)
        asked: list[int] = []

        def fit(x: np.ndarray, seen: np.ndarray, rank: int, asked: list[int] = asked) -> np.ndarray:
            asked.append(rank)
            return fitted(x, seen, rank)

        came = answer(x, range(1, 6), fit)
        expect(asked, "fits to be tried", "none")
        expect(came == true, f"rank {true}, which the tensor has beside its noise", repr(came))


def fitted(x: np.ndarray, seen: np.ndarray, rank: int) -> np.ndarray:
    """CP fitted to the entries that are seen, as a whole tensor; the best of two starts.

    Raises:
        WrongAnswerError: the mask is not one of the tensor's shape, or hides nothing or all.
    """
    seen = np.asarray(seen)
    expect(
        seen.shape == x.shape and seen.dtype == bool, f"seen: True or False for {x.shape}", f"{seen.shape}"
    )
    expect(
        0 < seen.sum() < seen.size, "a part of the entries to be hidden", f"{seen.sum()} of {seen.size} seen"
    )
    tried = [_from_start(x, seen, rank, seed) for seed in range(2)]
    return min(tried, key=lambda full: float(np.linalg.norm((x - full)[seen])))


def _from_start(x: np.ndarray, seen: np.ndarray, rank: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    factors = [rng.normal(size=(n, rank)) for n in x.shape]
    filled = np.where(seen, x, 0)
    for _ in range(ROUNDS):
        for mode in range(x.ndim):
            factors[mode] = least_squares(filled, factors, mode)
        filled = np.where(seen, x, tensor_of(factors))
    return tensor_of(factors)
