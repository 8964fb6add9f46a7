"""`SymbolBlock`: a symbol as a block, so that a network written declaratively is a layer among others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.gluon.block.hybrid_block import HybridBlock
from workbench.gluon.parameter import ParameterDict
from workbench.graph.node import auxiliary
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol


class SymbolBlock(HybridBlock):
    """Computes the outputs of a symbol from its inputs; its other variables become parameters.

    Args:
        outputs: a symbol, or several.
        inputs: the variables that a call gives, in order.
        params: parameters to take by name instead of making new ones.

    Raises:
        ArgumentError: an input is no variable.
    """

    def __init__(
        self,
        outputs: Symbol | Sequence[Symbol],
        inputs: Symbol | Sequence[Symbol],
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix="", params=params)
        self._outputs = outputs if isinstance(outputs, Symbol) else sym.Group(outputs)
        self._inputs = [inputs] if isinstance(inputs, Symbol) else list(inputs)
        for each in self._inputs:
            if not each.values[0].node.is_variable:
                raise ArgumentError(
                    f"SymbolBlock(): the input {each.name!r} is computed; inputs are variables"
                )
        given = {i.name for i in self._inputs}
        nodes = self._outputs.nodes
        states = auxiliary(nodes)
        for node in nodes:
            if node.is_variable and node.name not in given:
                facts: dict[str, Any] = {"grad_req": "null"} if id(node) in states else {}
                parameter = self.params.get(node.name, allow_deferred_init=True, **facts)
                self._reg_params[node.name] = parameter

    def forward(self, x: Any, *args: Any) -> Any:
        """The symbol on these inputs, arrays or symbols."""
        if not isinstance(x, Symbol):
            return self._run_graph((x, *args))
        return self._composed((x, *args))

    def _composed(self, args: Sequence[Symbol]) -> Symbol:
        if len(args) != len(self._inputs):
            raise ArgumentError(
                f"{self.name or 'SymbolBlock'} takes {len(self._inputs)} inputs, got {len(args)}"
            )
        given: dict[str, Any] = {str(i.name): a for i, a in zip(self._inputs, args, strict=True)}
        given.update({name: p.var() for name, p in self._reg_params.items()})
        return self._outputs(**given)
