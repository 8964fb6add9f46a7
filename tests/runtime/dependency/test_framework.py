"""The framework's programs in the engine's queues: in front of what is pushed later, behind what was pushed before."""

import threading

import numpy as np
import pytest

from workbench import autograd, engine, nd, random
from workbench.errors import ExecutionError
from workbench.runtime import run
from workbench.runtime.compile import Executable
from workbench.runtime.dependency.framework import variable_of

LONG = 450  # seconds, after which a test has failed


@pytest.fixture
def busy():
    """Something is pushed, and not done before the test is."""
    done, begun = threading.Event(), threading.Event()
    with engine.engine_type("threaded"):
        engine.push(lambda: (begun.set(), done.wait(LONG)))
        assert begun.wait(LONG)
        yield
        done.set()
        engine.wait_for_all()


@pytest.fixture
def held(monkeypatch):
    """While a program runs: names of what holds the variable of an array, and of what waits for it."""
    execute, found = run.execute, []
    watched = []

    def watching(*given):
        variable = variable_of(watched[0]._storage)
        found.append(([o.name for o in variable.held], variable.writing, len(variable.waiting)))
        return execute(*given)

    def watch(array):
        watched.append(array)
        monkeypatch.setattr(run, "execute", watching)
        return found

    return watch


@pytest.mark.usefixtures("busy")
def test_a_program_holds_what_it_reads_and_writes_while_it_runs(held):
    a = nd.ones(2)
    a.wait_to_read()
    found = held(a)
    (a * 2).wait_to_read()
    a += 1
    assert a.asnumpy().tolist() == [2, 2]
    assert found == [(["_mul_scalar"], False, 0), (["_plus_scalar"], True, 0)]
    assert not variable_of(a._storage).held


@pytest.mark.usefixtures("busy")
def test_what_another_thread_pushes_meanwhile_comes_behind(held, monkeypatch):
    a = nd.ones(2)
    a.wait_to_read()
    execute, order = run.execute, []
    pusher = threading.Thread(target=lambda: engine.push(lambda: order.append("pushed"), [], [a]))

    def pushing(*given):
        if not pusher.ident:
            pusher.start()
        order.append("program")
        return execute(*given)

    monkeypatch.setattr(run, "execute", pushing)
    b = a * 2
    assert b.asnumpy().tolist() == [2, 2]
    pusher.join(LONG)
    a.wait_to_read()
    assert order == ["program", "pushed"]


def test_a_program_waits_for_what_was_pushed_and_names_memory_whose_old_value_it_reads():
    x, w, other = nd.ones(2), nd.ones(2), nd.zeros(2)
    for array in (x, w):
        array.attach_grad()
    go = threading.Event()

    def update():
        assert go.wait(LONG)
        w[:] = w * 5
        other[:] = w + 1  # it needs the list, and is not named

    with engine.engine_type("threaded"):
        with autograd.record():
            loss = (x * w).sum()
        loss.wait_to_read()
        with engine.record() as events:
            engine.push(update, [], [w], name="update")
            threading.Timer(0.05, go.set).start()
            loss.backward()
            assert x.grad.asnumpy().tolist() == [1, 1]
            engine.wait_for_all()
    names = [event.operation.name for event in events if variable_of(w._storage) in event.operation.reads]
    writers = [event.operation.name for event in events if variable_of(w._storage) in event.operation.writes]
    assert writers == ["update"]
    assert len(names) == 1
    reader = next(event for event in events if event.operation.name == names[0])
    update_event = next(event for event in events if event.operation.name == "update")
    assert update_event.end_s <= reader.start_s
    assert (w.asnumpy().tolist(), other.asnumpy().tolist()) == ([5, 5], [6, 6])


@pytest.mark.parametrize("recording", [False, True])
def test_threads_that_push_and_call_on_the_same_arrays_never_deadlock_and_lose_nothing(each_type, recording):
    shared, mine = nd.zeros(3), [nd.zeros(3) for _ in range(3)]
    errors = []

    def work(own):
        try:
            for turn in range(12):
                engine.push(lambda: shared.__iadd__(own.sum() * 0 + 1), [], [shared])
                engine.push(lambda: own.__iadd__(1), [shared], [own])
                if turn % 3 == 0:
                    (own * 2 + shared).wait_to_read()  # both are lent, and the list is flushed
                elif turn % 3 == 1:
                    own[:] = own * 1
        except BaseException as error:
            errors.append(error)

    def all_of_it():
        threads = [threading.Thread(target=work, args=(own,)) for own in mine]
        for thread in threads:
            thread.start()
        x = nd.ones(3)
        for _ in range(12):
            x = nd.tanh(x + shared * 0)
            x.wait_to_read()
        for thread in threads:
            thread.join(LONG)
        nd.waitall()

    if recording:
        with engine.record():
            all_of_it()
    else:
        all_of_it()
    assert errors == []
    assert shared.asnumpy().tolist() == [36] * 3
    assert [own.asnumpy().tolist() for own in mine] == [[12] * 3] * 3


# -- failures ---------------------------------------------------------------------------------------------


@pytest.fixture
def refused(monkeypatch):
    """An array whose computing fails, anew at each call."""
    call = Executable.__call__

    def refusing(self, *given):
        if any("log1p" in bound.text for bound, _ in self.segment.instructions):
            raise RuntimeError("out of memory")
        return call(self, *given)

    monkeypatch.setattr(Executable, "__call__", refusing)
    return lambda: nd.log1p(nd.ones(2))


def test_a_call_that_failed_fails_what_is_pushed_and_depends_on_it_and_is_told_of_once(each_type, refused):
    failed, b, ran = refused(), nd.zeros(2), []
    engine.push(lambda: ran.append(1), [failed], [b])
    with pytest.raises(ExecutionError, match=r"log1p failed while running, called at test_framework\.py"):
        b.asnumpy()
    nd.waitall()
    assert b.asnumpy().tolist() == [0, 0]
    assert ran == []


def test_a_call_that_failed_and_was_told_of_is_there_for_what_is_pushed_then(each_type, refused):
    failed, b = refused(), nd.zeros(2)
    with pytest.raises(ExecutionError, match="log1p failed"):
        failed.asnumpy()
    engine.push(lambda: b.__iadd__(failed.asnumpy()), [failed], [b], name="read")
    with pytest.raises(ExecutionError, match=r"read failed while running, pushed at .*: log1p failed while"):
        b.asnumpy()
    nd.waitall()


@pytest.mark.parametrize(
    "tell", [lambda a: nd.waitall(), lambda a: a.asnumpy(), lambda a: engine.wait_for_all()]
)
def test_what_is_written_over_is_no_failure_any_more(each_type, refused, tell):
    a, b = nd.zeros(2), nd.zeros(2)
    a[:] = refused()
    with engine.bulk(2000), pytest.raises(ExecutionError, match="log1p failed"):  # to enter the scope runs it
        tell(a)
    a[:] = 3
    engine.push(lambda: b.__iadd__(a), [a], [b])
    assert b.asnumpy().tolist() == [3, 3]


def test_a_failure_that_nobody_was_told_of_is_gone_where_it_is_written_over(each_type, refused):
    a, b = nd.zeros(2), nd.zeros(2)
    a[:] = refused()
    with engine.bulk(2000):  # to enter the scope runs it
        a[:] = 3
    engine.push(lambda: b.__iadd__(a), [a], [b])
    assert b.asnumpy().tolist() == [3, 3]
    with pytest.raises(ExecutionError, match="log1p failed"):
        nd.waitall()


@pytest.mark.parametrize("wait", [engine.wait_for_all, nd.waitall])
def test_a_wait_for_all_tells_of_the_first_that_failed_pushed_or_called(each_type, refused, wait):
    failed, a = refused(), nd.zeros(2)
    engine.push(lambda: 1 / 0, [], [a], name="divide")  # runs what was called before
    with pytest.raises(ExecutionError, match="log1p failed"):
        wait()
    wait()
    assert a.asnumpy().tolist() == [0, 0]
    with pytest.raises(ExecutionError, match="log1p failed"):
        failed.asnumpy()


def test_a_call_that_fails_inside_an_operation_and_is_not_read_there_is_told_of_once(each_type, refused):
    kept, a = [], nd.ones(2)
    engine.push(lambda: kept.append(refused()), [a])
    with pytest.raises(ExecutionError, match="log1p failed"):
        engine.wait_for_all()
    engine.wait_for_all()


# -- the record -------------------------------------------------------------------------------------------


def recorded(run):
    """What programs of this thread left, by name."""
    nd.waitall()
    here = threading.current_thread().name
    with engine.record() as events:
        run()
    return [event.operation for event in events if event.thread == here and event.operation.writes]


def test_a_gradient_that_is_computed_when_it_is_read_stands_in_the_record():
    x = nd.ones(2)
    x.attach_grad()
    for _ in range(3):
        with autograd.record():
            loss = (x * x).sum()
        loss.backward()
        loss.wait_to_read()
    (program,) = recorded(lambda: x.grad.asnumpy())
    assert variable_of(x.grad._storage) in program.writes


def test_programs_have_places_in_program_order_among_what_is_pushed(each_type):
    def work():
        a.wait_to_read()
        (a + 1).wait_to_read()
        engine.push(lambda: a.__iadd__(1), [], [a], name="pushed")
        (a * 2).wait_to_read()

    nd.waitall()
    with engine.record() as events:
        a = nd.zeros(2)
        work()
    mine = sorted(
        (e.operation for e in events if variable_of(a._storage) in (*e.operation.reads, *e.operation.writes)),
        key=lambda operation: operation.serial,
    )
    assert [operation.name for operation in mine] == ["_full", "_plus_scalar", "pushed", "_mul_scalar"]
    np.testing.assert_array_equal(a.asnumpy(), [1, 1])


@pytest.mark.parametrize("kind", ["naive", "threaded"])
@pytest.mark.parametrize("size", [1, 8])
def test_random_numbers_are_drawn_in_the_order_of_the_program(kind, size):
    random.seed(5)
    expected = [nd.random.uniform(shape=(3,)).asnumpy() for _ in range(3)]
    random.seed(8)
    expected.append(nd.random.uniform(shape=(3,)).asnumpy())
    drawn, gate = {}, threading.Event()

    def draw(at):
        gate.wait(0 if kind == "naive" else 120)
        drawn[at] = nd.random.uniform(shape=(3,)).asnumpy()

    random.seed(5)
    with engine.engine_type(kind), engine.bulk(size):
        opens = threading.Timer(0.05, gate.set)
        opens.start()
        engine.push(lambda: draw(0), mutable_vars=[engine.random_state()])
        drawn[1] = nd.random.uniform(shape=(3,)).asnumpy()
        engine.push(lambda: draw(2), mutable_vars=[engine.random_state()])
        random.seed(8)
        drawn[3] = nd.random.uniform(shape=(3,)).asnumpy()
        opens.join()
    for at, numbers in enumerate(expected):
        np.testing.assert_array_equal(drawn[at], numbers)


def test_a_draw_tells_of_an_operation_that_should_have_drawn_before():
    engine.push(lambda: 1 / 0, mutable_vars=[engine.random_state()], name="draw")
    with pytest.raises(ExecutionError, match=r"draw failed while running, pushed at .*division by zero"):
        nd.random.uniform(shape=(3,)).wait_to_read()
    assert nd.random.uniform(shape=(3,)).asnumpy().shape == (3,)
