"""Replays put operations in queues as the engine does, and forgetting leaves out what it is told to."""

import random

import pytest
from dependency_programs import Program, Step, conflicts

from workbench import cpu, engine
from workbench.errors import ArgumentError
from workbench.runtime.dependency.replay import replay, variables


def pushed(program):
    with engine.engine_type("naive"), engine.record() as events:
        program()
        engine.wait_for_all()
    own = [event.operation for event in events if event.operation.name.startswith("step ")]
    return sorted(own, key=lambda operation: operation.serial)


READ_READ_WRITE = Program((Step((), (0,)), Step((0,), (1,)), Step((0,), (2,)), Step((), (0,))), 3)


def test_reads_run_together_and_a_write_waits_for_them():
    frames = replay(pushed(READ_READ_WRITE), "threaded")
    assert [frame.running for frame in frames] == [(), (0,), (1, 2), (3,), ()]
    assert [frame.pushed for frame in frames] == [4] * 5
    before, first, second = frames[0], frames[1], frames[2]
    assert before.ready == (0,)
    assert (
        before.queues[0]
        == first.queues[0]
        == ((0, True, True), (1, False, False), (2, False, False), (3, True, False))
    )
    assert second.queues == {
        0: ((1, False, True), (2, False, True), (3, True, False)),
        1: ((1, True, True),),
        2: ((2, True, True),),
    }
    assert (frames[-1].done, frames[-1].queues) == ((0, 1, 2, 3), {})


def test_the_naive_engine_is_pushed_one_operation_at_a_time():
    frames = replay(pushed(READ_READ_WRITE), "naive")
    assert [frame.running for frame in frames] == [(), (0,), (1,), (2,), (3,), ()]
    assert [frame.pushed for frame in frames] == [0, 1, 2, 3, 4, 4]
    assert frames[1].queues == {0: ((0, True, True),)}


def test_a_device_runs_two_at_a_time_those_of_high_priority_first():
    steps = tuple(Step((), (v,), priority=p) for v, p in enumerate((0, 5, 0, 1)))
    frames = replay(pushed(Program(steps, 4)), "threaded")
    assert [frame.running for frame in frames] == [(), (1, 3), (0, 2), ()]
    assert frames[1].ready == (0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_in_random_programs_all_run_once_and_what_conflicts_in_program_order(seed):
    draw = random.Random(seed)
    steps = []
    for _ in range(15):
        names = draw.sample(range(6), draw.randint(1, 3))
        cut = draw.randint(0, len(names))
        steps.append(Step(tuple(names[:cut]), tuple(names[cut:]), draw.randrange(3), draw.randrange(3)))
    operations = pushed(Program(tuple(steps), 6))
    for kind in ("naive", "threaded"):
        at = {one: tick for tick, frame in enumerate(replay(operations, kind)) for one in frame.running}
        assert sorted(at) == list(range(15))
        assert all(at[i] < at[j] for j in range(15) for i in range(j) if conflicts(steps[i], steps[j]))
    assert [operation.serial for operation in operations] == sorted(
        operation.serial for operation in operations
    )


def look_up(names):
    a, b = engine.new_variable("a"), engine.new_variable("b")
    engine.push(lambda: None, [a], [b], device=cpu(1), name="copy")
    return [v.name for v in (a, b) if v.name in names]


def test_what_is_forgotten_is_left_out_of_the_named_operations_and_given_back_afterwards():
    with engine.record() as events:
        with engine.forgetting(("copy", "b")):
            look_up("b")
        look_up("b")
        engine.wait_for_all()
    copies = [event.operation for event in events if event.operation.name == "copy"]
    one, other = sorted(copies, key=lambda operation: operation.serial)  # two threads finish in any order
    assert [v.name for v in variables([one])] == ["a"]
    assert [v.name for v in variables([other])] == ["a", "b"]


def test_what_nobody_declares_can_not_be_forgotten():
    says = "nothing to forget: no operation 'copy' was pushed that uses a variable 'c'"
    with pytest.raises(ArgumentError) as caught, engine.forgetting(("copy", "a"), ("copy", "c")):
        look_up("a")
    assert str(caught.value) == says
    engine.wait_for_all()


def test_an_error_inside_forgetting_is_the_one_that_is_told():
    with pytest.raises(ZeroDivisionError), engine.forgetting(("copy", "c")):
        1 / 0  # noqa: B018
    engine.wait_for_all()
