"""The two-layer network and what a learner pushes after it, as one program to study."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np

from workbench.arguments import Positive, Range, checked
from workbench.parallel.engine_study import EngineStudy
from workbench.parallel.two_layers import HOST, Network
from workbench.runtime import engine
from workbench.runtime.dependency.forgetting import Declaration
from workbench.runtime.device import Context

SMALL, LARGE = (8, 4), (480, 256)  # rows of the batch and width: to look at, and to measure
RATE = 0.1


class Pushed(NamedTuple):
    """An operation that a learner makes up: it halves what it writes, and adds the mean of what it reads and a number.

    That stands for any work whose order matters.
    """

    name: str
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    device: Context = HOST


@checked
def network_study(
    devices: Annotated[int, Range(0, 4)] = 2,
    steps: Positive = 1,
    pushed: Sequence[Pushed] = (),
    forgotten: Sequence[Declaration] = (),
) -> EngineStudy:
    """The study of the two-layer network on some devices, and of what is pushed after it.

    Args:
        devices: how many share the batch; 0 for no network.
        steps: of training.
        pushed: what is pushed after it; variables that the network has not got come with it.
        forgotten: declarations that are left out.

    Raises:
        ArgumentError: an argument does not fit, names a variable twice, or forgets what nobody declares.
    """
    small, large = (partial(_program, devices, steps, tuple(pushed), *sizes) for sizes in (SMALL, LARGE))
    return EngineStudy(small, forgotten, large)


def _program(devices: int, steps: int, pushed: Sequence[Pushed], batch: int, width: int) -> dict[str, Any]:
    """Pushes it all; the arrays by name, and what each operation that was made up has read."""
    network = Network(devices, batch // max(1, devices) * devices, width, seed=0)
    network.train(steps, RATE)
    new = dict.fromkeys(name for each in pushed for name in (*each.reads, *each.writes))
    network.add({name: np.zeros((width, width)) for name in new if name not in network.arrays})
    seen: dict[str, float] = {}
    for number, each in enumerate(pushed, start=1):
        fn = partial(_mix, network, each, number, seen)
        const, mutable = ([network.variables[name] for name in names] for names in (each.reads, each.writes))
        engine.push(fn, const, mutable, device=each.device, name=each.name)
    return {**network.arrays, "read by what was pushed": seen}


def _mix(network: Network, pushed: Pushed, number: int, seen: dict[str, float]) -> None:
    total = sum(float(network.arrays[name].mean()) for name in pushed.reads)
    seen[f"{number} {pushed.name}"] = total
    for name in pushed.writes:
        array = network.arrays[name]
        array *= 0.5
        array += total + number
