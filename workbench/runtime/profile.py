"""`profiler`: MXNet's profiler on the one trace, written as Chrome's trace events.

While it runs every segment is waited for, so its duration is measured; the file opens in ``chrome://tracing`` and
Perfetto.  `Task`, `Frame`, `Event`, `Counter` and `Marker` (`runtime.marks`) put the program's own beside the segments.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError, did_you_mean
from workbench.runtime import engine, trace

CONFIG: dict[str, Any] = {
    "filename": "profile.json",
    "profile_all": False,
    "profile_symbolic": True,
    "profile_imperative": True,
    "profile_memory": False,
    "profile_api": False,
    "continuous_dump": False,
    "dump_period": 1.0,
    "aggregate_stats": False,
    "profile_process": "worker",
}
SORTS = ("total", "avg", "min", "max", "count")


class _Profile:
    """What was collected so far, and the recording that goes on."""

    def __init__(self) -> None:
        self.config = dict(CONFIG)
        self.marks: list[dict[str, Any]] = []
        self.done: list[trace.Event] = []
        self.now: list[trace.Event] = []
        self.session: AbstractContextManager[list[trace.Event]] | None = None

    @property
    def events(self) -> list[trace.Event]:
        return [*self.done, *self.now]

    def start(self) -> None:
        if self.session is None:
            engine.flush()  # what was called before is not part of it
            self.session = trace.record()
            self.now = self.session.__enter__()

    def stop(self) -> None:
        if self.session is not None:
            engine.flush()
            self.session.__exit__(None, None, None)
            self.session, self.done, self.now = None, self.events, []


_profile = _Profile()


def set_config(**kwargs: Any) -> None:
    """MXNet's settings; `filename` is where `dump` writes.  Both styles are always in the one trace.

    Raises:
        ArgumentError: a setting is unknown.
        NotSupportedError: the profile is to be written while it grows, or by another process.
    """
    for name, value in kwargs.items():
        if name not in CONFIG:
            raise ArgumentError(f"profiler.set_config() has no {name!r}.{did_you_mean(name, CONFIG)}")
        if (name, value) in (("continuous_dump", True), ("profile_process", "server")):
            raise NotSupportedError(f"profiler.set_config({name}={value!r}): call dump() in this process")
    _profile.config.update(kwargs)


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """``"run"`` or ``"stop"``.

    Raises:
        ArgumentError: it is neither.
    """
    if state not in ("run", "stop"):
        raise ArgumentError(f"profiler.set_state() takes 'run' or 'stop', got {state!r}")
    _profile.start() if state == "run" else _profile.stop()


def pause(profile_process: str = "worker") -> None:
    """Stops collecting; `resume` goes on."""
    _profile.stop()


def resume(profile_process: str = "worker") -> None:
    """Goes on collecting."""
    _profile.start()


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Writes the trace events to the configured file; with `finished` it stops and forgets them."""
    engine.flush()
    document = {"traceEvents": chrome_events(_profile.events, _profile.marks), "displayTimeUnit": "ms"}
    Path(_profile.config["filename"]).write_text(json.dumps(document), encoding="utf-8")
    if finished:
        _profile.stop()
        _forget()


def dumps(reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """What ran, by name: how often, and its total, shortest, longest and mean time in milliseconds.

    Args:
        reset: forget what was collected.
        format: ``"table"`` or ``"json"``.
        sort_by: ``"total"``, ``"avg"``, ``"min"``, ``"max"`` or ``"count"``.

    Raises:
        ArgumentError: the format or the order is unknown.
    """
    if format not in ("table", "json") or sort_by not in SORTS:
        raise ArgumentError(
            f"profiler.dumps() takes format 'table' or 'json' and sort_by {', '.join(SORTS)}; "
            f"got {format!r} and {sort_by!r}"
        )
    engine.flush()
    rows = sorted(aggregate(_profile.events).items(), key=lambda row: row[1][sort_by], reverse=not ascending)
    if reset:
        _forget()
    return json.dumps({"Time": dict(rows), "Unit": {"Time": "ms"}}) if format == "json" else _table(rows)


def _forget() -> None:
    _profile.done.clear()
    _profile.now.clear()
    _profile.marks.clear()


def aggregate(events: Iterable[trace.Event]) -> dict[str, dict[str, float]]:
    """Counts and milliseconds by what ran."""
    times: dict[str, list[float]] = {}
    for event in events:
        times.setdefault(label(event), []).append(1e3 * _duration(event))
    return {
        name: {"count": len(t), "total": sum(t), "min": min(t), "max": max(t), "avg": sum(t) / len(t)}
        for name, t in times.items()
    }


def _table(rows: list[tuple[str, dict[str, float]]]) -> str:
    width = max([len(name) for name, _ in rows] + [len("Name")])
    titles = ("Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
    lines = ["Profile Statistics:", "Name".ljust(width) + "".join(t.rjust(16) for t in titles)]
    for name, facts in rows:
        times = "".join(f"{facts[key]:16.4f}" for key in ("total", "min", "max", "avg"))
        lines.append(f"{name.ljust(width)}{facts['count']:16d}{times}")
    return "\n".join(lines) + "\n"


def label(event: trace.Event) -> str:
    """A segment's operations, the first four by name."""
    names = [bound.name for bound, _ in event.segment.instructions]
    return ", ".join(names[:4]) + (f", … {len(names) - 4} more" if len(names) > 4 else "")


def _duration(event: trace.Event) -> float:
    return event.dispatch_s if event.duration_s is None else event.duration_s


def chrome_events(
    events: Iterable[trace.Event], marks: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Trace events for Chrome: a complete event a segment on its device's row, and the program's own marks."""
    pid, rows = os.getpid(), {"program": 0}
    out: list[dict[str, Any]] = []
    for event in events:
        device = str(event.segment.device)
        row = rows.setdefault(device, len(rows))
        out.append(
            {
                "name": label(event),
                "cat": "segment",
                "ph": "X",
                "ts": 1e6 * event.start_s,
                "dur": 1e6 * _duration(event),
                "pid": pid,
                "tid": row,
                "args": {
                    "bytes_in": event.bytes_in,
                    "bytes_out": event.bytes_out,
                    "compiled": event.compiled,
                    "operations": len(event.segment.instructions),
                },
            }
        )
    out += [{"pid": pid, "tid": 0, **mark} for mark in marks]
    named = [
        {"name": "thread_name", "ph": "M", "pid": pid, "tid": row, "args": {"name": name}}
        for name, row in rows.items()
    ]
    return [*named, *sorted(out, key=lambda e: e["ts"])]


def mark(name: str, category: str, phase: str, **facts: Any) -> None:
    """Notes one of the program's own events, while the profiler runs."""
    if _profile.session is not None:
        _profile.marks.append({"name": name, "cat": category, "ph": phase, "ts": 1e6 * trace.now(), **facts})
