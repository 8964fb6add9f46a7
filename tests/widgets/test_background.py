"""Jobs beside the kernel's thread end before the interpreter does."""

import subprocess
import sys

SCRIPT = """\
import threading
import time

from workbench_widgets.background import Background

started = threading.Event()


def job(cancelled):
    started.set()
    while not cancelled():
        time.sleep(0.01)
    print("came to its end")


Background().start(job)
assert started.wait(120)
"""


def test_the_end_of_the_interpreter_cancels_a_job_and_waits_for_it():
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "came to its end\n", "")
