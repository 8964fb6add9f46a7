"""The compile cache: one executable a distinct segment, with its costs.

`Executable` keeps what the compiler says beside what it made: how long it took, the floating-point
operations it counts, the bytes its buffers take.  Those are *predictions* (of XLA's cost and buffer
analysis); the trace has the measurements.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import jax
import numpy as np

from workbench.graph.segment import Segment
from workbench.runtime import persistent
from workbench.runtime.device import Context, jax_devices
from workbench.runtime.mesh import Layout
from workbench.runtime.recycle import Places, Rewrites, buffers
from workbench.types import TensorType

# By default XLA for the CPU starts whatever can start, and keeps its results until they are read.
SPARING: dict[str, Any] = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}
MOST = 4096  # executables; each takes three or more of the memory areas of which Linux gives a process 65,530


class Executable:
    """A compiled segment.

    Attributes:
        segment: what was compiled.
        recycled: outputs that are written into memory given to each run, each with the input that it replaces
            (`runtime.recycle`).
        compile_s: seconds the compiler took, or the reading of what it made before (`runtime.persistent`), measured.
        runs: how often it ran.
        used: the cache's count of hits when it was last asked for.
    """

    def __init__(self, segment: Segment, recycled: Places = ()) -> None:
        self.segment = segment
        self.recycled = recycled
        self.runs = 0
        self.used = 0
        self._takes_scalars = segment.scalar_count > 0
        self._place = _place(segment)
        self._memory = [segment.output_types[output] for output, _ in recycled]
        self._places = _places(segment, recycled)
        self._numbers: tuple[bytes, jax.Array | None] = (b"", None)  # the last, and where they are
        start = time.perf_counter()
        self.compiled = _compile(segment, self._memory, self._places)
        self.compile_s = time.perf_counter() - start

    def __call__(
        self, inputs: Sequence[Any], scalars: Sequence[float], rewrites: Rewrites | None = None
    ) -> tuple[Any, ...]:
        self.runs += 1
        with jax.enable_x64(True):
            numbers = (self._put(scalars),) if self._takes_scalars else ()
            if not self._memory:
                return self.compiled(*inputs, *numbers)
            memory = buffers(rewrites, self.recycled, self._memory, self._places)
            results = self.compiled(*inputs, *numbers, *memory)
        if rewrites is not None:
            rewrites.keep()
        return results

    def _put(self, scalars: Sequence[float]) -> Any:
        """The dynamic numbers as one vector, float64; the same ones again are on the device already."""
        numbers = array("d", scalars).tobytes()  # 0.0 equals -0.0, their bytes do not
        known, vector = self._numbers
        if numbers != known:
            self._numbers = numbers, None
            return np.frombuffer(numbers, np.float64)
        if vector is None:
            with jax.ensure_compile_time_eval():  # an array, also where JAX is tracing the caller
                vector = jax.device_put(np.frombuffer(numbers, np.float64), self._place)
            self._numbers = numbers, vector
        return vector

    @property
    def flops(self) -> float:
        """Floating-point operations, as XLA's cost analysis counts them in the compiled program."""
        return float((self.compiled.cost_analysis() or {}).get("flops", 0.0))

    @property
    def bytes_in(self) -> int:
        """Bytes of the inputs."""
        return sum(t.nbytes for t in self.segment.inputs)

    @property
    def bytes_out(self) -> int:
        """Bytes of the outputs."""
        return sum(t.nbytes for t in self.segment.output_types)

    @property
    def workspace_bytes(self) -> int:
        """Bytes of temporary buffers while it runs, by XLA's buffer assignment."""
        stats = self.compiled.memory_analysis()
        return int(stats.temp_size_in_bytes) if stats else 0

    @property
    def assigned_bytes(self) -> int:
        """Bytes of all its buffers, by XLA's assignment: inputs, outputs and temporary ones, shared memory once."""
        stats = self.compiled.memory_analysis()
        if not stats:
            return self.bytes_in + self.bytes_out
        own = stats.output_size_in_bytes - stats.alias_size_in_bytes + stats.temp_size_in_bytes
        return int(stats.argument_size_in_bytes + own)

    @property
    def hlo(self) -> str:
        """The optimised program as XLA prints it."""
        return str(self.compiled.as_text())


def _device(segment: Segment) -> jax.Device:
    if isinstance(segment.device, Layout):
        return segment.device.mesh.jax_device
    return segment.device.jax_device if isinstance(segment.device, Context) else jax_devices()[0]


def _place(segment: Segment) -> jax.sharding.Sharding:
    """Where its dynamic numbers are, and all its arrays unless it has a layout."""
    if isinstance(segment.device, Layout):
        return segment.device.mesh.placement
    return jax.sharding.SingleDeviceSharding(_device(segment))


def _places(segment: Segment, recycled: Places) -> list[jax.sharding.Sharding]:
    """Where the outputs are that replace inputs."""
    layout = segment.device
    if isinstance(layout, Layout):
        return [layout.outputs[output] or layout.inputs[index] for output, index in recycled]
    return [_place(segment)] * len(recycled)


def _compile(segment: Segment, memory: Sequence[TensorType], places: Sequence[jax.sharding.Sharding]) -> Any:
    """Its program takes the inputs, the dynamic numbers if there are any, and memory for some outputs."""
    count = len(segment.inputs)
    takes_scalars = segment.scalar_count > 0

    def program(*arguments: Any) -> tuple[Any, ...]:
        scalars = [arguments[count][i] for i in range(segment.scalar_count)]
        return segment.evaluate(arguments[:count], scalars)

    # Dtypes are the graph's own: under JAX's default, 64-bit types would silently shrink.
    with jax.enable_x64(True):
        shapes = [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in segment.inputs]
        if takes_scalars:
            shapes.append(jax.ShapeDtypeStruct((segment.scalar_count,), np.float64))
        given = tuple(range(len(shapes), len(shapes) + len(memory)))
        shapes += [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in memory]
        place = _place(segment)
        layout = segment.device if isinstance(segment.device, Layout) else None
        jit = functools.partial(
            jax.jit,
            in_shardings=(*layout.inputs, *[place] * takes_scalars, *places) if layout else place,
            out_shardings=layout.outputs if layout else place,
            keep_unused=True,
            donate_argnums=(*segment.donated, *given),
        )
        traced = jit(program).trace(*shapes)
        if _device(segment).platform != "cpu":
            return traced.lower().compile()
        # Loads JAX's extensions, which starting does not need.
        from workbench.runtime.channels_last import channels_last, has_convolution
        from workbench.runtime.convolve import options

        told = SPARING if segment.sparing else {}
        if has_convolution(traced.jaxpr.jaxpr):
            traced = jit(channels_last(traced.jaxpr)).trace(*shapes)
            told = told | options()
        return traced.lower().compile(told)


class CompileCache:
    """Segment → executable, counting hits, misses and seconds spent compiling."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forgets every executable and all counts."""
        self._executables: dict[Segment, Executable] = {}
        self._compiling: dict[Segment, threading.Lock] = {}
        self.hits = 0
        self.misses = 0
        self.compile_s = 0.0

    def __len__(self) -> int:
        return len(self._executables)

    def __contains__(self, segment: Segment) -> bool:
        return segment in self._executables

    def find(self, segment: Segment) -> Executable | None:
        """The executable of a segment, if there is one."""
        found = self._executables.get(segment)
        if found is not None:
            self.hits += 1
            found.used = self.hits
        return found

    def get(self, segment: Segment, rewrites: Rewrites | None = None) -> Executable:
        """The executable of a segment, compiled now if it is the first of its kind; `rewrites` counts then."""
        found = self.find(segment)
        if found is not None:
            return found
        with self._lock:
            turn = self._compiling.setdefault(segment, threading.Lock())
        with turn:  # different segments compile side by side, one segment only once
            found = self._executables.get(segment)
            return self._compiled(segment, rewrites) if found is None else found

    def get_all(self, segments: Iterable[Segment], done: Callable[[], object] = lambda: None) -> None:
        """Compiles what is not compiled yet, as many segments side by side as there are cores.

        Args:
            segments: equal ones are compiled once.
            done: called for each distinct segment once it is there; what it raises ends the work.
        """
        wanted = list(dict.fromkeys(segments))
        missing = [s for s in wanted if s not in self]
        for _ in range(len(wanted) - len(missing)):
            done()
        if len(missing) == 1:
            self.get(missing[0])
            done()
        elif missing:
            self._side_by_side(missing, done)

    def _side_by_side(self, segments: Sequence[Segment], done: Callable[[], object]) -> None:
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            for made in as_completed([pool.submit(self.get, segment) for segment in segments]):
                made.result()
                done()
        finally:
            pool.shutdown(cancel_futures=True)

    def _compiled(self, segment: Segment, rewrites: Rewrites | None) -> Executable:
        made = Executable(segment, rewrites.places() if rewrites is not None else ())
        with self._lock:
            self.misses += 1
            self.compile_s += made.compile_s
            made.used = self.hits
            self._executables[segment] = made
            self._compiling.pop(segment, None)
            if len(self._executables) > MOST:
                self._forget_half()
        return made

    def _forget_half(self) -> None:
        """Lets go what was used longest ago; a segment that comes again is compiled again."""
        by_use = sorted(self._executables.items(), key=lambda item: item[1].used)
        self._executables = dict(by_use[len(by_use) // 2 :])

    def __repr__(self) -> str:
        return f"CompileCache({len(self)} executables, {self.hits} hits, {self.misses} misses)"


persistent.keep()
cache = CompileCache()
