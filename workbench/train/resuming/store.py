"""The checkpoints of one run, in a directory of their own, through orbax.

Orbax writes a checkpoint under a temporary name and gives it its own only when it is whole, so a process that dies
while it writes leaves nothing that could be taken for one.  What it does not notice is a byte that changes
afterwards, and of a file that is cut it tells from a thread of its own; hence the `digest` that is written last:
without it a checkpoint is none, and it is compared before anything is read.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from workbench.errors import CheckpointError
from workbench.train.resuming import digest

FORMAT = "workbench training 1"
TEMPORARY = ".orbax-checkpoint-tmp"


class Kept(NamedTuple):
    """A checkpoint as it was read: arrays by name, and a record of numbers, text, lists and mappings."""

    step: int
    arrays: dict[str, np.ndarray]
    record: dict[str, Any]


class Store:
    """Checkpoints by the number of batches before them.

    Args:
        directory: where they are; it is made if need be.
        keep: how many; the oldest go.

    Raises:
        CheckpointError: the directory is none, or can't be made or written to.
    """

    def __init__(self, directory: Path, keep: int) -> None:
        self.directory = directory
        with _said(f"{directory} can not hold checkpoints"):
            self._others = [
                p.name for p in _entries(directory) if not digest.is_whole(p) and not _is_unfinished(p)
            ]
            directory.mkdir(parents=True, exist_ok=True)
        if jax.process_index() == 0 and not os.access(directory, os.W_OK | os.X_OK):
            raise CheckpointError(f"{directory} can not hold checkpoints: nothing can be written to it")
        with _quiet():
            from orbax import checkpoint as orbax  # here, so that importing the workbench need not pay for it

            self._args = orbax.args
            self._manager = orbax.CheckpointManager(directory.absolute(), options=_options(orbax, keep))

    def require_new(self) -> None:
        """Whether a new run can begin here.

        Raises:
            CheckpointError: the directory holds an earlier run, or something else.
        """
        if steps := self.steps():
            raise CheckpointError(
                f"{self.directory} holds an earlier run, up to batch {steps[-1]}: resume=True goes on with it,"
                " another directory begins anew"
            )
        self._require_own(self._others)

    def _require_own(self, others: Sequence[str]) -> None:
        if others:
            raise CheckpointError(
                f"{self.directory} holds {others[0]!r}, which is no checkpoint; a run's checkpoints take a"
                " directory of their own"
            )

    def steps(self) -> list[int]:
        """After how many batches there is a whole checkpoint, in rising order."""
        return sorted(step for step in self._manager.all_steps() if digest.is_whole(self._path(step)))

    def _path(self, step: int) -> Path:
        return self.directory / str(step)

    def save(self, step: int, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Writes a checkpoint; it is there when this returns, and the oldest is gone if there are too many.

        Raises:
            CheckpointError: it can't be written.
        """
        items = self._args.Composite(
            arrays=self._args.StandardSave({str(at): np.asarray(a) for at, a in enumerate(arrays.values())}),
            record=self._args.JsonSave({"format": FORMAT, "arrays": list(arrays), **record}),
        )
        with _said(f"the checkpoint {self._path(step)} can not be written"), _quiet():
            self._clear()
            self._manager.save(step, args=items)
            digest.write(self._path(step))

    def _clear(self) -> None:
        """Removes what was left unfinished; now that this process writes, no other does."""
        for path in filter(_is_unfinished, _entries(self.directory)):
            shutil.rmtree(path)
            self._manager.reload()  # so that it does not count as one of those to keep

    def load(self) -> Kept:
        """The newest checkpoint.

        Raises:
            CheckpointError: there is none, or it is cut short, damaged, or another program's.
        """
        steps = self.steps()
        # What has a number for its name orbax takes for one of those of which it keeps a few.
        self._require_own([name for name in self._others if name.isdigit() or not steps])
        if not steps:
            begun = any(map(_is_unfinished, _entries(self.directory)))
            raise CheckpointError(
                f"there is no checkpoint in {self.directory} to resume from"
                + ", only one whose writing did not end; resume=False begins anew there" * begun
            )
        self._verify(steps)
        items = self._args.Composite(arrays=self._args.StandardRestore(), record=self._args.JsonRestore())
        with _quiet():
            found = self._manager.restore(steps[-1], args=items)
        path, record = self._path(steps[-1]), found.record if isinstance(found.record, dict) else {}
        if record.get("format") != FORMAT:
            raise CheckpointError(f"{path} is of format {record.get('format')!r}, not {FORMAT!r}")
        names = record.get("arrays")
        if not isinstance(names, list) or set(found.arrays) != set(map(str, range(len(names)))):
            raise CheckpointError(
                f"the checkpoint {path} was altered: its record does not name its {len(found.arrays)} arrays"
            )
        arrays = {name: np.asarray(found.arrays[str(at)]) for at, name in enumerate(names)}
        return Kept(steps[-1], arrays, record)

    def _verify(self, steps: list[int]) -> None:
        """Whether every file is as it was written."""
        path = self._path(steps[-1])
        if wrong := digest.wrong(path):
            before = (
                f"without it, the one after batch {steps[-2]} is taken" if steps[1:] else "it is the only one"
            )
            raise CheckpointError(
                f"the checkpoint {path} is damaged: {wrong} is not what was written; {before}"
            )

    def close(self) -> None:
        """Lets go of the directory."""
        with _quiet():
            self._manager.close()


def _entries(directory: Path) -> list[Path]:
    if directory.is_file():
        raise CheckpointError(f"{directory} is a file; checkpoints take a directory")
    return sorted(directory.iterdir()) if directory.is_dir() else []


def _options(orbax: Any, keep: int) -> Any:
    """One process by itself reads and writes, whatever group it is in: orbax waits for no other."""
    me = jax.process_index()
    alone = orbax.options.MultiprocessingOptions(me, {me}, f"process {me}")
    return orbax.CheckpointManagerOptions(
        max_to_keep=keep, create=False, enable_async_checkpointing=False, multiprocessing_options=alone
    )


def _is_unfinished(path: Path) -> bool:
    """Whether it is a checkpoint whose process ended before it was written: before its name, or before its digest."""
    if path.name.endswith(TEMPORARY):
        return True
    if not path.name.isdigit() or digest.is_whole(path):
        return False
    try:
        record = json.loads((path / "record" / "metadata").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("format") == FORMAT


@contextmanager
def _said(what: str) -> Iterator[None]:
    """Tells what came of an error of the file system."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"{what}: {error}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps orbax from logging some forty lines a checkpoint where the user logs at level INFO."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
