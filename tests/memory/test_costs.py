"""Costs from a recorded run: real ones, and traces written by hand, in which every second is known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError
from workbench.graph.composite import Composite
from workbench.memory.costs import timed
from workbench.memory.strategies import STRATEGIES
from workbench.runtime.trace import Event
from workbench.symbolic.memory import training_pass

SHAPES = {"data": (8, 16)}


def network(layers=4):
    x = mx.sym.Variable("data")
    for layer in range(layers):
        x = mx.sym.FullyConnected(x, num_hidden=16, name=f"fc{layer}")
        x = mx.sym.tanh(x, name=f"tanh{layer}")
    return mx.sym.sum(x, name="loss")


def recorded(net, naive=True):
    """The events of one imperative step of it."""
    values = {
        name: mx.nd.ones(shape)
        for name, shape in zip(net.list_arguments(), net.infer_shape(**SHAPES)[0], strict=True)
    }
    for value in values.values():
        value.attach_grad()

    def step():
        with mx.autograd.record():
            x = values["data"]
            for layer in range(4):
                x = mx.nd.FullyConnected(
                    x, values[f"fc{layer}_weight"], values[f"fc{layer}_bias"], num_hidden=16
                )
                x = mx.nd.tanh(x)
            loss = mx.nd.sum(x)
        loss.backward()
        mx.nd.waitall()

    with mx.engine.naive() if naive else mx.engine.bulk(1000):
        step()
        with mx.trace.record() as events:
            step()
    return events


def handmade(pieces, seconds):
    """Events of segments that were not run: what each operation took is what the test says."""
    found = []
    for piece, took in zip(pieces, seconds, strict=True):
        executable = SimpleNamespace(segment=SimpleNamespace(**piece))
        found.append(Event(executable, 0.0, 0.0, took, False))
    return found


def alone(made, number):
    """An operation as a segment of its own."""
    node = made.nodes[number]
    types = tuple(made.types[v] for v in node.inputs)
    return {
        "instructions": [(node.bound, tuple(~i for i in range(len(types))))],
        "inputs": types,
        "types": [],
    }


def test_a_recorded_step_gives_every_operation_its_seconds():
    net = network()
    events = recorded(net)
    plan = mx.memory.plan(net, SHAPES, "chain", costs=events)
    work = plan.network.workload
    took = {str(bound): event.duration_s for event in events for bound, _ in event.segment.instructions}
    loss = next(n for n, node in enumerate(plan.network.nodes) if node.name == "loss")
    assert work.flops[loss] == took[str(plan.network.nodes[loss].bound)]
    assert plan.recomputed.unit == "s"
    assert plan.recomputed.kind == "predicted"
    assert 0 < plan.recomputed.value < sum(work.flops)
    assert 0 < plan.extra_forwards <= 1
    assert " s, " in plan.report()


def test_each_operation_has_the_median_of_what_it_took():
    made = training_pass(network(), SHAPES)
    pieces = [alone(made, 1)] * 3
    found = timed(made, handmade(pieces, [0.25, 4.0, 0.5]))
    alike = [n for n, node in enumerate(made.nodes) if node.bound is made.nodes[1].bound]
    assert [found.seconds[n] for n in alike] == [0.5] * len(alike)


def test_what_ran_as_one_shares_its_seconds_and_what_did_not_run_goes_at_their_speed():
    made = training_pass(network(), SHAPES)
    first, second = made.nodes[0], made.nodes[1]
    types = tuple(made.types[v] for v in first.inputs)
    both = {
        "instructions": [(first.bound, (-1, -2, -3)), (second.bound, (0,))],
        "inputs": types,
        "types": [made.types[v] for v in second.inputs],
    }
    seconds = timed(made, handmade([both], [2.0])).seconds
    assert seconds[0] + seconds[1] == pytest.approx(2.0)
    assert seconds[0] > seconds[1] > 0
    assert min(seconds) > 0
    twice = timed(made, handmade([both], [4.0])).seconds
    np.testing.assert_allclose(twice, 2 * np.array(seconds))


def test_the_unit_of_the_costs_changes_no_plan():
    made = training_pass(network(6), SHAPES)
    work = made.workload
    small = replace(made, seconds=tuple(1e-9 * flops for flops in work.flops)).workload
    for name in set(STRATEGIES) - {"milp"}:
        assert STRATEGIES[name](work) == STRATEGIES[name](small), name


def test_dear_operations_are_kept_where_cheap_ones_are_computed_again():
    net = network()
    made = training_pass(net, SHAPES)
    budget = int(mx.memory.plan(net, SHAPES, "none").peak.value) - 1
    for layer in range(2):  # dropping a later one does not lower the peak
        dear = {n for n in range(6) if n // 2 != layer}  # all but one layer's
        seconds = tuple(100.0 if n in dear else 1.0 for n in range(len(made.nodes)))
        plan = mx.memory.planner("milp", budget).plan(replace(made, seconds=seconds))
        assert plan.schedule.repeats
        assert not dear & plan.schedule.repeats.keys()


@pytest.mark.parametrize("costs", [[], [3], recorded.__name__, 3])
def test_costs_that_are_no_record_are_refused(costs):
    with pytest.raises(ArgumentError, match="costs"):
        mx.memory.plan(network(), SHAPES, costs=costs)


def test_a_trace_of_something_else_is_refused():
    with mx.engine.naive(), mx.trace.record() as events:
        (mx.nd.ones((3,)) + 1).asnumpy()
    with pytest.raises(
        ArgumentError, match=r"of the network's \d+ operations the trace has none; record a step"
    ):
        mx.memory.plan(network(), SHAPES, costs=events)
    untimed = [events[0]._replace(duration_s=None)]
    with pytest.raises(ArgumentError, match=r"costs=… are events that trace.record\(\) timed, got Event"):
        mx.memory.plan(network(), SHAPES, costs=untimed)


def test_the_seconds_of_a_hybridized_block_are_shared_out_among_its_operations():
    net = mx.gluon.nn.HybridSequential()
    for _ in range(4):
        net.add(mx.gluon.nn.Dense(16, activation="tanh", in_units=16))
    net.initialize()
    net.hybridize()
    with mx.engine.naive(), mx.trace.record() as events:
        with mx.autograd.record():
            loss = net(mx.nd.ones((8, 16))).sum()
        loss.backward()
        mx.nd.waitall()
    made = training_pass(net, SHAPES)
    layers = [n for n, node in enumerate(made.nodes) if node.bound.name in ("FullyConnected", "Activation")]
    call, backward = (e for e in events if isinstance(e.segment.instructions[0][0], Composite))
    found = timed(made, [call, backward])
    assert len(layers) == 8
    assert sum(found.seconds[n] for n in layers) == pytest.approx(call.duration_s)
    back = [
        n for n in range(made.forward, len(made.nodes)) if made.nodes[made.forward].name != made.nodes[n].name
    ]
    assert sum(found.seconds[n] for n in back) == pytest.approx(
        backward.duration_s
    )  # all but that of the loss
