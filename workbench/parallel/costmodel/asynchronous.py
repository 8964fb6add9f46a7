"""Hosts that wait for nobody: each pushes its gradients and pulls parameters when it is ready.

A slow host then costs its own examples only, but its gradients belong to parameters that others have changed in the
meantime.  How many updates have come in between is the gradient's staleness; with n equal hosts it is n − 1.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.arguments import FiniteAboveZero, FiniteAtLeastZero, Positive, checked
from workbench.errors import ArgumentError
from workbench.parallel.costmodel.cluster import Cluster
from workbench.parallel.costmodel.exchange import TWO_BITS, Exchange, phases
from workbench.parallel.costmodel.job import Job
from workbench.parallel.costmodel.step import Kind, Span, fed
from workbench.parallel.costmodel.straggler import drawn
from workbench.types import Quantity

if TYPE_CHECKING:
    import simpy


MOST = 100_000  # steps of all hosts, which take some 10 s


@dataclass(frozen=True)
class Asynchronous:
    """Hosts that ran for a while.

    Attributes:
        throughput: examples/s of all hosts.
        staleness: updates of others between a host's pull and its push, on average.
        steps: how many each host took.
        spans: who was busy when; the first device of a host stands for all of its devices.
    """

    throughput: Quantity
    staleness: Quantity
    steps: tuple[int, ...]
    spans: tuple[Span, ...] = ()


@checked
def asynchronous(
    job: Job,
    cluster: Cluster,
    exchange: Exchange,
    steps: Positive = 20,
    scatter: FiniteAtLeastZero = 0.0,
    slow: tuple[FiniteAboveZero, ...] = (),
    seed: int = 0,
) -> Asynchronous:
    """Simulates hosts that train against parameter servers without waiting for one another.

    A host's devices do wait for one another, and a host pushes when its backward pass is over.

    Args:
        job: what each device does in a step.
        cluster: on what.
        exchange: with ``method="server"``.
        steps: that a host of the job's own speed has time for, communication left out.
        scatter: standard deviation of a device's time, as a part of its mean, drawn anew each step.
        slow: for each host how much longer it computes than the job says; hosts are equal by default.
        seed: of what is drawn.

    Raises:
        ArgumentError: the exchange has no servers, `slow` has not one number above 0 for each host, the hosts take more
            steps than are simulated, or an argument is something else.
    """
    if exchange.method != "server":
        raise ArgumentError(f"asynchronous: hosts need servers, Exchange('server'), got {exchange.method!r}")
    if slow and len(slow) != cluster.hosts:
        raise ArgumentError(
            f"asynchronous: slow must be a number above 0 for each of {cluster.hosts} hosts, got {slow!r:.60}"
        )
    taken = steps * (sum(1 / each for each in slow) if slow else cluster.hosts)
    if taken > MOST:
        raise ArgumentError(
            f"asynchronous: {cluster.hosts} hosts take up to {taken:.3g} steps in the time of {steps}, and {MOST} are"
            " simulated at most; ask for fewer steps"
        )
    slow = slow or (1.0,) * cluster.hosts
    run = _Run(job, cluster, exchange, scatter, random.Random(seed))
    for host, factor in enumerate(slow):
        run.environment.process(run.host(host, factor))
    until = steps * (job.step.value + fed(job, cluster))
    run.environment.run(until)
    how = f"{job.name}, {cluster.hosts} hosts that do not wait: discrete-event simulation of {until:.3g} s"
    examples = sum(run.steps) * job.batch * cluster.devices
    stale = sum(run.stale) / len(run.stale) if run.stale else 0.0
    return Asynchronous(
        Quantity(examples / until, "examples/s", "predicted", how, "throughput"),
        Quantity(stale, "1", "predicted", how, "staleness"),
        tuple(run.steps),
        tuple(run.spans),
    )


class _Run:
    """One process a host, and the servers' common link, on which each push and pull takes its part."""

    def __init__(
        self, job: Job, cluster: Cluster, exchange: Exchange, scatter: float, source: random.Random
    ) -> None:
        import simpy

        self.environment = simpy.Environment()
        self.steps = [0] * cluster.hosts
        self.stale: list[int] = []
        self.spans: list[Span] = []
        self._updates = 0
        self._job, self._cluster, self._exchange = job, cluster, exchange
        self._scatter, self._source = scatter, source
        self._serving = {way: simpy.Resource(self.environment) for way in ("push", "pull")}
        one = Cluster(1, cluster.devices, cluster.within, cluster.between, cluster.feed)
        self._inside = sum(
            p.seconds(one) for each in job.layers for p in phases(exchange, one, each.gradient.value)
        )

    def host(self, host: int, factor: float) -> Generator[Any, Any, None]:
        env, job, devices = self.environment, self._job, self._cluster.devices
        known = 0
        while True:
            slowest = max(drawn(devices, self._scatter, self._source.getrandbits(32)))
            yield from self._busy(host, "feed", "input", "feed", env.timeout(fed(job, self._cluster)))
            yield from self._busy(host, "compute", "step", "", env.timeout(job.step.value * factor * slowest))
            yield from self._busy(host, "communicate", "inside", "within", env.timeout(self._inside))
            pushed = TWO_BITS if self._exchange.compressed else 1.0
            yield from self._busy(host, "communicate", "push", "between", self._sent("push", pushed), pushed)
            self.stale.append(self._updates - known)
            self._updates += 1
            self.steps[host] += 1
            yield from self._busy(host, "communicate", "pull", "between", self._sent("pull", 1.0), 1.0)
            known = self._updates

    def _busy(
        self, host: int, kind: Kind, name: str, level: str, event: simpy.Event, part: float = 0.0
    ) -> Generator[Any, Any, None]:
        """Waits for something, and notes it; `part` of the gradients' bytes is sent."""
        start = self.environment.now
        yield event
        if self.environment.now > start:
            device = 0 if kind == "compute" else None
            size = part * self._away()
            self.spans.append(Span(host, device, kind, name, level, start, self.environment.now, size))

    def _away(self) -> float:
        """Bytes of the gradients that leave a host, uncompressed."""
        hosts, size = self._cluster.hosts, self._job.size
        return size if self._exchange.servers else size * (hosts - 1) / hosts

    def _sent(self, way: str, part: float) -> simpy.Event:
        """Done once both ends are: the host's own link, and all servers together."""
        away = part * self._away()
        servers = self._exchange.servers or self._cluster.hosts
        own = self._cluster.between.seconds(away, 1 if away else 0)
        served = away / servers / self._cluster.between.bandwidth.value
        return self.environment.timeout(own) & self.environment.process(self._served(way, served))

    def _served(self, way: str, seconds: float) -> Generator[Any, Any, None]:
        with self._serving[way].request() as asked:
            yield asked
            yield self.environment.timeout(seconds)
