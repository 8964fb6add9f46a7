"""Cells around or between cells: dropout, zoneout, residual connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.arguments import Share, checked
from workbench.errors import ArgumentError
from workbench.gluon.parameter import ParameterDict
from workbench.gluon.rnn.cell import HybridRecurrentCell, RecurrentCell, States
from workbench.gluon.rnn.sequence import ONE, masked, namespace, shaped, time_axis
from workbench.gluon.rnn.stack import check_steps
from workbench.imperative import nd


class DropoutCell(HybridRecurrentCell):
    """Drops elements of its input, and has no state: a layer between two cells of a stack.

    Args:
        rate: the share that is zeroed in training.
        axes: axes along which one draw is shared.
        prefix, params: as `Block`.

    Raises:
        ArgumentError: the rate is no number.
    """

    @checked
    def __init__(
        self,
        rate: Share,
        axes: Sequence[int] = (),
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._rate = rate
        self._axes = tuple(axes)

    def _alias(self) -> str:
        return "dropout"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """No states."""
        return []

    def hybrid_forward(self, F: Any, inputs: Any, states: States) -> Any:
        """inputs: any shape; output: the same, and the states given."""
        if self._rate > 0:
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd")
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, States]:
        """Drops in the whole sequence at once where it is one array; as `RecurrentCell.unroll`."""
        self.reset()
        inputs = shaped(inputs, length, time_axis(layout), merge_outputs)
        if isinstance(inputs, ONE):
            return self.hybrid_forward(namespace(inputs), inputs, begin_state or [])
        return super().unroll(length, inputs, begin_state or [], layout, merge_outputs)

    def __repr__(self) -> str:
        return f"DropoutCell(rate={self._rate}, axes={self._axes})"


class ModifierCell(HybridRecurrentCell):
    """Base of cells that change how another behaves; that one is no longer called directly.

    Args:
        base_cell: the cell to change.

    Raises:
        ArgumentError: it is changed by another already.
    """

    @checked
    def __init__(self, base_cell: RecurrentCell) -> None:
        if base_cell._modified:
            raise ArgumentError(f"{base_cell.name} is modified already; one cell can't be modified twice")
        super().__init__(prefix=base_cell.prefix + self._alias())
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The base cell's."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The base cell's."""
        return self.base_cell.state_info(batch_size)

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> States:
        """The base cell's; as `RecurrentCell.begin_state`."""
        self._check_free()
        with self._released():
            return self.base_cell.begin_state(batch_size, func, **kwargs)

    @contextmanager
    def _released(self) -> Iterator[None]:
        """The base cell may be used inside."""
        self.base_cell._modified = False
        try:
            yield
        finally:
            self.base_cell._modified = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell})"


class CarryingCell(ModifierCell):
    """Base of those that carry something of their own from step to step, and so can't be one graph a step."""

    def hybridize(self, active: bool = True, *args: Any, **flags: Any) -> None:
        """Hybridizes the base cell; this one stays as it is."""
        super().hybridize(active, *args, **flags)
        self._active = False


class ZoneoutCell(CarryingCell):
    """Keeps elements of output and states as they were before the step (D. Krueger et al., arXiv:1606.01305).

    Args:
        base_cell: the cell to change.
        zoneout_outputs, zoneout_states: the share that is kept, in training.

    Raises:
        ArgumentError: the cell is bidirectional, or modified already.
    """

    @checked
    def __init__(
        self, base_cell: RecurrentCell, zoneout_outputs: Share = 0.0, zoneout_states: Share = 0.0
    ) -> None:
        check_steps(base_cell, "ZoneoutCell")
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states
        self._prev_output: Any = None

    def _alias(self) -> str:
        return "zoneout"

    def reset(self) -> None:
        """Forgets the output of the last step."""
        super().reset()
        self._prev_output = None

    def hybrid_forward(self, F: Any, inputs: Any, states: States) -> Any:
        """As the base cell, with elements of the step before."""
        output, after = self.base_cell(inputs, states)
        before = F.zeros_like(output) if self._prev_output is None else self._prev_output
        output = _zoned(F, self.zoneout_outputs, output, before)
        after = [_zoned(F, self.zoneout_states, new, old) for new, old in zip(after, states, strict=True)]
        self._prev_output = output
        return output, after

    def __repr__(self) -> str:
        return f"ZoneoutCell(p_out={self.zoneout_outputs}, p_state={self.zoneout_states}, {self.base_cell})"


def _zoned(F: Any, share: float, new: Any, old: Any) -> Any:
    """`new`, with a share of its elements from `old`, in training."""
    return F.where(F.Dropout(F.ones_like(new), p=share), new, old) if share else new


class ResidualCell(ModifierCell):
    """Adds its input to its output, which has the same size (Y. Wu et al., arXiv:1609.08144).

    Args:
        base_cell: the cell to change.

    Raises:
        ArgumentError: it is modified already.
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: States) -> Any:
        """As the base cell, plus the inputs."""
        output, after = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: States | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, States]:
        """Unrolls the base cell and adds the inputs; as `RecurrentCell.unroll`."""
        self.reset()
        axis = time_axis(layout)
        with self._released():
            outputs, after = self.base_cell.unroll(
                length, inputs, begin_state, layout, merge_outputs, valid_length
            )
        merge = isinstance(outputs, ONE) if merge_outputs is None else merge_outputs
        if valid_length is not None:
            inputs = masked(inputs, valid_length, axis)
        inputs = shaped(inputs, length, axis, merge)
        F = namespace(outputs)
        if merge:
            return F.elemwise_add(outputs, inputs), after
        return [F.elemwise_add(o, i) for o, i in zip(outputs, inputs, strict=True)], after
