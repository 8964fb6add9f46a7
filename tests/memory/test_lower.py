import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import LAYERS, SHAPE, symbol

import workbench as mx
from workbench.graph.cut import whole
from workbench.memory.plan import Plan, Planner
from workbench.memory.stages import Stages
from workbench.memory.strategies import STRATEGIES
from workbench.runtime.compile import cache
from workbench.runtime.program import Program

# `milp` is for graphs of a few operations, and `offload` for devices with memory of their own.
LARGE = sorted({*STRATEGIES} - {"milp", "offload"})
SHAPES = {"data": SHAPE, "label": SHAPE}


def chain(depth, width=32, batch=64):
    return mx.networks.deep_mlp(depth=depth, width=width, batch=batch, inputs=width, activation="tanh")


def planned(network, strategy="chen", **options):
    return mx.memory.plan(network.symbol, network.shapes, strategy, **options)


def executables(program):
    return [cache.get(segment) for segment in program.segments]


def test_recomputation_in_one_program_is_undone_and_in_several_is_not():
    """XLA for the CPU finds equal operations of one program and merges them, barriers or not."""
    network = chain(16)
    plain = planned(network, "none").lowered(mx.cpu()).program
    plan = planned(network)
    lowered = plan.lowered(mx.cpu()).program
    as_one = Program(lowered.graph, whole(), lowered.type_of, mx.cpu())
    once = sum(e.flops for e in executables(plain))
    assert sum(e.flops for e in executables(as_one)) <= 1.01 * once
    again = sum(e.flops for e in executables(lowered)) - once
    assert again >= 0.95 * plan.recomputed.value > 0.1 * once


@pytest.mark.parametrize("strategy", LARGE)
def test_no_program_of_a_plan_runs_an_operation_twice(strategy):
    lowered = planned(chain(16), strategy).lowered(mx.cpu())
    assert all(len(set(numbers)) == len(numbers) for numbers in lowered.operations)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (chain(64), chain(128)),
        (mx.networks.resnet([1, 6, 1], (3, 32, 32), 4), mx.networks.resnet([1, 24, 1], (3, 32, 32), 4)),
    ],
    ids=["mlp", "resnet"],
)
def test_equal_blocks_are_compiled_once_however_many_there_are(short, long):
    counts = []
    for network in (short, long):
        program = planned(network, "none").lowered(mx.cpu()).program
        cache.clear()
        cache.get_all(program.segments)
        assert cache.misses == len(set(program.segments))
        counts.append((cache.misses, program.dispatches))
    assert counts[1][0] <= counts[0][0] + 2
    assert counts[1][1] > counts[0][1] + 6


@pytest.mark.parametrize("strategy", LARGE)
def test_all_that_is_given_away_is_taken(strategy):
    program = planned(chain(16), strategy).lowered(mx.cpu()).program
    given = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # JAX warns of donated buffers that could not be used
        for executable in executables(program):
            segment = executable.segment
            donated = sum(segment.inputs[i].nbytes for i in segment.donated)
            assert executable.compiled.memory_analysis().alias_size_in_bytes == donated
            given += donated
    assert given > 0


def trained(network, plan, steps=2):
    """Outputs, gradients and states of some steps; the same numbers drawn each time."""
    executor = network.simple_bind(
        plan=plan, type_dict=dict.fromkeys(network.list_inputs(), "float64"), **SHAPES
    )
    rng = np.random.default_rng(5)
    for name, array in sorted(executor.arg_dict.items()):
        array[:] = rng.uniform(-1, 1, array.shape) if name != "first_bias" else 0.5
    for name, array in executor.aux_dict.items():
        array[:] = 1.0 if name.endswith("var") else 0.0
    mx.random.seed(11)
    for _ in range(steps):
        executor.forward(is_train=True)
        executor.backward()
    found = {"output": executor.outputs[0], **executor.aux_dict}
    found.update({f"{n} gradient": g for n, g in executor.grad_dict.items() if g is not None})
    return {name: array.asnumpy() for name, array in found.items()}


def with_cuts(network, places):
    """A plan that keeps what crosses these places of the forward pass, counted in parts of the whole."""
    types = dict.fromkeys(network.list_inputs(), "float64")
    made = mx.memory.plan(network, SHAPES, "none", dtypes=types, wanted=network.list_arguments())
    stages = Stages(made.network.workload, range(made.network.workload.forward + 1))
    schedule = stages.segmented([1 + int(place * (len(stages) - 1)) for place in places])
    schedule.check(made.network.workload)
    return Plan(Planner("none"), made.network, schedule)


def assert_alike(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        scale = max(1e-9, np.abs(value).max())
        np.testing.assert_allclose(found[name] / scale, value / scale, rtol=0, atol=1e-6, err_msg=name)


@settings(deadline=None, max_examples=8)
@given(LAYERS, st.sampled_from(LARGE), st.lists(st.floats(0, 1), max_size=4))
def test_any_plan_trains_as_none_does(layers, strategy, places):
    """Gradients, masks of dropout and statistics of BatchNorm, which move once, are those without a plan."""
    network = symbol(layers)
    expected = trained(network, None)
    assert_alike(trained(network, with_cuts(network, places)), expected)
    assert_alike(trained(network, strategy), expected)
