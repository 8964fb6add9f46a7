"""The naive and the threaded engine, and any other schedule: the same state, the same failures, and no deadlock."""

import faulthandler
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from dependency_programs import Program, Step, expected, outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import cpu, current_context, engine, nd
from workbench.errors import ArgumentError, ExecutionError
from workbench.runtime.dependency import executor
from workbench.runtime.dependency.current import using
from workbench.runtime.dependency.rehearsal import Rehearsal

TYPES = ("naive", "threaded")
LONG = 450  # seconds, after which a test has failed


@pytest.fixture(autouse=True)
def _never_hangs():
    """A deadlock ends the process, with what every thread was at."""
    faulthandler.dump_traceback_later(900, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(params=TYPES)
def each_type(request):
    with engine.engine_type(request.param):
        yield request.param


@st.composite
def steps(draw, size):
    names = draw(st.lists(st.integers(0, size - 1), max_size=4, unique=True))
    writes = draw(st.integers(0, len(names)))
    return Step(
        tuple(names[writes:]),
        tuple(names[:writes]),
        device=draw(st.integers(0, 2)),
        priority=draw(st.integers(-1, 1)),
        micros=draw(st.sampled_from((0, 0, 100, 1000))),
        fails=draw(st.integers(0, 9)) == 9,
    )


@st.composite
def programs(draw):
    size = draw(st.integers(1, 6))
    return Program(tuple(draw(st.lists(steps(size), max_size=25))), size)


@settings(max_examples=60)
@given(programs(), st.integers(0, 2**32))
def test_a_program_gives_the_same_state_and_failures_on_every_engine_and_in_any_legal_order(program, seed):
    want = expected(program)
    for kind in TYPES:
        with engine.engine_type(kind):
            assert outcome(program) == want, kind
    for size in (2, 3, 16):
        with engine.engine_type("threaded"), engine.bulk(size):
            assert outcome(program) == want, f"bulks of {size}"
    draw = random.Random(seed)
    for _ in range(3):
        ranks = [draw.random() for _ in range(len(program.steps) + program.size + 3)]
        with using(Rehearsal(ranks)):
            assert outcome(program) == want


@pytest.mark.parametrize(("kind", "size"), [("naive", 1), ("threaded", 1), ("threaded", 16)])
def test_ten_thousand_operations_on_fifty_variables_all_run_and_each_once(kind, size):
    draw = random.Random(0)
    variables = [engine.new_variable() for _ in range(50)]
    ran = []
    with engine.engine_type(kind), engine.bulk(size):
        for number in range(10_000):
            names = draw.sample(variables, draw.randint(0, 5))
            writes = draw.randint(0, len(names))
            fn = (lambda: 1 / 0) if number % 1000 == 999 else (lambda number=number: ran.append(number))
            engine.push(fn, names[writes:], names[:writes], cpu(draw.randrange(4)), draw.randint(-2, 2))
            if number % 1000 == 999:
                with pytest.raises(ExecutionError, match="division by zero"):
                    engine.wait_for_all()
    assert sorted(ran) == [n for n in range(10_000) if n % 1000 != 999]
    assert all(not v.held and not v.waiting and v.failure is None for v in variables)


@pytest.mark.parametrize("devices", [(0, 0), (0, 1)])
def test_reads_of_one_variable_run_at_once_on_one_device_and_on_two(devices):
    shared, meeting = engine.new_variable(), threading.Barrier(2, timeout=60)
    for device in devices:
        engine.push(meeting.wait, [shared], device=cpu(device))
    engine.wait_for_all()


def test_writes_exclude_each_other_and_reads_and_keep_program_order():
    shared, log = engine.new_variable(), []

    def note(what):
        log.append(f"{what} begins")
        time.sleep(0.001)
        log.append(f"{what} ends")

    engine.push(lambda: note("write 1"), (), [shared])
    engine.push(lambda: note("read"), [shared], (), cpu(1))
    engine.push(lambda: note("write 2"), (), [shared], cpu(2))
    engine.push(lambda: note("write 3"), (), [shared], priority=9)
    engine.wait_for_var(shared)
    assert log == [
        f"{what} {edge}" for what in ("write 1", "read", "write 2", "write 3") for edge in ("begins", "ends")
    ]


def test_of_what_can_start_the_highest_priority_goes_first():
    first, second, started, order = threading.Event(), threading.Event(), threading.Barrier(3, timeout=60), []
    for gate in (first, second):  # both threads of the device are busy
        engine.push(lambda gate=gate: (started.wait(), gate.wait(60)), device=cpu(3))
    started.wait()
    done = engine.new_variable()
    for priority in (0, 5, -1, 5):
        engine.push(lambda p=priority: order.append(p), [done], device=cpu(3), priority=priority)
    first.set()
    engine.push(lambda: None, (), [done])
    engine.wait_for_var(done)
    second.set()
    engine.wait_for_all()
    assert order == [5, 5, 0, -1]


def test_a_function_runs_with_its_device_as_the_current_one(each_type):
    seen = []
    engine.push(lambda: seen.append(current_context()), device=cpu(2))
    engine.wait_for_all()
    assert seen == [cpu(2)]


# -- failures ---------------------------------------------------------------------------------------------


def refuse():
    raise OSError("no such file")


def test_a_failure_comes_to_the_waits_that_depend_on_it_and_names_the_line(each_type):
    a, b, c, ran = engine.new_variable("a"), engine.new_variable("b"), engine.new_variable("c"), []
    engine.push(refuse, (), [a])  # the line at fault
    engine.push(lambda: ran.append("b"), [a], [b])
    engine.push(lambda: ran.append("c"), (), [c])
    engine.wait_for_var(c)
    for variable in (b, a):
        with pytest.raises(ExecutionError) as caught:
            engine.wait_for_var(variable)
        assert str(caught.value).startswith("refuse failed while running, pushed at test_engine_types.py:")
        assert str(caught.value).endswith("# the line at fault: no such file")
        assert isinstance(caught.value.__cause__, OSError)
    assert ran == ["c"]
    engine.push(lambda: ran.append("again"), [b], [a])
    engine.wait_for_all()
    assert ran == ["c", "again"]


def test_of_two_failures_an_operation_depends_on_the_first_pushed_counts(each_type):
    a, b, c = engine.new_variable("a"), engine.new_variable("b"), engine.new_variable("c")
    engine.push(lambda: time.sleep(0.01) or refuse(), (), [a], name="slow")
    engine.push(refuse, (), [b], name="quick")
    engine.push(lambda: None, [b, a], [c])
    with pytest.raises(ExecutionError, match="slow failed"):
        engine.wait_for_var(c)
    with pytest.raises(ExecutionError, match="quick failed"):
        engine.wait_for_all()


@pytest.mark.parametrize("wait", [engine.wait_for_all, engine.wait_all, nd.waitall])
def test_what_nobody_waited_for_is_told_once_by_a_wait_for_all_the_first_first(each_type, wait):
    a, ran = engine.new_variable("a"), []
    engine.push(refuse, (), [a], name="load")
    engine.push(lambda: 1 / 0)
    with pytest.raises(ExecutionError, match=r"load failed while running, .*: no such file"):
        wait()
    wait()
    engine.push(lambda: ran.append(1), (), [a])
    engine.wait_for_var(a)
    assert ran == [1]


def test_an_exit_inside_an_operation_is_a_failure_and_its_thread_goes_on():
    for _ in range(5):
        engine.push(sys.exit)
    with pytest.raises(ExecutionError, match=r"exit failed while running, .*: SystemExit"):
        engine.wait_for_all()
    engine.push(lambda: None)
    engine.wait_for_all()


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_wait_leaves_the_engine_usable_and_the_operation_running():
    a, ran, begun = engine.new_variable("a"), [], threading.Event()

    def interrupt():
        begun.set()
        time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.05)
        ran.append("first")

    engine.push(interrupt, (), [a])
    assert begun.wait(LONG)  # else the thread that waits would run it
    with pytest.raises(KeyboardInterrupt):
        engine.wait_for_var(a)
    engine.push(lambda: ran.append("second"), (), [a])
    engine.wait_for_var(a)
    assert ran == ["first", "second"]


def test_an_interrupted_operation_of_the_naive_engine_leaves_it_usable():
    a, ran = engine.new_variable("a"), []

    def interrupt():
        raise KeyboardInterrupt

    with engine.engine_type("naive"):
        with pytest.raises(KeyboardInterrupt):
            engine.push(interrupt, (), [a])
        engine.push(lambda: ran.append(1), (), [a])
        engine.wait_for_all()
    assert ran == [1]


# -- operations that push and wait ------------------------------------------------------------------------


def test_what_an_operation_pushes_comes_after_it_and_is_waited_for(each_type):
    a, log = engine.new_variable("a"), []

    def outer():
        engine.push(lambda: log.append("inner"), (), [a])
        log.append("outer")

    engine.push(outer, (), [a])
    engine.wait_for_all()
    assert log == ["outer", "inner"]


@pytest.mark.parametrize("wait", ["wait_for_var(a)", "wait_for_all()"])
def test_an_operation_may_not_wait(each_type, wait):
    a = engine.new_variable("a")
    waits = {"wait_for_var(a)": lambda: engine.wait_for_var(a), "wait_for_all()": engine.wait_for_all}
    engine.push(waits[wait], (), [a], name="impatient")
    with pytest.raises(ExecutionError) as caught:
        engine.wait_for_all()
    assert f"{wait} was called inside impatient, pushed at test_engine_types.py" in str(caught.value)
    assert "name what it needs in const_vars, or push what comes after it" in str(caught.value)


# -- resources, trace, types ------------------------------------------------------------------------------


def test_a_deletion_comes_after_what_was_pushed_before_and_frees_even_what_failed(each_type):
    a, log = engine.new_variable("a"), []
    engine.push(lambda: (time.sleep(0.002), log.append("read")), [a])
    engine.push(refuse, (), [a])
    engine.delete_variable(a, lambda: log.append("freed"))
    for use in (
        lambda: engine.push(refuse, [a]),
        lambda: engine.wait_for_var(a),
        lambda: engine.delete_variable(a),
    ):
        with pytest.raises(
            ArgumentError, match=r"a was deleted at test_engine_types.py:\d+: engine.delete_var"
        ):
            use()
    with pytest.raises(ExecutionError, match="no such file"):
        engine.wait_for_all()
    assert log == ["read", "freed"]


class Owner:
    """Deletes its variable when nobody holds it any more, wherever that is."""

    def __init__(self, freed):
        self.variable, self.freed = engine.new_variable(), freed

    def __del__(self):
        engine.delete_variable(self.variable, lambda freed=self.freed: freed.append(1))


def test_a_finalizer_may_delete_a_variable_even_amid_a_push(each_type, monkeypatch):
    enter, freed = executor.enter, []
    owners = [Owner(freed) for _ in range(10)]
    variables = [owner.variable for owner in owners]

    def forget_and_enter(operation):
        if owners:
            owners.pop()
        return enter(operation)

    monkeypatch.setattr(executor, "enter", forget_and_enter)
    for variable in variables:
        engine.push(lambda: None, [variable] if variable.deleted is None else [], [engine.new_variable()])
    engine.wait_for_all()
    assert not owners
    assert len(freed) == 10


def test_waitall_waits_for_what_pushed_operations_call():
    made = []
    engine.push(lambda: made.append(nd.ones((2,)) + 1))
    nd.waitall()
    assert made[0].asnumpy().tolist() == [2, 2]


def test_every_operation_leaves_an_event(each_type):
    a, b = engine.new_variable("a"), engine.new_variable("b")
    with engine.record() as events:
        engine.push(lambda: time.sleep(0.002), [a], [b], cpu(1), name="nap")
        engine.push(refuse, [b], [a])
        engine.push(lambda: None, [a], name="after")
        with pytest.raises(ExecutionError):
            engine.wait_for_all()
    events = [e for e in events if {a, b}.intersection((*e.operation.reads, *e.operation.writes))]
    nap, failed, skipped = events
    assert (nap.operation.name, nap.operation.reads, nap.operation.writes, nap.device) == (
        "nap",
        (a,),
        (b,),
        cpu(1),
    )
    assert nap.end_s - nap.start_s >= 0.002
    assert nap.end_s <= failed.start_s <= skipped.start_s
    here = nap.thread == threading.current_thread().name
    assert here or (each_type == "threaded" and "cpu(1) worker" in nap.thread)
    assert [(e.failed, e.skipped) for e in events] == [(False, False), (True, False), (False, True)]
    assert repr(skipped) == "Event(after on cpu(0), skipped)"
    assert all(e.operation.fn is None for e in events)  # the trace keeps no one's arrays alive


def test_no_thread_is_left_when_another_engine_type_is_chosen():
    workers, ran = [], threading.Event()
    engine.push(lambda: (workers.append(threading.current_thread()), ran.set()), device=cpu(1))
    assert ran.wait(LONG)  # nobody has to wait for it with the engine
    engine.wait_for_all()
    with engine.engine_type("naive"):
        assert engine.set_engine_type("naive") == "naive"
        (worker,) = workers
        assert worker is not threading.current_thread()
        assert not worker.is_alive()


def test_at_exit_what_was_pushed_is_finished_and_a_failure_nobody_waited_for_is_told():
    script = """
import time
from workbench import engine
a = engine.new_variable("a")
engine.push(lambda: (time.sleep(0.1), print("finished")), (), [a])
engine.push(lambda: 1 / 0, [a], name="divide")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, "finished\n")
    assert (
        done.stderr == "ExecutionError: divide failed while running, pushed at <string>:6: division by zero\n"
    )


V = engine.new_variable("v")
WRONG = {
    "push(): fn must be a function without arguments, got 3": lambda: engine.push(3),
    "push() takes variables, as new_variable() makes them, and NDArrays, got <class": lambda: engine.push(
        refuse, [nd.NDArray]
    ),
    "push() takes variables, as new_variable() makes them, and NDArrays, got 'v'": lambda: engine.push(
        refuse, ["v"]
    ),
    "push() was given v twice": lambda: engine.push(refuse, [V, V]),
    "push() was given v twice, in const_vars and mutable_vars": lambda: engine.push(refuse, [V], [V]),
    "push(): const_vars must be a list or tuple of variables, got Variable('v')": lambda: engine.push(
        refuse, V
    ),
    "push(): mutable_vars must be a list or tuple of variables, got 3": lambda: engine.push(refuse, (), 3),
    "push(): priority must be a whole number, got 0.5": lambda: engine.push(refuse, priority=0.5),
    "push(): name must be text or None, got 3": lambda: engine.push(refuse, name=3),
    "a device is a Context such as cpu(0), got 'cpu'": lambda: engine.push(refuse, device="cpu"),
    "new_variable(): name must be text or None, got 3": lambda: engine.new_variable(3),
    "wait_for_var() takes variables, as new_variable() makes them, got None": lambda: engine.wait_for_var(
        None
    ),
    "delete_variable() takes variables, as new_variable() makes them, got 1": lambda: engine.delete_variable(
        1
    ),
    "delete_variable(): fn must be a function without arguments, got 1": lambda: engine.delete_variable(V, 1),
    "an engine type is 'naive' or 'threaded', got 'fast'": lambda: engine.set_engine_type("fast"),
    "an engine type is 'naive' or 'threaded', got []": lambda: engine.set_engine_type([]),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_does_not_fit_is_refused(message):
    with pytest.raises(ArgumentError) as caught:
        WRONG[message]()
    assert str(caught.value).startswith(message)
