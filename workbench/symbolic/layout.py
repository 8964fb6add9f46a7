"""How the arrays of a network lie on a mesh.

Two axes divide the work.  Along ``data`` each device takes its share of the batch and has all weights.  Along
``model`` devices share the weights: of one layer each computes some of the units, and the next layer, which reads just
these, is cut along what it reads, so that only its outputs must be summed.  Two layers need one sum that way; were
every layer cut by its units, all units would have to be collected between them.

Source: M. Shoeybi et al., "Megatron-LM: Training Multi-Billion Parameter Language Models Using Model Parallelism",
2019, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import jax

from workbench.errors import DeviceError
from workbench.graph.bind import BoundOp
from workbench.graph.node import Node, Value
from workbench.imperative.make import put
from workbench.imperative.ndarray import NDArray
from workbench.runtime.mesh import Mesh, Spec
from workbench.symbolic.network import labels_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape

LAYERS = ("FullyConnected", "Convolution")
KEEPS_UNITS = (
    "Activation",
    "BatchNorm",
    "Dropout",
    "Flatten",
    "Pooling",
    "relu",
    "sigmoid",
    "tanh",
)  # one by one


def weights(nodes: Iterable[Node], shapes: Mapping[str, Shape], mesh: Mesh) -> dict[str, Spec]:
    """The layouts of parameters that are cut along ``model``; all others are whole on every device.

    A layer whose size along the axis to cut can't be divided by the devices stays whole.

    Args:
        nodes: of the network, inputs before users.
        shapes: of its parameters and auxiliary states by name.
    """
    count = mesh.axes.get("model", 1)
    found: dict[str, Spec] = {}
    cut: set[Value] = set()  # values of which each device has some of the units
    for node in nodes if count > 1 else ():
        learned = [value.node.name for value in node.inputs[1:]]
        reads_cut = bool(node.inputs) and node.inputs[0] in cut
        axis = 1 if reads_cut else 0
        if _keeps_units(node) and reads_cut:
            found |= dict.fromkeys(learned, ("model",))
            cut.add(Value(node))
        elif _is_layer(node) and learned[0] not in found and shapes[learned[0]][axis] % count == 0:
            found[learned[0]] = (*[None] * axis, "model")
            if axis == 0:
                found |= dict.fromkeys(learned[1:], ("model",))
                cut.add(Value(node))
    return found


def lay(array: NDArray, spec: Spec) -> None:
    """Gives an array on a mesh its layout, and moves it."""
    storage, mesh = array._storage, array.context
    if not isinstance(mesh, Mesh):
        raise DeviceError(f"only arrays on a mesh have a layout; this one is on {mesh}")
    storage.layout, storage.spare = mesh.sharding(spec), None
    if isinstance(storage.cell.array, jax.Array):
        storage.cell.array = put(storage.cell.array, mesh, storage.layout)


def lay_weights(symbol: Symbol, mesh: Mesh, arrays: Mapping[str, NDArray]) -> None:
    """Lays out a network's parameters, and their gradients, over the mesh that they are on."""
    specs = weights(symbol.nodes, {name: array.shape for name, array in arrays.items()}, mesh)
    for name, array in arrays.items():
        spec = specs.get(name, ())
        lay(array, spec)
        if array._slot is not None and array._slot.grad is not None:
            lay(array._slot.grad, spec)


def lay_batch(mesh: Mesh, arrays: Mapping[str, NDArray], axes: Mapping[str, int]) -> None:
    """Cuts a batch along ``data``.

    Args:
        axes: by name which axis of an array counts examples; negative where none does.

    Raises:
        ShapeError: the devices can't share the examples equally.
    """
    for name, axis in axes.items():
        lay(arrays[name], mesh.batch(axis, arrays[name].shape, name))


def batch_inputs(symbol: Symbol, given: Iterable[str]) -> dict[str, int]:
    """What a batch brings, examples along the first axis: labels, and of the inputs given what no layer learns."""
    learned = {value.node.name for node in symbol.nodes if _is_layer(node) for value in node.inputs[1:]}
    return dict.fromkeys([*(name for name in given if name not in learned), *labels_of(symbol.nodes)], 0)


def _is_layer(node: Node) -> bool:
    bound = node.bound
    return isinstance(bound, BoundOp) and bound.op.name in LAYERS and bound.attrs.get("num_group", 1) == 1


def _keeps_units(node: Node) -> bool:
    bound = node.bound
    return isinstance(bound, BoundOp) and bound.op.name in KEEPS_UNITS and bound.attrs.get("axis", 1) == 1
