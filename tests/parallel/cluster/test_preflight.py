"""What would keep processes from working together is found, with its remedy."""

import importlib.util
import sys

import pytest
from traitlets.config import Config

from workbench.errors import ArgumentError, NotSupportedError, WorkerError
from workbench.parallel import cluster
from workbench.parallel.cluster.preflight import check_installed, check_workers, meeting_host
from workbench.parallel.cluster.worker import Facts, facts

ONE = Facts("alpha", 11, "3.12", "0.10.2", "0.1.0", False, "10.0.0.1", "cpu")
TWO = ONE._replace(host="beta", pid=22, address="10.0.0.2")


def test_workers_that_fit_pass():
    check_workers(ONE, [ONE, TWO])
    check_workers(facts(), [facts()])
    gpu = ONE._replace(platform="gpu"), TWO._replace(platform="gpu")
    check_workers(ONE, gpu)  # a notebook without a GPU may start workers with one


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (ONE, r"worker 0 \(pid 11 on alpha\) is the process of another worker too"),
        (
            TWO._replace(joined=True),
            r"worker 1 \(pid 22 on beta\) has joined a group already.*close this cluster",
        ),
        (
            TWO._replace(jax="0.9.0"),
            r"worker 1 .* has jax 0\.9\.0, and this process 0\.10\.2.*install the same version",
        ),
        (TWO._replace(python="3.11"), r"has python 3\.11, and this process 3\.12"),
        (
            TWO._replace(platform="gpu"),
            r"worker 1 .* computes on 'gpu', and worker 0 on 'cpu': a group is of one kind .*JAX_PLATFORMS=cpu",
        ),
    ],
)
def test_what_does_not_fit_is_named(second, text):
    with pytest.raises(WorkerError, match=text):
        check_workers(ONE, [ONE, second])


def test_what_jax_computes_on_is_asked_aside_where_it_has_plugins(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu,cpu")
    assert facts().platform == "cpu"
    monkeypatch.setenv("JAX_PLATFORMS", "nonesuch")
    with pytest.raises(WorkerError, match=r"JAX finds nothing to compute on, saying: .*nonesuch"):
        facts()


def test_workers_meet_where_all_can_reach():
    assert meeting_host([ONE, ONE._replace(pid=12)], None) == "127.0.0.1"
    assert meeting_host([ONE, TWO], None) == "10.0.0.1"
    assert meeting_host([ONE, TWO], "192.168.0.1") == "192.168.0.1"
    with pytest.raises(
        WorkerError, match=r"on alpha, which takes itself for 127\.0\.1\.1.*coordinator='10\.0\.0\.1'"
    ):
        meeting_host([ONE._replace(address="127.0.1.1"), TWO], None)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        NotSupportedError, match=r"ipyparallel is not installed: in .*pip install -e '\.\[engines\]'"
    ):
        check_installed()


def test_a_launcher_that_is_none_is_named():
    with pytest.raises(
        ArgumentError, match=r"cluster\(\): with launcher='slurn' ipyparallel says: .*'slurn'"
    ):
        cluster(launcher="slurn")


def test_a_process_that_ends_instead_of_starting_is_told_with_its_last_words():
    ends = [sys.executable, "-c", "import sys; sys.exit('no memory left')"]
    said = "0 of 1 workers started, then a process of the launcher ended, saying: no memory left"
    with pytest.raises(WorkerError, match=said):
        cluster(n=1, config=Config({"EngineLauncher": {"engine_cmd": ends}}), timeout=240)
