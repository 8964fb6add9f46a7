"""Bars of workers, and reports from where nobody listens."""

import io
import subprocess
import sys

from workbench.parallel.cluster.progress import Bars, report


def test_each_worker_has_a_bar_from_its_first_message_on(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    bars = Bars()
    bars.show([{"done": 1, "total": 4, "text": "epoch 0"}, {}])
    assert "worker 1" not in said.getvalue()
    bars.show([{"done": 2, "total": 4, "text": "epoch 0"}, {"done": 4, "total": 4, "text": "epoch 1"}])
    bars.close()
    assert "worker 0" in said.getvalue()
    assert "4/4" in said.getvalue()
    assert "epoch 1" in said.getvalue()


def test_a_report_outside_a_worker_goes_nowhere():
    report(1, 1)


def test_a_report_in_a_notebook_goes_nowhere():
    code = "from ipykernel.zmqshell import ZMQInteractiveShell; ZMQInteractiveShell.instance();"
    code += "import ipyparallel.engine.kernel; from workbench.parallel import report; report(1, 1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
