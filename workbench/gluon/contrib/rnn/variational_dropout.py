"""Dropout whose mask is drawn once a sequence."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Share, checked
from workbench.gluon.rnn.cell import RecurrentCell, States
from workbench.gluon.rnn.modifier import CarryingCell
from workbench.gluon.rnn.stack import check_steps


class VariationalDropoutCell(CarryingCell):
    """Drops the same elements at every step of a sequence (Y. Gal and Z. Ghahramani, arXiv:1512.05287).

    Args:
        base_cell: the cell to change.
        drop_inputs, drop_states, drop_outputs: the share that is zeroed, in training; of the states only the
            first is.

    Raises:
        ArgumentError: the cell is bidirectional and its states are to be dropped, or it is modified already.
    """

    @checked
    def __init__(
        self,
        base_cell: RecurrentCell,
        drop_inputs: Share = 0.0,
        drop_states: Share = 0.0,
        drop_outputs: Share = 0.0,
    ) -> None:
        if drop_states:
            check_steps(base_cell, "VariationalDropoutCell")
        super().__init__(base_cell)
        self.drop_inputs = drop_inputs
        self.drop_states = drop_states
        self.drop_outputs = drop_outputs
        self._masks: dict[str, Any] = {}

    def _alias(self) -> str:
        return "vardrop"

    def reset(self) -> None:
        """Forgets the masks, so that the next step draws new ones."""
        super().reset()
        self._masks = {}

    def hybrid_forward(self, F: Any, inputs: Any, states: States) -> Any:
        """As the base cell, with elements of inputs, first state and outputs dropped."""
        inputs = self._dropped(F, "inputs", inputs, self.drop_inputs)
        states = [self._dropped(F, "states", states[0], self.drop_states), *states[1:]]
        output, after = self.base_cell(inputs, states)
        return self._dropped(F, "outputs", output, self.drop_outputs), after

    def _dropped(self, F: Any, what: str, value: Any, share: float) -> Any:
        if not share:
            return value
        if what not in self._masks:
            self._masks[what] = F.Dropout(F.ones_like(value), p=share)
        return value * self._masks[what]

    def __repr__(self) -> str:
        return f"VariationalDropoutCell(p_out = {self.drop_outputs}, p_state = {self.drop_states})"
