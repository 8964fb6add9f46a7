"""Results that were measured before, as figures: what takes half an hour to train is read in an instant."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import mean

from workbench.errors import ArgumentError
from workbench.experiments.results import Results, Run, read
from workbench.experiments.variant import VARIANTS
from workbench.tensor.savings import savings
from workbench.types import Quantity

PACKAGED = Path(str(resources.files("workbench.experiments") / "tcl.json"))
BASELINE = VARIANTS[0].name
PUBLISHED = {variant.name: variant.published for variant in VARIANTS if variant.published}
SOURCE = "2017 lecture slides, AlexNet on ImageNet"
SAVED = "1 − n / n of the baseline; n counts the network's parameters, biases included"


@dataclass(frozen=True)
class Outcome:
    """What came of a variant.

    Attributes:
        variant: its name.
        accuracy: on the test images, the mean over seeds with the least and the most.
        savings: the part of the dense layers' parameters that is saved, those of the convolutions not counted.
        whole_savings: the part of all parameters that is saved.
        published: space savings and accuracy of AlexNet's row that this is an eighth of; None where there is none.
    """

    variant: str
    accuracy: Quantity
    savings: Quantity
    whole_savings: Quantity
    published: tuple[Quantity, Quantity] | None = None


def replay(path: Path = PACKAGED) -> list[Outcome]:
    """The outcomes of a file of results, the baseline first.

    Args:
        path: of the file; by default the one that comes with the package.

    Raises:
        ArgumentError: it has no run of the baseline yet, with which the others are compared.
        DataFileError: it holds no results.
    """
    found = read(path)
    by_variant: dict[str, list[Run]] = {}
    for run in found.runs:
        by_variant.setdefault(run.variant, []).append(run)
    if BASELINE not in by_variant:
        raise ArgumentError(f"{path} has no run of the baseline yet, with which the others are compared")
    base = by_variant[BASELINE][0]
    first = sorted(by_variant.values(), key=lambda runs: runs[0].variant != BASELINE)
    return [_outcome(runs, base, _how(found, runs)) for runs in first]


def _how(found: Results, runs: list[Run]) -> str:
    where, seeds = found.environment, ", ".join(str(run.seed) for run in runs)
    kind = where["device"].partition(" ")[2]
    return (
        f"mean over seeds {seeds}, {found.settings['epochs']} epochs, {found.settings['test_images']} test images; "
        f"{where['system']}, {kind}, {where['cores']} cores, JAX {where['jax']}"
    )


def _outcome(runs: list[Run], base: Run, how: str) -> Outcome:
    percent = [100 * run.accuracy for run in runs]
    dense = 100 * savings(base.dense_parameters, runs[0].dense_parameters)
    whole = 100 * savings(base.parameters, runs[0].parameters)
    name = runs[0].variant
    return Outcome(
        name,
        Quantity(mean(percent), "%", "measured", how, "accuracy", (min(percent), max(percent))),
        Quantity(dense, "%", "predicted", SAVED, "space savings, dense part"),
        Quantity(whole, "%", "predicted", SAVED, "space savings, whole network"),
        _published(name),
    )


def _published(variant: str) -> tuple[Quantity, Quantity] | None:
    if variant not in PUBLISHED:
        return None
    saved, accuracy = PUBLISHED[variant]
    return (
        Quantity(saved, "%", "published", SOURCE, "space savings"),
        Quantity(accuracy, "%", "published", SOURCE, "accuracy"),
    )
