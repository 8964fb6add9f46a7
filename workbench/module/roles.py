"""Which of a symbol's arguments are data, which labels, and which the parameters to learn.

A symbol only knows arguments.  A module is told the names of its inputs; every other argument is a
parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

from workbench.errors import ArgumentError, did_you_mean
from workbench.graph.bind import BoundOp
from workbench.symbolic.symbol import Symbol

DEFAULT_LABELS = ("softmax_label",)


class Roles:
    """The roles of a symbol's arguments.

    Args:
        data, labels, states: names of the inputs.  Labels may be left at their default where the symbol
            has none.
        fixed: parameters that are not trained.

    Attributes:
        parameters: all other arguments, in the symbol's order.
        reads_labels: whether an output is computed from a label; loss layers read theirs for the gradient
            alone.
        unread: parameters that no output is computed from: labels of loss layers that were not named as labels.

    Raises:
        ArgumentError: a name is not an argument of the symbol.
    """

    def __init__(
        self,
        symbol: Symbol,
        data: Sequence[str] | None,
        labels: Sequence[str] | None,
        states: Sequence[str] | None,
        fixed: Sequence[str] | None,
    ) -> None:
        self.arguments = symbol.list_arguments()
        self.data = self._checked(data, "data_names")
        self.labels = self._checked(self._without_default(self._listed(labels, "label_names")), "label_names")
        self.states = self._checked(states, "state_names")
        self.fixed = self._checked(fixed, "fixed_param_names")
        inputs = {*self.data, *self.labels, *self.states}
        self.parameters = [name for name in self.arguments if name not in inputs]
        read = _read(symbol)
        self.reads_labels = not read.isdisjoint(self.labels)
        self.unread = [name for name in self.parameters if name not in read]

    @staticmethod
    def _listed(names: Sequence[str] | None, what: str) -> Sequence[str] | None:
        if isinstance(names, str) or not isinstance(names, (Iterable, NoneType)):
            kind = "the text " if isinstance(names, str) else ""
            raise ArgumentError(f"Module({what}=…) takes a list of names, got {kind}{names!r}")
        return None if names is None else list(names)

    def _without_default(self, labels: Sequence[str] | None) -> Sequence[str] | None:
        default = labels is not None and tuple(labels) == DEFAULT_LABELS
        return None if default and not any(n.endswith("label") for n in self.arguments) else labels

    def _checked(self, names: Sequence[str] | None, what: str) -> list[str]:
        listed = list(self._listed(names, what) or ())
        for name in listed:
            self._check(name, f"Module({what}=…)")
        return listed

    def _check(self, name: str, what: str) -> None:
        if not isinstance(name, str):
            raise ArgumentError(f"{what}: a name is text, got {name!r}")
        if name not in self.arguments:
            raise ArgumentError(
                f"{what}: the symbol has no argument {name!r}; it has {', '.join(self.arguments)}."
                f"{did_you_mean(name, self.arguments)}"
            )

    def requests(self, given: Any, for_training: bool, inputs_need_grad: bool) -> dict[str, str]:
        """Argument → gradient request, from one request, a list in order, or a mapping.

        Raises:
            ArgumentError: a name is unknown, or the list has another length.
        """
        trained = [name for name in self.parameters if name not in self.fixed]
        wanted = {*trained, *(self.data if inputs_need_grad else ())}
        if not for_training:
            return dict.fromkeys(self.arguments, "null")
        if isinstance(given, str):
            return {name: given if name in wanted else "null" for name in self.arguments}
        if isinstance(given, Mapping):
            for name in given:
                self._check(name, "bind(grad_req=…)")
            return {n: given.get(n, "write" if n in wanted else "null") for n in self.arguments}
        if not isinstance(given, (list, tuple)):
            raise ArgumentError(
                f"bind(grad_req=…) is 'write', 'add', 'null', a list or a mapping of them, got {given!r}"
            )
        if len(given) != len(self.arguments):
            names = ", ".join(self.arguments)
            raise ArgumentError(f"bind(grad_req=…) needs an entry for each of {names}; got {len(given)}")
        return dict(zip(self.arguments, given, strict=True))


def _read(symbol: Symbol) -> set[str]:
    """The inputs from which outputs are computed; a loss layer is computed from its first."""
    found = {value.node.name for value in symbol.values if value.node.is_variable}
    for node in symbol.nodes:
        loss = isinstance(node.bound, BoundOp) and node.bound.op.loss
        found |= {v.node.name for v in (node.inputs[:1] if loss else node.inputs) if v.node.is_variable}
    return found
