"""The studies that an explorer of memory can be made of; the core is imported only where one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

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
