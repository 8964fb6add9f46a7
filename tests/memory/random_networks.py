"""Random small networks in which plans may go wrong: branches, shared weights, dropout, BatchNorm, dead ends."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

import workbench as mx

SHAPE = (4, 6)
WEIGHTS = 2


class Layer(NamedTuple):
    op: str
    first: int
    second: int
    weight: int


OPS = {
    "tanh": lambda a, b, name, weight: mx.sym.tanh(a),
    "leaky": lambda a, b, name, weight: mx.sym.LeakyReLU(a, slope=0.3, name=name),
    "add": lambda a, b, name, weight: a + b,
    "mul": lambda a, b, name, weight: a * b,
    "dense": lambda a, b, name, weight: mx.sym.FullyConnected(
        a, weight, num_hidden=SHAPE[1], no_bias=True, name=name
    ),
    "norm": lambda a, b, name, weight: mx.sym.BatchNorm(a, fix_gamma=False, momentum=0.8, name=name),
    "drop": lambda a, b, name, weight: mx.sym.Dropout(a, p=0.4, name=name),
    "halves": lambda a, b, name, weight: mx.sym.concat(
        *mx.sym.SliceChannel(a, num_outputs=2, name=name), dim=1
    ),
}


def symbol(layers: tuple[Layer, ...]) -> mx.sym.Symbol:
    """The network: each layer on values made before it; the last value is a loss."""
    with mx.name.NameManager():
        weights = [mx.sym.Variable(f"w{i}") for i in range(WEIGHTS)]
        values = [mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=SHAPE[1], name="first")]
        for i, layer in enumerate(layers):
            a, b = values[layer.first % len(values)], values[layer.second % len(values)]
            values.append(OPS[layer.op](a, b, f"{layer.op}{i}", weights[layer.weight]))
        return mx.sym.LinearRegressionOutput(values[-1] + values[0], mx.sym.Variable("label"), name="loss")


LAYERS = st.lists(
    st.builds(
        Layer,
        st.sampled_from(sorted(OPS)),
        st.integers(0, 3).map(lambda back: -1 - back),
        st.integers(0, 9),
        st.integers(0, WEIGHTS - 1),
    ),
    min_size=3,
    max_size=9,
).map(tuple)
