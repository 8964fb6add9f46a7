"""A step as it runs: gradients set out as backward makes them, share the links, and the update waits for the last.

Backward begins with the last layer, so the last layer's gradient is on its way while the layers below are still
computed, and communication costs only what sticks out at the end.  How much that is depends on which layers are large,
on the order in which links become free and on the slowest device: it is simulated event by event.

Every layer is sent by itself, as a key of MXNet's kvstore is; on each link messages go one after another, first come,
first served.  Such a queue has its anomalies: where a layer uses a link twice, a faster link can bring one layer's sum
in before another layer's gradient, which then waits, and the step takes longer (in 14 of 3000 random jobs on 3 × 3
devices, by 5 % at most).

Source: R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM Journal on Applied Mathematics 17 (1969).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.arguments import FiniteAboveZero, checked
from workbench.errors import ArgumentError
from workbench.parallel.costmodel.cluster import Cluster
from workbench.parallel.costmodel.exchange import Exchange, Phase, exchanged, phases
from workbench.parallel.costmodel.job import Job
from workbench.types import Quantity

if TYPE_CHECKING:
    import simpy

Kind = Literal["feed", "compute", "communicate"]
COMMUNICATING, COMPUTING = 0, 1  # the first interrupts the second


@dataclass(frozen=True)
class Span:
    """What something was busy with.

    Attributes:
        host: its number.
        device: its number in its host, or None for a link.
        kind: ``"feed"``, ``"compute"`` or ``"communicate"``.
        name: of the pass, or of the layer and the phase.
        level: of the link; ``""`` for a device.
        start, end: s since the step began.
        size: bytes that the link carries meanwhile, one way.
    """

    host: int
    device: int | None
    kind: Kind
    name: str
    level: str
    start: float
    end: float
    size: float = 0.0


@dataclass(frozen=True)
class Simulated:
    """A step that was simulated.

    Attributes:
        step: s from its begin until the last parameter is new.
        spans: who was busy when; one device stands for all of its kind.
        exposed: s of `step` in which the slowest device neither was fed nor computed.
    """

    step: Quantity
    spans: tuple[Span, ...]
    exposed: Quantity

    def carried(self, level: str) -> dict[int, float]:
        """Bytes that each host's link of a level carried one way, for gradients."""
        found: dict[int, float] = defaultdict(float)
        for span in self.spans:
            if span.level == level and span.kind == "communicate":
                found[span.host] += span.size
        return dict(found)


@checked
def in_turn(job: Job, cluster: Cluster, exchange: Exchange) -> float:
    """How long a step takes, in s, in which nothing overlaps: feeding, computing, and each layer's exchange."""
    sent = exchanged(exchange, cluster, job.size, pieces=len(job.layers))
    return fed(job, cluster) + job.step.value * crowded(job, cluster) + sent


def fed(job: Job, cluster: Cluster) -> float:
    """How long the devices of a host wait for their input, in s."""
    return cluster.feed.seconds(cluster.devices * job.fed.value) if job.fed.value else 0.0


@checked
def crowded(job: Job, cluster: Cluster) -> float:
    """How much longer computing takes because the devices of a host want more cores than it has; 1 for one alone."""
    if cluster.cores is None or cluster.devices == 1:
        return 1.0
    return max(1.0, cluster.devices * job.busy.value / cluster.cores.value)


@checked
def simulate(
    job: Job,
    cluster: Cluster,
    exchange: Exchange,
    slow: Sequence[FiniteAboveZero] | None = None,
    kinds: Sequence[Sequence[FiniteAboveZero]] = ((1.0,),),
) -> Simulated:
    """Simulates one step.

    Args:
        job: what each device does.
        cluster: on what.
        exchange: how gradients are exchanged; servers do not wait for one another, workers wait for all.
        slow: for each device, host by host, how much longer it computes than the job says, such as `drawn` gives;
            all devices are equal by default.
        kinds: in place of it, for each kind of host the factors of its kinds of devices: one of each is simulated and
            stands for all that are alike.

    Raises:
        ArgumentError: `slow` has not one number above 0 for each device, or `kinds` none for a host, or more than fit;
            or an argument is something else.
    """
    if slow is not None and len(slow) != cluster.total:
        raise ArgumentError(
            f"simulate: slow must be a number above 0 for each of {cluster.total} devices, got {slow!r:.60}"
        )
    if slow is not None:
        kinds = [slow[at : at + cluster.devices] for at in range(0, cluster.total, cluster.devices)]
    if not 0 < len(kinds) <= cluster.hosts or not all(0 < len(each) <= cluster.devices for each in kinds):
        raise ArgumentError(
            f"simulate: kinds must be numbers above 0 for up to {cluster.hosts} hosts of up to {cluster.devices} "
            f"devices, got {kinds!r:.60}"
        )
    run = _Run(job, cluster, exchange, kinds)
    run.environment.run()
    busiest = max(run.busy.values())
    how = f"{job.name}, {exchange.method}, {cluster.hosts} × {cluster.devices} devices: discrete-event simulation"
    step = run.environment.now
    return Simulated(
        Quantity(step, "s", "predicted", how, "step"),
        tuple(run.spans),
        Quantity(max(0.0, step - busiest), "s", "predicted", how, "exposed communication"),
    )


class _Meeting:
    """An event that happens once all have come."""

    def __init__(self, environment: simpy.Environment, count: int) -> None:
        self.event = environment.event()
        self._missing = count

    def arrive(self) -> simpy.Event:
        self._missing -= 1
        if not self._missing:
            self.event.succeed()
        return self.event


class _Run:
    """Processes of one step: a device's, and one for each layer in each host."""

    def __init__(
        self, job: Job, cluster: Cluster, exchange: Exchange, kinds: Sequence[Sequence[float]]
    ) -> None:
        import simpy

        self.environment = env = simpy.Environment()
        self.spans: list[Span] = []
        self.busy: dict[tuple[int, int], float] = defaultdict(float)
        self._job, self._cluster = job, cluster
        self._backward = job.backward()
        self._phases = [phases(exchange, cluster, layer.gradient.value) for layer in job.layers]
        self._devices = [[simpy.PreemptiveResource(env) for _ in devices] for devices in kinds]
        self._links = [{level: simpy.Resource(env) for level in ("within", "feed", "between")} for _ in kinds]
        self._met: dict[tuple[int, int], _Meeting] = defaultdict(lambda: _Meeting(env, len(kinds)))
        crowd = crowded(job, cluster)
        for host, devices in enumerate(kinds):
            env.process(self._host(host, [crowd * factor for factor in devices]))

    def _host(self, host: int, slow: Sequence[float]) -> Generator[Any, Any, None]:
        env = self.environment
        with self._links[host]["feed"].request() as asked:
            yield asked
            seconds = fed(self._job, self._cluster)
            yield env.timeout(seconds)
            self.spans.append(Span(host, None, "feed", "input", "feed", 0.0, env.now))
        ready = [_Meeting(env, len(slow)) for _ in self._job.layers]
        for device, factor in enumerate(slow):
            self.busy[host, device] = seconds
            env.process(self._device(host, device, factor, ready))
        for number, meeting in enumerate(ready):
            env.process(self._layer(host, number, meeting))

    def _device(
        self, host: int, device: int, factor: float, ready: Sequence[_Meeting]
    ) -> Generator[Any, Any, None]:
        forward = self._job.step.value * self._job.forward.value
        yield from self._compute(host, device, "forward", forward * factor)
        for number in reversed(range(len(ready))):
            name = f"backward of {self._job.layers[number].name}"
            yield from self._compute(host, device, name, self._backward[number] * factor)
            ready[number].arrive()

    def _compute(self, host: int, device: int, name: str, seconds: float) -> Generator[Any, Any, None]:
        """Computes for so long, and goes on after each interruption."""
        from simpy import Interrupt

        env, left = self.environment, seconds
        while left > 0:
            with self._devices[host][device].request(priority=COMPUTING, preempt=False) as asked:
                start, spent = math.inf, left
                try:
                    yield asked
                    start = env.now
                    yield env.timeout(left)
                except Interrupt:
                    spent = max(0.0, env.now - start)
            left -= spent
            self.busy[host, device] += spent
            if spent:
                self.spans.append(Span(host, device, "compute", name, "", start, env.now))

    def _layer(self, host: int, number: int, ready: _Meeting) -> Generator[Any, Any, None]:
        yield ready.event
        for place, phase in enumerate(self._phases[number]):
            if phase.joint:
                yield self._met[number, place].arrive()
            yield from self._send(host, number, phase)

    def _send(self, host: int, number: int, phase: Phase) -> Generator[Any, Any, None]:
        env, name = self.environment, f"{phase.name}: {self._job.layers[number].name}"
        blocked = self._devices[host] if self._cluster.blocking and phase.level != "between" else []
        with ExitStack() as held:
            yield held.enter_context(self._links[host][phase.level].request())
            for device in blocked:
                yield held.enter_context(device.request(priority=COMMUNICATING))
            start = env.now
            yield env.timeout(phase.seconds(self._cluster))
            self.spans.append(Span(host, None, "communicate", name, phase.level, start, env.now, phase.size))
