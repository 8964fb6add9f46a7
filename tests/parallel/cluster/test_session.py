"""Real workers: what they train, and what is told when they fail, are interrupted or die; and that none is left."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

import workbench as mx
from workbench import parallel
from workbench.errors import ArgumentError, NotSupportedError, WorkerError
from workbench.parallel.cluster import session
from workbench.parallel.cluster.watch import GroupLostError


@pytest.fixture(scope="module")
def started():
    with parallel.cluster(n=2, timeout=600, devices=2) as cluster:
        yield cluster


@pytest.fixture
def cluster(started):
    """Two workers, new ones where a test has used the last up."""
    if not started.workers:
        started.restart()
    return started


def running(cluster):
    """A cluster's processes, and those that each started."""
    pids = (cluster._engines.controller, *[worker.pid for worker in cluster.workers])
    roots = [psutil.Process(pid) for pid in pids]
    return [*roots, *[child for root in roots for child in root.children(recursive=True)]]


class WhenAllReport:
    """Does something once, as soon as every worker has reported."""

    def __init__(self, do):
        self.do = do

    def show(self, told):
        if all(told) and self.do is not None:
            do, self.do = self.do, None
            do()

    def close(self):
        pass


def meet_for_ever():
    from workbench import kv
    from workbench.parallel import report

    store, turns = kv.create("dist_sync"), 0
    while True:
        store.barrier()
        turns += 1
        report(turns)


meet_for_ever.__module__ = "__main__"  # so that it travels as a function of a notebook does


def network(context=None):
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    outputs = mx.sym.FullyConnected(mx.sym.Activation(hidden, "tanh"), num_hidden=3, name="fc2")
    return mx.mod.Module(mx.sym.SoftmaxOutput(outputs, name="softmax"), context=context)


def data(shuffle=False):
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 30).astype("float32")
    return mx.io.NDArrayIter(rng.normal(size=(30, 6)).astype("float32"), label, 8, shuffle)


LEARNING = {"optimizer_params": {"learning_rate": 0.5, "momentum": 0.9}, "initializer": mx.init.Xavier()}


def test_fit_reaches_what_one_process_reaches(cluster):
    arguments = {**LEARNING, "num_epoch": 2}
    mx.random.seed(5)
    alone = network()
    alone.fit(data(shuffle=True), **arguments)
    drawn_next = mx.nd.random.uniform(shape=(2,)).asnumpy()
    mx.random.seed(5)
    together, shown = network(), []
    reports = WhenAllReport(lambda: shown.append("worker by worker"))
    cluster.fit(together, data(shuffle=True), epoch_end_callback=_nothing, progress=reports, **arguments)
    assert shown == ["worker by worker"]
    assert (mx.nd.random.uniform(shape=(2,)).asnumpy() == drawn_next).all()
    expected, found = (module.get_params()[0] for module in (alone, together))
    for name, array in expected.items():
        np.testing.assert_allclose(found[name].asnumpy(), array.asnumpy(), rtol=0, atol=1e-5)
    together.init_optimizer(optimizer_params=arguments["optimizer_params"])
    assert together._rule.optimizer.num_update == alone._rule.optimizer.num_update == 8


def test_two_workers_of_two_devices_reach_what_one_device_reaches(cluster):
    found = []
    for train, context in ((mx.mod.Module.fit, mx.cpu()), (cluster.fit, [mx.cpu(0), mx.cpu(1)])):
        mx.random.seed(5)
        module = network(context)
        train(module, data(), num_epoch=2, kvstore="device", **LEARNING)  # which is of one process
        found.append(module.get_params()[0])
    for name, array in found[0].items():
        np.testing.assert_allclose(found[1][name].asnumpy(), array.asnumpy(), rtol=0, atol=1e-5)


def _nothing(epoch, symbol, args, aux):
    assert epoch in (0, 1)


_nothing.__module__ = "__main__"


def test_a_worker_that_fails_is_named_and_the_others_do_not_wait_for_it(cluster):
    def push_or_fail():
        from workbench import kv

        store = kv.create("dist_sync")
        if store.rank == 1:
            raise ValueError("no such file: train.rec")
        store.barrier()

    pid = cluster.workers[1].pid
    with pytest.raises(
        WorkerError,
        match=rf"worker 1 \(pid {pid} on .*\) failed in the push_or_fail: ValueError: no such file",
    ):
        cluster.run(push_or_fail)
    assert cluster.run(os.getpid) == [worker.pid for worker in cluster.workers]


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_reaches_all_and_they_can_go_on(cluster):
    before = cluster.run(os.getpid)
    with pytest.raises(KeyboardInterrupt):
        cluster.run(meet_for_ever, progress=WhenAllReport(lambda: signal.raise_signal(signal.SIGINT)))
    assert cluster.run(os.getpid) == before


def test_training_goes_on_with_new_workers_after_one_was_killed(cluster, tmp_path):
    mx.random.seed(5)
    whole = network()
    whole.fit(data(), num_epoch=3, **LEARNING)
    lost, pid = network(), cluster.workers[1].pid

    def kill_worker_1(param):  # worker 0 calls it
        import os
        import signal

        if (param.epoch, param.nbatch) == (1, 2):
            os.kill(pid, signal.SIGKILL)

    kill_worker_1.__module__ = "__main__"
    kept = mx.Checkpoint(tmp_path / "run", every=5)
    mx.random.seed(5)
    with pytest.raises(GroupLostError, match=rf"worker 1 \(pid {pid} on .*\) died during the fit"):
        cluster.fit(lost, data(), num_epoch=3, checkpoint=kept, batch_end_callback=kill_worker_1, **LEARNING)
    cluster.restart()
    mx.random.seed(99)
    again, noted = network(), tmp_path / "noted"
    note = _noting(noted)
    cluster.fit(
        again,
        data(),
        num_epoch=3,
        checkpoint=kept,
        resume=True,
        batch_end_callback=note,
        **LEARNING,
    )
    assert (
        noted.read_text().splitlines()[0] == "1 1"
    )  # after five batches, which the checkpoint was written after
    expected, found = (module.get_params()[0] for module in (whole, again))
    for name, array in expected.items():
        np.testing.assert_allclose(found[name].asnumpy(), array.asnumpy(), rtol=0, atol=1e-5)


def _noting(path):
    def note(param):
        with open(path, "a") as file:
            file.write(f"{param.epoch} {param.nbatch}\n")

    note.__module__ = "__main__"
    return note


def test_a_worker_that_is_killed_is_named_and_nothing_is_left(cluster):
    started, pid = running(cluster), cluster.workers[1].pid
    with pytest.raises(
        GroupLostError, match=rf"worker 1 \(pid {pid} on .*\) died during the meet_for_ever"
    ) as caught:
        cluster.run(meet_for_ever, progress=WhenAllReport(lambda: os.kill(pid, signal.SIGKILL)))
    assert (caught.value.rank, caught.value.pid) == (1, pid)
    assert len(started) >= 5  # a controller, two workers, and who watches each
    assert not [process for process in started if lives(process)]
    with pytest.raises(
        WorkerError, match=rf"no workers: worker 1 \(pid {pid}\) was lost; restart\(\) starts new ones"
    ):
        cluster.run(os.getpid)


def test_closing_leaves_no_process(cluster):
    started = running(cluster)
    cluster.close()
    assert not [process for process in started if lives(process)]
    assert repr(cluster) == "<Cluster: 0 workers>"
    with pytest.raises(WorkerError, match="no workers: it was closed"):
        cluster.run(os.getpid)


def test_a_killed_notebook_leaves_no_process():
    code = "from workbench import parallel; cluster = parallel.cluster(n=1, timeout=600); print(flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as notebook:
        try:
            notebook.stdout.readline()
            started = psutil.Process(notebook.pid).children(recursive=True)
        finally:
            notebook.kill()
    assert len(started) >= 3  # a controller, a worker, and who watches it
    deadline = time.monotonic() + 240
    while any(map(lives, started)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [process for process in started if lives(process)]


def test_what_can_not_be_sent_is_refused_and_the_workers_go_on(cluster):
    before = [worker.pid for worker in cluster.workers]
    for given, text in (
        ((None,), r"Cluster\.run\(\): function must be a function, got None"),
        ((len, threading.Lock()), "the len can't be sent to the workers with its arguments: cannot pickle"),
    ):
        with pytest.raises(ArgumentError, match=text):
            cluster.run(*given)
    with pytest.raises(ArgumentError, match=r"progress must be True or False or a Shown, got 5"):
        cluster.run(os.getpid, progress=5)
    for arguments, text in (
        ({}, r"fit\(\) needs num_epoch"),
        ({"num_epoch": 1, "epochs": 2}, r"fit\(\) on a cluster: got an unexpected keyword argument 'epochs'"),
    ):
        with pytest.raises(ArgumentError, match=text):
            cluster.fit(network(), data(), **arguments)
    with pytest.raises(
        ArgumentError, match=r"fit\(\) on a cluster: missing a required argument: 'train_data'"
    ):
        cluster.fit(network())
    assert cluster.run(os.getpid) == before


def test_what_no_cluster_fits_with_is_refused_with_what_does(cluster):
    before = [worker.pid for worker in cluster.workers]
    for kvstore, kind, text in (
        (
            "dist_async",
            NotSupportedError,
            r"kvstore='dist_async' updates on servers, and a cluster has none; `with kvstore\.parameter_server\(",
        ),
        (mx.kv.create("local"), ArgumentError, r"kvstore is a name such as 'dist_sync', .* got a KVStore"),
        ("dist_sink", NotSupportedError, r"between processes there are 'dist_sync' and 'dist_async'"),
    ):
        with pytest.raises(kind, match=text):
            cluster.fit(network(), data(), num_epoch=1, kvstore=kvstore)
    with pytest.raises(
        NotSupportedError, match=r"a mesh is of one process; .* run\(function\) works with a mesh"
    ):
        cluster.fit(network(parallel.mesh(data=2)), data(), num_epoch=1)
    assert cluster.run(os.getpid) == before


class Fake:
    """Engines that are none."""

    ids, client, stopped = (), None, False

    def __init__(self, *arguments):
        pass

    def stop(self, at_once):
        self.stopped = True


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ValueError("no answer")])
def test_whatever_happens_in_closing_all_workers_are_stopped(failure, monkeypatch):
    def fail(*_):
        raise failure

    monkeypatch.setattr(session, "Engines", Fake)
    monkeypatch.setattr(session.Cluster, "_join", lambda self, engines: None)
    made = session.Cluster(1, "local", None, 60.0, None, {})
    engines = made._engines
    monkeypatch.setattr(session, "each", fail)
    if isinstance(failure, Exception):
        made.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            made.close()
    assert engines.stopped
    assert made._engines is None


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
