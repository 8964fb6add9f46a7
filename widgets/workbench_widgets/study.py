"""What an explorer of styles needs to know of a network: the protocol between the core and the picture.

The core makes such a study of a real network (`workbench.symbolic.study`).  The widget knows it through
this protocol alone, so it can be tested, and used, with any object that answers these questions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from workbench.types import Quantity


class Measurement(Protocol):
    """One recorded step.

    Attributes:
        trace: one dict a segment run: ``segment`` (its index), ``start_s``, ``duration_s``, ``bytes_in``,
            ``bytes_out``, ``flops`` (of the compiled segment).
        figures: what was measured of the whole step.
    """

    @property
    def trace(self) -> list[dict[str, Any]]: ...

    @property
    def figures(self) -> list[Quantity]: ...


class Study(Protocol):
    """One training step of one network, and every way offered to cut it.

    Attributes:
        title: the network's name.
        nodes: one dict an operation, in the order of execution: ``id`` (its place in this list),
            ``name``, ``op``, ``phase`` (forward, backward or update), ``inputs`` (ids), ``args`` (names of
            variables), ``shape``, ``dtype``, ``bytes``, ``flops`` (or None), ``line`` (of `code`, from 0),
            ``source`` ("file.py:12" or ""), ``fate`` (kept, removed, merged or folded), ``fate_note``.
        code: the same step as imperative code, one line an operation.
        levels: the places of the cut slider: dicts of ``label`` and ``segments`` (their number).
    """

    title: str
    nodes: list[dict[str, Any]]
    code: list[str]

    @property
    def levels(self) -> list[dict[str, Any]]: ...

    def segments(self, level: int) -> list[list[int]]:
        """Ids by segment. An operation in no segment is one the optimiser dropped at this cut."""

    def visible(self, level: int) -> list[int]:
        """Ids of the values a print or a breakpoint can see: what segments hand out."""

    def figures(self, level: int) -> list[Quantity]:
        """What can be predicted without running."""

    def measure(
        self, level: int, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> Measurement | None:
        """Compiles and runs one real step; None if `cancelled()` became true. `progress` takes 0 to 1."""

    def call(self, level: int) -> str:
        """The Python call that recreates this state."""
