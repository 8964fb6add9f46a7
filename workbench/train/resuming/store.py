"""The checkpoints of one run, in a directory of their own, through orbax.

Orbax writes a checkpoint under a temporary name and gives it its own only when it is whole, so a process that dies
while it writes leaves nothing that could be taken for one.  What it does not notice is a byte that changes
afterwards, and of a file that is cut it tells from a thread of its own; hence the digest, the checksum of every file,
that is written last: without it a checkpoint is none, and it is compared before anything is read.
"""

from __future__ import annotations

import json
import logging
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from workbench.errors import CheckpointError

FORMAT = "workbench training 1"
TEMPORARY = ".orbax-checkpoint-tmp"
DIGEST = "workbench-digest.json"


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
    """

    def __init__(self, directory: Path, keep: int) -> None:
        self.directory = directory
        found = _entries(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self._unfinished = [p for p in found if p.name.endswith(TEMPORARY)]
        self._others = [p.name for p in found if p not in self._unfinished and not (p / DIGEST).exists()]
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
        self._require_own()

    def _require_own(self) -> None:
        if self._others:
            raise CheckpointError(
                f"{self.directory} holds {self._others[0]!r}, which is no checkpoint; a run's checkpoints take a"
                " directory of their own"
            )

    def steps(self) -> list[int]:
        """After how many batches there is a whole checkpoint, in rising order."""
        return sorted(step for step in self._manager.all_steps() if self._digest(step).exists())

    def _digest(self, step: int) -> Path:
        return self.directory / str(step) / DIGEST

    def save(self, step: int, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Writes a checkpoint; it is there when this returns, and the oldest is gone if there are too many."""
        items = self._args.Composite(
            arrays=self._args.StandardSave({str(at): np.asarray(a) for at, a in enumerate(arrays.values())}),
            record=self._args.JsonSave({"format": FORMAT, "arrays": list(arrays), **record}),
        )
        while self._unfinished:  # of a process that died; now that this one writes, no other reads
            shutil.rmtree(self._unfinished.pop(), ignore_errors=True)
        with _quiet():
            if step in self._manager.all_steps():  # it has no digest: its process died before it wrote one
                self._manager.delete(step)
            self._manager.save(step, args=items)
        digest = self._digest(step)
        draft = digest.with_suffix(".draft")
        draft.write_text(json.dumps(_checksums(digest.parent)))
        draft.replace(digest)

    def load(self) -> Kept:
        """The newest checkpoint.

        Raises:
            CheckpointError: there is none, or it is cut short, damaged, or another program's.
        """
        steps = self.steps()
        if not steps:
            self._require_own()
            raise CheckpointError(f"there is no checkpoint in {self.directory} to resume from")
        self._verify(steps)
        items = self._args.Composite(arrays=self._args.StandardRestore(), record=self._args.JsonRestore())
        with _quiet():
            found = self._manager.restore(steps[-1], args=items)
        if found.record["format"] != FORMAT:
            raise CheckpointError(
                f"{self.directory / str(steps[-1])} is of format {found.record['format']!r}, not {FORMAT!r}"
            )
        arrays = {name: np.asarray(found.arrays[str(at)]) for at, name in enumerate(found.record["arrays"])}
        return Kept(steps[-1], arrays, found.record)

    def _verify(self, steps: list[int]) -> None:
        """Whether every file is as it was written."""
        digest = self._digest(steps[-1])
        try:
            written = dict(json.loads(digest.read_text()))
        except ValueError:
            written = {DIGEST: -1}
        there = _checksums(digest.parent)
        wrong = [name for name, checksum in written.items() if there.get(name) != checksum]
        if wrong:
            before = (
                f"without it, the one after batch {steps[-2]} is taken" if steps[1:] else "it is the only one"
            )
            raise CheckpointError(
                f"the checkpoint {digest.parent} is damaged: {wrong[0]} is not what was written; {before}"
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


def _checksums(directory: Path) -> dict[str, int]:
    files = [path for path in directory.rglob("*") if path.is_file() and path.stem != Path(DIGEST).stem]
    return {path.relative_to(directory).as_posix(): zlib.crc32(path.read_bytes()) for path in sorted(files)}


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
