"""For tests of the dependency engine: none waits for ever, and each may ask for both types."""

import faulthandler
import sys

import pytest

from workbench import engine

LONG = 900  # seconds, after which a test has failed


@pytest.fixture(autouse=True)
def _never_hangs():
    """A deadlock ends the process, with what every thread was at."""
    faulthandler.dump_traceback_later(LONG, exit=True, file=sys.__stderr__)
    yield
    engine.wait_for_all()
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(params=("naive", "threaded"))
def each_type(request):
    with engine.engine_type(request.param):
        yield request.param
