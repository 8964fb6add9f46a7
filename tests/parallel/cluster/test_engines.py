"""Processes behind a cluster, with stand-ins for ipyparallel's: what is refused before any starts, and how they end."""

import math
import re
import tempfile

import pytest

from workbench.errors import ArgumentError, WorkerError
from workbench.parallel import cluster
from workbench.parallel.cluster.engines import Engines


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": math.nan}, "timeout must be a finite number above 0, got nan"),
        ({"timeout": -1}, "timeout must be a finite number above 0, got -1"),
        ({"timeout": math.inf}, "timeout must be a finite number above 0, got inf"),
        ({"launcher": ""}, "launcher must be a name, got ''"),
        ({"coordinator": " "}, "coordinator must be a name, got ' '"),
        ({"delai": 1}, "has no argument 'delai', nor has ipyparallel.Cluster. Did you mean 'delay'?"),
        ({"engines": "ssh"}, "has no argument 'engines', nor has ipyparallel.Cluster."),
        ({"engine_launcher_class": "ssh"}, "with launcher='local' ipyparallel says: Only specify one of"),
        ({"profile_dir": 5}, "with launcher='local' ipyparallel says: The 'profile_dir' trait"),
        ({"launcher": "no.such.Launcher"}, "with launcher='no.such.Launcher' ipyparallel says: "),
    ],
)
def test_what_can_not_start_is_refused(options, text):
    with pytest.raises(ArgumentError, match=rf"^cluster\(\):? {re.escape(text)}"):
        cluster(n=1, **options)


class Starting:
    """As `ipyparallel.Cluster`, with calls that fail as they are told to."""

    def __init__(self, **failures):
        self.failures, self.called = failures, []
        self.controller, self.engines = None, {}

    def __getattr__(self, name):
        def call():
            self.called.append(name)
            if name in self.failures:
                raise self.failures[name]

        return call


def engines(cluster, client=None):
    made = object.__new__(Engines)
    made._cluster, made.client, made._engines, made._started = cluster, client, [], []
    made._folder = tempfile.TemporaryDirectory()
    return made


@pytest.mark.parametrize("failure", [ValueError("gone"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["close", "stop_engines_sync", "stop_controller_sync"])
def test_what_fails_in_stopping_keeps_nothing_else_from_being_stopped(where, failure):
    cluster, client = Starting(**{where: failure}), Starting(**{where: failure})
    stopped = engines(cluster, client)
    with pytest.raises(type(failure)):
        stopped.stop()
    assert client.called == ["close"]
    assert cluster.called == ["stop_engines_sync", "stop_controller_sync"]
    assert not cluster.shutdown_atexit


def test_a_launcher_that_fails_is_told():
    error = FileNotFoundError(2, "No such file or directory", "sbatch")
    missing = engines(Starting(start_cluster_sync=error))
    said = r"the launcher 'slurm' could not start workers: .*'sbatch'"
    with missing._folder, pytest.raises(WorkerError, match=said):
        missing._start("slurm")
