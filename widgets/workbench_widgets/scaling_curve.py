"""Throughput and efficiency against the number of devices: as predicted, as published, and as measured here.

A prediction has bars where it is known how far what it is made of can be trusted: on the published hosts, whose links
are calibrated, and on this machine once it was measured.  Bars take several simulations a point, so a curve is drawn
first without them.  Points are remembered: with another number of hosts only one of a curve's is new.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from workbench.ledger.scaling import calibration
from workbench.parallel.costmodel import Link
from workbench.parallel.costmodel.calibrate import Values
from workbench.scaling import Here, Setup
from workbench.scaling.here import COUNTS
from workbench.types import Quantity
from workbench.viz.quantity_text import write, write_quantity
from workbench_widgets.background import Cancelled
from workbench_widgets.scaling_studies import Machine, ScalingStudy

KEPT = 64  # points that are remembered
REST = 0.3  # seconds without another choice after which bars are computed: they would hold up its answer
Point = dict[str, Any]


class _StoppedError(Exception):
    """Nobody waits for the curve any more."""


class Curves:
    """Draws curves, and remembers their points."""

    def __init__(self) -> None:
        self._plain: dict[Setup, Point] = {}
        self._barred: dict[Setup, Point] = {}

    def draw(
        self, setup: Setup, study: ScalingStudy, machine: Machine, cancelled: Cancelled
    ) -> Iterator[dict[str, list[Point]]]:
        """The curve, and once more with bars; no more of it once it is cancelled.

        Args:
            setup: of which the number of devices varies.
            study: what is trained, with what was published of it and, if this machine is the one, measured.
            machine: the one looked at.
            cancelled: whether to stop; asked before each simulation.
        """
        here = (
            study.here if machine.local and study.here and study.here.job.batch == setup.job.batch else None
        )
        known = {
            "published": published_points(study.published or {}),
            "measured": [] if here is None else measured_points(here),
        }
        setups = _setups(setup, study, machine)

        def rate(each: Setup) -> float:
            if cancelled():
                raise _StoppedError
            return each.outcome.throughput.value

        def plain(each: Setup) -> Point:
            rate(each)
            return _predicted(each)

        def at_once(each: Setup) -> Point:
            return self._barred.get(each) or _remembered(self._plain, each, plain)

        def with_bar(each: Setup) -> Point:
            rate(each)
            return _predicted(each, _spread(each, rate, study, machine, here))

        def barred(each: Setup) -> Point:
            return _remembered(self._barred, each, with_bar)

        with suppress(_StoppedError):
            for point in (at_once, barred):
                yield {"predicted": [point(each) for each in setups], **known}
                if all(each in self._barred for each in setups):
                    return
                time.sleep(REST)


def _remembered(kept: dict[Setup, Point], setup: Setup, make: Callable[[Setup], Point]) -> Point:
    if setup not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        kept[replace(setup)] = make(setup)  # a copy holds no simulated step
    return kept[setup]


def _setups(setup: Setup, study: ScalingStudy, machine: Machine) -> list[Setup]:
    """The same setup with ever more devices."""
    total, single = setup.cluster.total, setup.store in ("local", "device")
    most = total if single else max(total, *(study.published or (1,)))
    if machine.local and single:
        most = max(most, *COUNTS)
    widest = replace(setup, cluster=replace(setup.cluster, devices=most)) if single else setup
    numbers = counts(widest.cluster.devices, total, most)
    return [setup if number == total else widest.at(number) for number in numbers]


def counts(devices: int, total: int, most: int) -> list[int]:
    """Numbers of devices of a curve: powers of two up to a host, then of hosts."""
    inside = [2**power for power in range(devices.bit_length()) if 2**power < devices]
    hosts = [devices * 2**power for power in range(12) if devices * 2**power <= most]
    return sorted({*inside, devices, *hosts, total})


def _predicted(setup: Setup, spread: tuple[float, float] | None = None) -> Point:
    """A point of the curve."""
    rate, part = replace(setup.outcome.throughput, spread=spread), setup.efficiency
    return _point(setup.cluster.total, rate, part.value, f"{write(setup.outcome.step.value, 's')} a step")


def _spread(
    setup: Setup, rate: Callable[[Setup], float], study: ScalingStudy, machine: Machine, here: Here | None
) -> tuple[float, float] | None:
    """The low and the high end of a predicted throughput; None where nothing says how far it can be trusted."""
    at = setup.outcome
    if here is not None:
        step = here.predict(setup.cluster.total)
        if step.spread is None or not math.isclose(step.value, at.step.value, rel_tol=1e-9):
            return None  # other links or stores than those measured
        examples = setup.cluster.total * setup.job.batch
        return examples / step.spread[1], examples / step.spread[0]
    links = setup.cluster.within, setup.cluster.feed
    calibrated = not machine.local and study.published is not None and links == (machine.within, machine.feed)
    if not calibrated or setup.cluster.total == 1:  # what one device does was published, not predicted
        return None
    return calibration().predict(lambda values: rate(_moved(setup, values)), at.throughput.unit, "").spread


def _moved(setup: Setup, values: Values) -> Setup:
    """The same with other bandwidths inside a host; one device alone takes as long as before."""
    job, cluster = setup.job, setup.cluster
    within, feed = (
        Link(link.latency, replace(link.bandwidth, value=values[name]))
        for name, link in (("within", cluster.within), ("feed", cluster.feed))
    )
    computing = job.step.value + cluster.feed.seconds(job.fed.value) - feed.seconds(job.fed.value)
    job = replace(job, step=replace(job.step, value=computing))
    return replace(setup, job=job, cluster=replace(cluster, within=within, feed=feed))


def measured_points(here: Here) -> list[Point]:
    """Those that ran here, beside what was predicted of them."""
    alone = here.job.batch / here.runs[0].step.value
    found = []
    for run in here.runs:
        assert run.step.spread is not None  # it was measured several times
        rates = [run.devices * here.job.batch / each for each in (run.step.value, *reversed(run.step.spread))]
        rate = Quantity(rates[0], "examples/s", "measured", run.step.how, "throughput", (rates[1], rates[2]))
        beside = (
            f"a step took {write_quantity(run.step)}, predicted {write_quantity(run.predicted)}, "
            f"{100 * run.off:+.0f} %"
        )
        found.append(_point(run.devices, rate, rates[0] / run.devices / alone, beside))
    return found


def published_points(rates: Mapping[int, Quantity]) -> list[Point]:
    """Those of the table."""
    return [_point(n, rate, rate.value / n / rates[1].value, rate.how) for n, rate in rates.items()]


def _point(devices: int, rate: Quantity, efficiency: float, more: str) -> Point:
    says = (
        f"{devices} device{'s' * (devices > 1)}: {write_quantity(rate)}, efficiency {write(100 * efficiency, '%')} "
        f"({rate.kind}; {more})."
    )
    return {**asdict(rate), "devices": devices, "efficiency": efficiency, "says": says}
