"""The studies that an explorer of memory can be made of; the core is imported only where one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from workbench.errors import ArgumentError
from workbench_widgets.memory_protocol import MemoryStudy


def study_of(
    network: Any, shapes: dict[str, tuple[int, ...]] | None, own: Sequence[Callable[..., Any]]
) -> MemoryStudy:
    """The core's study of the memory of `network`, fed with inputs of `shapes`."""
    from workbench.symbolic.memory_study import memory_study

    return memory_study(network, shapes, own)


def study_of_family(name: str, sizes: Mapping[str, int], own: Sequence[Callable[..., Any]]) -> MemoryStudy:
    """The core's study of one of the course's networks."""
    from workbench.networks.study import FamilyStudy

    return FamilyStudy(name, sizes, own)


def families() -> dict[str, Any]:
    """The course's networks and the sizes that can be chosen, as JSON."""
    from workbench.networks.families import FAMILIES

    return {
        name: {"label": family.label, "sizes": [asdict(size) for size in family.sizes]}
        for name, family in FAMILIES.items()
    }


def published(family: str, sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """What was published about networks of these sizes, of any length, as JSON; nothing for a network of the user's."""
    if not family:
        return []
    from workbench.ledger.families import published as claimed

    return [
        {
            "length": length,
            "same": same,
            "bytes": claim.published.value,
            "says": f"{claim.accounting}, {claim.configuration}: {claim.source}",
        }
        for claim, length, same in claimed(family, sizes)
    ]


def known_costs(study: MemoryStudy, costs: str | None) -> str:
    """A way to weigh operations, if there is one of that name; that of the study for None.

    Raises:
        ArgumentError: there is none.
    """
    if costs is None:
        return study.costs
    if costs not in study.weights:
        raise ArgumentError(f"costs={costs!r}: there are {', '.join(study.weights)}")
    return costs


def study_given(
    network: Any,
    shapes: dict[str, tuple[int, ...]] | None,
    family: str | None,
    sizes: Mapping[str, int] | None,
    own: Sequence[Callable[..., Any]],
    study: MemoryStudy | None,
) -> tuple[MemoryStudy, str]:
    """The study that the arguments of a call ask for, and the family that its network is of.

    Raises:
        ArgumentError: more than one of a network, a family and a study was given; what was given is none; or an
            argument goes with another one.
    """
    if sum(each is not None for each in (network, family, study)) > 1:
        raise ArgumentError(
            "MemoryExplorer takes a network (and its shapes), family=… (and its sizes) or study=…: one of them"
        )
    goes_with = (
        ("shapes", shapes, network is not None),
        ("own", own, study is None),
        ("sizes", sizes, network is None and study is None),
    )
    for name, given, goes in goes_with:
        if given and not goes:
            raise ArgumentError(f"MemoryExplorer: {name}=… does not go with what is studied here")
    if network is not None:
        return study_of(network, shapes, own), ""
    if study is not None:
        return study, ""
    return study_of_family(family or "mlp", sizes or {}, own), family or "mlp"
