"""Tensor contraction and regression layers against dense ones: accuracy beside the space that they save.

The published comparison trains AlexNet on ImageNet.  This one trains an eighth of it on a sixth of Fashion-MNIST, which
a laptop does in the time of a lunch, several times over: how far seeds are apart says how much a difference means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.arguments import checked
from workbench.datasets import Split, fashion_mnist
from workbench.errors import ArgumentError
from workbench.experiments import training
from workbench.experiments.results import Results, Run, environment, read, write
from workbench.experiments.variant import VARIANTS, SmallAlexNet, Variant, parameter_counts
from workbench.imperative import random

NAME = "tcl"
SEEDS, EPOCHS = 3, 10


@dataclass(frozen=True)
class Epoch:
    """What there is to tell after an epoch.

    Attributes:
        variant, seed: of the run.
        loss: mean of the epoch.
        done: the run that this epoch ended, if it did; it is in the file by then.
    """

    variant: str
    seed: int
    loss: float
    done: Run | None = None


class Comparison:
    """Every variant, trained from every seed; runs that the file has already are not done again.

    Args:
        path: of the file with the results, which is made or continued.
        seeds: how many, counted from 0.
        epochs: of each run.
        fresh: begin anew, whatever the file holds.
        variants: what is compared.
        data: images to learn from and to be judged by; by default Fashion-MNIST's.

    Raises:
        ArgumentError: seeds or epochs are below 1, the folder is not there, or the file has runs that were made
            otherwise than these would be.
        DataFileError: the file holds something else.
    """

    @checked
    def __init__(
        self,
        path: Path,
        seeds: int = SEEDS,
        epochs: int = EPOCHS,
        fresh: bool = False,
        variants: Sequence[Variant] = VARIANTS,
        data: Split | None = None,
    ) -> None:
        for name, value in (("seeds", seeds), ("epochs", epochs)):
            if value < 1:
                raise ArgumentError(f"{name} must be 1 or more, got {value}")
        if not path.parent.is_dir() or path.is_dir():
            raise ArgumentError(f"{path}: results are a file in a folder that exists")
        self.path, self.epochs = path, epochs
        self._data = fashion_mnist() if data is None else data
        begun = Results(NAME, self._settings(), environment())
        self.results = begun if fresh or not path.exists() else _continued(path, begun)
        have = {(run.variant, run.seed) for run in self.results.runs}
        every = [(variant, seed) for seed in range(seeds) for variant in variants]
        self.left = [(variant, seed) for variant, seed in every if (variant.name, seed) not in have]
        self.total = len(every)

    def _settings(self) -> dict[str, Any]:
        sizes = {"train_images": len(self._data.train_images), "test_images": len(self._data.test_images)}
        return {"epochs": self.epochs, "batch": training.BATCH, "rate": training.RATE, **sizes}

    def run(self) -> Iterator[Epoch]:
        """Does what is left; each run is in the file before its last epoch is given.

        Raises:
            OSError: the file cannot be written, which is found out before anything is trained.
        """
        write(self.path, self.results)
        while self.left:
            variant, seed = self.left[0]
            yield from self._run(variant, seed)

    def _run(self, variant: Variant, seed: int) -> Iterator[Epoch]:
        random.seed(seed)
        network = SmallAlexNet(variant)
        losses = training.fit(network, training.batches(self._data, train=True), self.epochs)
        for number, loss in enumerate(losses, start=1):
            done = self._finish(network, variant, seed) if number == self.epochs else None
            yield Epoch(variant.name, seed, loss, done)

    def _finish(self, network: SmallAlexNet, variant: Variant, seed: int) -> Run:
        accuracy = training.accuracy(network, training.batches(self._data, train=False))
        run = Run(variant.name, seed, accuracy, *parameter_counts(network))
        self.results = self.results.with_run(run)
        write(self.path, self.results)
        self.left = self.left[1:]
        return run


def _continued(path: Path, begun: Results) -> Results:
    """The results in a file, if new runs are comparable with them."""
    found = read(path)
    for what in ("experiment", "settings", "environment"):
        was, now = getattr(found, what), getattr(begun, what)
        if was != now:
            raise ArgumentError(
                f"{path} has runs that were made otherwise, {what}: {_difference(was, now)}; "
                "give another file, or begin anew with fresh"
            )
    return found


def _difference(was: Any, now: Any) -> str:
    if not isinstance(was, dict):
        return f"{was!r}, not {now!r}"
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return ", ".join(f"{name} {was.get(name)}, not {now.get(name)}" for name in names)
