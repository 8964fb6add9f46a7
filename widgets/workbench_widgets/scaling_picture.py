"""What an explorer of scaling draws, as JSON: figures, links with their bytes, a step through time.

Everything that can be selected brings its sentence along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.parallel.costmodel import Span
from workbench.scaling import Run, Setup
from workbench.types import Quantity
from workbench.viz.quantity_text import write

FINEST = 1 / 400  # of the time shown: what is shorter, or apart by less, is drawn as one
LEVELS = {"within": "inside a host", "feed": "host to devices", "between": "between hosts"}
ASYNCHRONOUS = 4.0  # steps that are shown of hosts that do not wait


def figures(setup: Setup) -> list[Quantity]:
    """What changes with the setup."""
    out = setup.outcome
    efficiency = replace(setup.efficiency, value=100 * setup.efficiency.value, unit="%")
    found = [out.step, out.throughput, efficiency, out.exposed, out.staleness, setup.job.step]
    named = [each for each in found if each is not None]
    named[-1] = Quantity(
        setup.job.step.value, "s", setup.job.step.kind, setup.job.step.how, "computing a step"
    )
    sizes = [replace(size, name=f"bytes {LEVELS[level]}") for level, size in setup.carried().items()]
    return [*named, *sizes]


def links(setup: Setup) -> list[dict[str, Any]]:
    """Each level with the bytes that flow on one of its links in a step."""
    carried = setup.carried()
    return [
        {"level": level, "label": label, "bytes": size.value, "says": _link_says(setup, level, label, size)}
        for level, label in LEVELS.items()
        if (size := carried.get(level)) is not None
    ]


def _link_says(setup: Setup, level: str, label: str, size: Quantity) -> str:
    link = setup.cluster.link(level)
    busy = sum(s.end - s.start for s in setup.outcome.spans if s.level == level and s.host == 0)
    share = busy / max(s.end for s in setup.outcome.spans)
    whose = {"within": "Each device's link", "feed": "The link that a host's devices share",
             "between": "Each host's link to the network"}[level]  # fmt: skip
    speed = f"at {write(link.bandwidth.value, 'B/s')} and {write(link.latency.value, 's')} a message"
    return (
        f"{whose} carries {write(size.value, 'B')} one way in a step, {speed}, and is busy {100 * share:.0f} % of the "
        f"time ({label}, {size.kind}: {size.how})."
    )


def timeline(setup: Setup) -> dict[str, Any]:
    """The simulated step: a row for a device of each kind, with where it waits, and for each link of a host."""
    out = setup.outcome
    end = max(span.end for span in out.spans)
    if out.staleness is not None:
        end = min(end, ASYNCHRONOUS * out.step.value)
    spans = [span for span in out.spans if span.start < end]
    hosts = sorted({span.host for span in spans})
    shown = hosts[:1] if setup.late == 1 else sorted({hosts[0], hosts[-1]})
    rows = [
        _row(setup, host, device, level, spans, end)
        for host in shown
        for device, level in sorted(
            {(s.device, s.level) for s in spans if s.host == host},
            key=lambda of: (of[0] is None, of[0] or 0, [*LEVELS, ""].index(of[1])),
        )
    ]
    return {"rows": [row for row in rows if row["spans"]], "end": end, "kind": "predicted"}


def _row(
    setup: Setup, host: int, device: int | None, level: str, spans: Sequence[Span], end: float
) -> dict[str, Any]:
    own = [s for s in spans if (s.host, s.device, s.level) == (host, device, level)]
    merged = _merged(own, end)
    label = _who(setup, host, device, level)
    if device is not None:
        merged = _with_waits(merged, end, [s for s in spans if s.host == host and s.kind == "feed"])
    for each in merged:
        each["says"] = _span_says(label, each)
    return {"label": label, "device": device is not None, "spans": merged}


def _who(setup: Setup, host: int, device: int | None, level: str) -> str:
    """Whose row it is: of several hosts the last is the slow one, and of its devices the last."""
    slow = setup.late > 1 and (setup.cluster.hosts == 1 or host > 0)
    what = LEVELS[level] if device is None else "device"
    if (
        slow
        and device is not None
        and (device == len(setup.kinds[-1]) - 1 or setup.outcome.staleness is not None)
    ):
        what = "slow device"
    return f"slow host: {what}" if slow and setup.cluster.hosts > 1 else what


def _merged(own: Iterable[Span], end: float) -> list[dict[str, Any]]:
    """Spans of a kind that nearly touch, as one."""
    found: list[dict[str, Any]] = []
    for span in sorted(own, key=lambda each: each.start):
        name = span.name.partition(" of ")[0].partition(":")[0]
        stop = min(span.end, end)
        last = found[-1] if found else None
        if (
            last
            and last["kind"] == span.kind
            and last["name"] == name
            and span.start - last["end"] < FINEST * end
        ):
            last["end"], last["count"], last["bytes"] = stop, last["count"] + 1, last["bytes"] + span.size
        else:
            found.append({"kind": span.kind, "name": name, "start": span.start, "end": stop, "count": 1,
                          "bytes": span.size})  # fmt: skip
    return [each for each in found if each["end"] - each["start"] > FINEST * end / 4]


def _with_waits(own: list[dict[str, Any]], end: float, fed: Sequence[Span]) -> list[dict[str, Any]]:
    """A device's spans, those in which it is fed, and what is between them: there it waits."""
    found, at = [], 0.0
    for each in [*sorted([*own, *_merged(fed, end)], key=lambda span: span["start"]), None]:
        until = end if each is None else each["start"]
        if until - at > FINEST * end:
            found.append(
                {"kind": "wait", "name": "wait", "start": at, "end": until, "count": 1, "bytes": 0.0}
            )
        if each is not None:
            found.append(each)
            at = each["end"]
    return found


def _span_says(label: str, span: Mapping[str, Any], kind: str = "predicted, simulated") -> str:
    does = {"wait": "waits for gradients of others", "feed": "is fed"}.get(span["kind"], span["name"])
    size = f", {write(span['bytes'], 'B')}" if span["bytes"] else ""
    many = f" ({span['count']} layers)" if span["count"] > 1 else ""
    took = write(span["end"] - span["start"], "s")
    return f"{label[0].upper()}{label[1:]}: {does}{many}{size}, {took} from {write(span['start'], 's')} on ({kind})."


def recorded(run: Run) -> dict[str, Any]:
    """A step that ran here, a row a device: all send and update together."""
    end = max(stop for *_, stop in run.spans)
    kinds = {"pull": "communicate", "push": "communicate", "compute": "compute", "update": "update"}
    rows = []
    for number in range(run.devices):
        own = [
            {"kind": kinds[name], "name": name, "start": start, "end": stop, "count": 1, "bytes": 0.0}
            for device, name, start, stop in run.spans
            if device in (None, number)
        ]
        spans = _with_waits(own, end, ())
        for each in spans:
            each["says"] = _span_says(f"cpu({number})", each, "measured, recorded here")
        rows.append({"label": f"cpu({number})", "device": True, "spans": spans})
    return {"rows": rows, "end": end, "kind": "measured"}
