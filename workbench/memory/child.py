"""The process that `memory.process` starts: reads a plan, runs it, and prints what it took as a line of JSON."""

from __future__ import annotations

import ctypes
import json
import resource
import sys
from pathlib import Path
from typing import Any

import jax

from workbench.memory.differentiated import restored
from workbench.memory.lower import Lowered
from workbench.memory.measure import constant_inputs
from workbench.memory.schedule import Move, Schedule
from workbench.runtime.compile import cache
from workbench.runtime.device import Context
from workbench.runtime.program import Program
from workbench.types import tensor_type

SELF = Path("/proc/self")


def main() -> None:
    """Reads the task from the standard input and answers on the standard output."""
    task = json.load(sys.stdin)
    program = _program(task)
    cache.get_all(segment for segment in program.segments if segment.outputs)
    inputs = constant_inputs(program)
    stats = program.device.jax_device.memory_stats()
    before = _settled()
    for _ in range(task["steps"]):
        jax.block_until_ready(program.run(inputs))
    if stats:
        after: Any = program.device.jax_device.memory_stats()
        print(json.dumps({"of": "device", "bytes": after["peak_bytes_in_use"]}))
        return
    held = sum(array.nbytes for array in inputs)
    print(json.dumps({"of": "process", "bytes": _peak() - before + held}))


def _program(task: dict[str, Any]) -> Program:
    types = {name: tensor_type(tuple(shape), dtype) for name, shape, dtype in task["inputs"]}
    network = restored(task["network"], types, task["wanted"])
    moved = tuple(Move(*move) for move in task["moved"])
    schedule = Schedule(tuple(map(tuple, task["groups"])), task["forward"], moved)
    return Lowered(network, schedule, Context(*task["device"])).program


def _settled() -> int:
    """Resident bytes once freed memory went back to the system and, where it may be, the peak was set to now."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (SELF / "clear_refs").write_text("5")
    except (AttributeError, OSError):
        pass  # not glibc, or not Linux: the peak is then that of the process's whole life
    return _status("VmRSS") or _highest()


def _peak() -> int:
    return _status("VmHWM") or _highest()


def _status(field: str) -> int:
    """A line of ``/proc/self/status`` in bytes; 0 where there is none."""
    try:
        lines = (SELF / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def _highest() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
