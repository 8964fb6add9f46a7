"""Page faults are counts, not times: they say in which pages memory came."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli import lab
from workbench.runtime import pages

PROGRAM = """
import resource

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

before = faults()
for _ in range(8):
    b"x" * (64 << 20)
print(faults() - before)
"""
ADVICE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def faults(environment):
    """How often eight buffers of 64 MiB, one after another, asked the system for a page."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.fixture
def bare(monkeypatch):
    """No rules of a user's own."""
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_"))]:
        monkeypatch.delenv(name)


@pytest.mark.skipif(
    not ADVICE.exists() or "[madvise]" not in ADVICE.read_text(),
    reason="Linux gives large pages to those who ask only where it is set to",
)
@pytest.mark.skipif(
    not pages._is_glibc() or platform.libc_ver()[1] < "2.35", reason="glibc knows the variable from 2.35 on"
)
@pytest.mark.usefixtures("bare")
def test_large_buffers_come_in_large_pages():
    small = faults(dict(os.environ))
    assert small > 8 * (64 << 20) // os.sysconf("SC_PAGE_SIZE") // 2
    assert faults(os.environ | pages.environment()) < small / 2


@pytest.mark.parametrize(
    ("variable", "value"), [("MALLOC_ARENA_MAX", "3"), ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")]
)
@pytest.mark.usefixtures("bare")
def test_who_set_rules_of_their_own_keeps_them(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    assert pages.environment() == {}


@pytest.mark.skipif(not pages._is_glibc(), reason="only glibc is told")
@pytest.mark.usefixtures("bare")
def test_other_tunables_stay(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")
    assert pages.environment() == {"GLIBC_TUNABLES": "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"}


@pytest.mark.usefixtures("bare")
def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(pages, "_is_glibc", lambda: False)
    assert pages.environment() == {}


@pytest.mark.skipif(not pages._is_glibc(), reason="only glibc is told")
@pytest.mark.usefixtures("bare")
def test_kernels_inherit_it(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    seen = {}

    class StoppedError(Exception):
        pass

    def initialize(arguments):
        seen.update(os.environ)
        raise StoppedError

    monkeypatch.setattr("jupyterlab.labapp.LabApp.initialize_server", initialize)
    with pytest.raises(StoppedError):
        lab.run(None, [])
    assert seen["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"
