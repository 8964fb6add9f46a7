"""Smaller measurements: one operation's cost, first runs, imports, large graphs."""

from __future__ import annotations

import gc
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import workbench as mx
from workbench.graph.segment import lower
from workbench.runtime.compile import cache
from workbench.types import tensor_type

RECORD_TARGET_US = 5.0
FIRST_RUN_TARGET = 1.5
IMPORT_TARGET = 1.25
OVERLAP_TARGET = 0.75
PUSH_TARGET_US = 20.0
GROWTH_TARGET = 1.2
PUSHES = (("many", 1000, 30, 1), ("many in bulk(16)", 1000, 30, 16), ("alone", 1, 1000, 1))
SIZES = (10_000, 30_000, 100_000)
ROUNDS = 7


def measure() -> list[str]:
    """Prints all of them; what fell short."""
    print("\nsmaller measurements")
    return [
        *record_cost(),
        *push_cost(),
        *overlap(),
        *first_run(),
        *loop_lengths(),
        *import_time(),
        *large_graphs(),
    ]


def _line(what: str, found: str, target: str, met: bool) -> list[str]:
    line = f"{what:<58}{found:>24}  {f'(≤ {target})' if target else ''}"
    print(line)
    return [] if met else [" ".join(line.split())]


def record_cost() -> list[str]:
    """Microseconds until an operation is on the list of what waits; nothing runs meanwhile."""
    nd = mx.nd
    x, w, rows = nd.ones((4, 4)), nd.ones((4, 4)), nd.ones((4, 4, 4))
    w.attach_grad()
    operations: dict[str, Callable[[mx.nd.NDArray], mx.nd.NDArray]] = {
        "x + w": lambda x: x + w,
        "x * 0.5": lambda x: x * 0.5,
        "nd.relu(x)": nd.relu,
        "nd.FullyConnected(x, w)": lambda x: nd.FullyConnected(x, w, num_hidden=4, no_bias=True),
        "x.relu()": lambda x: x.relu(),
        "-x": lambda x: -x,
    }
    more: dict[str, Callable[[mx.nd.NDArray], mx.nd.NDArray]] = {
        "rows[1]": lambda x: rows[1],
        "nd.zeros((4, 4))": lambda x: nd.zeros((4, 4)),
        "nd.random.uniform(shape=(4, 4))": lambda x: nd.random.uniform(shape=(4, 4)),
        "x[:] = 1": lambda x: _written(x, slice(None)),
        "x[1] = 1": lambda x: _written(x, 1),
    }
    short = []
    for name, operation in operations.items():
        for recorded in (False, True):
            found = min(_record_us(operation, x, recorded) for _ in range(30))
            what = f"recording {name}{' under autograd.record()' if recorded else ''}"
            short += _line(what, f"{found:.1f} µs", f"{RECORD_TARGET_US:.0f} µs", found <= RECORD_TARGET_US)
    for name, operation in more.items():  # no operator alone: keys are read, keys drawn, or two are called
        found = min(_record_us(operation, x, False) for _ in range(30))
        _line(f"recording {name}", f"{found:.1f} µs", "", True)
    return short


def _written(x: mx.nd.NDArray, key: Any) -> mx.nd.NDArray:
    x[key] = 1
    return x


def _record_us(operation: Callable[..., mx.nd.NDArray], x: mx.nd.NDArray, recorded: bool) -> float:
    count = 300
    mx.nd.waitall()
    with mx.autograd.record() if recorded else mx.autograd.pause():
        out = operation(x)
        start = time.perf_counter()
        for _ in range(count):
            out = operation(out)
        took = time.perf_counter() - start
    out.wait_to_read()
    return took / count * 1e6


def push_cost() -> list[str]:
    """Microseconds from pushing an empty operation to its completion, by the clock and of processor time.

    Among a thousand that read one of fifty variables and write another, the same joined to operations of sixteen, and
    alone, waited for at once.
    """
    variables = [mx.engine.new_variable() for _ in range(50)]
    pairs = [((variables[i % 50],), (variables[(i * 7 + 1) % 50],)) for i in range(1000)]
    short = []
    for kind in ("naive", "threaded"):
        with mx.engine.engine_type(kind):
            for what, each, rounds, size in PUSHES:
                with mx.engine.bulk(size):
                    times = sorted(_push_us(pairs[:each]) for _ in range(rounds))
                took, busy = (statistics.median(column) for column in zip(*times, strict=True))
                short += _line(
                    f"a push and its completion, {kind}, {what}",
                    f"{took:.1f} µs, busy {busy:.1f} µs",
                    f"{PUSH_TARGET_US:.0f} µs",
                    took <= PUSH_TARGET_US,
                )
    return short


def _push_us(pairs: list[tuple[tuple[Any, ...], tuple[Any, ...]]]) -> tuple[float, float]:
    push, busy, start = mx.engine.push, time.process_time(), time.perf_counter()
    for reads, writes in pairs:
        push(_nothing, reads, writes)
    if len(pairs) == 1:
        mx.engine.wait_for_var(pairs[0][1][0])
    else:
        mx.engine.wait_for_all()
    took, busy = time.perf_counter() - start, time.process_time() - busy
    return took / len(pairs) * 1e6, busy / len(pairs) * 1e6


def _nothing() -> None:
    """An operation that costs nothing itself."""


def overlap() -> list[str]:
    """The two-layer, two-device network, threaded against naive, and what two bare threads reach at the same time."""
    command = [sys.executable, str(Path(__file__).with_name("overlap.py"))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found, bare = map(float, printed.split())
    what, target = "two layers on two devices, threaded / naive makespan", f"{OVERLAP_TARGET}"
    return _line(what, f"{found:.2f}, bare threads {bare:.2f}", target, found <= OVERLAP_TARGET)


def _child(bytecode: str, *arguments: str) -> float:
    """The seconds that a fresh Python prints; it finds no program compiled by an earlier one, but its bytecode."""
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "false", "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def _against(what: str, ours: tuple[str, ...], theirs: tuple[str, ...], target: float) -> list[str]:
    """The median ratio of two fresh processes' times, in interleaved rounds."""
    with tempfile.TemporaryDirectory() as bytecode:
        pairs = [(_child(bytecode, *ours), _child(bytecode, *theirs)) for _ in range(ROUNDS + 1)]
    del pairs[0]  # it wrote the bytecode
    found = statistics.median(a / b for a, b in pairs)
    a, b = (statistics.median(times) for times in zip(*pairs, strict=True))
    return _line(what, f"{a:.2f} s / {b:.2f} s = {found:.2f}", f"{target:.2f}", found <= target)


def first_run() -> list[str]:
    """A cell of 30 operations never seen before, in a fresh process: bulked, against eager JAX."""
    script = str(Path(__file__).with_name("first_run.py"))
    what = "30 operations never seen before, bulked / eager JAX"
    return _against(what, (script, "workbench"), (script, "jax"), FIRST_RUN_TARGET)


def import_time() -> list[str]:
    """`import workbench` against `import jax`, in fresh processes."""
    program = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    commands = [("-c", program.format(name)) for name in ("workbench", "jax")]
    return _against("import workbench / import jax", commands[0], commands[1], IMPORT_TARGET)


def loop_lengths() -> list[str]:
    """Compiled programs of loops of 1 to 40 turns, each length once."""
    x = mx.nd.array(np.linspace(0, 1, 35).reshape(5, 7))
    before = cache.misses
    for length in range(1, 41):
        out = x
        for _ in range(length):
            out = mx.nd.tanh(out) * x
        out.wait_to_read()
    found = cache.misses - before
    return _line("programs compiled for loops of 1 to 40 turns", str(found), "5", found <= 5)


def large_graphs() -> list[str]:
    """Seconds to write a chain of nodes down, infer it and fingerprint it; how they grow with its length.

    Python's collector, which now and then walks everything alive, is off meanwhile: the growth is the algorithms' own.
    """
    gc.disable()
    rows = {size: _graph_seconds(size) for size in SIZES}
    gc.enable()
    short = []
    for index, what in enumerate(("construction", "inference", "fingerprint")):
        times = [rows[size][index] for size in SIZES]
        growth = math.log(times[-1] / times[0]) / math.log(SIZES[-1] / SIZES[0])
        shown = " ".join(f"{t:.2f}" for t in times) + f" s, n^{growth:.2f}"
        label = f"{what} of {', '.join(f'{n // 1000}k' for n in SIZES)} nodes"
        short += _line(label, shown, f"n^{GROWTH_TARGET}", growth <= GROWTH_TARGET)
    return short


def _graph_seconds(size: int) -> tuple[float, float, float]:
    clock = time.perf_counter
    start = clock()
    out = data = mx.sym.Variable("data")
    for _ in range(size // 2):
        out = mx.sym.tanh(out) + data
    constructed = clock()
    out.infer_shape(data=(4, 4))
    inferred = clock()
    type_ = tensor_type((4, 4), np.float32)
    piece = lower([n for n in out.nodes if not n.is_variable], out.values, lambda value: type_, mx.cpu())
    _ = piece.segment.fingerprint
    return constructed - start, inferred - constructed, clock() - inferred
