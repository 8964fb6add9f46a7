"""A block's plan, made with a loss at its end, run without the loss."""

from collections import Counter

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError
from workbench.memory.differentiated import differentiated
from workbench.memory.part import of_part
from workbench.memory.strategies import STRATEGIES
from workbench.symbolic.planned import PlannedOp

LARGE = sorted({*STRATEGIES} - {"milp", "offload"})


def block(depth=5, units=16):
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        for _ in range(depth):
            net.add(mx.gluon.nn.Dense(units, activation="tanh", in_units=units))
            net.add(mx.gluon.nn.BatchNorm(in_channels=units), mx.gluon.nn.Dropout(0.4))
    mx.random.seed(0)
    net.initialize(mx.init.Xavier())
    return net


def types_of(plan, names):
    return {
        n.name: plan.network.types[mx.graph.node.Value(n)] for n in plan.network.variables if n.name in names
    }


@pytest.mark.parametrize("strategy", LARGE)
def test_the_schedule_of_a_part_is_that_of_the_whole_without_the_loss(strategy):
    net = block()
    plan = mx.memory.plan(net, {"data": (8, 16)}, strategy)
    op = PlannedOp(net(mx.sym.Variable("data")), plan, own=True)
    names = {n.name for n in op.inputs}
    found = op.plan_for(types_of(plan, names), plan.network.wanted)
    found.schedule.check(found.network.workload)
    whole = [plan.network.nodes[i].name for i in plan.schedule]
    part = [found.network.nodes[i].name for i in found.schedule]
    assert part == [name for name in whole if not name.startswith("softmax")]
    assert len(part) == len(whole) - 2
    assert found.schedule.forward == sum(
        any(number < plan.network.forward - 1 for number in group)
        for group in plan.schedule.groups[: plan.schedule.forward]
    )


def test_a_part_with_another_operation_is_none():
    net = block()
    plan = mx.memory.plan(net, {"data": (8, 16)}, "chen")
    other = mx.sym.relu(net(mx.sym.Variable("data")))
    inputs = [n for n in other.nodes if n.is_variable]
    part = differentiated(other.values, inputs, types_of(plan, {n.name for n in inputs}), plan.network.wanted)
    assert of_part(plan, part) is None


def gradients(net, plan, batch=8):
    net.hybridize(plan=plan)
    mx.random.seed(4)
    data = mx.nd.array(np.random.default_rng(2).normal(size=(batch, 16)))
    with mx.autograd.record():
        loss = (net(data) ** 2).sum()
    loss.backward()
    return {name: p.grad().asnumpy() for name, p in net.collect_params().items() if p.grad_req != "null"}


def test_a_hybridized_block_runs_the_schedule_of_its_plan():
    net = block()
    expected = gradients(net, None)
    plan = mx.memory.plan(net, {"data": (8, 16)}, "recursive")
    with mx.trace.record() as events:
        found = gradients(net, plan)
    for name, array in found.items():
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-5 * largest, err_msg=name)
    layers = {"FullyConnected", "BatchNorm", "Activation", "Dropout"}
    ran = Counter(bound.name for event in events for bound, _ in event.segment.instructions)
    planned = Counter(plan.network.nodes[number].bound.name for number in plan.schedule)
    assert {name: ran[name] for name in layers} == {name: planned[name] for name in layers}
    assert planned["FullyConnected"] > 5  # some of the five ran again


def test_a_batch_of_another_size_is_planned_for_anew():
    net = block()
    plan = mx.memory.plan(net, {"data": (8, 16)}, "recursive")
    expected, found = gradients(net, None, batch=5), gradients(net, plan, batch=5)
    for name, array in found.items():
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-5 * largest, err_msg=name)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            lambda: block(units=17),
            "the plan was made for another network: number 3 of .* is FullyConnected.*16",
        ),
        (lambda: block(depth=6), "is nothing more in the plan|made for another network"),
    ],
)
def test_a_plan_for_another_block_is_refused(other, message):
    plan = mx.memory.plan(block(), {"data": (8, 16)}, "chen")
    net = other()
    net.hybridize(plan=plan)
    with pytest.raises(ArgumentError, match=rf"hybridize\(plan=…\): .*{message}"):
        net(mx.nd.ones((8, 17 if "17" in repr(net) else 16)))
