"""A study of memory small enough to check by eye: a chain of eight layers, planned by hand.

It has the shape of the studies the core makes, so the widget and its figures can be tested without planning or
compiling anything.  Layer i gives 1 KiB and takes 10 FLOP; backward goes through the layers from the last to the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from workbench.types import Quantity

LAYERS = 8
KIB = 1024
HELD = 2 * KIB  # the parameters
WORK = 10.0  # FLOP a layer


@dataclass
class SampleMemory:
    """Its plans keep every k-th layer and compute the others again.

    Attributes:
        keeps: for each plan its k.
        failure: what measuring raises.
        wait: seconds that each part of a measurement takes.
        pause: seconds between one plan found and the next.
    """

    keeps: tuple[int, ...] = (1, 2)
    failure: Exception | None = None
    wait: float = 0.0
    pause: float = 0.0
    title: str = "eight layers"
    arguments: str = "study=sample"
    strategies: list[str] = field(default_factory=lambda: ["none", "chen"])
    meanings: dict[str, str] = field(default_factory=lambda: {"none": "all is kept", "chen": "some are kept"})
    layers: list[str] = field(default_factory=lambda: [f"layer{i}" for i in range(LAYERS)])
    ways: dict[str, str] = field(default_factory=lambda: {"weigh": "on the scales", "guess": "by eye"})
    refused: dict[str, str] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=lambda: {"FLOP": "by hand", "seconds": "by the clock"})
    costs: str = "FLOP"
    compiled: set[int] = field(default_factory=set)
    grows: bool = True

    @property
    def plans(self) -> list[str]:
        return [f"plan {k}" for k in self.keeps]

    def search(self, progress: Callable[[float], object], cancelled: Callable[[], bool]) -> Iterator[int]:
        for index in range(len(self.keeps)):
            if cancelled():
                return
            yield index
            progress((index + 1) / len(self.keeps))
            paused = time.monotonic()
            while time.monotonic() - paused < self.pause and not cancelled():
                time.sleep(0.05)

    def growth(self, cancelled: Callable[[], bool]) -> Iterator[dict]:
        for length in (4, 16, 64) if self.grows else ():
            yield {"strategy": "none", "length": length, "bytes": length * KIB}
            yield {"strategy": "chen", "length": length, "bytes": int(length**0.5) * KIB}

    def weighed(
        self, costs: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> SampleMemory | None:
        for part in range(10):
            if cancelled():
                return None
            time.sleep(self.wait)
            progress((part + 1) / 10)
        return replace(self, costs=costs)

    # -- a plan ----------------------------------------------------------------------------------

    def steps(self, plan: int) -> list[tuple[str, int]]:
        """What runs: (phase, layer)."""
        k = self.keeps[plan]
        found = [("f", layer) for layer in range(LAYERS)]
        for segment in reversed(range(0, LAYERS, k)):
            inside = range(segment, segment + k)
            found += [("r", layer) for layer in inside if k > 1]
            found += [("b", layer) for layer in reversed(inside)]
        return found

    def alive_at(self, plan: int, place: int) -> list[int]:
        """Layers whose output is in memory."""
        k, steps = self.keeps[plan], self.steps(plan)
        gone = {layer for phase, layer in steps[:place] if phase == "b"}
        made = {layer for phase, layer in steps[: place + 1] if phase != "b"} - gone
        again = {layer for phase, layer in steps[: place + 1] if phase == "r"}
        return sorted(layer for layer in made if layer % k == 0 or layer in again)

    def picture(self, plan: int) -> dict:
        steps = self.steps(plan)
        counts = [len(self.alive_at(plan, place)) for place in range(len(steps))]
        again = sum(phase == "r" for phase, _ in steps)
        return {
            "strategy": "chen" if again else "none",
            "peak": max(counts) * KIB + HELD,
            "held": HELD,
            "moved": 0,
            "recomputed": again * self.work,
            "unit": "FLOP" if self.costs == "FLOP" else "s",
            "forwards": again / LAYERS,
            "length": len(steps),
            "places": list(range(len(steps))),
            "phases": "".join(phase for phase, _ in steps),
            "bytes": self.lines(counts, 0),
            "calibrated": self.lines(counts, KIB) if plan in self.compiled else None,
            "shades": [
                "".join("9" if layer in self.alive_at(plan, place) else "0" for place in range(len(steps)))
                for layer in range(LAYERS)
            ],
            "darkest": KIB,
        }

    @property
    def work(self) -> float:
        """What a layer costs."""
        return WORK if self.costs == "FLOP" else 2.0

    def lines(self, counts: list[int], workspace: int) -> dict[str, list[int]]:
        held, taken = [HELD] * len(counts), [workspace] * len(counts)
        return {"parameter": held, "activation": [count * KIB for count in counts], "workspace": taken}

    def figures(self, plan: int) -> list[Quantity]:
        picture = self.picture(plan)
        return [
            Quantity(picture["peak"], "B", "predicted", "counted by hand", "peak bytes"),
            Quantity(
                picture["recomputed"], picture["unit"], "predicted", "counted by hand", "recomputed work"
            ),
        ]

    def alive(self, plan: int, place: int, layer: int | None = None) -> dict:
        phase, runs = self.steps(plan)[place]
        there = [each for each in self.alive_at(plan, place) if layer in (None, each)]
        buffers = [self._buffer(plan, place, each) for each in there[:6]]
        held = {"name": "weights", "bytes": HELD, "fixed": True, "made": None, "next": None, "last": None}
        held |= {"returned": False, "leaves": None}
        kinds = [{"kind": "activation", "count": len(there), "bytes": len(there) * KIB, "buffers": buffers}]
        if layer is None:
            weights = [{**held, "again": 0, "flops": 0.0}]
            kinds.append({"kind": "parameter", "count": 1, "bytes": HELD, "buffers": weights})
        words = {"f": "forward", "r": "recomputing", "b": "backward"}
        return {
            "place": place,
            "operation": f"layer{runs}" + "_backward" * (phase == "b"),
            "phase": words[phase],
            "bytes": sum(kind["bytes"] for kind in kinds),
            "kinds": kinds,
        }

    def _buffer(self, plan: int, place: int, layer: int) -> dict:
        steps = self.steps(plan)
        made = max(
            at for at, (phase, each) in enumerate(steps[: place + 1]) if each == layer and phase != "b"
        )
        last = steps.index(("b", layer))
        reader = [last, f"layer{layer}_backward"]
        return {
            "name": f"layer{layer}",
            "bytes": KIB,
            "fixed": False,
            "made": made,
            "returned": False,
            "leaves": None,
            "next": reader,
            "last": reader,
            "again": 1,
            "flops": self.work,
        }

    # -- measuring -------------------------------------------------------------------------------

    def measure(
        self, plan: int, way: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> list[Quantity] | None:
        if self.failure is not None:
            raise self.failure
        for part in range(10):
            if cancelled():
                return None
            time.sleep(self.wait)
            progress((part + 1) / 10)
        self.compiled.add(plan)
        peak = self.picture(plan)["peak"] + 100
        return [Quantity(peak, "B", "measured", f"{way}ed on this CPU", "peak bytes", (peak - 10, peak + 10))]
