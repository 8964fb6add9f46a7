import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as mx
from workbench.errors import WorkbenchError
from workbench.graph.serialize import dumps
from workbench.memory.measure import compiled, running
from workbench.memory.process import ENVIRONMENT, process
from workbench.runtime.compile import cache


def planned(strategy, **sizes):
    network = mx.networks.deep_mlp(**{"depth": 24, "width": 64, "inputs": 64, "batch": 4096, **sizes})
    return mx.memory.plan(network.symbol, network.shapes, strategy)


@pytest.fixture(params=["none", "chen"])
def plan(request):
    return planned(request.param)


def test_the_compiler_and_the_living_arrays_agree(plan):
    found = compiled(plan, mx.cpu())
    assert found.assigned.value == pytest.approx(running(plan, mx.cpu()).value, rel=1e-3)
    assert found.calibrated.value == pytest.approx(found.assigned.value, rel=0.1)
    assert found.distinct < 0.5 * len(plan.lowered(mx.cpu()).program.pieces)


def test_calibrated_bytes_are_told_by_kind_and_piece(plan):
    found, lowered = compiled(plan, mx.cpu()), plan.lowered(mx.cpu())
    by_kind = found.by_kind
    assert {len(line) for line in by_kind.values()} == {len(lowered.program.pieces)}
    assert sum(by_kind.values()).max() == found.calibrated.value
    assert set(by_kind["parameter"]) == {lowered.program.input_bytes}
    assert not by_kind["gradient"][: lowered.forward].any()
    assert by_kind["workspace"].tolist() == [cache.get(s).workspace_bytes for s in lowered.program.segments]
    assert lowered.by_kind()["activation"].tolist() == by_kind["activation"].tolist()
    pieces = lowered.piece_at
    assert len(pieces) == len(plan.schedule)
    assert all(
        number in lowered.operations[piece] for number, piece in zip(plan.schedule, pieces, strict=True)
    )


def test_a_figure_says_how_it_was_found(plan):
    found = compiled(plan, mx.cpu())
    assert (found.calibrated.kind, found.assigned.kind) == ("predicted", "measured")
    assert "compiled once" in found.calibrated.how
    assert "XLA's buffer assignment of every piece" in found.assigned.how
    assert "nothing run" in found.assigned.how
    assert running(plan, mx.cpu()).how.startswith("one step run")


def test_a_network_far_larger_than_this_machine_is_measured():
    without, plan = (compiled(planned(s, width=4096, batch=2**20), mx.cpu()) for s in ("none", "chen"))
    assert without.assigned.value > 24 * 16 * 2**30  # 16 GiB a layer
    assert plan.assigned.value < 0.5 * without.assigned.value


def test_measuring_tells_how_far_it_is_and_can_be_stopped(plan):
    for measure in (compiled, running):
        parts = []
        measure(plan, mx.cpu(), parts.append)
        assert parts == sorted(parts)
        assert parts[-1] == 1.0
        parts.clear()
        assert measure(plan, mx.cpu(), parts.append, lambda parts=parts: len(parts) >= 2) is None
        assert len(parts) == 2


def test_the_process_itself_takes_what_the_compiler_assigned():
    plan = planned("chen", batch=2**18)  # 64 MiB a layer
    found = process(plan, mx.cpu())
    assert found.how.startswith("peak resident memory of a process of its own")
    assert found.value == pytest.approx(compiled(plan, mx.cpu()).assigned.value, rel=0.1)


def test_a_network_too_long_for_a_pipe_is_handed_to_the_process():
    x = mx.sym.var("data")
    for layer in range(400):
        x = mx.sym.tanh(x, name=f"{'a_layer_' * 16}{layer}")
    plan = mx.memory.plan(mx.sym.sum(x), {"data": (2**18,)}, "none", wanted="data")
    assert len(dumps(plan.network.heads)) > 2**16
    found = process(plan, mx.cpu())
    assert found.value == pytest.approx(plan.peak.value, rel=0.1)


def test_a_process_is_stopped_when_asked():
    asked = []
    assert process(planned("none"), mx.cpu(), cancelled=lambda: asked.append(1) or len(asked) > 1) is None
    assert len(asked) == 2


def test_a_process_that_fails_is_told_of():
    with pytest.raises(
        WorkbenchError, match=r"the process that ran Plan\(none.* on cpu\(999\) ended with status 1"
    ):
        process(planned("none"), mx.cpu(999))


def trained(strategy):
    """Peak resident bytes of a process that trains by a plan, and the plan's own prediction."""
    command = [sys.executable, str(Path(__file__).with_name("train_by_plan.py")), strategy]
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return map(int, done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_training_by_a_plan_takes_as_much_less_as_it_promises():
    resident, predicted = trained("none")
    less_resident, less_predicted = trained("chen")
    assert predicted > 2e9
    assert predicted - less_predicted > 1e9
    assert resident - less_resident >= 0.8 * (predicted - less_predicted)
