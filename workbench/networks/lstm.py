"""An LSTM unrolled through time, a graph as long as the sequence.

Every step reads the same weights, so a backward pass that made each step's gradient of them before adding any up
would hold as many copies as there are steps: the network on which it shows most what sharing memory saves.
"""

from __future__ import annotations

from workbench.arguments import Positive, checked
from workbench.networks.network import Network
from workbench.rnn.gated import LSTMCell
from workbench.symbolic import sym
from workbench.symbolic.naming import NameManager
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape


@checked
def unrolled_lstm(
    layers: Positive = 4,
    hidden: Positive = 1000,
    steps: Positive = 1000,
    batch: Positive = 32,
    embed: Positive = 1000,
    inputs: Positive = 50,
    outputs: Positive = 5000,
) -> Network:
    """Stacked LSTM layers, at every step fed by an embedding and followed by a classifier and its loss.

    A step's input ``t3_data`` has shape (batch, inputs), rows of numbers or one-hot; its label ``t3_label`` shape
    (batch,).  The symbol is the sum of the steps' cross entropies.

    Args:
        layers: of LSTM cells.
        hidden: size of their states.
        steps: of time.
        batch: sequences at once.
        embed: size that each input is brought to.
        inputs: numbers an input.
        outputs: classes to predict at each step.

    Raises:
        ArgumentError: a size is not a positive whole number.
    """
    with NameManager():
        loss = _unrolled(layers, hidden, steps, embed, outputs)
    per_step = {
        f"t{t}_{name}": shape
        for t in range(steps)
        for name, shape in (("data", (batch, inputs)), ("label", (batch,)))
    }
    states = {f"l{i}_init_{s}": (batch, hidden) for i in range(layers) for s in ("h", "c")}
    shapes: dict[str, Shape] = {**per_step, **states}
    return Network(f"LSTM, {layers} layers of {hidden}, {steps} steps", loss, shapes)


def _unrolled(layers: int, hidden: int, steps: int, embed: int, outputs: int) -> Symbol:
    cells = [LSTMCell(hidden, prefix=f"l{i}_") for i in range(layers)]
    states = [[sym.Variable(f"l{i}_init_h"), sym.Variable(f"l{i}_init_c")] for i in range(layers)]
    shared = {name: sym.Variable(name) for name in ("embed_weight", "classes_weight", "classes_bias")}
    losses = []
    for t in range(steps):
        x = sym.Variable(f"t{t}_data")
        x = sym.FullyConnected(x, shared["embed_weight"], num_hidden=embed, no_bias=True, name=f"t{t}_embed")
        for i, cell in enumerate(cells):
            x, states[i] = cell(x, states[i])
        weight, bias = shared["classes_weight"], shared["classes_bias"]
        x = sym.FullyConnected(x, weight, bias, num_hidden=outputs, name=f"t{t}_classes")
        losses.append(sym.softmax_cross_entropy(x, sym.Variable(f"t{t}_label"), name=f"t{t}_loss"))
    return sym.add_n(*losses, name="loss")
