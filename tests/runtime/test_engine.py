"""The engine: how many programs run, what they give, and what is left when one fails or is interrupted."""

import linecache

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd, sym, trace
from workbench.errors import ArgumentError, ExecutionError
from workbench.runtime.compile import Executable, cache

MODES = {"naive": engine.naive, "bulk of 3": lambda: engine.bulk(3), "default": lambda: engine.bulk(2000)}
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


class Net:
    """A small network trained by hand."""

    def __init__(self, width=5):
        rng = np.random.default_rng(0)
        self.x = nd.array(X)
        self.w = nd.array(rng.normal(size=(3, width)))
        self.v = nd.array(rng.normal(size=(width, 1)))
        for p in (self.w, self.v):
            p.attach_grad()

    def step(self, lr=0.1):
        with autograd.record():
            loss = (nd.dot(nd.tanh(nd.dot(self.x, self.w)), self.v) ** 2).mean()
        loss.backward()
        for p in (self.w, self.v):
            p -= lr * p.grad
        return loss


def by_numpy(steps, width=5, lr=0.1):
    rng = np.random.default_rng(0)
    w, v = rng.normal(size=(3, width)), rng.normal(size=(width, 1))
    for _ in range(steps):
        h = np.tanh(X @ w)
        g = 2 * (h @ v) / len(X)
        w, v = w - lr * X.T @ ((g @ v.T) * (1 - h * h)), v - lr * h.T @ g
    return w, v


def close(net, steps, **facts):
    for got, want in zip((net.w, net.v), by_numpy(steps, **facts), strict=True):
        np.testing.assert_allclose(got.asnumpy(), want, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_training_gives_the_same_parameters_in_every_mode(mode):
    net = Net()
    with MODES[mode]():
        for _ in range(6):
            net.step()
    close(net, 6)


def test_a_step_that_reads_nothing_is_one_program_from_its_third_turn_on():
    net = Net(width=6)
    runs, misses = [], []
    for turn in range(6):
        with trace.record() as events:
            net.step(lr=0.1 / (turn + 1))  # a schedule must not compile again
            nd.waitall()
        runs.append(len(events))
        misses.append(cache.misses)
    assert runs[2:] == [1, 1, 1, 1]
    assert len(set(misses[2:])) == 1


def test_op_by_op_runs_a_program_for_every_operation():
    a = nd.array(X)
    a.wait_to_read()
    with engine.naive(), trace.record() as events:
        b = nd.exp(nd.tanh(a) + 1)
    assert [e.segment.instructions[0][0].name for e in events] == ["tanh", "_plus_scalar", "exp"]
    np.testing.assert_allclose(b.asnumpy(), np.exp(np.tanh(X) + 1), rtol=1e-5)


def test_bulk_runs_groups_of_at_most_n():
    a = nd.array(X)
    for turn in range(3):
        with trace.record() as events, engine.bulk(3):
            b = a
            for _ in range(7):
                b = b * 1.5
        assert turn < 2 or [len(e.segment.instructions) for e in events] == [3, 3, 1]
    np.testing.assert_allclose(b.asnumpy(), X * 1.5**7, rtol=1e-5)


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "3"])
def test_a_group_size_that_is_none_is_refused(size):
    with pytest.raises(ArgumentError, match="group size of 1 or more, got"):
        engine.bulk(size)
    with pytest.raises(ArgumentError, match="a size of 1 or more, got"):
        engine.set_bulk_size(size)


def test_set_bulk_size_returns_the_one_before():
    before = engine.set_bulk_size(4)
    try:
        assert engine.set_bulk_size(before) == 4
    finally:
        engine.set_bulk_size(before)


def segment_of(compute):
    for _ in range(3):
        with trace.record() as events:
            compute().wait_to_read()
    assert len(events) == 1
    return events[0].segment


def test_what_nobody_holds_is_not_given_by_the_program():
    a, kept = nd.array(X), []

    def dropped():
        return nd.exp(nd.sin(a) + a)

    def held():
        kept.append(nd.sin(a))
        return nd.exp(kept[-1] + a)

    assert len(segment_of(dropped).outputs) == 1
    assert len(segment_of(held).outputs) == 2


def test_what_is_computed_and_never_asked_for_does_not_run():
    a = nd.array(X)
    a.wait_to_read()
    with trace.record() as events:
        nd.exp(a)
        nd.waitall()
    assert events == []


def test_one_program_serves_every_place_that_does_the_same():
    def once(a):
        return nd.sigmoid(nd.square(a) + 0.25)

    def twice(b):
        c = nd.square(b)
        return nd.sigmoid(c + 0.75)

    segment_of(lambda: once(nd.array(X)))
    misses, hits = cache.misses, cache.hits
    twice(nd.array(X)).wait_to_read()
    assert cache.misses == misses
    assert cache.hits == hits + 1


def test_a_gradient_read_late_is_that_of_the_step_it_belongs_to():
    net = Net(width=4)
    for _ in range(3):
        net.step()
    nd.waitall()
    before = [p.asnumpy() for p in (net.w, net.v)]
    net.step(lr=0.5)
    nd.waitall()
    after = [p.asnumpy() for p in (net.w, net.v)]
    net.x[:] = 0
    for p, old, new in zip((net.w, net.v), before, after, strict=True):
        np.testing.assert_allclose(p.grad.asnumpy(), (old - new) / 0.5, rtol=1e-4, atol=1e-5)


# -- failures ---------------------------------------------------------------------------------------------


@pytest.fixture
def refuse(monkeypatch):
    """Makes the device refuse every program with an operation of this name."""
    run = Executable.__call__

    def start(op):
        def refusing(self, *given):
            if any(op in bound.text for bound, _ in self.segment.instructions):
                raise RuntimeError("RESOURCE_EXHAUSTED: out of memory")
            return run(self, *given)

        monkeypatch.setattr(Executable, "__call__", refusing)

    return start


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("turns", [1, 3])
def test_a_failure_names_the_users_line_and_leaves_the_rest_readable(mode, turns, refuse):
    a = nd.array(X)

    def compute():
        good = nd.exp(a)
        bad = nd.log1p(good)  # the operation that fails
        return good, bad, nd.square(bad), nd.sin(good)

    with MODES[mode]():
        for _ in range(turns):
            for value in compute():
                value.wait_to_read()
        refuse("log1p")
        good, bad, after, other = compute()
        for value in (bad, after):
            with pytest.raises(ExecutionError) as caught:
                value.asnumpy()
            assert "log1p failed while running" in str(caught.value)
            assert "# the operation that fails" in str(caught.value)
            assert "RESOURCE_EXHAUSTED" in str(caught.value)
        np.testing.assert_allclose(good.asnumpy(), np.exp(X), rtol=1e-5)
        np.testing.assert_allclose(other.asnumpy(), np.sin(np.exp(X)), rtol=1e-4)
        np.testing.assert_allclose((a + 1).asnumpy(), X + 1)


def test_a_failing_executor_names_the_line_of_forward(refuse):
    executor = sym.log1p(sym.exp(sym.var("x")), name="out").simple_bind(x=X.shape)
    executor.forward(x=X)[0].wait_to_read()
    refuse("log1p")
    outputs = executor.forward(x=X)  # the forward that fails
    with pytest.raises(ExecutionError, match="# the forward that fails"):
        outputs[0].asnumpy()
    np.testing.assert_allclose(executor.arg_dict["x"].asnumpy(), X)


def test_waiting_for_all_reports_a_failure(refuse):
    refuse("log1p")
    held = nd.log1p(nd.array(X) + 2)
    with pytest.raises(ExecutionError, match="log1p failed while running"):
        nd.waitall()
    del held


def test_the_line_is_the_users_even_through_methods_and_operators(refuse):
    refuse("_power_scalar")
    value = nd.array(X) ** 3
    line = linecache.getline(
        __file__, test_the_line_is_the_users_even_through_methods_and_operators.__code__.co_firstlineno + 2
    )
    with pytest.raises(ExecutionError) as caught:
        value.asnumpy()
    assert line.strip() in str(caught.value)
    assert "test_engine.py" in str(caught.value)


# -- interrupts -------------------------------------------------------------------------------------------


@pytest.fixture
def interrupt(monkeypatch):
    """Presses Ctrl-C while the n-th program from now is running."""
    run = Executable.__call__
    countdown = []

    def interrupted(self, *given):
        if countdown:
            countdown[0] -= 1
            if countdown[0] == 0:
                countdown.clear()
                raise KeyboardInterrupt
        return run(self, *given)

    monkeypatch.setattr(Executable, "__call__", interrupted)
    return countdown.append


@pytest.mark.parametrize("turn", [0, 1, 3])
@pytest.mark.parametrize("program", [1, 4])
def test_an_interrupted_step_leaves_parameters_readable_and_the_next_step_correct(turn, program, interrupt):
    net = Net(width=3 + program)
    for step in range(6):
        if step == turn:
            interrupt(program)
        net.step()
        try:
            nd.waitall()
        except KeyboardInterrupt:
            assert step >= turn
            assert np.isfinite(net.w.asnumpy()).all()
    close(net, 6, width=3 + program)


@pytest.mark.parametrize("turn", [0, 1, 3])
def test_an_interrupted_executor_step_does_too(turn, interrupt):
    data, label = sym.var("data"), sym.var("label")
    hidden = sym.Activation(sym.FullyConnected(data, num_hidden=4, name="fc"), act_type="tanh")
    net = sym.LinearRegressionOutput(sym.BatchNorm(hidden, name="bn"), label)

    def train(turn):
        executor = net.simple_bind(data=(4, 3), label=(4, 4))
        rng = np.random.default_rng(1)
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            array[:] = rng.uniform(0.5, 1.5, array.shape) if name != "data" else X
        for step in range(5):
            if step == turn:
                interrupt(1)
            executor.forward(is_train=True)
            executor.backward()
            for name in ("fc_weight", "fc_bias", "bn_beta"):
                executor.arg_dict[name] -= 0.1 * executor.grad_dict[name]
            try:
                nd.waitall()
            except KeyboardInterrupt:
                assert step == turn
        return {n: a.asnumpy() for n, a in {**executor.arg_dict, **executor.aux_dict}.items()}

    want, got = train(None), train(turn)
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-6, err_msg=name)


def increase(array, times):
    for _ in range(times):
        array += 1


@pytest.mark.parametrize("mode", ["naive", "bulk of 3"])
def test_an_interrupt_between_small_programs_leaves_arrays_readable(mode, interrupt):
    a = nd.array(X)
    with MODES[mode]():
        interrupt(2)
        with pytest.raises(KeyboardInterrupt):
            increase(a, 9)
        seen = a.asnumpy()
        np.testing.assert_allclose(seen - X, np.rint(seen - X), atol=1e-5)
        a += 1
        np.testing.assert_allclose(a.asnumpy(), seen + 1, rtol=1e-6)


@pytest.mark.devices
def test_work_on_two_devices_interleaves_and_each_runs_where_it_should():
    here, there = nd.array(X), nd.array(X, ctx=mx.cpu(1))
    for _ in range(3):
        here, there = here * 2, there + 1
    with trace.record() as events:
        np.testing.assert_allclose(
            (here + there.as_in_context(mx.cpu(0))).asnumpy(), X * 8 + X + 3, rtol=1e-6
        )
    assert {e.segment.device for e in events} == {mx.cpu(0), mx.cpu(1)}


def test_what_one_thread_calls_another_may_run_without_losing_it(monkeypatch):
    import threading

    submit, runner = engine.submit, []

    def submit_and_let_another_run(call):
        submit(call)
        runner.append(threading.Thread(target=engine.flush))
        runner[-1].start()
        runner[-1].join(0.05)  # it waits for the call to be held; without that it would run and free it

    x = mx.nd.array([1.0, 2.0])
    monkeypatch.setattr(engine, "submit", submit_and_let_another_run)
    y = x * 3
    monkeypatch.undo()
    for thread in runner:
        thread.join()
    assert y.asnumpy().tolist() == [3, 6]


def test_waiting_passes_over_an_array_that_was_given_away():
    """After an interrupt a traceback may hold an array that a later step has taken for its results."""
    held = (nd.ones((2,)) + 1).jax
    held.delete()
    nd.waitall()
