"""Cells one on top of another, and side by side in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.rnn.cell import (
    HybridRecurrentCell,
    RecurrentCell,
    States,
    shared_out,
    starting,
    states_of,
)
from workbench.gluon.rnn.sequence import (
    ONE,
    as_one,
    as_steps,
    masked,
    namespace,
    reversed_steps,
    shaped,
    time_axis,
)
from workbench.imperative import nd


class _Several(RecurrentCell):
    """Cells that share out a list of states."""

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state, cell by cell."""
        return states_of(self._children.values(), batch_size)

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> States:
        """The states before the first step, cell by cell; as `RecurrentCell.begin_state`."""
        self._check_free()
        return [s for cell in self._children.values() for s in cell.begin_state(batch_size, func, **kwargs)]  # type: ignore[attr-defined]


class _Stacked(_Several):
    """What both stacks share."""

    def add(self, cell: RecurrentCell) -> None:
        """Puts a cell on top."""
        self.register_child(cell)

    def _step(self, inputs: Any, states: States) -> Any:
        self._counter += 1
        after = []
        for cell, own in shared_out(self._children.values(), states):
            inputs, own = cell(inputs, own)
            after.extend(own)
        return inputs, after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, States]:
        """Unrolls each cell over what the one below gives; as `RecurrentCell.unroll`."""
        self.reset()
        if begin_state is None:
            begin_state = starting(self, as_steps(inputs, length, time_axis(layout)), None)
        after: States = []
        top = len(self._children) - 1
        for number, (cell, own) in enumerate(shared_out(self._children.values(), begin_state)):
            merge = merge_outputs if number == top else None
            inputs, own = cell.unroll(length, inputs, own, layout, merge, valid_length)
            after.extend(own)
        return inputs, after

    def __getitem__(self, number: int) -> Any:
        return list(self._children.values())[number]

    def __len__(self) -> int:
        return len(self._children)


class SequentialRNNCell(_Stacked):
    """A stack of any cells.

    Args:
        prefix, params: as `Block`.
    """

    def __call__(self, inputs: Any, states: States) -> Any:
        """One step through all cells: the top one's output, and all states after."""
        return self._step(inputs, states)


class HybridSequentialRNNCell(_Stacked, HybridRecurrentCell):
    """A stack of cells that can be hybridized.

    Args:
        prefix, params: as `Block`.
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: States) -> Any:
        """One step through all cells: the top one's output, and all states after."""
        return self._step(inputs, states)


class BidirectionalCell(_Several, HybridRecurrentCell):
    """One cell over the sequence forwards and one backwards; their outputs are joined.

    Args:
        l_cell, r_cell: the cell that runs forwards, and the one that runs backwards.
        output_prefix: begins the names of the outputs.
    """

    @checked
    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="")
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def __call__(self, inputs: Any, states: Any) -> Any:
        raise NotSupportedError(
            "a BidirectionalCell needs the whole sequence; call unroll() instead of a step"
        )

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, States]:
        """Unrolls both cells; as `RecurrentCell.unroll`, with outputs of both sizes together."""
        self.reset()
        axis = time_axis(layout)
        steps = as_steps(inputs, length, axis)
        begin_state = starting(self, steps, begin_state)
        (forwards, first), (backwards, second) = shared_out(self._children.values(), begin_state)
        there, l_states = forwards.unroll(length, steps, first, layout, merge_outputs, valid_length)
        turned = reversed_steps(steps, valid_length)
        back, r_states = backwards.unroll(length, turned, second, layout, False, valid_length)
        back = reversed_steps(back, valid_length)
        merge = isinstance(there, ONE) if merge_outputs is None else merge_outputs
        outputs = self._joined(shaped(there, length, axis, merge), back, axis, merge)
        if valid_length is not None:
            outputs = shaped(masked(outputs, valid_length, axis), length, axis, merge)
        return outputs, [*l_states, *r_states]

    def _joined(self, there: Any, back: list[Any], axis: int, merge: bool) -> Any:
        F = namespace(back)
        if merge:
            return F.concat(there, as_one(back, axis), dim=2, name=f"{self._output_prefix}out")
        return [
            F.concat(a, b, dim=1, name=f"{self._output_prefix}t{i}")
            for i, (a, b) in enumerate(zip(there, back, strict=True))
        ]

    def __repr__(self) -> str:
        forwards, backwards = self._children.values()
        return f"BidirectionalCell(forward={forwards}, backward={backwards})"


def check_steps(cell: Any, modifier: str) -> None:
    """Only cells that can make one step can be modified.

    Raises:
        ArgumentError: the cell, or one in it, is bidirectional.
    """
    for each in cell._descendants():
        if isinstance(each, BidirectionalCell):
            raise ArgumentError(
                f"{modifier} works step by step, which a BidirectionalCell can't; put it around the cells inside"
            )
