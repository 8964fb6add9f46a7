"""What an explorer of memory needs to know of a network: the protocol between the core and the picture.

The core makes such a study of a real network (`workbench.symbolic.memory_study`).  The widget knows it through
this protocol alone, so it can be tested, and used, with any object that answers these questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from workbench.types import Quantity


@runtime_checkable
class MemoryStudy(Protocol):
    """One training pass of one network, and the plans for its memory.

    Attributes:
        title: the network's name.
        arguments: those of the `MemoryExplorer` call that shows this study, as Python.
        strategies: names of the strategies offered.
        meanings: what each of them does, in a few words.
        layers: names of the bands into which the network is divided, first to last.
        refused: why a strategy has no plan for this network, by its name.
        ways: the ways to measure a plan, by name: what to call each.
        weights: the ways to weigh operations, by name: what to call each.
        costs: the one taken.
    """

    title: str
    arguments: str
    strategies: list[str]
    meanings: Mapping[str, str]
    layers: list[str]
    ways: Mapping[str, str]
    weights: Mapping[str, str]
    costs: str

    @property
    def plans(self) -> list[Any]:
        """The plans found so far, as the core runs them."""

    @property
    def refused(self) -> dict[str, str]: ...

    def search(self, progress: Callable[[float], object], cancelled: Callable[[], bool]) -> Iterator[int]:
        """Looks for plans, and gives the index of each as it is found. `progress` takes 0 to 1."""

    def weighed(
        self, costs: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> MemoryStudy | None:
        """The same network weighed in another way, nothing planned yet; None if `cancelled()` became true."""

    def growth(self, cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """How memory grows with the network's length: dicts of ``strategy``, ``length`` and ``bytes``."""

    def picture(self, plan: int) -> dict[str, Any]:
        """What a drawing of a plan needs, as JSON.

        ``strategy``, ``peak``, ``held`` and ``moved`` (bytes: the caller's, in every plan; those that wait in the
        host's memory), ``recomputed`` (in ``unit``), ``forwards`` (the same in forward passes), ``length`` (places of
        its schedule), ``places`` (those drawn), ``phases`` (``f``, ``r`` or ``b`` for each), ``bytes`` (by kind, for
        each), ``shades`` (by layer and column, 0 to 9), ``darkest`` (the bytes of a 9) and ``calibrated`` (as
        ``bytes``, of the compiled programs; None until they are).
        """

    def figures(self, plan: int) -> list[Quantity]:
        """What can be predicted without running."""

    def alive(self, plan: int, place: int, layer: int | None = None) -> dict[str, Any]:
        """What is in memory at a place, and why, as JSON.

        ``place``, ``operation``, ``phase``, ``bytes``, and ``kinds``: dicts of ``kind``, ``count``, ``bytes`` and
        ``buffers``, the largest, each with ``name``, ``bytes``, ``fixed``, ``made`` (a place or None), ``returned``
        (from the host's memory, at that place), ``leaves`` (for it, after a place; or None), ``next`` and ``last`` (a
        place and a name, or None), ``again`` and ``flops``.
        """

    def measure(
        self, plan: int, way: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> list[Quantity] | None:
        """Measures a plan in one of the `ways`; None if `cancelled()` became true."""
