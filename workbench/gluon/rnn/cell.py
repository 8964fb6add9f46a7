"""What recurrent cells share: states, one step, and unrolling over a sequence.

A cell is a block that takes an input and a list of states and gives an output and the states after it.
Unrolling calls it once a step, so the graph grows with the sequence; `gluon.rnn.LSTM` and its like run whole
sequences as one operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.block import Block, HybridBlock
from workbench.gluon.nn import LeakyReLU
from workbench.gluon.parameter import ParameterDict
from workbench.gluon.rnn.sequence import as_steps, last_states, masked, shaped, time_axis, zeros_like_batch
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.source import users_code

States = list[Any]
NAMELESS = (nd.zeros, nd.ones, nd.empty)  # makers of arrays, which have no names


class RecurrentCell(Block):
    """Base of all cells.

    Args:
        prefix, params: as `Block`.
    """

    @checked
    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Starts counting steps, which name the nodes of a graph, at 0 again."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._children.values():
            if isinstance(cell, RecurrentCell):
                cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info(self, batch_size)")

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> States:
        """The states before the first step.

        Args:
            batch_size: number of sequences.
            func: makes a state: `nd.zeros`, `sym.var` and the like.
            kwargs: what `func` takes beside name and shape.

        Raises:
            ArgumentError: a modifier took this cell over.
        """
        self._check_free()
        return [self._one_state(info, func, kwargs) for info in self.state_info(batch_size)]

    def _one_state(self, info: dict[str, Any], func: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        self._init_counter += 1
        name = {} if func in NAMELESS else {"name": f"{self.prefix}begin_state_{self._init_counter}"}
        return func(shape=info["shape"], **name, **kwargs)

    def _declare(self, **parameters: tuple[tuple[int, ...], Any]) -> None:
        """Makes parameters of these shapes, in which 0 waits for data, with these initializers."""
        for name, (shape, init) in parameters.items():
            setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True))

    def _check_free(self) -> None:
        if self._modified:
            raise ArgumentError(
                f"{self.name} belongs to a modifier cell such as ZoneoutCell; call that one instead"
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
        """Calls the cell on each step of a sequence.

        Args:
            length: number of steps.
            inputs: one array or symbol in this layout, or a list of one for each step.
            begin_state: states to start from; zeros by default.
            layout: order of the axes time, batch and channels, ``NTC`` or ``TNC``.
            merge_outputs: outputs as one (True), as a list (False), or as it comes (None).
            valid_length: (batch,) the length of each sequence; outputs after it are 0, and its states are
                those after its own last step.

        Returns:
            The outputs, and the states after the last step.

        Raises:
            ShapeError: the inputs do not have `length` steps.
        """
        self.reset()
        axis = time_axis(layout)
        steps = as_steps(inputs, length, axis)
        states = starting(self, steps, begin_state)
        outputs: Any = []
        every = []
        for each in steps:
            output, states = self(each, states)
            outputs.append(output)
            every.append(states)
        if valid_length is not None:
            states = last_states(every, valid_length)
            outputs = masked(outputs, valid_length, axis)
        return shaped(outputs, length, axis, merge_outputs), states

    def forward(self, inputs: Any, states: States) -> Any:
        """One step.

        Raises:
            ArgumentError: `states` is not the list of states that `begin_state` gives.
        """
        self._counter += 1
        try:
            return super().forward(inputs, states)
        except (TypeError, IndexError) as error:
            many = isinstance(states, (list, tuple))
            if many and len(states) == len(self.state_info()):
                raise
            got = f"{len(states)} of them" if many else f"a {type(states).__name__}"
            raise ArgumentError(
                f"{self.name} takes a list of {len(self.state_info())} states, got {got}"
            ) from error


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """Base of cells that can be hybridized; a subclass defines ``hybrid_forward(F, inputs, states, ...)``."""


def starting(cell: Any, steps: Sequence[Any], begin_state: States | None) -> States:
    """The states given, or zeros for the batch of these steps."""
    if begin_state is not None:
        return begin_state
    first = steps[0]
    if isinstance(first, NDArray):
        return cell.begin_state(first.shape[0], nd.zeros, ctx=first.context, dtype=first.dtype)
    return cell.begin_state(0, lambda shape, name: zeros_like_batch(first, shape, 0))


def states_of(cells: Iterable[Any], batch_size: int) -> list[dict[str, Any]]:
    """State information of several cells, one after another."""
    return [info for cell in cells for info in cell.state_info(batch_size)]


def shared_out(cells: Iterable[Any], states: States) -> list[tuple[Any, States]]:
    """Each cell with its part of the states."""
    rest = list(states)
    parts = []
    for cell in cells:
        count = len(cell.state_info())
        parts.append((cell, rest[:count]))
        rest = rest[count:]
    return parts


def activated(F: Any, inputs: Any, activation: Any, name: str) -> Any:
    """An activation given by name, as a `LeakyReLU` layer, or as a function."""
    if isinstance(activation, LeakyReLU):
        return F.LeakyReLU(inputs, act_type="leaky", slope=activation._alpha, name=name)
    if not isinstance(activation, str):
        with users_code():
            return activation(inputs, name=name)
    if activation in ("tanh", "relu", "sigmoid", "softsign"):
        return getattr(F, activation)(inputs, name=name)
    return F.Activation(inputs, act_type=activation, name=name)
