"""`SymbolBlock`: a symbol as a block, so that a network written declaratively is a layer among others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import ArgumentError
from workbench.gluon.block.hybrid_block import HybridBlock
from workbench.gluon.parameter import Parameter, ParameterDict
from workbench.graph.node import Node, auxiliary
from workbench.runtime.device import Context
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol
from workbench.symbolic.symbol import load as load_symbol


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
        super().__init__()
        self._prefix = ""  # its variables are named already, wherever the block is made
        self._params = ParameterDict("", params)
        self._outputs = outputs if isinstance(outputs, Symbol) else sym.Group(outputs)
        self._inputs = [inputs] if isinstance(inputs, Symbol) else list(inputs)
        for each in self._inputs:
            if not each.values[0].node.is_variable:
                raise ArgumentError(
                    f"SymbolBlock(): the input {each.name!r} is computed; inputs are variables"
                )
        given = {i.name for i in self._inputs}
        rest = [n for n in self._outputs.nodes if n.is_variable and n.name not in given]
        self._register(rest, auxiliary(self._outputs.nodes))

    def _register(self, variables: list[Node], states: Any) -> None:
        """Parameters for variables, registered under what follows the part that all names begin with."""
        common = len(os.path.commonprefix([n.name for n in variables]))  # noqa: RUF071 (of text)
        for node in variables:
            facts: dict[str, Any] = {"grad_req": "null"} if id(node) in states else {}
            facts["dtype"] = node.attrs.get("__dtype__", "float32")
            parameter = self.params.get(node.name, allow_deferred_init=True, **facts)
            self._reg_params[node.name[common:]] = parameter

    @staticmethod
    def imports(
        symbol_file: str | Path,
        input_names: str | Sequence[str],
        param_file: str | Path | None = None,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """A block of the files that `HybridBlock.export` or a module's checkpoint wrote.

        Args:
            symbol_file: the graph, ``…-symbol.json``.
            input_names: the variables that a call gives, in order.
            param_file: the parameters, ``…-0000.params``; none are loaded without.
            ctx: the device, or devices, to load them to.
            allow_missing: leave parameters that the file does not have as they are.
            ignore_extra: skip what the graph does not have.

        Raises:
            SymbolFileError: a file holds something else.
            ArgumentError: an input, or a parameter, is in one of the files and not in the other.
        """
        outputs = load_symbol(symbol_file)
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        known = outputs.list_inputs()
        for name in names:
            if name not in known:
                raise ArgumentError(
                    f"SymbolBlock.imports(): {symbol_file} has no input {name!r}; it has {', '.join(known)}"
                )
        block = SymbolBlock(outputs, [sym.var(name) for name in names])
        if param_file is not None:
            block.collect_params().load(
                param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved"
            )
        return block

    def cast(self, dtype: Any) -> None:
        """Changes the element type; batch normalisation keeps 32 bits where data has 16."""
        super().cast(dtype)
        if np.dtype(dtype).itemsize == 2:
            for parameter in self._normalising():
                parameter.cast("float32")

    def _normalising(self) -> Iterator[Parameter]:
        for node in self._outputs.nodes:
            if node.op == "BatchNorm":
                yield from (self.params[v.node.name] for v in node.inputs[1:] if v.node.name in self.params)

    def forward(self, x: Any, *args: Any) -> Any:
        """The symbol on these inputs, arrays or symbols."""
        return self._on_symbols(x, *args) if isinstance(x, Symbol) else self._run_graph((x, *args))

    def _on_symbols(self, x: Any, *args: Any) -> Symbol:
        args = (x, *args)
        if len(args) != len(self._inputs):
            raise ArgumentError(f"{self.name} takes {len(self._inputs)} inputs, got {len(args)}")
        given: dict[str, Any] = {str(i.name): a for i, a in zip(self._inputs, args, strict=True)}
        given.update({p.name: p.var() for p in self._reg_params.values()})
        return self._outputs(**given)

    def __repr__(self) -> str:
        return f"SymbolBlock(\n{self._outputs!r} : {len(self._inputs)} -> {len(self._outputs)}\n)"
