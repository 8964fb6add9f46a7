"""A cell: what one time step computes, and how it is repeated.

A cell holds variables, not values: every step it composes reads the same ones, so an unrolled network of 100
steps has the parameters of one.  `unroll` is the loop, written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.rnn.sequence import arranged, as_steps, first_state, for_batch
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol

Weights = dict[str, Any]
Activation = str | Callable[..., Symbol]


class RNNParams:
    """Variables by name, made when first asked for; cells that hold the same ones share their parameters.

    Args:
        prefix: of every name.
    """

    @checked
    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable ``<prefix><name>``; `kwargs` are those of `sym.Variable`."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = sym.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """Base of the cells; one defines `state_info` and `__call__`.

    Args:
        prefix: of the names of its nodes, and of its variables unless `params` is given.
        params: variables to share.
    """

    _gate_names: Sequence[str] = ()
    _num_hidden: int

    @checked
    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Forgets how often it was called, so that the next graph gets the same names."""
        self._init_counter = -1
        self._counter = -1
        for cell in getattr(self, "_cells", ()):
            cell.reset()

    def _next_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"

    @property
    def params(self) -> RNNParams:
        """The variables; a cell whose variables were asked for counts as sharing them."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[Any]:
        """For each state its ``shape``, 0 for the batch, and its ``__layout__``."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info")

    @property
    def state_shape(self) -> list[Any]:
        """For each state its shape, 0 for the batch."""
        return [info["shape"] for info in self.state_info]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step: (output, new states).

        Args:
            inputs: (n, inputs).
            states: those before the step, as `begin_state` or the last step gave them.
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__()")

    def begin_state(self, func: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Any]:
        """The states before the first step.

        Args:
            func: makes one from a name, a shape and `kwargs`: `sym.zeros`, `sym.Variable` and the like.

        Raises:
            ArgumentError: a modifier cell stands around this one, and has the states.
        """
        self._check_unmodified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            states.append(
                first_state(func, f"{self._prefix}begin_state_{self._init_counter}", info, **kwargs)
            )
        return states

    def _check_unmodified(self) -> None:
        if self._modified:
            raise ArgumentError(
                f"a modifier cell stands around this {type(self).__name__}; call that cell, not the one inside"
            )

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Repeats the cell: (outputs, last states).

        Args:
            length: steps.
            inputs: one symbol of `layout`, or a list of symbols (n, …), one a step.
            begin_state: states before the first step; those of `begin_state()` by default.
            merge_outputs: outputs as one symbol of `layout`, or as a list; None: whichever costs nothing.

        Raises:
            ArgumentError: the inputs do not fit.
        """
        self.reset()
        steps = as_steps(inputs, length, layout)
        states = self._checked(self.begin_state() if begin_state is None else begin_state)
        outputs = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
        return arranged(outputs, length, layout, merge_outputs), states

    def _checked(self, states: Any) -> list[Any]:
        """The states, if they are as many as the cell has."""
        count = len(self.state_info)
        if not isinstance(states, (list, tuple)) or len(states) != count:
            shown = len(states) if isinstance(states, (list, tuple)) else repr(states)
            raise ArgumentError(f"{type(self).__name__} has {count} states, got {shown}")
        return list(states)

    # -- weights of single gates -----------------------------------------------------------------

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        """The parameters with those of this cell divided by gate: ``lstm_i2h_weight`` → ``lstm_i2h_i_weight``, …

        Raises:
            ArgumentError: a parameter of the cell is missing.
        """
        unpacked = dict(args)
        for packed, parts in self._packed():
            array = _taken(unpacked, packed, self)
            for place, part in enumerate(parts):
                rows = slice(place * self._num_hidden, (place + 1) * self._num_hidden)
                unpacked[part] = array[rows].copy()
        return unpacked

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        """The reverse of `unpack_weights`.

        Raises:
            ArgumentError: a parameter of the cell is missing.
        """
        packed_args = dict(args)
        for packed, parts in self._packed():
            packed_args[packed] = nd.concatenate([_taken(packed_args, part, self) for part in parts])
        return packed_args

    def _packed(self) -> list[tuple[str, list[str]]]:
        """Each parameter that holds several gates, with the names of theirs."""
        groups = [(group, kind) for group in ("i2h", "h2h") for kind in ("weight", "bias")]
        return [
            (
                f"{self._prefix}{group}_{kind}",
                [f"{self._prefix}{group}{gate}_{kind}" for gate in self._gate_names],
            )
            for group, kind in groups
            if self._gate_names
        ]


def _taken(args: Weights, name: str, cell: BaseRNNCell) -> Any:
    if name not in args:
        raise ArgumentError(f"{type(cell).__name__}: {name!r} is not among the parameters")
    return args.pop(name)


class DenseCell(BaseRNNCell):
    """A cell whose gates are dense layers of its input and its first state, one parameter for all gates."""

    _states = 1

    @checked
    def __init__(
        self, num_hidden: Positive, prefix: str, params: RNNParams | None, i2h_bias_init: Any = None
    ) -> None:
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        kwargs = {} if i2h_bias_init is None else {"init": i2h_bias_init}
        self._iW, self._iB = self._params.get("i2h_weight"), self._params.get("i2h_bias", **kwargs)
        self._hW, self._hB = self._params.get("h2h_weight"), self._params.get("h2h_bias")

    @property
    def state_info(self) -> list[Any]:
        """(batch, num_hidden) for each state."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _gates(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Any, Any]:
        """What the input and what the state contribute, (n, gates · num_hidden) each."""
        size = self._num_hidden * len(self._gate_names)
        i2h = sym.FullyConnected(inputs, self._iW, self._iB, num_hidden=size, name=f"{name}i2h")
        h2h = sym.FullyConnected(state, self._hW, self._hB, num_hidden=size, name=f"{name}h2h")
        return i2h, h2h


class RNNCell(DenseCell):
    """h′ = activation(W x + U h + b).  Source: J. Elman, "Finding Structure in Time", 1990.

    Args:
        num_hidden: size of output and state.
        activation: name of one, or a function of a symbol (and its ``name``).
        prefix, params: as `BaseRNNCell`.
    """

    _gate_names = ("",)

    @checked
    def __init__(
        self,
        num_hidden: Positive,
        activation: Activation = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        name = self._next_name()
        (state,) = for_batch(self._checked(states), inputs)
        i2h, h2h = self._gates(inputs, state, name)
        if isinstance(self._activation, str):
            output = sym.Activation(i2h + h2h, act_type=self._activation, name=f"{name}out")
        else:
            output = self._activation(i2h + h2h, name=f"{name}out")
        return output, [output]
