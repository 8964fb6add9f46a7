"""Steps on 1, 2, 4 and 8 devices of this machine's CPU, and what the model makes of those on one.

Nothing of the steps on several devices goes into the prediction, so beside it they are a test.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from workbench.arguments import Positive, Range, checked
from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Cluster, Exchange, Job, Layer, Link, exchanged, in_turn, layers
from workbench.runtime.device import cpu
from workbench.runtime.progress import Asked, Report
from workbench.scaling.answers import answers
from workbench.symbolic.network import check_names, default_shapes, input_types, labels_of, symbol_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity, Shape

COUNTS = (1, 2, 4, 8)
MOST = 256  # devices that a CPU is made to pose as
LOCAL = Exchange("local")
FORMULA = "step alone × devices × its cores / cores given + gradients of each other device, there and back"
WORK = "processor time of a step alone × devices + gradients of each other device, there and back"


@dataclass(frozen=True)
class Run:
    """Steps on some devices of the CPU, and what the model says of them.

    Attributes:
        devices: how many.
        step: how long one takes, in s.
        predicted: the same by the model.
        processor: processor time of a step, in s, of all threads.
        predicted_processor: the same by the model.
        cores: that this process is given, in turn with the steps, when it wants all of them for as much work.
        spans: who did what in one of them: (device, or None for all; what; start and end in s).
    """

    devices: int
    step: Quantity
    predicted: Quantity
    processor: Quantity
    predicted_processor: Quantity
    cores: Quantity
    spans: tuple[tuple[int | None, str, float, float], ...]

    @property
    def off(self) -> float:
        """By how much the predicted step is longer than the measured one, as a part."""
        return self.predicted.value / self.step.value - 1


@dataclass(frozen=True)
class Here:
    """This machine, as several devices: all that a prediction is made of, and runs to hold beside it.

    Attributes:
        job: a device's step as it was measured alone.
        cores: that the devices share.
        link: from one device to another, in processor time.
        runs: by the number of devices.
    """

    job: Job
    cores: Quantity
    link: Link
    runs: tuple[Run, ...] = ()

    def cluster(self, devices: int) -> Cluster:
        """This machine as a host with so many devices; copies take longer where it gives less than a core to them."""
        given, sent = min(1.0, self.cores.value), self.link
        latency = replace(sent.latency, value=sent.latency.value / given)
        bandwidth = replace(sent.bandwidth, value=sent.bandwidth.value * given)
        slowed = Link(latency, bandwidth)
        return Cluster(1, devices, slowed, slowed, slowed, cores=self.cores)

    def predict(self, devices: int) -> Quantity:
        """How long a step on so many takes, in s; bars where all it is made of is at its best and at its worst."""
        at, best, worst = (each._seconds(devices) for each in (self, self._end(0), self._end(1)))
        return Quantity(at, "s", "predicted", FORMULA, "step", (best, worst))

    def predict_processor(self, devices: int) -> Quantity:
        """The processor time of a step on so many, in s: it does not depend on what else the machine does."""
        own = devices * self.job.busy.value * self.job.step.value
        links = Cluster(1, devices, self.link, self.link, self.link)
        sent = exchanged(LOCAL, links, self.job.size, pieces=len(self.job.layers))
        return Quantity(own + sent, "s", "predicted", WORK, "processor time")

    def _seconds(self, devices: int) -> float:
        return in_turn(self.job, self.cluster(devices), LOCAL)

    def _end(self, way: int) -> Here:
        """All figures at the good end of their spreads, 0, or the bad one, 1."""

        def moved(figure: Quantity, way: int) -> Quantity:
            return figure if figure.spread is None else replace(figure, value=figure.spread[way])

        link = Link(moved(self.link.latency, way), moved(self.link.bandwidth, 1 - way))
        return Here(replace(self.job, step=moved(self.job.step, way)), moved(self.cores, 1 - way), link)


@checked
def measure(
    network: Any,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    counts: Sequence[Annotated[int, Range(1, MOST)]] = COUNTS,
    rounds: Positive = 9,
    report: Report = lambda part: None,
    cancelled: Asked = lambda: False,
) -> Here | None:
    """Trains on ever more devices of the CPU by `Module`, in a process of its own; None if it was cancelled.

    Args:
        network: a Symbol with its loss, a Module, or a Gluon block.
        shapes: of each device's inputs by name; of labels where they do not follow.
        counts: of devices; one is among them in any case.
        rounds: how often each is timed, all in turn.
        report: is told the part done.
        cancelled: whether to stop; asked while it runs.

    Raises:
        ArgumentError: the network is none, or a shape does not fit or is missing.
        SymbolFileError: the network holds something that no file can hold.
        WorkbenchError: the process failed; with the end of what it said.
    """
    symbol, title = symbol_of(network, "scaling.measure()")
    found = fed_shapes(symbol, shapes)
    labels = list(labels_of(symbol.nodes))
    numbers = sorted({1, *counts})
    task = {"symbol": symbol.tojson(), "shapes": found, "labels": labels, "counts": numbers, "rounds": rounds}
    said: list[dict[str, Any]] = []
    for answer in answers("workbench.scaling.child", task, numbers[-1], cancelled):
        if answer is None:
            return None
        if "part" in answer:
            report(answer["part"])
        else:
            said.append(answer)
    return _read(said, title, layers(symbol, found), next(iter(found.values()))[0])


def fed_shapes(symbol: Symbol, shapes: Mapping[str, Shape] | None) -> dict[str, Shape]:
    """The shapes of all that a network is fed with: those given, and of labels those that follow.

    Raises:
        ArgumentError: the network has no such input, or a shape is missing.
    """
    found = dict(shapes or default_shapes(symbol))
    check_names(symbol, found)
    types = input_types(symbol, found, None)
    found |= {name: types[name].shape for name in labels_of(symbol.nodes)}
    if not found or not all(found.values()):
        raise ArgumentError(f"the network is fed with nothing that has a batch: shapes {found}")
    return found


def _read(said: Sequence[dict[str, Any]], title: str, parts: tuple[Layer, ...], batch: int) -> Here:
    """The record of a process's answers: one of each count, and one of the link."""
    *runs, sent = said
    link = Link(
        middle(
            sent["latency"],
            "s",
            "latency",
            "processor time of a number sent to another device and added there",
        ),
        middle(
            sent["bandwidth"],
            "B/s",
            "bandwidth",
            "by the processor time of 4 MiB sent to another device and added there",
        ),
    )
    alone = middle(runs[0]["times"], "s", "step", "Module on a CPU device")
    busy = statistics.median(runs[0]["processor"]) / alone.value
    how = "medians of a step's processor time and of its time"
    job = Job(title, parts, batch, alone, busy=Quantity(busy, "1", "measured", how, "cores kept busy"))
    return Here(job, _cores(runs[-1]), link, tuple(_run(answer, job, link) for answer in runs))


def _run(answer: dict[str, Any], job: Job, link: Link) -> Run:
    count, cores = answer["count"], _cores(answer)
    here = Here(job, cores, link)
    return Run(
        count,
        middle(answer["times"], "s", "step", f"Module on {count} CPU devices"),
        here.predict(count),
        middle(answer["processor"], "s", "processor time", f"of all threads, Module on {count} CPU devices"),
        here.predict_processor(count),
        cores,
        tuple(tuple(span) for span in answer["spans"]),
    )


def _cores(answer: dict[str, Any]) -> Quantity:
    return middle(
        answer["cores"], "1", "cores", "that threads on every core are given, for as much work as a step's"
    )


def middle(values: Sequence[float], unit: str, name: str, what: str) -> Quantity:
    """The median, with the middle half as its spread."""
    low, at, high = (
        statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    )
    how = f"{what}; median of {len(values)} on {cpu(0).jax_device.device_kind}, all in turn, spread: the middle half"
    return Quantity(at, unit, "measured", how, name, (low, high))
