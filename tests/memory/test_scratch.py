"""What operations take beside their values, against what XLA assigns to each compiled by itself."""

import pytest

import workbench as mx
from workbench.graph.cut import every
from workbench.memory.scratch import scratch
from workbench.runtime.compile import cache
from workbench.runtime.program import Program
from workbench.symbolic.memory import training_pass

DATA = mx.sym.Variable("data")


def operations(symbol, shape, wanted=None):
    """For each operation of a training pass its name, what is predicted and what XLA assigns."""
    network = training_pass(symbol, {"data": shape}, wanted=wanted or symbol.list_arguments())
    program = Program(network.graph, every(1), network.types, mx.cpu())
    for segment in program.segments:
        bound = segment.instructions[0][0]
        yield bound.name, scratch(bound, segment.inputs), cache.get(segment).workspace_bytes


def convolution(filters, kernel, pad=0, stride=1, **more):
    rank = more.pop("rank", 2)
    each = {"kernel": (kernel,) * rank, "pad": (pad,) * rank, "stride": (stride,) * rank}
    return mx.sym.Convolution(DATA, num_filter=filters, no_bias=True, **each, **more)


CASES = {
    "as many filters as channels": (convolution(64, 3, pad=1), (8, 64, 28, 28)),
    "more filters": (convolution(256, 1), (8, 64, 28, 28)),
    "fewer filters": (convolution(64, 1), (8, 256, 28, 28)),
    "with strides": (convolution(128, 3, pad=1, stride=2), (8, 64, 28, 28)),
    "in groups": (convolution(64, 3, pad=1, num_group=4), (8, 64, 28, 28)),
    "each channel by itself": (convolution(32, 3, pad=1, num_group=32), (8, 32, 56, 56)),
    "each channel by itself, with strides": (
        convolution(64, 3, pad=1, stride=2, num_group=64),
        (8, 64, 28, 28),
    ),
    "each channel by itself, transposed": (
        mx.sym.Deconvolution(DATA, kernel=(16, 16), stride=(8, 8), pad=(4, 4), num_filter=21, num_group=21),
        (4, 21, 16, 16),
    ),
    "of rows": (convolution(64, 3, pad=1, rank=1), (8, 64, 784)),
    "transposed": (mx.sym.Deconvolution(DATA, kernel=(3, 3), num_filter=32, pad=(1, 1)), (8, 64, 28, 28)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_convolution_and_its_gradient_take_copies_of_what_they_turn_around(case):
    found = list(operations(*CASES[case]))
    assert len(found) == 2
    for _, predicted, assigned in found:
        assert predicted > 0
        assert predicted == pytest.approx(assigned, rel=0.05)


def test_a_gradient_by_the_kernel_alone_has_one_convolution():
    symbol = convolution(64, 3, pad=1)
    (_, forward, _), (_, backward, assigned) = operations(
        symbol, (8, 3, 28, 28), [symbol.list_arguments()[1]]
    )
    assert backward > forward
    assert backward == pytest.approx(assigned, rel=0.05)


def test_what_needs_no_copy_takes_nothing():
    net = mx.sym.Activation(mx.sym.FullyConnected(DATA, num_hidden=64), act_type="tanh")
    assert [predicted for _, predicted, _ in operations(net, (32, 64))] == [0] * 4


def test_a_plan_s_timeline_shows_it_and_its_peak_counts_it():
    symbol, shapes = convolution(64, 3, pad=1), {"data": (8, 64, 28, 28)}
    plan = mx.memory.plan(symbol, shapes, "none")
    line = plan.timeline
    assert line.workspace.tolist() == [
        each for _, each, _ in operations(symbol, shapes["data"], plan.network.wanted)
    ]
    assert line.total.tolist() == (line.workspace + sum(line.feature_maps.values())).tolist()
    assert plan.peak.value == line.fixed_bytes + line.workspace.max()
    assert plan.feature_maps.value == 0
    assert "what the operation that runs takes beside them" in plan.peak.how


def test_a_budget_counts_it():
    net = convolution(32, 3, pad=1, name="first")
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.sum(mx.sym.Convolution(net, kernel=(3, 3), num_filter=32, name="second"))
    shapes = {"data": (8, 32, 16, 16)}
    plan = mx.memory.plan(net, shapes, "none")
    assert mx.memory.plan(net, shapes, "none", budget=plan.peak.value).peak.value == plan.peak.value
    with pytest.raises(mx.errors.BudgetError, match="no plan fits"):
        mx.memory.plan(net, shapes, "none", budget=plan.peak.value - 1)


def test_on_other_devices_nothing_is_known_of_it():
    symbol, shapes = convolution(64, 3, pad=1), {"data": (8, 64, 28, 28)}
    with mx.gpu(0):  # a plan needs no device
        plan = mx.memory.plan(symbol, shapes, "none")
        assert not plan.timeline.workspace.any()
