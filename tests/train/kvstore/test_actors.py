"""Servers and workers as Ray's processes, where Ray is installed."""

import importlib.util
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from workbench.errors import ArgumentError, NotSupportedError, WorkerError
from workbench.extras import remedy
from workbench.train import kvstore
from workbench.train.kvstore import actors


def test_a_missing_ray_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        NotSupportedError, match=r"ray, which is not installed: in .*pip install -e '\.\[cluster\]'; in one"
    ):
        kvstore.parameter_server()


@pytest.fixture
def ray(monkeypatch, tmp_path):
    """Ray, whose `init` fails as it is told to."""
    monkeypatch.setattr(actors, "check_installed", lambda: None)
    for name in actors.PATIENCE:
        monkeypatch.delenv(name, raising=False)

    def failing(error):
        def init(address=None, num_cpus=None, **settings):
            assert all(os.environ[name] == seconds for name, seconds in actors.PATIENCE.items())
            left.append(
                psutil.Popen([sys.executable, "-c", "input()", str(tmp_path / "ray")], stdin=subprocess.PIPE)
            )
            raise error

        stand_in = SimpleNamespace(
            init=init,
            is_initialized=lambda: False,
            shutdown=lambda: None,
            __file__=str(tmp_path / "ray" / "x.py"),
        )
        monkeypatch.setitem(sys.modules, "ray", stand_in)

    left = []
    yield failing
    for name in actors.PATIENCE:
        os.environ.pop(name, None)
    for process in left:
        with process:
            assert process.wait(120) == -signal.SIGKILL  # nothing is left of a start that failed


def test_a_ray_that_does_not_start_is_told(ray):
    ray(Exception("The current node timed out during startup."))
    said = r"Ray did not start: The current node timed out during startup\. Some .* 15 s to start, which .*; try again"
    with pytest.raises(WorkerError, match=said):
        kvstore.parameter_server()
    ray(ConnectionError("Could not find any running Ray instance."))
    with pytest.raises(WorkerError, match=r"Ray did not start: Could not find any running Ray instance\."):
        kvstore.parameter_server(address="auto")


def test_a_process_that_is_just_becoming_ray_is_ended_too(ray, monkeypatch):
    """Until the kernel has set up the new program, its command line reads as empty."""
    read, looks = psutil.Process.cmdline, []

    def late(process):
        looks.append(process.pid)
        return read(process) if looks.count(process.pid) > 3 else []

    monkeypatch.setattr(psutil.Process, "cmdline", late)
    ray(Exception("no"))
    with pytest.raises(WorkerError, match="Ray did not start: no"):
        kvstore.parameter_server()


def test_settings_that_ray_does_not_take_are_named(ray):
    ray(ValueError("num_cpus must be positive"))
    with pytest.raises(
        ArgumentError, match=r"parameter_server\(\): ray\.init says: num_cpus must be positive"
    ):
        kvstore.parameter_server(num_cpus=-1)
    with pytest.raises(
        ArgumentError, match=r"no argument 'num_cpu', nor has ray\.init\. Did you mean 'num_cpus'\?"
    ):
        kvstore.parameter_server(num_cpu=2)


def train(steps):
    """Linear regression; each worker has half of the rows."""
    from workbench import kv, nd, optimizer

    store = kv.create("dist_async")
    rng = np.random.default_rng(7)
    x = rng.normal(size=(64, 4)).astype("float32")[store.rank :: store.num_workers]
    target = x @ np.arange(4, dtype="float32")
    weight = nd.zeros((4,))
    store.init("weight", weight)
    store.set_optimizer(optimizer.SGD(learning_rate=0.05))
    for _ in range(steps):
        store.pull("weight", weight)
        store.push("weight", nd.array(x.T @ (x @ weight.asnumpy() - target) / len(x)))
    store.barrier()
    store.pull("weight", weight)
    return weight.asnumpy()


def die():
    import os
    import signal

    from workbench import kv

    store = kv.create("dist_async")
    if store.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    store.barrier()


train.__module__ = die.__module__ = "__main__"  # so that they travel as functions of a notebook do


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason=f"needs ray: {remedy('cluster')}")
def test_workers_converge_and_one_that_dies_is_named_and_nothing_is_left():
    before = set(psutil.Process().children(recursive=True))
    try:
        made = kvstore.parameter_server(servers=2, workers=2)
    except WorkerError as error:
        if "timed out" not in str(error):
            raise
        pytest.skip(str(error))  # no setting of Ray's lengthens the 15 s in which its processes must start
    with made as group:
        started = set(psutil.Process().children(recursive=True)) - before
        assert {process.pid for process in started} >= set(group.pids)
        assert os.getpid() not in group.pids
        first, second = group.run(train, 200)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(first, np.arange(4), atol=1e-2)
        assert sum(group.histogram().values()) == 400
        assert group.staleness().kind == "measured"
        with pytest.raises(
            WorkerError, match=rf"worker 1 \(pid {group.pids[1]}\) died during the die"
        ) as caught:
            group.run(die)
        assert (caught.value.rank, caught.value.pid) == (1, group.pids[1])
        with pytest.raises(WorkerError, match="these parameter servers were closed"):
            group.run(train, 1)
    psutil.wait_procs(started, timeout=120)
    assert not [process for process in started if process.is_running()]
