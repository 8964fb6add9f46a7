"""A study small enough to check by eye: one training step of a LeNet, and NumPy work to time.

It has the shape of the studies the core makes, so the widget and its figures can be tested without compiling
anything: only the nodes are written by hand, the segments and figures follow from them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from workbench.types import Quantity

BATCH = 64
LAYERS = [  # name, operator, shape of the output, has parameters
    ("conv1", "Convolution", (BATCH, 20, 24, 24), True),
    ("tanh1", "tanh", (BATCH, 20, 24, 24), False),
    ("pool1", "Pooling", (BATCH, 20, 12, 12), False),
    ("conv2", "Convolution", (BATCH, 50, 8, 8), True),
    ("tanh2", "tanh", (BATCH, 50, 8, 8), False),
    ("pool2", "Pooling", (BATCH, 50, 4, 4), False),
    ("flat", "Flatten", (BATCH, 800), False),
    ("fc1", "FullyConnected", (BATCH, 500), True),
    ("tanh3", "tanh", (BATCH, 500), False),
    ("fc2", "FullyConnected", (BATCH, 10), True),
    ("loss", "SoftmaxOutput", (BATCH, 10), False),
]


@dataclass
class Measurement:
    trace: list[dict]
    figures: list[Quantity]


@dataclass
class SampleStudy:
    title: str
    nodes: list[dict]
    code: list[str]
    sizes: list[int]
    failure: Exception | None = None
    more: list[Quantity] = field(default_factory=list)

    @property
    def levels(self) -> list[dict]:
        return [{"label": self._label(size), "segments": len(self._cut(size))} for size in self.sizes]

    def _label(self, size: int) -> str:
        if size == 1:
            return "every op"
        return "one segment" if size >= len(self.nodes) else f"every {size} ops"

    def _cut(self, size: int) -> list[list[int]]:
        ids = [node["id"] for node in self.nodes if size == 1 or node["fate"] == "kept"]
        return [ids[start : start + size] for start in range(0, len(ids), size)]

    def segments(self, level: int) -> list[list[int]]:
        return self._cut(self.sizes[level])

    def visible(self, level: int) -> list[int]:
        segments = self.segments(level)
        home = {node: index for index, segment in enumerate(segments) for node in segment}
        read = {
            source
            for node in self.nodes
            for source in node["inputs"]
            if node["id"] in home and home.get(source) != home[node["id"]]
        }
        used = {source for node in self.nodes for source in node["inputs"]}
        return sorted(node for node in home if node in read or node not in used)

    def figures(self, level: int) -> list[Quantity]:
        segments = self.segments(level)
        ran = {node for segment in segments for node in segment}
        nodes = [node for node in self.nodes if node["id"] in ran]
        visible = set(self.visible(level))
        return [
            Quantity(len(segments), "1", "predicted", "one dispatch a segment", "dispatches"),
            Quantity(sum(n["flops"] or 0 for n in nodes), "FLOP", "predicted", "sum over operators", "work"),
            Quantity(
                sum(n["bytes"] for n in nodes if n["id"] in visible),
                "B",
                "predicted",
                "sum of the segments' outputs",
                "bytes between segments",
            ),
            *self.more,
        ]

    def measure(
        self, level: int, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> Measurement | None:
        if self.failure is not None:
            raise self.failure
        segments, trace, begin = self.segments(level), [], time.perf_counter()
        for index, segment in enumerate(segments):
            if cancelled():
                return None
            start = time.perf_counter()
            for node in segment:
                np.tanh(np.ones(self.nodes[node]["bytes"] // 16)).sum()
            trace.append(self._event(index, segment, start - begin, time.perf_counter() - start))
            progress((index + 1) / len(segments))
        return Measurement(trace, list(self._timings(trace)))

    def _event(self, index: int, segment: list[int], start: float, duration: float) -> dict:
        nodes = [self.nodes[node] for node in segment]
        return {
            "segment": index,
            "start_s": start,
            "duration_s": duration,
            "bytes_in": nodes[0]["bytes"],
            "bytes_out": nodes[-1]["bytes"],
            "flops": float(sum(node["flops"] or 0 for node in nodes)),
        }

    def _timings(self, trace: list[dict]) -> Iterator[Quantity]:
        total = trace[-1]["start_s"] + trace[-1]["duration_s"]
        busy = sum(event["duration_s"] for event in trace)
        yield Quantity(len(trace), "1", "measured", "segments in the recorded step", "dispatches")
        yield Quantity(
            total, "s", "measured", "one step of NumPy on this CPU", "step time", (busy, total * 1.05)
        )
        yield Quantity(
            max(event["bytes_out"] for event in trace),
            "B",
            "measured",
            "largest segment output",
            "peak bytes",
        )

    def call(self, level: int) -> str:
        return f"StyleExplorer(lenet, shapes={{'data': ({BATCH}, 1, 28, 28)}}, cut={level})"


class _Writer:
    """Collects the nodes of a step and the line of code that made each."""

    def __init__(self) -> None:
        self.nodes: list[dict] = []
        self.code: list[str] = []

    def add(self, name, op, phase, inputs, shape, text, *, args=(), fate="kept", note="", flops=None) -> int:
        size = int(np.prod(shape))
        node = {"id": len(self.nodes), "name": name, "op": op, "phase": phase, "inputs": list(inputs)}
        node |= {"shape": list(shape), "dtype": "float32", "bytes": 4 * size, "line": len(self.code)}
        node |= {
            "flops": 10.0 * size if flops is None else flops,
            "source": f"train.py:{len(self.code) + 12}",
        }
        node |= {"args": list(args), "fate": fate, "fate_note": note}
        self.nodes.append(node)
        self.code.append(text)
        return node["id"]


def lenet_study() -> SampleStudy:
    """Forward, backward and update of a LeNet: some 40 operations, four of which an optimiser can drop."""
    write = _Writer()
    outputs = [_forward(write, *layer) for layer in LAYERS[:1]]
    for layer in LAYERS[1:]:
        outputs.append(_forward(write, *layer, before=outputs[-1]))
    merged = "the same scaling of the same input: computed once, used twice"
    write.add("scale_a", "_mul_scalar", "forward", outputs[-1:], (BATCH, 10), "p = loss * 0.5")
    write.add(
        "scale_b",
        "_mul_scalar",
        "forward",
        outputs[-1:],
        (BATCH, 10),
        "q = loss * 0.5",
        fate="merged",
        note=merged,
    )
    write.add("best", "argmax", "forward", outputs[-1:], (BATCH,), "best = loss.argmax(1)", fate="removed",
              note="nothing reads it")  # fmt: skip
    write.add("rate", "_mul_scalar", "update", [], (1,), "rate = 0.1 * 1.0", fate="folded",
              note="all its inputs are constants: 0.1")  # fmt: skip
    _backward(write, outputs)
    return SampleStudy("lenet", write.nodes, write.code, [1, 2, 4, 8, 16, 64])


def _forward(write: _Writer, name, op, shape, learns, before=None) -> int:
    source = LAYERS[[layer[0] for layer in LAYERS].index(name) - 1][0] if before is not None else "data"
    args = [f"{name}_weight", f"{name}_bias"] if learns else []
    text = f"{name} = nd.{op}({', '.join([source, *args])})"
    inputs = [] if before is None else [before]
    return write.add(name, op, "forward", inputs, shape, text, args=args, flops=2e6 if learns else None)


def _backward(write: _Writer, outputs: list[int]) -> None:
    gradient, updates = outputs[-1], []
    for index in reversed(range(len(LAYERS))):
        name, op, shape, learns = LAYERS[index]
        if learns:
            text = f"{name}_weight.grad[:] = {name}.backward_weight()"
            inputs = [gradient, *outputs[index - 1 : index]]
            weight = write.add(
                f"d{name}_weight", f"_grad_{op}", "backward", inputs, (500, 500), text, flops=2e6
            )
            updates.append((name, weight))
        if index:
            inputs = [gradient, outputs[index]]
            text = f"d_{name} = {name}.backward_data()"
            gradient = write.add(f"d{name}", f"_grad_{op}", "backward", inputs, shape, text)
    for name, weight in updates:
        text = f"{name}_weight -= lr * {name}_weight.grad"
        write.add(f"new_{name}_weight", "sgd_update", "update", [weight], (500, 500), text)
