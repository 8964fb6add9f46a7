"""The file of an experiment's results: it is whole at every moment, so that a run that is done stays done.

A new version is written beside the old one and then takes its name, which a file system does in one piece: whoever is
interrupted, even by a power cut, finds the one or the other.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from workbench.errors import DataFileError
from workbench.runtime.device import jax_devices


@dataclass(frozen=True)
class Run:
    """One variant, trained once.

    Attributes:
        variant: its name.
        seed: what its initial weights, the order of its batches and its Dropout were drawn from.
        accuracy: on the test images, from 0 to 1.
        parameters: numbers that the network learns, biases included.
        dense_parameters: those behind the convolutions.
    """

    variant: str
    seed: int
    accuracy: float
    parameters: int
    dense_parameters: int


@dataclass(frozen=True)
class Results:
    """What was run, how, and where."""

    experiment: str
    settings: Mapping[str, Any]
    environment: Mapping[str, Any]
    runs: tuple[Run, ...] = ()

    def with_run(self, run: Run) -> Results:
        """These and one more."""
        return replace(self, runs=(*self.runs, run))


def environment() -> dict[str, Any]:
    """What the numbers of a run depend on beside its seed, without a name or a path of the machine."""
    device = jax_devices()[0]
    return {
        "workbench": metadata.version("dl-workbench"),
        "jax": jax.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": f"{device.platform} {device.device_kind}",
        "cores": os.cpu_count(),
    }


def write(path: Path, results: Results) -> None:
    """Puts the results in place of what the file held, whole or not at all."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    os.replace(beside, path)


def read(path: Path) -> Results:
    """The results that a file holds.

    Raises:
        DataFileError: it holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Results(**{**found, "runs": tuple(Run(**run) for run in found["runs"])})
    except (ValueError, TypeError, KeyError) as error:
        raise DataFileError(
            f"{path} holds no results of an experiment: {type(error).__name__}: {error}"
        ) from error
