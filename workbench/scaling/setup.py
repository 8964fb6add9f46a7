"""A network, a cluster and a store, and what the cost model says of training with them.

MXNet's stores differ in where gradients are added up and in who waits: ``local`` on one device, ``device`` on all of a
host, each its share, ``dist_sync`` between hosts by a method of one's choice, ``dist_async`` on servers that let no
host wait for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal, get_args

from workbench.arguments import Positive, Range, check, checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.parallel.costmodel import Cluster, Exchange, Job, Span, asynchronous, in_turn, phases, simulate
from workbench.parallel.costmodel.scaling import sized
from workbench.types import Quantity

Store = Literal["local", "device", "dist_sync", "dist_async"]
SERVERS = Exchange("server")
STEPS = 20  # of hosts that do not wait


@dataclass(frozen=True)
class Outcome:
    """What the model says.

    Attributes:
        step: how long a step takes, in s; of hosts that do not wait, what they take on average.
        throughput: examples/s of all.
        exposed: s of a step in which the slowest device neither is fed nor computes; None where hosts do not wait.
        staleness: updates of others between a host's pull and its push; None where hosts wait.
        spans: who was busy when; one device of each kind stands for all.
    """

    step: Quantity
    throughput: Quantity
    exposed: Quantity | None
    staleness: Quantity | None
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Setup:
    """What is trained, on what, and how.

    Attributes:
        job: what each device does.
        cluster: on what.
        store: ``"local"``, ``"device"``, ``"dist_sync"`` or ``"dist_async"``.
        exchange: between hosts, for ``dist_sync``, which in `kvstore` sends two bits by ``"gather"``; of
            ``dist_async`` it says how many servers, and whether compressed.
        late: how much longer than the others the last device computes, 1 or more.

    Raises:
        ArgumentError: there is no such store, it is of one host and there are several, it needs servers and there are
            none, or nobody is that late.
    """

    job: Job
    cluster: Cluster
    store: Store = "dist_sync"
    exchange: Exchange = SERVERS
    late: Annotated[float, Range(1, finite=True)] = 1.0

    def __post_init__(self) -> None:
        known = get_args(Store)
        if self.store not in known:
            raise ArgumentError(
                f"Setup: store must be one of {', '.join(known)}, got {self.store!r}."
                f"{did_you_mean(str(self.store), known)}"
            )
        check(Setup, vars(self), lambda: "Setup")
        if self.store in ("local", "device") and self.cluster.hosts > 1:
            raise ArgumentError(f"Setup: a store {self.store!r} is of one host, got {self.cluster.hosts}")
        if self.store == "dist_async" and self.exchange.method != "server":
            raise ArgumentError(f"Setup: dist_async needs servers, got method {self.exchange.method!r}")

    @property
    def sent(self) -> Exchange:
        """How gradients are exchanged with this store."""
        if self.store == "local":
            return Exchange("local")
        return (
            replace(self.exchange, method="server", servers=0, compressed=False)
            if self.store == "device"
            else self.exchange
        )

    @checked
    def at(self, devices: Positive) -> Setup:
        """The same with so many devices, of which as many as here fill a host.

        Raises:
            ArgumentError: the last of several hosts would not be full.
        """
        return replace(self, cluster=sized(self.cluster, devices), late=self.late if devices > 1 else 1.0)

    @cached_property
    def outcome(self) -> Outcome:
        """What the model says of it."""
        return (
            self._not_waiting() if self.store == "dist_async" and self.cluster.hosts > 1 else self._waiting()
        )

    @property
    def efficiency(self) -> Quantity:
        """What is left of so many times the throughput of one device."""
        alone = in_turn(self.job, sized(self.cluster, 1), self.sent)  # it has nothing to exchange
        part = alone / self.job.batch * self.outcome.throughput.value / self.cluster.total
        how = "throughput / devices / throughput of one"
        return Quantity(part, "1", "predicted", how, "efficiency")

    def carried(self) -> dict[str, Quantity]:
        """Bytes that each link of a level carries one way in a step: gradients, and over ``"feed"`` the input too."""
        found: dict[str, float] = {}
        for phase in phases(self.sent, self.cluster, self.job.size):
            found[phase.level] = found.get(phase.level, 0.0) + phase.size
        if self.job.fed.value:
            found["feed"] = found.get("feed", 0.0) + self.job.fed.value * self.cluster.devices
        how = f"phases of {self.sent.method}, added up"
        return {
            level: Quantity(size, "B", "predicted", how, f"bytes {level}") for level, size in found.items()
        }

    @checked
    def curve(self, counts: Sequence[Positive]) -> Iterator[Setup]:
        """The same with ever more devices."""
        return map(self.at, counts)

    @property
    def kinds(self) -> list[list[float]]:
        """One device of each kind in one host of each kind: all alike, but for the last."""
        last = [1.0, self.late] if self.cluster.devices > 1 else [self.late]
        if self.late == 1:
            return [[1.0]]
        return [[1.0], last] if self.cluster.hosts > 1 else [last]

    def _waiting(self) -> Outcome:
        done = simulate(self.job, self.cluster, self.sent, kinds=self.kinds)
        rate = self.cluster.total * self.job.batch / done.step.value
        how = "devices × batch / step"
        return Outcome(
            done.step,
            Quantity(rate, "examples/s", "predicted", how, "throughput"),
            done.exposed,
            None,
            done.spans,
        )

    def _not_waiting(self) -> Outcome:
        slow = (1.0,) * (self.cluster.hosts - 1) + (self.late,)
        done = asynchronous(self.job, self.cluster, self.sent, STEPS, slow=slow)
        seconds = self.cluster.total * self.job.batch / done.throughput.value
        step = replace(done.throughput, value=seconds, unit="s", name="step")
        return Outcome(step, done.throughput, None, done.staleness, done.spans)
