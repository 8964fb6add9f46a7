"""Collective operations message by message: the check on the formulas in `exchange`.

Every taker has a port out and a port in.  A message keeps the sender's port out and the receiver's port in busy while
its bytes go through, and is there a latency later; a taker sends what a round gives it once all that earlier rounds
send it has come.  Nothing is said of how long that takes in all: it follows.

Source: D. Culler et al., "LogP: Towards a Realistic Model of Parallel Computation", PPoPP 1993, with a gap for each
byte as in A. Alexandrov et al., "LogGP", SPAA 1995.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.parallel.costmodel.cluster import Link

if TYPE_CHECKING:
    import simpy


@dataclass(frozen=True)
class Message:
    """Bytes that one taker sends another.

    Attributes:
        source, target: numbers of the takers.
        size: bytes.
    """

    source: int
    target: int
    size: float


Rounds = Sequence[Sequence[Message]]


def ring(takers: Sequence[int], size: float) -> list[list[Message]]:
    """Each passes a chunk to the next, 2(n − 1) times; whose chunk it is does not matter for the time."""
    count = len(takers)
    once = [Message(takers[i], takers[(i + 1) % count], size / count) for i in range(count)]
    return [once] * (2 * (count - 1))


def tree(takers: Sequence[int], size: float) -> list[list[Message]]:
    """The second half of those left sends to the first, until one is left; and back the same way."""
    up = []
    left = list(takers)
    while len(left) > 1:
        half = (len(left) + 1) // 2
        up.append([Message(b, a, size) for a, b in zip(left, left[half:], strict=False)])
        left = left[:half]
    return up + [[Message(m.target, m.source, m.size) for m in each] for each in reversed(up)]


def push(workers: Sequence[int], servers: Sequence[int], size: float) -> list[list[Message]]:
    """Each worker sends each server its part, beginning with another one each; what stays at home is not sent."""
    part = size / len(servers)
    return [
        [
            Message(worker, server, part)
            for place, worker in enumerate(workers)
            if worker != (server := servers[(place + turn) % len(servers)])
        ]
        for turn in range(len(servers))
    ]


@dataclass(frozen=True)
class Sent:
    """What came of sending messages.

    Attributes:
        seconds: until the last is there.
        carried: bytes that each taker's port sent.
    """

    seconds: float
    carried: Mapping[int, float]


def send(rounds: Rounds, link: Link, waiting: bool = True) -> Sent:
    """Sends messages round after round.

    Args:
        rounds: who sends whom how much.
        link: of each taker.
        waiting: whether what a taker sends depends on what it received in earlier rounds.
    """
    import simpy

    run = _Run(simpy.Environment(), link, waiting)
    for messages in rounds:
        run.add(messages)
    run.environment.run()
    return Sent(run.last, dict(run.carried))


class _Run:
    def __init__(self, environment: simpy.Environment, link: Link, waiting: bool) -> None:
        import simpy

        self.environment, self._link, self._waiting = environment, link, waiting
        self._out: dict[int, simpy.Resource] = defaultdict(lambda: simpy.Resource(environment))
        self._in: dict[int, simpy.Resource] = defaultdict(lambda: simpy.Resource(environment))
        self._received: dict[int, list[simpy.Event]] = defaultdict(list)
        self.carried: dict[int, float] = defaultdict(float)
        self.last = 0.0

    def add(self, messages: Iterable[Message]) -> None:
        """One more round, which depends on those added before."""
        env = self.environment
        needed = {
            m.source: env.all_of(list(self._received[m.source]) if self._waiting else []) for m in messages
        }
        sent = [(m.target, env.process(self._send(m, needed[m.source]))) for m in messages]
        for target, there in sent:
            self._received[target].append(there)

    def _send(self, message: Message, needed: simpy.Event) -> Generator[Any, Any, None]:
        yield needed
        with self._out[message.source].request() as out:
            yield out
            with self._in[message.target].request() as into:
                yield into
                yield self.environment.timeout(message.size / self._link.bandwidth.value)
        self.carried[message.source] += message.size
        yield self.environment.timeout(self._link.latency.value)
        self.last = max(self.last, self.environment.now)
