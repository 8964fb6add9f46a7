"""Bulks: what is pushed one after the other enters the queues once, and gives what it would have given alone."""

import threading

import pytest

from workbench import cpu, engine, nd
from workbench.errors import ExecutionError
from workbench.runtime.dependency import executor
from workbench.runtime.dependency.current import current, using
from workbench.runtime.dependency.threaded import Pool, Threaded


@pytest.fixture
def entered(monkeypatch):
    """How many functions each operation stood for that entered the queues of an engine of the test's own."""
    enter, counts = executor.enter, []
    own = Threaded()

    def counting(operation):
        if operation.gate is None and current.executor is own:
            counts.append(len(operation.members) or 1)
        return enter(operation)

    monkeypatch.setattr(executor, "enter", counting)
    with using(own):
        yield counts
    own.close()


def nothing():
    """An operation that does nothing."""


def test_so_many_functions_enter_the_queues_as_one_operation(entered):
    a, ran = engine.new_variable(), []
    with engine.bulk(4):
        for number in range(10):
            engine.push(lambda number=number: ran.append(number), [], [a])
        assert entered == [4, 4]
    assert entered == [4, 4, 2]
    engine.push(nothing)
    assert entered == [4, 4, 2, 1]
    engine.wait_for_all()
    assert ran == list(range(10))


NEXT = {
    "a wait": engine.wait_for_all,
    "a wait for what it does not name": lambda: engine.wait_for_var(engine.new_variable()),
    "another device": lambda: engine.push(nothing, device=cpu(1)),
    "another priority": lambda: engine.push(nothing, priority=1),
    "another thread": lambda: _elsewhere(lambda: engine.push(nothing)),
    "a deletion on another device": lambda: _deletion_on(cpu(2)),
}


def _elsewhere(do):
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()


def _deletion_on(device):
    with device:
        engine.delete_variable(engine.new_variable())


@pytest.mark.parametrize("then", NEXT.values(), ids=NEXT)
def test_what_comes_next_hands_on_what_has_come_so_far(entered, then):
    with engine.bulk(16):
        for _ in range(3):
            engine.push(nothing)
        assert entered == []
        then()
        assert entered[0] == 3
    engine.wait_for_all()


def test_an_array_that_is_named_in_a_bulk_is_waited_for_like_any_other():
    a, b = nd.zeros(2), nd.zeros(2)
    with engine.engine_type("threaded"), engine.bulk(16):
        for _ in range(3):
            engine.push(lambda: a.__iadd__(1), [], [a])
            engine.push(lambda: b.__iadd__(a), [a], [b])
        assert a.asnumpy().tolist() == [3, 3]
        engine.push(lambda: a.__iadd__(1), [], [a])
        a[:] = a * 10
        assert (a.asnumpy().tolist(), b.asnumpy().tolist()) == ([40, 40], [6, 6])


def test_of_a_bulk_only_what_depends_on_a_failure_is_skipped_and_each_leaves_an_event():
    a, b, c, d = (engine.new_variable(name) for name in "abcd")
    ran = []
    with engine.engine_type("threaded"), engine.record() as events, engine.bulk(16):
        engine.push(lambda: 1 / 0, [], [a], name="divide")
        engine.push(lambda: ran.append("b"), [a], [b], name="skipped")
        engine.push(lambda: ran.append("c"), [], [c], name="beside")
        engine.push(lambda: int("x"), [], [d], name="parse")
        engine.wait_for_var(c)
        for variable, name in ((b, "divide"), (a, "divide"), (d, "parse")):
            with pytest.raises(ExecutionError, match=f"{name} failed while running, pushed at test_bulk"):
                engine.wait_for_var(variable)
        engine.push(lambda: ran.append("again"), [b], [a])
        engine.push(lambda: ran.append("and b"), [a], [b])
        engine.wait_for_all()
    assert ran == ["c", "again", "and b"]
    events = [
        event
        for event in events
        if {a, b, c, d}.intersection((*event.operation.reads, *event.operation.writes))
    ]
    assert [event.operation.name for event in events[:4]] == ["divide", "skipped", "beside", "parse"]
    assert [event.skipped for event in events[:4]] == [False, True, False, False]
    assert [event.failed for event in events[:4]] == [True, False, False, True]
    serials = [event.operation.serial for event in events]
    assert serials == sorted(serials)


def test_a_failure_from_before_the_bulk_reaches_the_members_that_name_it_and_a_deletion_runs():
    a, b = engine.new_variable("a"), engine.new_variable("b")
    ran = []
    with engine.engine_type("threaded"):
        engine.push(lambda: 1 / 0, [], [a], name="divide")
        with engine.bulk(16):
            engine.push(lambda: ran.append("a"), [a], name="skipped")
            engine.push(lambda: ran.append("b"), [], [b])
            engine.delete_variable(a, lambda: ran.append("freed"))
        with pytest.raises(ExecutionError, match="divide failed"):
            engine.wait_for_all()
        engine.wait_for_all()
    assert ran == ["b", "freed"]


def test_nothing_is_joined_on_the_naive_engine_nor_by_the_race_checker():
    seen = []

    def program():
        a = engine.new_variable()
        state = [0]
        with engine.bulk(16):
            engine.push(lambda: state.__setitem__(0, 1), [], [], name="first")
            engine.push(lambda: state.__setitem__(0, 2), [], [a], name="second")
        return state

    with engine.engine_type("naive"), engine.bulk(16):
        engine.push(lambda: seen.append(1))
        assert seen == [1]
    (race,) = engine.race_check(program)
    assert (race.first.name, race.second.name) == ("first", "second")


def test_an_interrupt_fails_one_member_and_leaves_the_others_to_the_device(monkeypatch):
    a, b, ran = engine.new_variable("a"), engine.new_variable("b"), []
    own = Threaded()

    def interrupted():
        raise KeyboardInterrupt

    with using(own):
        with monkeypatch.context() as patch:
            patch.setattr(Pool, "start", lambda self: None)  # no thread of the device comes
            with engine.bulk(16):
                engine.push(interrupted, [], [a])
                engine.push(lambda: ran.append("skipped"), [a])
                engine.push(lambda: ran.append("b"), [], [b])
            with pytest.raises(KeyboardInterrupt):
                engine.wait_for_var(b)
            assert ran == []
        engine.wait_for_var(b)
        assert ran == ["b"]
        with pytest.raises(ExecutionError, match="interrupted failed while running"):
            engine.wait_for_all()
    own.close()
