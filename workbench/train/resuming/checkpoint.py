"""How often a run's state is written, where to, and how many are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.arguments import AboveZero, Positive, check, checked
from workbench.errors import ArgumentError
from workbench.train.metric import EvalMetric
from workbench.train.resuming.run import Run


@dataclass(frozen=True)
class Checkpoint:
    """Checkpoints of a training: parameters, optimizer, place in the data, random state and metric.

    One is written when a batch is done and it is time, and after the last epoch; without `every` and `seconds`,
    after each epoch.  ``module.fit(…, checkpoint=Checkpoint(…), resume=True)`` goes on from the newest to the bit;
    in a loop of one's own, `run` does::

        run = Checkpoint("runs/lenet", every=100).run(trainer, loader, resume=False)
        for epoch in run.epochs(10):
            for nbatch, (data, label) in run.batches():
                …  # forward, backward, trainer.step

    Of several workers (`parallel.cluster`) the first writes, and all read: the directory is one that all see, and
    their number may be another when training goes on, with data as `io.PartIter` shares it out.

    Args:
        directory: one for the run alone.
        every: batches between two.
        seconds: seconds between two.
        keep: how many are kept.

    Raises:
        ArgumentError: an argument is of the wrong kind.
    """

    directory: str | Path
    every: Positive | None = None
    seconds: AboveZero | None = None
    keep: Positive = 3

    def __post_init__(self) -> None:
        check(Checkpoint, vars(self), lambda: "Checkpoint()")
        if not str(self.directory) or "\0" in str(self.directory):
            raise ArgumentError(f"Checkpoint(): directory must be a directory's name, got {self.directory!r}")

    @checked
    def run(self, trained: Any, data: Any, metric: EvalMetric | None = None, resume: bool = False) -> Run:
        """A training whose epochs and batches are gone through by the loops of a `Run`.

        Args:
            trained: a Gluon `Trainer`, or a module with parameters and an optimizer.
            data: an iterator of `io`, or what begins anew with every loop over it, such as a `DataLoader`.
            metric: a training metric, whose sums are kept too.
            resume: go on from the newest checkpoint.

        Raises:
            ArgumentError: an argument is of the wrong kind.
            CheckpointError: there is none, it is damaged, or of another network; or, without `resume`, the directory
                is not empty; or it is none that can be written to.
            NotSupportedError: the data can not say where it stands, or the module what its training changes.
        """
        if not callable(getattr(trained, "trained", None)):
            raise ArgumentError(
                f"Checkpoint.run(): trained must be a Trainer, or a module with an optimizer, got"
                f" {type(trained).__name__}; for a Gluon block give its Trainer"
            )
        return Run(trained, data, metric, self, resume)


def as_checkpoint(checkpoint: Any, resume: bool) -> Checkpoint | None:
    """A checkpoint from itself, from a directory's name, or None.

    Raises:
        ArgumentError: it is none of these, or there is none to resume from.
    """
    if isinstance(checkpoint, (str, Path)):
        return Checkpoint(checkpoint)
    if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
        raise ArgumentError(
            f"checkpoint is a Checkpoint or a directory's name, got {type(checkpoint).__name__}"
        )
    if checkpoint is None and resume:
        raise ArgumentError("resume=True needs checkpoint, the directory to resume from")
    return checkpoint
