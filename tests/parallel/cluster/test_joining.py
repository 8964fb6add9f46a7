"""What keeps processes from meeting is told with its remedy; engines here are none, and answer as told."""

import ipyparallel
import pytest

from workbench.errors import WorkerError
from workbench.parallel.cluster import worker
from workbench.parallel.cluster.joining import join
from workbench.parallel.cluster.worker import facts


def told(kind, text):
    """A failure of a worker, as it comes from there."""
    return ipyparallel.RemoteError(kind, text, traceback="")


DIED = ipyparallel.EngineError("Engine 1 died while running task '1_2'")
LATE = told("JaxRuntimeError", "DEADLINE_EXCEEDED: Barrier timed out")
SLOW = TimeoutError("Result not ready.")
USED = told("WorkerError", "process 7 could not join as worker 1 at 10.0.0.1:4: used already")
MANY = told("DeviceError", "set_cpu_devices(2) must be called before the first array is made")


class Engines:
    """Two, of which the second ends in joining as told."""

    ids, controller = (0, 1), 0

    def __init__(self, end):
        self.client = [Engine(rank, end if rank == 1 else 0) for rank in self.ids]


class Engine:
    def __init__(self, rank, end):
        self.answers = {
            worker.facts: facts()._replace(pid=rank),
            worker.reserve: "10.0.0.1:4",
            worker.join: end,
        }
        self.places = []

    def apply_async(self, function, *args):
        if function is worker.join:
            self.places.append(args)
        return Result(self.answers[function])


class Result:
    def __init__(self, end):
        self.end = end

    def get(self, timeout):
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


def test_all_are_told_where_to_meet_and_how_many_devices_to_have():
    engines = Engines(1)
    assert [each.pid for each in join(engines, False, "10.0.0.1", 15.5, 2)] == [0, 1]
    assert [engine.places for engine in engines.client] == [
        [("10.0.0.1:4", 2, 0, 16, 2)],
        [("10.0.0.1:4", 2, 1, 16, 2)],
    ]


@pytest.mark.parametrize(("end", "said"), [(DIED, "Engine 1 died"), (LATE, "DEADLINE"), (SLOW, "not ready")])
def test_workers_that_do_not_meet_say_where_and_what_to_do(end, said):
    with pytest.raises(
        WorkerError,
        match=r"2 workers could not meet at 10\.0\.0\.1:4 within 15\.5 s: name an address of worker 0's host that all "
        rf"reach by cluster\(coordinator=…\), open its ports to them, or allow more by timeout= \(.*{said}",
    ) as caught:
        join(Engines(end), False, "10.0.0.1", 15.5, None)
    assert caught.value.rank == (None if end is SLOW else 1)


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (USED, r"worker 1 failed before there was a group \(join\): WorkerError: process 7 .* used already"),
        (MANY, r"worker 1 .* \(join\): DeviceError: set_cpu_devices\(2\) must be called before"),
        (0, r"workers joined as \[1, 0\], not as 0 to 1"),
    ],
)
def test_what_a_worker_says_of_itself_stays_what_it_is(end, text):
    engines = Engines(end)
    engines.client[0].answers[worker.join] = 1 - end if end == 0 else 0
    with pytest.raises(WorkerError, match=f"^{text}"):
        join(engines, False, "10.0.0.1", 15, 2)
