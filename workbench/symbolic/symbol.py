"""`Symbol`: a network as a value, written down before any data is there.

Composing symbols builds graph nodes and nothing else.  Because the whole graph is known before anything
runs, shapes can be checked, gradients added, and everything compiled as one program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError, SymbolFileError, did_you_mean
from workbench.graph import serialize
from workbench.graph.bound import BoundOp
from workbench.graph.composite import prepared
from workbench.graph.infer import Inference
from workbench.graph.node import Graph, Node, Value, auxiliary, rebuild, topological
from workbench.ops import registry
from workbench.ops.pairs import ARITHMETIC, COMPARISON, PAIRS
from workbench.runtime.device import Context
from workbench.runtime.source import caller
from workbench.symbolic.compose import compose
from workbench.symbolic.naming import current_attrs
from workbench.types import Shape, as_dtype

if TYPE_CHECKING:
    from workbench.imperative.ndarray import NDArray
    from workbench.symbolic.executor import Executor


class Symbol:
    """One or more outputs of a graph."""

    __slots__ = ("values",)
    __array_priority__ = 1000.0

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

    def _variables(self, aux: bool) -> list[Node]:
        states = auxiliary(self.nodes)
        return [n for n in self.nodes if n.is_variable and (id(n) in states) == aux]

    def list_arguments(self) -> list[str]:
        """Names of the inputs, parameters included, auxiliary states not."""
        return [n.name for n in self._variables(aux=False)]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states (batch norm's moving statistics)."""
        return [n.name for n in self._variables(aux=True)]

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

    def __getitem__(self, key: int | str) -> Symbol:
        if isinstance(key, str):
            found = [v for v in self.values if output_name(v) == key or v.node.name == key]
            if not found:
                known = self.list_outputs()
                raise ArgumentError(f"the symbol has no output {key!r}.{did_you_mean(key, known)}")
            return Symbol(found[:1])
        if not -len(self.values) <= key < len(self.values):
            raise ArgumentError(f"output {key} was asked for; the symbol has {len(self.values)}")
        return Symbol([self.values[key]])

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([v]) for v in self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __bool__(self) -> bool:
        raise ArgumentError(
            f"the Symbol {self.name!r} has no value yet, so it is neither true nor false; bind and run it first"
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ArgumentError(f"the Symbol {self.name!r} has no value yet; bind it (simple_bind) or eval() it")

    def __float__(self) -> Any:
        raise ArgumentError(
            f"the Symbol {self.name!r} has no value yet, so it is no number; bind and run it first"
        )

    __int__ = __float__

    # -- attributes ------------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """An attribute of the node, as text."""
        return self.list_attr().get(key)

    def list_attr(self) -> dict[str, str]:
        """The node's attributes, the operator's and the user's."""
        return node_attrs(self.values[0].node)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Attributes of every node by name."""
        return {n.name: attrs for n in self.nodes if (attrs := node_attrs(n))}

    # -- types -----------------------------------------------------------------------------------

    def _known(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        names = self.list_arguments()
        if len(args) > len(names):
            raise ArgumentError(f"{len(args)} values for {len(names)} arguments: {', '.join(names)}")
        known = {n: v for n, v in zip(names, args, strict=False) if v is not None}
        inputs = self.list_inputs()
        for name in kwargs:
            if name not in inputs:
                raise ArgumentError(
                    f"the symbol has no argument {name!r}; it has {', '.join(inputs)}.{did_you_mean(name, inputs)}"
                )
        return {**known, **kwargs}

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[list[Shape | None], ...]:
        """Shapes of arguments, outputs and auxiliary states; None where unknown.

        Raises:
            ShapeError: two shapes contradict; the node is named.
        """
        inference = Inference(self.values, self._known(args, kwargs))
        return (
            [inference.shape(Value(n)) for n in self._variables(aux=False)],
            [inference.shape(v) for v in self.values],
            [inference.shape(Value(n)) for n in self._variables(aux=True)],
        )

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[list[Shape] | None, ...]:
        """As `infer_shape_partial`; three times None where something stays unknown."""
        found = self.infer_shape_partial(*args, **kwargs)
        complete = all(shape is not None for group in found for shape in group)
        return found if complete else (None, None, None)  # type: ignore[return-value]

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[list[Any], ...]:
        """dtypes of arguments, outputs and auxiliary states, as NumPy scalar types."""
        known = {k: as_dtype(v) for k, v in self._known(args, kwargs).items()}
        inference = Inference(self.values, {}, known)
        return (
            [inference.dtype(Value(n)).type for n in self._variables(aux=False)],
            [inference.dtype(v).type for v in self.values],
            [inference.dtype(Value(n)).type for n in self._variables(aux=True)],
        )

    # -- composition -----------------------------------------------------------------------------

    def __call__(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> Symbol:
        """This graph with variables replaced by other symbols."""
        given = self._known(args, kwargs)
        for key, value in given.items():
            if not isinstance(value, Symbol) or len(value.values) != 1:
                raise ArgumentError(
                    f"composing: {key!r} must be a Symbol of one output, got {type(value).__name__}"
                )
        swap = {Value(n): given[n.name].values[0] for n in self.nodes if n.is_variable and n.name in given}

        def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
            inputs = tuple(swap.get(v, v) for v in inputs)
            renamed = name if name and node is self.values[0].node else node.name
            return node.replaced(inputs=inputs, name=renamed)

        heads = rebuild(self.values, visit)
        return Symbol([swap.get(h, h) for h in heads])

    # -- running ---------------------------------------------------------------------------------

    def bind(
        self, ctx: Context, args: Any, args_grad: Any = None, grad_req: Any = "write", aux_states: Any = None
    ) -> Executor:
        """An executor on the arrays given; see `Executor.bind`."""
        from workbench.symbolic.executor import Executor  # the executor is built on symbols

        return Executor.bind(self, ctx, args, args_grad, grad_req, aux_states)

    def simple_bind(
        self, ctx: Context | None = None, grad_req: Any = "write", type_dict: Any = None, **shapes: Shape
    ) -> Executor:
        """An executor on arrays made for these input shapes; see `Executor.simple_bind`."""
        from workbench.symbolic.executor import Executor  # the executor is built on symbols

        return Executor.simple_bind(self, ctx, grad_req, type_dict, shapes)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """The outputs for these inputs."""
        from workbench.runtime.device import current_context

        return self.bind(ctx or current_context(), kwargs, grad_req="null").forward()

    def to_jax(self, train: bool = False) -> Callable[..., tuple[Any, ...]]:
        """A pure JAX function: inputs by name (and ``_keys`` where random) → a tuple of outputs."""
        from workbench.graph.composite import composite

        inputs = tuple(n for n in self.nodes if n.is_variable)
        graph = prepared(Graph(self.values, inputs), train)
        operator = composite(graph, self.name or "group")
        names = [n.name for n in graph.inputs]

        def function(**arrays: Any) -> tuple[Any, ...]:
            missing = [n for n in names if n not in arrays]
            if missing:
                raise ArgumentError(f"to_jax(): {', '.join(map(repr, missing))} not given")
            return operator.call([arrays[n] for n in names], ())

        return function

    # -- files -----------------------------------------------------------------------------------

    def tojson(self) -> str:
        """The graph in MXNet's JSON format."""
        return serialize.dumps(self.values)

    def save(self, fname: str | Path) -> None:
        """Writes `tojson` to a file."""
        Path(fname).write_text(self.tojson(), encoding="utf-8")

    def __repr__(self) -> str:
        return f"<Symbol {self.name or ' '.join(self.list_outputs())}>"

    # -- arithmetic ------------------------------------------------------------------------------

    __hash__ = object.__hash__

    def __neg__(self) -> Symbol:
        return apply("negative", self)

    def __abs__(self) -> Symbol:
        return apply("abs", self)

    def __getattr__(self, name: str) -> Any:
        if name in ("asnumpy", "asscalar", "item", "wait_to_read"):
            raise ArgumentError(
                f"the Symbol {self.name!r} has no value yet, so no {name}(); bind it or eval() it"
            )
        if name.startswith("_") or name not in registry.table():
            raise AttributeError(f"Symbol has no attribute {name!r}")

        def call(*args: Any, **kwargs: Any) -> Symbol:
            tensors, attrs = registry.get(name).split((self, *args), kwargs)
            return apply(name, *tensors, **attrs)

        return call


def outputs_of(node: Node) -> list[Value]:
    """The outputs of a node that a user sees."""
    count = node.bound.visible if isinstance(node.bound, BoundOp) else 1
    return [Value(node, i) for i in range(count)]


def output_name(value: Value) -> str:
    """MXNet's name of an output; a variable's own name."""
    node = value.node
    if not isinstance(node.bound, BoundOp):
        return node.name
    return f"{node.name}_{node.bound.output_names[value.index]}"


def node_attrs(node: Node) -> dict[str, str]:
    """The operator's and the user's attributes of a node, as text."""
    attrs = {k: str(v) for k, v in node.attrs.items()}
    attrs.update({k.strip("_"): v for k, v in node.attrs.items() if k.startswith("__")})
    if isinstance(node.bound, BoundOp):
        given = {**node.bound.attrs, **node.bound.unpack(node.scalars)}
        attrs.update({k: str(v) for k, v in given.items() if not k.startswith("_")})
    return attrs


def apply(op: str, *symbols: Symbol, name: str | None = None, **attrs: Any) -> Symbol:
    """An operator on symbols."""
    return Symbol(compose(registry.get(op), op, [s.values for s in symbols], {}, attrs, name, {}))


def var(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Shape | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: str,
) -> Symbol:
    """An input of a graph: data, a label or a parameter.

    Raises:
        ArgumentError: the name is not text, or an attribute's name does not look like ``__name__``.
    """
    if not isinstance(name, str):
        raise ArgumentError(f"Variable() needs a name as text, got {name!r}")
    for key in kwargs:
        if not (key.startswith("__") and key.endswith("__")):
            raise ArgumentError(
                f"Variable({name!r}): unknown argument {key!r}; extra attributes look like __name__"
            )
    if stype not in (None, "default"):
        raise NotSupportedError(
            f"Variable({name!r}): storage type {stype!r}; only dense ('default') is supported"
        )
    attrs = current_attrs().get({**(attr or {}), **kwargs})
    known = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult}
    attrs.update({f"__{k}__": str(v) for k, v in known.items() if v is not None})
    if dtype is not None:
        attrs["__dtype__"] = as_dtype(dtype).name
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    return Symbol([Value(Node(None, (), (), name, attrs, caller()))])


def Group(symbols: Sequence[Symbol]) -> Symbol:  # noqa: N802 (MXNet's name)
    """Several symbols as one with all their outputs."""
    symbols = list(symbols)
    if not symbols or not all(isinstance(s, Symbol) for s in symbols):
        raise ArgumentError("Group() takes a non-empty list of Symbols")
    return Symbol([v for s in symbols for v in s.values])


def load_json(json_str: str) -> Symbol:
    """The symbol that `tojson` wrote, or MXNet.

    Raises:
        SymbolFileError: the text is corrupt, or names something the workbench does not know.
    """
    return Symbol(serialize.loads(json_str))


def load(fname: str | Path) -> Symbol:
    """The symbol in a file.

    Raises:
        SymbolFileError: as `load_json`, or the file is not text.
    """
    try:
        return load_json(Path(fname).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SymbolFileError(f"{fname}: not a text file: {error}") from error


def _binary(left: Symbol, right: Any, both: str, scalar: str) -> Any:
    if isinstance(right, Symbol):
        return apply(both, left, right)
    if isinstance(right, (int, float, np.number)):
        return apply(scalar, left, scalar=float(right))
    if type(right).__name__ == "NDArray":
        raise ArgumentError(
            f"the Symbol {left.name!r} can't be combined with an NDArray, which is a value; "
            "use a Variable and give the array when binding"
        )
    return NotImplemented


# Between symbols, arithmetic asks for equal shapes, so that a missing one can be worked out from the other.
STRICT = {"add": "elemwise_add", "sub": "elemwise_sub", "mul": "elemwise_mul", "truediv": "elemwise_div"}


def _operator(name: str, both: str, scalar: str) -> None:
    setattr(Symbol, f"__{name}__", lambda self, other: _binary(self, other, both, scalar))


for _name, _function in ARITHMETIC.items():
    _pair = PAIRS[_function]
    _operator(_name, STRICT.get(_name, _pair.both), _pair.scalar)
    _operator(f"r{_name}", STRICT.get(_name, _pair.both), _pair.reverse)
for _name, _function in COMPARISON.items():
    _operator(_name, PAIRS[_function].both, PAIRS[_function].scalar)
Symbol.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]
