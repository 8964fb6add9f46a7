"""Writing down a walk along a chain, forward and back, as a schedule."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.memory.schedule import Schedule, of_groups, pruned
from workbench.memory.stages import Stages


class Walk:
    """Collects the steps of a planner that walks a chain.

    Operations that follow one another are put in one group, to be compiled as one program, until `cut` is called
    or one of them comes again.

    Attributes:
        stages: the chain.
    """

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self._groups: list[list[int]] = [[]]
        self._forward: int | None = None  # groups before the backward pass

    def cut(self) -> None:
        """What follows belongs to another program."""
        if self._groups[-1]:
            self._groups.append([])

    def run(self, first: int, stop: int) -> None:
        """Forward from cut `first` to cut `stop`, to keep just what crosses it."""
        self.cut()
        self._add(self.stages.forward_group(first, stop))
        self.cut()

    def keep(self, stage: int) -> None:
        """Forward through a stage, to keep what its backward reads."""
        self._add(self.stages.forward_group(stage, stage + 1))

    def again(self, stage: int, given: bool) -> None:
        """What a stage's own backward needs again of its forward.

        Args:
            given: whether what crosses its end is still there.
        """
        back = self.stages.backward[stage]
        self._add(self.stages.needed(stage, stage + 1, back, given))

    def back(self, stage: int) -> None:
        """Back through a stage."""
        if self._forward is None:
            self.cut()
            self._forward = len(self._groups) - 1
        self._add(self.stages.backward[stage])

    def there_and_back(self, first: int, stop: int) -> None:
        """Through the stages between two cuts keeping everything, and back; what crosses cut `stop` is there."""
        for stage in range(first, stop - 1):
            self.keep(stage)
        if stop == len(self.stages):
            self.keep(stop - 1)
        else:
            self.again(stop - 1, given=True)
        for stage in reversed(range(first, stop)):
            self.back(stage)

    def _add(self, operations: Iterable[int]) -> None:
        added = list(operations)
        if not set(added).isdisjoint(self._groups[-1]):
            self.cut()
        self._groups[-1].extend(added)

    @property
    def schedule(self) -> Schedule:
        """What was walked, without operations that turned out to be for nothing."""
        forward = len(self._groups) if self._forward is None else self._forward
        return pruned(self.stages.workload, of_groups(self._groups, forward))
