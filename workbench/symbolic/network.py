"""Reading a network: the symbol behind whatever the user has.

A Symbol is taken as it is, a Module for its symbol, a Gluon block for what it makes of a variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, did_you_mean
from workbench.graph.bind import BoundOp
from workbench.graph.infer import Inference
from workbench.graph.node import Node, Value
from workbench.symbolic.symbol import Symbol, apply
from workbench.symbolic.variable import var
from workbench.types import Shape, TensorType

IMAGES: Shape = (64, 1, 28, 28)  # a batch of Fashion-MNIST


def default_shapes(symbol: Symbol) -> dict[str, Shape]:
    """The shapes to take where none are given: what the symbol states of ``data``, or a batch of images."""
    names = symbol.list_arguments()
    if "data" not in names:
        return {}
    stated = symbol.infer_shape_partial()[0][names.index("data")]
    return {"data": stated or IMAGES}


def _called(symbol: Symbol) -> str:
    """What to call a network whose variable is not known: only its end has a name."""
    return f"network ending in {symbol.name}" if symbol.name else "network of several outputs"


def symbol_of(network: Any, what: str) -> tuple[Symbol, str]:
    """The symbol of a network with its loss, and what to call it.

    Args:
        network: a Symbol that ends in a loss; a Module of one; or a Gluon block, which gets a SoftmaxOutput.
        what: what needs it, for the message.

    Raises:
        ArgumentError: it is none of these.
    """
    if isinstance(network, Symbol):
        return network, _called(network)
    inner = getattr(network, "symbol", None)
    if isinstance(inner, Symbol):
        return inner, _called(inner)
    if not callable(network) or isinstance(network, type):
        raise ArgumentError(
            f"{what} needs a network: a Symbol with a loss, a Module, or a Gluon block that can be called "
            f"with a Symbol; got {network!r:.80}"
        )
    made = network(var("data"))
    if not isinstance(made, Symbol):
        raise ArgumentError(
            f"{type(network).__name__} called with a Symbol gave {type(made).__name__}, not a Symbol; only a "
            "hybrid block can be written down as a graph"
        )
    title = getattr(network, "name", None)  # a block has one
    loss = apply("SoftmaxOutput", made, name="softmax")
    return loss, title if isinstance(title, str) else type(network).__name__


def check_names(symbol: Symbol, shapes: Mapping[str, Shape]) -> None:
    """Makes sure that shapes are given by the names of inputs.

    Raises:
        ArgumentError: the network has no such input.
    """
    known = symbol.list_inputs()
    for name in shapes:
        if name not in known:
            raise ArgumentError(
                f"shapes: the network has no input {name!r}; it has {', '.join(known)}."
                f"{did_you_mean(name, known)}"
            )


def is_loss(node: Node) -> bool:
    """Whether a node is a loss layer."""
    return isinstance(node.bound, BoundOp) and node.bound.op.loss


def labels_of(nodes: Sequence[Node]) -> dict[str, Value]:
    """The inputs that a loss compares with, by name → the prediction each belongs to."""
    losses = [node for node in nodes if is_loss(node)]
    return {v.node.name: Value(loss) for loss in losses for v in loss.inputs[1:] if v.node.is_variable}


def input_types(
    symbol: Symbol, shapes: Mapping[str, Shape], dtypes: Mapping[str, Any] | None
) -> dict[str, TensorType]:
    """The type of every input by name, states included.

    Raises:
        ArgumentError: a shape is not given and does not follow.
        ShapeError: the shapes contradict the network.
    """
    inference = Inference(symbol.values, shapes, dtypes)
    found = {n.name: inference.type(Value(n)) for n in symbol.nodes if n.is_variable}
    missing = [name for name, type_ in found.items() if type_ is None]
    if missing:
        known = (
            ", ".join(f"{name} {shape and tuple(shape)}" for name, shape in shapes.items()) or "what is known"
        )
        raise ArgumentError(
            f"the shape of {', '.join(map(repr, missing))} is not given and does not follow from {known}; "
            f"give it: shapes={{{missing[0]!r}: (…)}}"
        )
    return {name: type_ for name, type_ in found.items() if type_ is not None}
