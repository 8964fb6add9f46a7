"""Threads that compute wait for a core."""

import os
import subprocess
import sys

import pytest

from workbench.runtime import threads

pytestmark = pytest.mark.skipif(not threads._usual(), reason="needs Linux's usual scheduling policy")
POLICIES = """
import os
import workbench as mx
{first}
mx.nd.ones((2, 2)).asnumpy()
of = [int(name) for name in os.listdir("/proc/self/task")]
print(os.sched_getscheduler(os.getpid()), sum(os.sched_getscheduler(each) == os.SCHED_BATCH for each in of))
"""


def policies(first=""):
    """The policy of a process's first thread, and how many of its threads are of the batch policy."""
    said = subprocess.run(
        [sys.executable, "-c", POLICIES.format(first=first)], capture_output=True, text=True, check=True
    )
    return tuple(map(int, said.stdout.split()))


@pytest.mark.parametrize("first", ["", "mx.parallel.mesh(data=1)", "mx.num_gpus()"])
def test_what_jax_starts_computes_in_the_background(first):
    main, batch = policies(first)
    assert main == os.SCHED_OTHER
    assert batch > 2  # at least the threads of XLA's pool


def test_threads_that_are_there_already_stay_as_they_are():
    assert policies("import jax; jax.devices()") == (os.SCHED_OTHER, 0)


def test_a_policy_that_the_user_chose_stays():
    with_idle = policies("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))")
    assert with_idle == (os.SCHED_IDLE, 0)


@pytest.mark.parametrize("call", ["sched_setscheduler", "sched_getscheduler"])
def test_a_container_that_forbids_it_is_left_alone(monkeypatch, call):
    def forbidden(*_):
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, forbidden)
        with threads.computing():
            pass
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def fails():
    with threads.computing():
        assert os.sched_getscheduler(0) == os.SCHED_BATCH
        raise KeyError


def test_the_policy_returns_after_a_failure():
    with pytest.raises(KeyError):
        fails()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
