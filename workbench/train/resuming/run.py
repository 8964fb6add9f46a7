"""A training that can be left in the middle and taken up again: two nested loops that know where they stand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax

from workbench.arguments import Count, check, checked
from workbench.errors import ArgumentError, CheckpointError, NotInitializedError, NotSupportedError
from workbench.runtime import random
from workbench.train.metric.kept import kept, restore
from workbench.train.resuming.place import place
from workbench.train.resuming.store import Store
from workbench.train.resuming.trained import Trained, shapes

if TYPE_CHECKING:
    from workbench.train.resuming.checkpoint import Checkpoint


class Run:
    """The epochs and batches of one training; `Checkpoint.run` and `Module.fit` make it.

    Args:
        trained: what has `trained()`, or None where nothing is kept.
        data: what `batches` goes through.
        metric: a training metric, or None.
        checkpoint: what is kept, or None.
        resume: go on from the newest checkpoint.

    Attributes:
        epoch, batch: where it stands: this many epochs are done, and this many batches of the next.
        step: batches done in all.
    """

    def __init__(
        self, trained: Any, data: Any, metric: Any, checkpoint: Checkpoint | None, resume: bool
    ) -> None:
        self.epoch = self.batch = self.step = 0
        self._trained, self._metric, self._checkpoint = trained, metric, checkpoint
        self._place = place(data)
        self._saved_at = time.monotonic()
        self._store: Store | None = None
        if checkpoint is not None:
            self._place.get()  # data that can not say where it stands is refused before the first batch
            with suppress(
                NotInitializedError
            ):  # it may get its shapes, and more, before the first checkpoint
                self._kept()
            self._store = Store(Path(checkpoint.directory), checkpoint.keep)
            self._resume(self._store) if resume else self._store.require_new()

    # -- the loops -------------------------------------------------------------------------------

    @checked
    def epochs(self, num_epoch: int, begin_epoch: int = 0) -> Iterator[int]:
        """The epochs that are left until `num_epoch`; each is over when the next is asked for.

        Raises:
            ArgumentError: a number is none.
        """
        self.epoch = max(self.epoch, begin_epoch)
        while self.epoch < num_epoch:
            yield self.epoch
            self._place.end_epoch()
            self.epoch, self.batch = self.epoch + 1, 0
            self._after_epoch(last=self.epoch >= num_epoch)

    def batches(self) -> Iterator[tuple[int, Any]]:
        """(number, batch) of what is left of the epoch; each is done when the next is asked for."""
        for batch in self._place.batches(self.batch):
            yield self.batch, batch
            self.batch, self.step = self.batch + 1, self.step + 1
            if self._is_due():
                self.save()

    # -- keeping ---------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        policy = self._checkpoint
        if policy is None:
            return False
        if policy.every is not None and self.step % policy.every == 0:
            return True
        return policy.seconds is not None and time.monotonic() - self._saved_at >= policy.seconds

    def _after_epoch(self, last: bool) -> None:
        policy = self._checkpoint
        if policy is not None and (last or (policy.every is None and policy.seconds is None)):
            self.save()

    def save(self) -> None:
        """Writes a checkpoint, unless there is one of this batch; of several workers the first does.

        Raises:
            NotSupportedError: several workers compress their gradients.
        """
        if self._store is None or self.step in self._store.steps() or jax.process_index() > 0:
            return
        arrays, record = self._kept().read()
        record |= {
            "epoch": self.epoch,
            "batch": self.batch,
            "random": list(random.state()),
            "data": self._place.get(),
            "metric": kept(self._metric),
        }
        self._store.save(self.step, arrays, record)
        self._saved_at = time.monotonic()

    def _kept(self) -> Trained:
        trained: Trained = self._trained.trained()
        if trained.compressions and jax.process_count() > 1:
            raise NotSupportedError(
                "a checkpoint does not keep what the compressions of several workers have yet to send; leave out"
                " compression_params, or the checkpoint"
            )
        return trained

    def _resume(self, store: Store) -> None:
        step, arrays, record = store.load()
        _check(step, record)
        trained = self._trained.trained(shapes(arrays))
        trained.check(arrays, record)
        self._place.set(record["data"])
        trained.write(arrays, record)
        restore(self._metric, record["metric"])
        random.set_state(tuple(record["random"]))
        self.epoch, self.batch, self.step = record["epoch"], record["batch"], step


class Record(NamedTuple):
    """What a checkpoint holds beside arrays, of which `Trained` gives the last two."""

    epoch: Count
    batch: Count
    random: tuple[int, int]
    data: Mapping[str, Any]
    metric: Mapping[str, Any] | None
    optimizers: Sequence[str]
    schedules: Sequence[Mapping[str, Any]]


def _check(step: int, record: Mapping[str, Any]) -> None:
    """Whether a checkpoint's record is one.

    Raises:
        CheckpointError: it lacks something, or holds something else.
    """
    where = f"the checkpoint after batch {step} was altered: its record"
    if missing := [name for name in Record._fields if name not in record]:
        raise CheckpointError(f"{where} has no {missing[0]!r}")
    try:
        check(Record, record, lambda: where)
    except ArgumentError as error:
        raise CheckpointError(str(error)) from None
