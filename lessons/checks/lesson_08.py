"""The exercises of lesson 08: a ring, latency and bandwidth, how often to write a checkpoint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from checks.exercise import Answer, exercise, expect


class Ring:
    """Hands arrays to right neighbours and counts them."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.sent = [0] * workers

    def send(self, source: int, target: int, array: Any) -> np.ndarray:
        """What arrives at `target`."""
        expect(
            target == (source + 1) % self.workers,
            f"worker {source} of {self.workers} to send to worker {(source + 1) % self.workers} only",
            f"a message to worker {target}",
        )
        self.sent[source] += np.size(array)
        return np.array(array, copy=True)


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``ring(arrays, send)``."""
    rng = np.random.default_rng(0)
    for workers, length in (2, 8), (3, 12), (5, 35):
        arrays = [rng.integers(-9, 9, length).astype(float) for _ in range(workers)]
        network = Ring(workers)
        came = answer([array.copy() for array in arrays], network.send)
        expect(
            isinstance(came, (list, tuple)) and len(came) == workers, f"a list of {workers} sums", repr(came)
        )
        for rank, each in enumerate(came):
            right = np.shape(each) == (length,) and np.array_equal(each, np.sum(arrays, axis=0))
            expect(right, f"the sum of all arrays for worker {rank} of {workers}", f"{each!r}")
        most = 2 * (workers - 1) * length // workers
        expect(
            max(network.sent) <= most,
            f"at most {most} numbers sent by each of {workers} workers for arrays of {length}",
            f"{network.sent}",
        )
        expect(
            min(network.sent) > 0,
            f"sums that travel: each of {workers} workers sends",
            f"{network.sent} numbers",
        )


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``fitted(sizes, times)``."""
    rng = np.random.default_rng(0)
    sizes = [2**k for k in range(8, 25, 2)]
    for alpha, bandwidth in (2e-4, 1e9), (5e-6, 1.2e10), (1e-3, 3e7):
        true = alpha + np.array(sizes) / bandwidth
        repeats = 1 + 0.01 * rng.random((len(sizes), 12))
        repeats[:, ::3] *= 5 + 20 * rng.random((len(sizes), 4))
        came = answer(sizes, true[:, None] * repeats)
        expect(isinstance(came, (list, tuple)) and len(came) == 2, "a pair, α and B", repr(came))
        for size, right in zip(sizes, true, strict=True):
            found = came[0] + size / came[1]
            expect(
                math.isclose(found, right, rel_tol=0.05),
                f"{right:.3g} s for {size} bytes, within 5 %, where α = {alpha:g} s and B = {bandwidth:g} B/s",
                f"{found:.3g} s",
            )


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``lost(t, write, between)`` and ``interval(write, between)``."""
    lost, interval = answer()
    lost(1.0, 1.0, 1.0), interval(1.0, 1.0)  # one that is not there is not wrong
    for write, between in (0.5, 20.0), (60.0, 3600.0), (5.0, 86400.0):
        for t in (2 * write, 10 * write, between):
            right = write / t + t / 2 / between
            came = lost(t, write, between)
            what = (
                f"lost(t={t:g}, write={write:g}, between={between:g}) to be {right:.5g}, a share of the time:"
                f" {write:g} s in every {t:g} s for writing, and at each death, every {between:g} s, {t / 2:g} s"
            )
            expect(math.isclose(came, right, rel_tol=1e-6), what, f"{came:.5g}")
        best = math.sqrt(2 * write * between)
        came = interval(write, between)
        what = f"interval(write={write:g}, between={between:g}) to be {best:.4g} s between checkpoints"
        expect(math.isclose(came, best, rel_tol=0.01), what, f"{came:.4g} s")
