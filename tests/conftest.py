"""What the machine must have for a test, decided in one place: a browser, several devices, a GPU.

The CPU poses as four devices, so that tests of placement run anywhere. Tests that need what is not here are
skipped with one line that says how to get it; `WORKBENCH_REQUIRE_BROWSER=1` turns a missing browser into a
failure.
"""

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest
from hypothesis import settings

from workbench.cli.doctor import CHROMIUM_REMEDY, chromium
from workbench.runtime.compile import cache as programs

jax.config.update("jax_num_cpu_devices", 4)

# Nothing compiled is kept, here and in the processes that tests start: thousands of programs, each needed once.
jax.config.update("jax_enable_compilation_cache", False)
os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"

# The same examples on every machine and run; a first compile takes as long as it takes.
settings.register_profile("workbench", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("workbench")

NO_BROWSER = f"The browser tests need Chromium: {CHROMIUM_REMEDY}."


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1" and chromium() is None:
        raise pytest.UsageError(f"WORKBENCH_REQUIRE_BROWSER=1, but there is none. {NO_BROWSER}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and chromium() is None:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
        if item.get_closest_marker("gpu") and not has_gpu():
            item.add_marker(pytest.mark.skip(reason="needs a GPU that JAX can use: see `workbench doctor`"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, count in skipped.items():
        terminalreporter.write_line(f"{count} skipped. {reason.removeprefix('Skipped: ')}")


def has_gpu() -> bool:
    return any(device.platform == "gpu" for device in jax.devices())


@pytest.fixture(autouse=True, scope="module")
def _room_for_programs() -> Iterator[None]:
    """Compiled programs take memory areas, of which Linux gives a process 65,530, and XLA crashes without."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and len(maps.read_bytes().splitlines()) > 20_000:
        programs.clear()
        jax.clear_caches()
        gc.collect()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell that starts a program in the background has it ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to hand to Playwright's `executable_path`."""
    path = chromium()
    assert path is not None, NO_BROWSER
    return path
