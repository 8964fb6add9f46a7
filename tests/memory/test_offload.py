import numpy as np
import pytest
from chains import chain

from workbench import cpu, sym
from workbench.errors import ArgumentError, BudgetError, NotSupportedError
from workbench.graph.cut import Cut
from workbench.graph.node import Value
from workbench.memory.allocate import allocate
from workbench.memory.liveness import peak
from workbench.memory.lower import Lowered
from workbench.memory.offload import offload
from workbench.memory.profile import Profile
from workbench.memory.schedule import Move, Schedule, unplanned
from workbench.runtime.program import Away, Program
from workbench.symbolic.memory import training_pass
from workbench.types import tensor_type


def test_what_waits_in_the_host_s_memory_is_not_on_the_device():
    work = chain([1] * 64)
    schedule = offload(work, parts=16)
    schedule.check(work)
    assert schedule.repeats == {}
    assert peak(work, unplanned(work)) == 65
    assert peak(work, schedule) <= 2 * 4 + 2  # a part that comes back, what crosses its ends, a gradient


def test_an_arena_gives_the_memory_of_what_is_away_to_others():
    work = chain([1] * 64)
    schedule = offload(work, parts=16)
    arena = allocate(work, schedule)
    assert arena.live.max() == peak(work, schedule)
    assert arena.size <= peak(work, schedule) + 2
    assert len(arena.buffers) == len(allocate(work, unplanned(work)).buffers) + len(schedule.moved)
    profile = Profile(work, schedule)
    assert profile.bands.sum() < Profile(work, unplanned(work)).bands.sum()
    assert all(buffer.operation == work.maker[buffer.value] for buffer in arena.buffers)


def test_no_more_is_moved_than_the_budget_asks_for():
    work = chain([1] * 64)
    counts = []
    for budget in (10, 20, 40, 65):
        schedule = offload(work, budget, parts=16)
        assert peak(work, schedule) <= budget
        counts.append(len(schedule.moved))
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
    with pytest.raises(BudgetError, match="by strategy 'offload'"):
        offload(work, 3)


def test_a_value_that_is_read_while_it_is_away_is_refused():
    work = chain([1] * 2)
    with pytest.raises(ArgumentError, match="runs 'layer1' while a value of 'layer0' is away"):
        Schedule(((0,), (1,), (2,), (3,)), 2, (Move(1, 0, 3),)).check(work)


def test_a_device_whose_memory_is_the_host_s_is_refused():
    net = sym.SoftmaxOutput(sym.FullyConnected(sym.var("data"), num_hidden=3, name="fc"), name="softmax")
    network = training_pass(net, {"data": (2, 4)})
    work = network.workload
    order = range(len(work.operations))
    value = work.operations[0].gives[0]
    groups = tuple((number,) for number in order)
    with pytest.raises(
        NotSupportedError, match=r"moves values to the host's memory, which for cpu\(0\) is its own"
    ):
        Lowered(network, Schedule(groups, work.forward, (Move(value, 0, len(groups) - 1),)), cpu(0))


def test_a_program_moves_a_value_out_and_back():
    x = sym.var("x")
    first = sym.tanh(x)
    net = first * sym.tanh(sym.sin(x))
    graph = net.graph
    types = {v: tensor_type((3,), "float32") for n in graph.nodes for v in [Value(n)]}
    types |= {Value(n): tensor_type((3,), "float32") for n in graph.inputs}
    groups = [[node] for node in graph.nodes]
    value = Value(graph.nodes[0])
    program = Program(
        graph, Cut("one by one", lambda _: groups), types, cpu(0), away=[Away(value, 0, len(groups) - 1)]
    )
    seen = []
    data = np.array([0.1, 0.2, 0.3], np.float32)
    (found,) = program.run([data], lambda _, live: seen.append(live[value].sharding.memory_kind))
    np.testing.assert_allclose(found, np.tanh(data) * np.tanh(np.sin(data)), rtol=1e-5)
    assert seen == ["pinned_host", "pinned_host", "pinned_host", "device"]
