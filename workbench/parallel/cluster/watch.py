"""Waiting for workers: until all are done, one has failed or died, or the user interrupts.

Nothing here waits without asking, a few times a second, whether every worker still lives.  A worker that dies takes
its connections along, so its peers fail as well, sooner or later; of several failures the one that led to the others is
told.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from workbench.errors import WorkerError
from workbench.parallel.cluster.progress import Shown
from workbench.parallel.cluster.worker import Facts

PAUSE = 0.05  # seconds between two looks
PATIENCE = 10.0  # seconds for the others to end, once one has failed or an interrupt was sent
LOST = "KeyboardInterrupt", "WorkerError"  # what follows from another worker's failure


class Watched(NamedTuple):
    """A worker's piece of work."""

    rank: int
    facts: Facts
    result: Any  # ipyparallel's AsyncResult
    alive: Callable[[], bool]

    @property
    def who(self) -> str:
        """The worker by its names."""
        return _who(self.rank, self.facts)

    def failure(self) -> BaseException | None:
        """What it failed with, if it did."""
        try:
            return self.result.exception(0) if self.result.ready() else None
        except TimeoutError:
            return None

    def succeeded(self) -> bool:
        """Whether it gave a result."""
        return self.result.ready() and self.failure() is None

    def died(self) -> bool:
        """Whether its process is gone without an answer."""
        failure = self.failure()
        if failure is not None:
            return _name(failure) == "EngineError"  # ipyparallel's, as it is or as a message from elsewhere
        return not self.result.ready() and not self.alive()


class GroupLostError(WorkerError):
    """A worker died or does not end, so that its group can't go on."""


def check_alive(alive: Sequence[Callable[[], bool]], facts: Sequence[Facts], doing: str) -> None:
    """Whether all workers can begin.

    Raises:
        GroupLostError: one is dead.
    """
    _report_dead(
        [(rank, facts[rank]) for rank, lives in enumerate(alive) if not lives()], f"before the {doing}"
    )


def wait(
    workers: Sequence[Watched], shown: Shown, interrupt: Callable[[Sequence[int]], None], doing: str
) -> None:
    """Until every worker has a result.

    Args:
        interrupt: sends SIGINT to workers of these ranks.
        doing: what they do, for messages.

    Raises:
        GroupLostError: a worker's process ended; or one failed, or there was an interrupt, and others do not end.
        WorkerError: one failed; the others have ended.
        KeyboardInterrupt: the user interrupted, and all have ended.
    """
    try:
        while not _over(workers):
            shown.show([worker.result.data or {} for worker in workers])
            time.sleep(PAUSE)
        for worker in workers:
            if worker.succeeded():
                worker.result.wait_for_output(PATIENCE)  # what it told last may come after its result
        shown.show([worker.result.data or {} for worker in workers])
    except KeyboardInterrupt:
        _end(workers, interrupt, doing)
        raise
    finally:
        shown.close()
    if any(worker.failure() is not None or worker.died() for worker in workers):
        _settle(workers, PATIENCE)
        _check_dead(workers, doing)
        if not settled(workers):
            _end(workers, interrupt, doing)
        raise _told(workers, doing)


def _over(workers: Sequence[Watched]) -> bool:
    return settled(workers) or any(worker.died() or worker.failure() is not None for worker in workers)


def settled(workers: Sequence[Watched]) -> bool:
    """Whether all have ended, well or not."""
    return all(worker.result.ready() for worker in workers)


def _settle(workers: Sequence[Watched], patience: float) -> None:
    """Gives the others time to end, unless one is known to be dead."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not settled(workers) and not any(w.died() for w in workers):
        time.sleep(PAUSE)


def _end(workers: Sequence[Watched], interrupt: Callable[[Sequence[int]], None], doing: str) -> None:
    """Interrupts the workers that have not ended: once, for all to stop together; then again, each by itself."""
    for _ in range(2):
        interrupt([worker.rank for worker in workers if not worker.result.ready()])
        _settle(workers, PATIENCE)
        _check_dead(workers, doing)
        if settled(workers):
            return
    stuck = [worker for worker in workers if not worker.result.ready()]
    raise GroupLostError(
        f"{', '.join(worker.who for worker in stuck)}: two interrupts did not end the {doing}, so all workers were "
        "stopped; restart() starts new ones",
        stuck[0].rank,
        stuck[0].facts.pid,
    )


def _check_dead(workers: Sequence[Watched], doing: str) -> None:
    _report_dead([(w.rank, w.facts) for w in workers if w.died()], f"during the {doing}")


def _report_dead(dead: Sequence[tuple[int, Facts]], when: str) -> None:
    if dead:
        raise GroupLostError(
            f"{', '.join(_who(*each) for each in dead)} died {when}. Its group can't go on without it, so "
            "the other workers were stopped; restart() starts new ones, which can resume from the last checkpoint",
            dead[0][0],
            dead[0][1].pid,
        )


def _told(workers: Sequence[Watched], doing: str) -> WorkerError:
    """The failure that led to the others."""
    failed = [(worker, failure) for worker in workers if (failure := worker.failure()) is not None]
    worker, failure = min(failed, key=lambda each: (_name(each[1]) in LOST, each[0].rank))
    told = WorkerError(
        f"{worker.who} failed in the {doing}: {named(failure)}",
        worker.rank,
        worker.facts.pid,
    )
    told.__cause__ = failure
    return told


def _who(rank: int, facts: Facts) -> str:
    return f"worker {rank} (pid {facts.pid} on {facts.host})"


def named(failure: Any) -> str:
    """A failure's kind and text, as where it was raised."""
    return f"{_name(failure)}: {getattr(failure, 'evalue', failure)}"


def _name(failure: Any) -> str:
    return getattr(failure, "ename", type(failure).__name__)


def interrupted(client: Any, ids: Sequence[int]) -> Callable[[Sequence[int]], None]:
    """What sends SIGINT to the engines of some ranks."""

    def send(ranks: Sequence[int]) -> None:
        there = [ids[rank] for rank in ranks if ids[rank] in client.ids]
        if there:
            client.send_signal(signal.SIGINT, targets=there, block=False)

    return send
