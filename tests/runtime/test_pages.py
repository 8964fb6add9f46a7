"""Page faults are counts, not times: they say whether freed memory came back from the system."""

import os
import subprocess
import sys

import pytest

from workbench.cli import lab
from workbench.runtime import pages

PROGRAM = """
import resource
import workbench
import numpy as np

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

np.ones(64 << 20, np.uint8)
before = faults()
for _ in range(8):
    np.ones(64 << 20, np.uint8)
print((faults() - before) * resource.getpagesize())
"""


def reread(**environment):
    """Bytes of pages that eight buffers of 64 MiB, one after another, got from the system."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_", "WORKBENCH_KEEP"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(not pages._is_glibc(), reason="only glibc is told to keep freed memory")
def test_freed_memory_is_kept_where_that_is_asked_for():
    kept, returned = reread(WORKBENCH_KEEP_MEMORY="1"), reread()
    assert kept < 16 << 20
    assert returned > kept


@pytest.mark.parametrize("variable", ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"])
def test_who_set_rules_of_their_own_keeps_them(monkeypatch, variable):
    monkeypatch.setenv("WORKBENCH_KEEP_MEMORY", "1")
    monkeypatch.setenv(variable, "3")
    assert not pages.keep()
    assert pages.environment() == {}


@pytest.mark.parametrize("given", [None, "0", ""])
def test_nothing_changes_unless_asked_for(monkeypatch, given):
    monkeypatch.delenv("WORKBENCH_KEEP_MEMORY", raising=False)
    if given is not None:
        monkeypatch.setenv("WORKBENCH_KEEP_MEMORY", given)
    assert not pages.keep()
    assert pages.environment() == {}


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setenv("WORKBENCH_KEEP_MEMORY", "1")
    monkeypatch.setattr(pages, "_is_glibc", lambda: False)
    assert not pages.keep()


def test_kernels_inherit_it(monkeypatch):
    for name in [name for name in os.environ if name.startswith("MALLOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WORKBENCH_KEEP_MEMORY", "1")
    seen = {}

    class StoppedError(Exception):
        pass

    def initialize(arguments):
        seen.update(os.environ)
        raise StoppedError

    monkeypatch.setattr("jupyterlab.labapp.LabApp.initialize_server", initialize)
    with pytest.raises(StoppedError):
        lab.run(None, [])
    for name in ("MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_"):
        assert seen[name] == os.environ.pop(name)
