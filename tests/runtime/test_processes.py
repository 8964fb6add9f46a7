"""A group of one process: which failures of an exchange mean that another worker is lost."""

import jax
import pytest

from workbench.errors import WorkerError
from workbench.runtime import processes


@pytest.fixture
def group(monkeypatch):
    """A group whose exchanges fail as they are told to."""
    made = processes.Group()

    def fail(error):
        def program(add):
            def exchange(rows, shapes):
                raise error

            return exchange

        monkeypatch.setattr(processes, "_program", program)
        return made

    return fail


@pytest.mark.parametrize(
    "error",
    [
        jax.errors.JaxRuntimeError(
            "INTERNAL: Gloo all-reduce failed: Connection closed by peer [127.0.0.1]:4711"
        ),
        ValueError("UNKNOWN: NCCL operation ncclAllReduce failed: remote process exited"),
        RuntimeError("DEADLINE_EXCEEDED: Barrier timed out"),
    ],
)
def test_a_broken_connection_means_that_a_worker_is_lost(group, error):
    broken = group(error)
    for _ in range(2):  # it stays so
        with pytest.raises(
            WorkerError, match="worker 0 of 1 lost its connection to another, which may have died: "
        ):
            broken.sum("a step", ["w"], [jax.numpy.ones(2)])
    broken.leave(failed=True)  # there is nobody to be told


@pytest.mark.parametrize(
    "error",
    [
        jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 68719476736 bytes"),
        ValueError("When calling jax.make_array_from_single_device_arrays, shapes differ"),
    ],
)
def test_another_failure_stays_what_it_is(group, error):
    failing = group(error)
    with pytest.raises(type(error)) as caught:
        failing.sum("a step", ["w"], [jax.numpy.ones(2)])
    assert caught.value is error
    with pytest.raises(WorkerError, match="worker 0 of 1 failed in an exchange: "):
        failing.sum("a step", ["w"], [jax.numpy.ones(2)])
    failing.leave(failed=True)
