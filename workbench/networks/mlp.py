"""A deep multi-layer perceptron: the chain of equal layers on which memory is easiest to count."""

from __future__ import annotations

from workbench.arguments import Positive, checked
from workbench.networks.network import Network
from workbench.symbolic import sym
from workbench.symbolic.naming import NameManager


@checked
def deep_mlp(
    depth: Positive = 64,
    width: Positive = 1024,
    batch: Positive = 32,
    inputs: Positive = 784,
    classes: Positive = 10,
    activation: str = "relu",
) -> Network:
    """Dense layers of equal width, each with an activation, and a softmax classifier on top.

    Args:
        depth: number of hidden layers.
        width: units of each.
        batch: examples at once.
        inputs: numbers an example.
        classes: to tell apart.
        activation: as `sym.Activation` names it.

    Raises:
        ArgumentError: a size is not a positive whole number, or there is no such activation.
    """
    with NameManager():
        x = sym.Variable("data")
        for layer in range(depth):
            x = sym.FullyConnected(x, num_hidden=width, name=f"fc{layer}")
            x = sym.Activation(x, act_type=activation, name=f"act{layer}")
        x = sym.FullyConnected(x, num_hidden=classes, name="classes")
        out = sym.SoftmaxOutput(x, name="softmax")
    shapes = {"data": (batch, inputs), "softmax_label": (batch,)}
    return Network(f"MLP, {depth} layers of {width}", out, shapes)
