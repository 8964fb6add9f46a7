"""Who waits for the threaded engine lends a hand with what the wait depends on, as a thread of the device would."""

import threading
import time
from itertools import pairwise

import pytest

from workbench import AttrScope, autograd, cpu, current_context, engine, nd, sym
from workbench.errors import ExecutionError
from workbench.runtime.dependency import threaded
from workbench.runtime.dependency.current import using
from workbench.runtime.dependency.threaded import WORKERS, Pool, Threaded


@pytest.fixture
def alone(monkeypatch):
    """A threaded engine whose own threads never come, so that only who waits runs anything."""
    monkeypatch.setattr(Pool, "start", lambda self: None)
    executor = Threaded()
    with using(executor):
        yield executor
    executor.close()


def variables(count):
    return [engine.new_variable() for _ in range(count)]


@pytest.mark.usefixtures("alone")
def test_who_waits_runs_what_the_wait_depends_on_and_nothing_else():
    (a, b, c), ran = variables(3), []
    engine.push(lambda: ran.append("a"), (), [a])
    engine.push(lambda: ran.append("b"), [a], [b])
    engine.push(lambda: ran.append("c"), (), [c])
    engine.push(lambda: ran.append("a again"), (), [a])
    engine.wait_for_var(b)
    assert ran == ["a", "b"]
    engine.wait_for_all()
    assert sorted(ran) == ["a", "a again", "b", "c"]


@pytest.mark.usefixtures("alone")
def test_of_what_can_start_who_waits_takes_the_highest_priority_first():
    order = []
    for priority in (0, 5, -1, 5):
        engine.push(lambda p=priority: order.append(p), priority=priority)
    engine.wait_for_all()
    assert order == [5, 5, 0, -1]


def test_who_waits_leaves_to_the_device_what_must_come_before(monkeypatch, alone):
    (a,), order = variables(1), []
    engine.push(lambda: order.append("needed"), (), [a])
    engine.push(lambda: order.append("urgent"), priority=1)
    wait = alone._enter_wait("wait_for_var(a)", (a,), ())
    assert alone._take_for(wait) is None
    monkeypatch.undo()
    engine.wait_for_all()
    assert sorted(order) == ["needed", "urgent"]


@pytest.mark.usefixtures("alone")
def test_it_runs_there_as_on_a_thread_of_the_device():
    seen = {}

    def look():
        seen["thread"], seen["device"] = threading.current_thread(), current_context()
        seen["recording"], seen["training"] = autograd.is_recording(), autograd.is_training()
        seen["attributes"] = sym.Variable("x").attr("ctx_group")

    with engine.record() as events, AttrScope(ctx_group="dev1"), autograd.record():
        engine.push(look, device=cpu(2))
        engine.wait_for_all()
        assert autograd.is_recording()
        assert sym.Variable("x").attr("ctx_group") == "dev1"
    assert seen == {
        "thread": threading.current_thread(),
        "device": cpu(2),
        "recording": False,
        "training": False,
        "attributes": None,
    }
    (event,) = [event for event in events if event.operation.name == "look"]
    assert (event.thread, event.device) == (threading.current_thread().name, cpu(2))


@pytest.mark.usefixtures("alone")
def test_an_array_that_is_read_while_recording_may_have_been_written_by_who_reads_it():
    a, w = nd.zeros(2), nd.ones(2)
    w.attach_grad()
    engine.push(lambda: a.__iadd__(3), [], [a])
    with autograd.record():
        loss = (a * w).sum()
    loss.backward()
    assert w.grad.asnumpy().tolist() == [3, 3]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.usefixtures("alone")
def test_an_interrupt_makes_the_operation_fail_and_tells_of_it(error):
    (a, b), ran = variables(2), []

    def interrupted():
        raise error

    engine.push(interrupted, (), [a])
    engine.push(lambda: ran.append("skipped"), [a], [b])
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else ExecutionError):
        engine.wait_for_var(a)
    with pytest.raises(ExecutionError, match=f"interrupted failed while running, .*: {error.__name__}"):
        engine.wait_for_var(b)
    engine.push(lambda: ran.append("again"), [b], [a])
    engine.wait_for_all()
    assert ran == ["again"]


@pytest.mark.usefixtures("alone")
def test_an_interrupted_wait_for_all_has_told_of_nothing():
    (a,) = variables(1)

    def interrupted():
        raise KeyboardInterrupt

    engine.push(interrupted, (), [a])
    with pytest.raises(KeyboardInterrupt):
        engine.wait_for_all()
    with pytest.raises(ExecutionError, match="interrupted failed while running"):
        engine.wait_for_all()
    engine.wait_for_all()
    engine.wait_for_var(a)


def test_never_more_than_so_many_run_on_a_device_whoever_waits():
    count, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal count, most
        with lock:
            count += 1
            most = max(most, count)
        time.sleep(0.001)
        with lock:
            count -= 1

    def push_and_wait():
        (a,) = variables(1)
        for _ in range(20):
            engine.push(work, (), [a], cpu(3))
            engine.push(work, (), (), cpu(3))
            engine.wait_for_var(a)

    waiting = [threading.Thread(target=push_and_wait) for _ in range(4)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    engine.wait_for_all()
    assert count == 0
    assert 1 <= most <= WORKERS


@pytest.mark.usefixtures("alone")
def test_a_long_way_back_is_not_searched(monkeypatch):
    """Looking must not cost more than it saves: then the threads of the device do it, as if nobody waited."""
    chain = variables(threaded.LOOK + 3)
    for before, after in pairwise(chain):
        engine.push(lambda: None, [before], [after])
    executor = engine.dependency.executor
    assert executor._take_for(executor._enter_wait("wait", (chain[-1],), ())) is None
    near = executor._take_for(executor._enter_wait("wait", (chain[threaded.LOOK - 1],), ()))
    assert near.writes == (chain[1],)
    executor._help(near)
    monkeypatch.undo()
    engine.wait_for_all()
