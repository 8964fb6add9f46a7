"""Waiting, with results made up: which failure is told."""

import pytest

from workbench.errors import WorkerError
from workbench.parallel.cluster import watch
from workbench.parallel.cluster.progress import Silent
from workbench.parallel.cluster.watch import GroupLostError, Watched, check_alive, wait
from workbench.parallel.cluster.worker import Facts

FACTS = Facts("alpha", 7, "3.12", "0.10.2", "0.1.0", False, "10.0.0.1", "cpu")


class Result:
    """An answer that came, or one that never comes."""

    data = None

    def __init__(self, failure=None, ends=True, last=None):
        self.failure, self.ends, self.last = failure, ends, last

    def ready(self):
        return self.ends

    def exception(self, timeout):
        return self.failure

    def wait_for_output(self, timeout):
        self.data = self.last


class RemoteError(Exception):
    """As ipyparallel's."""

    def __init__(self, ename, evalue):
        super().__init__(evalue)
        self.ename, self.evalue = ename, evalue


def waited(*results, alive=True, interrupt=lambda ranks: None):
    workers = [Watched(rank, FACTS, result, lambda: alive) for rank, result in enumerate(results)]
    wait(workers, Silent(), interrupt, "fit")


def test_results_of_all_end_the_wait():
    waited(Result(), Result())


def test_what_workers_told_last_is_shown_where_it_comes_after_their_results():
    shown = []

    class Noted(Silent):
        def show(self, told):
            shown.append(list(told))

    workers = [Watched(rank, FACTS, Result(last={"done": 8}), lambda: True) for rank in range(2)]
    wait(workers, Noted(), lambda ranks: None, "fit")
    assert shown[-1] == [{"done": 8}] * 2


def test_the_failure_that_led_to_the_others_is_told():
    followed = RemoteError("WorkerError", "worker 1 has failed")
    with pytest.raises(
        WorkerError, match=r"worker 1 \(pid 7 on alpha\) failed in the fit: KeyError: 'x'"
    ) as caught:
        waited(Result(followed), Result(RemoteError("KeyError", "'x'")))
    assert (caught.value.rank, caught.value.pid) == (1, 7)


def test_a_death_comes_before_the_failures_it_led_to():
    with pytest.raises(
        GroupLostError, match=r"worker 1 \(pid 7 on alpha\) died during the fit.*last checkpoint"
    ):
        waited(Result(RemoteError("WorkerError", "lost its connection")), Result(ends=False), alive=False)


class EngineError(Exception):
    """As ipyparallel's, where the client itself noticed."""


@pytest.mark.parametrize("failure", [EngineError("died"), RemoteError("EngineError", "Engine 1 died")])
def test_a_death_is_one_whoever_tells_of_it(failure):
    with pytest.raises(GroupLostError, match=r"worker 1 \(pid 7 on alpha\) died during the fit"):
        waited(Result(RemoteError("WorkerError", "lost its connection")), Result(failure))


def test_workers_that_do_not_end_are_interrupted_twice_and_given_up(monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.0)
    asked = []
    with pytest.raises(GroupLostError, match=r"worker 1 .*: two interrupts did not end the fit"):
        waited(Result(RemoteError("KeyError", "'x'")), Result(ends=False), interrupt=asked.append)
    assert asked == [[1], [1]]


def test_a_worker_that_died_before_the_work_is_named():
    with pytest.raises(GroupLostError, match=r"worker 1 \(pid 7 on alpha\) died before the fit"):
        check_alive([lambda: True, lambda: False], [FACTS, FACTS], "fit")
