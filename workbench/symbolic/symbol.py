"""`Symbol`: a network as a value, written down before any data is there.

Composing symbols builds graph nodes and nothing else.  Because the whole graph is known before anything
runs, shapes can be checked, gradients added, and everything compiled as one program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MethodType
from typing import Any

from workbench.arguments import checked
from workbench.errors import (
    ArgumentError,
    NotSupportedError,
    SymbolFileError,
    did_you_mean,
    reading,
    unknown_name,
)
from workbench.graph import serialize
from workbench.graph.node import Graph, Node, Value, auxiliary, topological
from workbench.graph.passes import Change, optimise
from workbench.ops import registry
from workbench.symbolic import attributes, composition, listing, shapes
from workbench.symbolic.arithmetic import Arithmetic
from workbench.symbolic.bindable import Bindable
from workbench.symbolic.compose import compose
from workbench.symbolic.valueless import NEEDS_A_VALUE, Valueless
from workbench.types import Shape


class Symbol(Arithmetic, Valueless, Bindable):
    """One or more outputs of a graph."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = tuple(values)

    # -- structure -------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The node's name; None for a group."""
        return self.values[0].node.name if len({v.node for v in self.values}) == 1 else None

    @property
    def nodes(self) -> list[Node]:
        """All nodes, variables included, inputs before users."""
        return topological(self.values)

    @property
    def graph(self) -> Graph:
        """The graph behind the symbol: its heads, and its inputs in the order of `list_inputs`."""
        return Graph(self.values, tuple(n for n in self.nodes if n.is_variable))

    def variables(self) -> tuple[list[Node], list[Node]]:
        """The nodes of the arguments and those of the auxiliary states."""
        nodes = self.nodes
        states = auxiliary(nodes)
        inputs = [n for n in nodes if n.is_variable]
        return [n for n in inputs if id(n) not in states], [n for n in inputs if id(n) in states]

    def list_arguments(self) -> list[str]:
        """Names of the inputs, parameters included, auxiliary states not."""
        return [n.name for n in self.variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states (batch norm's moving statistics)."""
        return [n.name for n in self.variables()[1]]

    def list_inputs(self) -> list[str]:
        """Arguments and auxiliary states in the order in which the graph needs them."""
        return [n.name for n in self.nodes if n.is_variable]

    def list_outputs(self) -> list[str]:
        """Names of the outputs: ``<node>_<output>``."""
        return [output_name(v) for v in self.values]

    @property
    def num_outputs(self) -> int:
        """Number of outputs."""
        return len(self.values)

    def get_internals(self) -> Symbol:
        """A group of every node's outputs, so that one can be picked by name."""
        return Symbol([v for n in self.nodes for v in outputs_of(n)])

    def get_children(self) -> Symbol | None:
        """A group of the direct inputs; None for a variable."""
        inputs = [v for value in self.values for v in value.node.inputs]
        return Symbol(inputs) if inputs else None

    def __getitem__(self, key: int | str | slice) -> Symbol:
        """One output by number or name, several by a slice.

        Raises:
            ArgumentError: no output has that name, or several have.
            IndexError: there is no output of that number.
        """
        if isinstance(key, slice):
            return Symbol(self.values[key])
        if isinstance(key, str):
            return Symbol([self._output(key)])
        if not isinstance(key, int):
            raise ArgumentError(f"an output is picked by number, name or slice, got {key!r}")
        if not -len(self.values) <= key < len(self.values):
            raise OutputIndexError(f"output {key} was asked for; the symbol has {len(self.values)}")
        return Symbol([self.values[key]])

    def _output(self, name: str) -> Value:
        found = [v for v in self.values if output_name(v) == name]
        if not found:  # a node's own name will do where it has one output
            found = [v for v in self.values if v.node.name == name]
        if not found:
            raise ArgumentError(
                f"the symbol has no output {name!r}.{did_you_mean(name, self.list_outputs())}"
            )
        if len(found) > 1:
            raise ArgumentError(f"{len(found)} outputs are called {name!r}; pick one by number")
        return found[0]

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([v]) for v in self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __copy__(self) -> Symbol:
        """A graph of its own: attributes set on it leave this one alone."""
        return Symbol(composition.copied(self.values))

    def __deepcopy__(self, _: Any) -> Symbol:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return load_json, (self.tojson(),)

    # -- attributes ------------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """An attribute of the node as text; None where it is not set, and for a group."""
        return attributes.of(self.values[0].node, key) if self.name is not None else None

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """The node's attributes, the operator's (where they are not its defaults) and the user's.

        Raises:
            NotSupportedError: `recursive` is given.
        """
        if recursive:
            raise NotSupportedError("list_attr(recursive=True): attr_dict() lists every node's attributes")
        return attributes.listed(self.values[0].node)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Attributes of every node by name."""
        return {n.name: attrs for n in self.nodes if (attrs := attributes.listed(n))}

    def _set_attr(self, **attrs: str) -> None:
        """Sets attributes of the node, in every symbol that holds it.

        Raises:
            ArgumentError: a value is no text, or the symbol is a group.
            NotSupportedError: it is an attribute of the operator's own, which is fixed.
        """
        if self.name is None:
            raise ArgumentError(f"_set_attr(): {self!r} is a group; pick one output with [i]")
        attributes.set_on(self.values[0].node, attrs)

    # -- types -----------------------------------------------------------------------------------

    def infer_shape(self, *args: Shape | None, **kwargs: Shape) -> tuple[list[Shape] | None, ...]:
        """Shapes of arguments, outputs and auxiliary states, from those given by position or by name.

        A size of 0 is unknown.  Where some do not follow: three times None, and a warning that names the arguments
        missing.

        Raises:
            ArgumentError: a name is unknown, or a shape is no tuple of integers.
            ShapeError: two shapes contradict; the node, its inputs and its line are named.
        """
        return shapes.infer_shape(self, args, kwargs)

    def infer_shape_partial(self, *args: Shape | None, **kwargs: Shape) -> tuple[list[Shape], ...]:
        """As `infer_shape`, but with an empty tuple for each shape that does not follow, 0 for each size."""
        return shapes.infer_shape_partial(self, args, kwargs)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[list[Any] | None, ...]:
        """dtypes of arguments, outputs and auxiliary states, as NumPy scalar types.

        Where some do not follow: three times None, and a warning that names the arguments missing.

        Raises:
            ArgumentError: a name is unknown.
            DTypeError: a dtype is unknown.
        """
        return shapes.infer_type(self, args, kwargs)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[list[Any], ...]:
        """As `infer_type`, but with None for each dtype that does not follow."""
        return shapes.infer_type_partial(self, args, kwargs)

    # -- graphs out of this one ------------------------------------------------------------------

    def __call__(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> Symbol:
        """This graph with variables replaced by other symbols, given in order or by name.

        Raises:
            ArgumentError: a name is unknown, or a value is no Symbol of one output.
        """
        given = shapes.by_name(self, args, kwargs)
        return Symbol(
            composition.replaced(self.values, {n: _one_output(n, s) for n, s in given.items()}, name)
        )

    @checked
    def gradient(self, wrt: str | Sequence[str]) -> Symbol:
        """The gradients of all outputs (with cotangents of ones) for these arguments, as one node.

        Args:
            wrt: names of arguments.

        Raises:
            ArgumentError: a name is unknown, or names an auxiliary state.
        """
        from workbench.symbolic.control import gradient  # it makes symbols

        return gradient(self, [wrt] if isinstance(wrt, str) else list(wrt))

    def optimize(self, report: Callable[[Change], object] | None = None) -> Symbol:
        """The symbol after the passes of `workbench.passes`, which compute the same with fewer nodes.

        Args:
            report: called with each change: what was removed, merged or folded, and why (`print` will do).
        """
        outcome = optimise(self.graph)
        for change in outcome.changes if report else ():
            report(change)  # type: ignore[misc]
        return Symbol(outcome.graph.heads)

    def optimize_for(self, backend: str, args: Any = None, aux: Any = None, ctx: Any = None) -> Symbol:
        """`optimize` under MXNet's name; the only backend is ``"default"``.

        Raises:
            NotSupportedError: another backend is named.
        """
        if backend != "default":
            raise NotSupportedError(
                f"no backend {backend!r}: XLA compiles every graph; 'default' or optimize() runs the workbench's passes"
            )
        return self.optimize()

    get_backend_symbol = optimize_for

    # -- text ------------------------------------------------------------------------------------

    def debug_str(self) -> str:
        """A listing of the nodes with their inputs and attributes."""
        return listing.listing(self.values)

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The graph in MXNet's JSON format."""
        return serialize.dumps(self.values)

    @checked
    def save(self, fname: str | Path, remove_amp_cast: bool = True) -> None:
        """Writes `tojson` to a file."""
        Path(fname).write_text(self.tojson(), encoding="utf-8")

    def __repr__(self) -> str:
        if self.name is not None:
            return f"<Symbol {self.name}>"
        return f"<Symbol group [{', '.join(v.node.name for v in self.values)}]>"

    def __getattr__(self, name: str) -> Any:
        if name in NEEDS_A_VALUE:
            return self._refusal(name)
        if name.startswith("_"):
            raise AttributeError(f"Symbol has no attribute {name!r}")
        if name not in registry.table():
            raise unknown_name("Symbol", name, dir(self))

        op = registry.get(name)

        def call(*args: Any, **kwargs: Any) -> Symbol:
            tensors, attrs = op.split(args, kwargs)
            return apply(name, *tensors, **attrs)

        op.introduce(call, name, ("name",), variables=True)
        return MethodType(call, self)

    def astype(self, dtype: Any) -> Symbol:
        """The values in another dtype."""
        return apply("Cast", self, dtype=dtype)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *(n for n in registry.table() if not n.startswith("_"))})


class OutputIndexError(ArgumentError, IndexError):
    """An output number beyond those a symbol has."""


def _one_output(name: str, given: Any) -> Value:
    if not isinstance(given, Symbol) or len(given.values) != 1:
        raise ArgumentError(f"composing: {name!r} must be a Symbol of one output, got {type(given).__name__}")
    return given.values[0]


def outputs_of(node: Node) -> list[Value]:
    """The outputs of a node that a user sees."""
    return [Value(node, i) for i in range(node.bound.visible if node.bound else 1)]


def output_name(value: Value) -> str:
    """MXNet's name of an output; a variable's own name."""
    node = value.node
    return f"{node.name}_{node.bound.output_names[value.index]}" if node.bound else node.name


def apply(
    op: str, *symbols: Symbol, name: str | None = None, called: str | None = None, **attrs: Any
) -> Symbol:
    """An operator on symbols; a node without a name is named after `called`, by default the operator."""
    return Symbol(compose(registry.get(op), called or op, [s.values for s in symbols], {}, attrs, name, {}))


@checked
def Group(symbols: Sequence[Symbol]) -> Symbol:  # noqa: N802 (MXNet's name)
    """Several symbols as one with all their outputs."""
    symbols = list(symbols)
    if not symbols:
        raise ArgumentError("Group() takes one Symbol or more")
    return Symbol([v for s in symbols for v in s.values])


def load_json(json_str: str) -> Symbol:
    """The symbol that `tojson` wrote, or MXNet.

    Raises:
        SymbolFileError: the text is corrupt, or names something the workbench does not know.
    """
    return Symbol(serialize.loads(json_str))


@checked
def load(fname: str | Path) -> Symbol:
    """The symbol in a file.

    Raises:
        MissingFileError: there is no such file.
        SymbolFileError: as `load_json`, or it is not text.
    """
    try:
        with reading(fname):
            text = Path(fname).read_text(encoding="utf-8")
        return load_json(text)
    except UnicodeDecodeError as error:
        raise SymbolFileError(f"{fname}: not a text file: {error}") from error
