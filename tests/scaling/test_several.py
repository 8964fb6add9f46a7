"""Two real processes: everything but the times is known."""

import pytest

from workbench import parallel
from workbench.errors import ArgumentError
from workbench.networks import deep_mlp
from workbench.parallel.costmodel import exchanged
from workbench.scaling import measure_processes, several
from workbench.types import Quantity


def test_two_processes_are_measured_beside_the_prediction():
    net = deep_mlp(1, 8, batch=4, inputs=6)
    with parallel.cluster(n=2, timeout=600) as processes:
        run = measure_processes(processes, net.symbol, {"data": (4, 6)}, rounds=2)
    assert run.devices == 2
    assert {run.step.kind, run.processor.kind, run.cores.kind} == {"measured"}
    assert {run.predicted.kind, run.predicted_processor.kind} == {"predicted"}
    assert run.step.spread[0] <= run.step.value <= run.step.spread[1]
    assert "Module in 2 processes, dist_sync" in run.step.how


def test_one_process_by_itself_sends_nothing():
    sums = {"small": [1e-4], "large": [1e-3]}
    alone = several._cluster(1, sums, "", 1000, Quantity(2.0, "1", "measured", "for a test"))
    assert exchanged(several.RING, alone, 4000) == 0


def test_it_needs_processes():
    with pytest.raises(ArgumentError, match=r"measure_processes\(\): processes must be a Cluster, got 2"):
        measure_processes(2, deep_mlp(1, 8).symbol)
