"""What a plan takes as the operating system, or the device, sees it: one step in a process of its own.

A process that has done other things has a past: pages that it freed and kept, a peak that is long gone.  So a new
one is started (`memory.child`), which makes the inputs, compiles, notes what is resident, and then runs the plan.

A process may take more than XLA's buffer assignment says, and with convolutions on a CPU it does: what computes them
takes memory that is in no buffer of the program.  By itself, the gradient by the weight of a convolution of 64
channels on (16, 56, 56, 64) is assigned 26 MB and takes 52, both operands once more; the one by its data takes one
operand more.  So ResNet-50 at batch 16, by `segments`, takes 780 MB (801 the first time) where 676 are assigned.  Of
the 12 pieces that were looked at none left more resident than it was assigned, within 0.3 MB; they were above it, by
up to 149 MB, only while they ran.  Waiting for each piece before the next is handed over changes nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from workbench.errors import WorkbenchError
from workbench.graph.node import Value
from workbench.graph.serialize import dumps
from workbench.memory.plan import Plan
from workbench.runtime.device import Context
from workbench.runtime.progress import Asked
from workbench.types import Quantity

RESIDENT = (
    "peak resident memory of a process of its own while it runs the plan, less what was resident once inputs were "
    "made and all was compiled, and the inputs' bytes"
)
ON_DEVICE = "the device's own count of its peak bytes in use, in a process of its own that runs just the plan"
# glibc keeps blocks below its mmap threshold, which grows to 32 MiB, for later; a fixed one gives each buffer its own
# mapping, which goes back to the system when the buffer is freed.  A device is not taken as a whole at the start.
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "65536", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


PAUSE = 0.2  # seconds between two questions whether to stop


def _never() -> bool:
    return False


def process(plan: Plan, device: Context, steps: int = 1, cancelled: Asked = _never) -> Quantity | None:
    """A plan's peak as a process shows it; None if it was cancelled.

    The inputs, gradients of the outputs included, are all the same number; the child holds its results until the
    step ends.

    Args:
        steps: how often the plan is run.
        cancelled: whether to stop; asked while it runs.

    Raises:
        WorkbenchError: the process failed, as it does where memory is short; with the end of what it said.
        SymbolFileError: the network holds something that no file can hold, such as a function in Python.
    """
    answer = _answer(json.dumps(_task(plan, device, steps)), f"ran {plan!r} on {device}", cancelled)
    if answer is None:
        return None
    found = json.loads(answer.splitlines()[-1])
    how = RESIDENT if found["of"] == "process" else ON_DEVICE
    where = f"{steps} step{'s' * (steps != 1)} on {device}, {device.jax_device.device_kind}"
    return Quantity(found["bytes"], "B", "measured", f"{how}; {where}", "peak bytes")


def _answer(task: str, what: str, cancelled: Asked) -> str | None:
    """What the child says to its task; None if it was stopped."""
    command = [sys.executable, "-m", "workbench.memory.child"]
    environment = {**os.environ, **ENVIRONMENT}
    with tempfile.TemporaryFile(
        "w+"
    ) as given:  # a pipe would have to be fed between the questions whether to stop
        given.write(task)
        given.seek(0)
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, stdin=given, stdout=pipe, stderr=pipe, text=True, env=environment
        ) as child:
            try:
                answer, complaint = _waited(child, cancelled)
            finally:
                child.kill()  # where it has not ended, nobody waits for it any more
    if answer is None:
        return None
    if child.returncode != 0:
        said = complaint.strip()[-500:]
        raise WorkbenchError(f"the process that {what} ended with status {child.returncode}: {said}")
    return answer


def _waited(child: subprocess.Popen[str], cancelled: Asked) -> tuple[str | None, str]:
    """What the child has said once it has ended; None if that was not waited for."""
    while True:
        try:
            return child.communicate(timeout=PAUSE)
        except subprocess.TimeoutExpired:
            if cancelled():
                return None, ""


def _task(plan: Plan, device: Context, steps: int) -> dict[str, Any]:
    network = plan.network
    types = {n.name: network.types[Value(n)] for n in network.variables}
    return {
        "network": dumps(network.heads),
        "inputs": [[name, list(t.shape), t.dtype.name] for name, t in types.items()],
        "wanted": list(network.wanted),
        "groups": plan.schedule.groups,
        "forward": plan.schedule.forward,
        "moved": plan.schedule.moved,
        "device": [device.device_type, device.device_id],
        "steps": steps,
    }
