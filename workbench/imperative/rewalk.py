"""Backward again: the walk that a loop's next turn need not take.

Which gradient operators are called, on what, and which slot each result is left in follows from the recorded calls
alone.  So the calls that the first walk made are taken down as a template (`runtime.passage`), under a key of all
that the walk went by; under the same key the template is put in the list instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.imperative.tape import GradSlot, state
from workbench.runtime import engine
from workbench.runtime.batch import Batch
from workbench.runtime.call import Call, Cell
from workbench.runtime.passage import Step, Template

MOST = 1024  # walks remembered
Gradients = tuple[Sequence[GradSlot], Sequence[Cell]]  # slots, and the gradient of each


class Way(NamedTuple):
    """A walk that was taken.

    Attributes:
        template: the calls it made.
        slots: for each value the template gives, the number of its gradient slot in the tape.
        visited: a result slot of each call that it went through.
    """

    template: Template
    slots: tuple[int, ...]
    visited: tuple[int, ...]


_ways: dict[Any, Way] = {}


class Situation:
    """What a walk from one head goes by: the calls that wait, and how their gradients go on.

    Args:
        batch: the calls; `head` is among their results.
    """

    def __init__(self, batch: Batch, head: Cell) -> None:
        self.batch = batch
        self.head = head
        self.first = len(batch.made)
        self.steps = len(batch.instructions)
        self.calls = len(batch.calls)
        self.reads = len(batch.reads)
        self.slots: dict[GradSlot, int] = {}
        tape: list[Any] = []
        for call in batch.calls:
            entries = call.tape
            if entries is None:
                tape.append(-1)
            else:
                for entry in entries:
                    if entry is None or entry is True:
                        tape.append(entry)
                    else:
                        tape.append(self.slots.setdefault(entry, len(self.slots) + 2))  # 1 equals True
        types = tuple([cell.type for cell in batch.reads])
        self.key = (head.slot, tuple(batch.instructions), tuple(tape), types)

    def repeat(self) -> Gradients | None:
        """The gradients, if this walk was taken before."""
        way = _ways.get(self.key)
        if way is None:
            return None
        passage = engine.repeat(self.batch, way.template)
        made = self.batch.made
        for slot in way.visited:
            made[slot].node.release()  # type: ignore[union-attr]
        self.head.freed, state.freed = True, engine.waiting.serial
        slots = list(self.slots)
        return [slots[number] for number in way.slots], passage.cells

    def remember(
        self, made: Mapping[Call, Call], found: Mapping[GradSlot, Cell], visited: Sequence[Call]
    ) -> None:
        """Takes a walk down, if it stayed among the calls that wait and asked no Python code for a gradient.

        Args:
            made: the gradients' calls, each with the recorded call it is of.
            found: the gradients.
            visited: the recorded calls it went through.
        """
        if any(type(call) is not Call for call in visited):
            return
        batch = self.batch
        new = batch.calls[self.calls :]
        held = [*[call.outputs[0] for call in visited], *found.values()]
        if len(batch.reads) != self.reads or any(
            cell.mark is not batch.mark or cell.slot < 0 for cell in held
        ):
            return  # something is of another batch, whose results this one may read
        steps = []
        for call, (bound, slots) in zip(new, batch.instructions[self.steps :], strict=True):
            assert isinstance(call, Call)
            of = made.get(call)
            own = call.scalars if of is None else ()
            steps.append(Step(bound, slots, None if of is None else of.outputs[0].slot, own))
        pairs = sorted(found.items(), key=lambda pair: pair[1].slot)
        given = [(cell.slot, cell.type) for _, cell in pairs]
        template = Template(steps, given, self.first, len(batch.made) - self.first)
        if len(_ways) >= MOST:
            _ways.clear()
        _ways[self.key] = Way(
            template,
            tuple([self.slots[slot] - 2 for slot, _ in pairs]),
            tuple([call.outputs[0].slot for call in visited]),
        )
