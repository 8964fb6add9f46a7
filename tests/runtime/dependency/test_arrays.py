"""NDArrays in pushed operations: who else reads or writes them waits, and is told of a failure; and the framework's
own programs in the engine's record."""

import threading

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, cpu, engine, gluon, nd
from workbench.errors import ArgumentError, ExecutionError
from workbench.imperative.storage import Lent, Storage
from workbench.runtime.dependency import framework

LONG = 450  # seconds, after which a test has failed


class Held:
    """An operation that adds 1 to an array and can be held back until the test has looked."""

    def __init__(self, array):
        self.array = array
        self.go = threading.Event()

    def __call__(self):
        assert self.go.wait(LONG)
        self.array += 1

    def soon(self):
        """Lets it go from another thread, while this one waits for it."""
        threading.Timer(0.05, self.go.set).start()


READS = {
    "asnumpy": lambda a: a.asnumpy(),
    "an operator": lambda a: (a * 1).asnumpy(),
    "a view": lambda a: np.concatenate([a[:1].asnumpy(), a[1:].asnumpy()]),
    "wait_to_read": lambda a: (a.wait_to_read(), a.asnumpy())[1],
    "jax": lambda a: np.asarray(a.jax),
    "out=": lambda a: nd.broadcast_add(a, nd.zeros(2), out=nd.zeros(2)).asnumpy(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_who_reads_an_array_waits_for_what_was_pushed_and_writes_it(read):
    a = nd.zeros(2)
    held = Held(a)
    with engine.engine_type("threaded"):
        engine.push(held, [], [a])
        engine.push(held, [], [a])
        assert type(a._storage) is Lent
        held.soon()
        assert read(a).tolist() == [2, 2]
        assert type(a._storage) is Storage


def test_who_writes_an_array_waits_for_what_was_pushed_and_reads_it():
    a, seen, go = nd.zeros(2), [], threading.Event()

    def look():
        assert go.wait(LONG)
        seen.append(a.asnumpy().tolist())

    with engine.engine_type("threaded"):
        engine.push(look, [a])
        assert a.asnumpy().tolist() == [0, 0]  # reads run together
        threading.Timer(0.05, go.set).start()
        a[:] = 5
        assert seen == [[0, 0]]
        assert a.asnumpy().tolist() == [5, 5]


def test_what_was_called_before_a_push_comes_before_it_and_what_is_called_after_comes_after(each_type):
    a = nd.ones(3)
    b = a * 2
    engine.push(lambda: b.__imul__(10), [], [b])
    c = b + a
    b[1:] = 0
    engine.push(lambda: b.__iadd__(c), [c], [b])
    assert c.asnumpy().tolist() == [21, 21, 21]
    assert b.asnumpy().tolist() == [41, 21, 21]


def test_arrays_over_one_memory_share_its_variable(each_type):
    a = nd.zeros((2, 2))
    engine.push(lambda: a[0].__setitem__(slice(None), 1), [], [a[0]])
    engine.push(lambda: a.__imul__(3), [], [a])
    assert a.asnumpy().tolist() == [[3, 3], [0, 0]]
    with pytest.raises(ArgumentError, match=r"push\(\) was given array \d+ float32\[2, 2\] twice"):
        engine.push(lambda: None, [a[0]], [a])


@pytest.mark.parametrize("use", [lambda a: a.asnumpy(), lambda a: a + 1, lambda a: a.__setitem__(0, 1)])
def test_a_failure_surfaces_where_the_array_is_used_once(each_type, use):
    a, b = nd.zeros(2), nd.zeros(2)
    engine.push(lambda: 1 / 0, [], [a], name="divide")
    engine.push(lambda: b.__iadd__(1), [a], [b], name="skipped")
    with pytest.raises(
        ExecutionError, match=r"divide failed while running, pushed at test_arrays\.py:\d+: .*zero"
    ):
        use(a)
    assert a.asnumpy().tolist() == [0, 0]
    with pytest.raises(ExecutionError, match="divide failed"):
        b.asnumpy()
    assert b.asnumpy().tolist() == [0, 0]


def test_waitall_waits_for_what_is_pushed_and_tells_of_failures(each_type):
    a = nd.zeros(2)
    engine.push(lambda: a.__iadd__(1), [], [a])
    nd.waitall()
    assert a.asnumpy().tolist() == [1, 1]
    engine.push(lambda: 1 / 0, [], [a], name="divide")
    with pytest.raises(ExecutionError, match="divide failed"):
        nd.waitall()
    assert a.asnumpy().tolist() == [1, 1]


def test_variables_and_arrays_may_be_named_together_and_nothing_else(each_type):
    a, file = nd.zeros(1), engine.new_variable("file")
    engine.push(lambda: a.__iadd__(1), [file], [a])
    engine.push(lambda: a.__iadd__(1), [], (a, file))
    assert a.asscalar() == 2
    with pytest.raises(ArgumentError) as caught:
        engine.push(lambda: None, [a, 3])
    assert str(caught.value) == ("push() takes variables, as new_variable() makes them, and NDArrays, got 3")


def test_a_network_is_trained_while_its_batches_are_made_by_the_engine(each_type):
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(6, 4, 3)).astype("float32")

    def train(batches):
        mx.random.seed(0)
        net = gluon.nn.Dense(2, in_units=3)
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
        for batch in batches:
            with autograd.record():
                loss = (net(batch) ** 2).sum()
            loss.backward()
            trainer.step(4)
        return net.weight.data().asnumpy()

    def made():
        slots = [nd.zeros((4, 3)), nd.zeros((4, 3))]
        for place, batch in enumerate(inputs):
            slot = slots[place % 2]
            engine.push(lambda slot=slot, batch=batch: slot.__setitem__(slice(None), batch), [], [slot])
            yield slot

    np.testing.assert_array_equal(train(made()), train([nd.array(batch) for batch in inputs]))


def test_the_race_checker_finds_an_array_that_is_used_and_not_named():
    def program(names_it):
        a, b = nd.ones(2), nd.zeros(2)
        engine.push(lambda: a.__imul__(2), [], [a], name="double")
        engine.push(lambda: b.__iadd__(a), [a] if names_it else [], [b], name="add")
        return {"a": a, "b": b}

    assert engine.race_check(lambda: program(True)) == []
    (race,) = engine.race_check(lambda: program(False))
    assert (race.first.name, race.second.name) == ("double", "add")


def recorded(run):
    """What was pushed here and the programs of this thread left, by name, and the edges between them."""
    nd.waitall()
    with engine.record() as events:
        run()
        nd.waitall()
    here = threading.current_thread().name
    events = [e for e in events if e.operation.name == "pushed" or (e.thread == here and e.operation.reads)]
    graph = engine.graph(event.operation for event in events)
    edges = [(edge.first.name, edge.second.name) for edge in graph.edges]
    return [node.name for node in graph.nodes], edges, events


def test_programs_stand_in_the_record_with_what_they_read_and_write(each_type):
    a = nd.ones((2, 3))

    def run():
        b = nd.tanh(a * 2)
        b.wait_to_read()
        engine.push(lambda: b.__iadd__(1), [], [b], name="pushed")
        c = b.sum()
        c.wait_to_read()

    names, edges, events = recorded(run)
    assert names == ["_mul_scalar … tanh (2 operations)", "pushed", "sum"]
    assert edges == [(names[0], "pushed"), ("pushed", "sum")]
    first = next(event for event in events if event.operation.name == names[0])
    assert [v.name.split(" ", 2)[2] for v in (*first.operation.reads, *first.operation.writes)] == [
        "float32[2, 3]",
        "float32[2, 3]",
    ]
    assert str(first.operation.source).startswith("test_arrays.py:")
    assert first.end_s > first.start_s
    assert str(first.device) == "cpu(0)"


@pytest.mark.devices
def test_copies_between_devices_stand_there_too():
    a = nd.ones(3)

    def run():
        b = a.as_in_context(cpu(1))
        (b * 2).wait_to_read()

    names, edges, events = recorded(run)
    assert names == ["copy from cpu(0) to cpu(1)", "_mul_scalar"]
    assert edges == [tuple(names)]
    assert {str(event.device) for event in events} == {"cpu(1)"}


def test_a_step_of_an_executor_updates_what_the_next_one_reads():
    out = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc"), name="softmax"
    )
    executor = out.simple_bind(ctx=cpu(0), data=(4, 3))
    weight = executor.arg_dict["fc_weight"]

    def run():
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward()
            nd.sgd_update(weight, executor.grad_dict["fc_weight"], lr=0.1, out=weight)
            weight.wait_to_read()

    names, edges, _ = recorded(run)
    assert names[0] == "softmax … sgd_update (4 operations)"
    assert names == [names[0]] * 2
    assert edges == [tuple(names)] * 2  # the weight that the next one reads, and the output that both write


def test_where_nothing_is_pushed_and_nobody_records_no_program_enters(monkeypatch):
    def noted(*_):
        raise AssertionError("nobody records")

    monkeypatch.setattr(framework, "Turn", noted)
    a = nd.ones(2)
    with autograd.record():
        b = a + 1
    b.wait_to_read()
    a.as_in_context(cpu(0)).wait_to_read()
    assert b.asnumpy().tolist() == [2, 2]
