"""The unrolled LSTM of the course."""

import numpy as np
import pytest

import workbench as wb
from workbench import networks
from workbench.errors import ArgumentError


def small():
    return networks.unrolled_lstm(layers=2, hidden=6, steps=3, batch=4, embed=5, inputs=7, outputs=9)


def test_steps_share_their_parameters():
    found = small()
    lstm = [4 * 6 * (5 + 6) + 8 * 6, 4 * 6 * (6 + 6) + 8 * 6]
    assert found.parameter_count == 5 * 7 + sum(lstm) + 9 * 6 + 9
    assert found.parameters["l1_i2h_weight"] == (24, 6)
    assert found.shapes["t2_data"] == (4, 7)
    assert found.shapes["l1_init_c"] == (4, 6)
    assert len(found.shapes) == 3 * 2 + 2 * 2
    assert repr(found) == "Network(LSTM, 2 layers of 6, 3 steps)"


def test_a_step_is_that_of_an_lstm():
    found = small()
    executor = found.symbol.simple_bind(wb.cpu(), **found.shapes)
    rng = np.random.default_rng(0)
    values = {n: rng.normal(size=a.shape).astype(np.float32) for n, a in executor.arg_dict.items()}
    values |= {f"t{t}_label": rng.integers(0, 9, 4).astype(np.float32) for t in range(3)}
    for name, value in values.items():
        executor.arg_dict[name][:] = value
    loss = executor.forward(is_train=False)[0].asnumpy()
    np.testing.assert_allclose(loss, [by_hand(values)], rtol=1e-5)


def by_hand(values):
    states = [(values[f"l{i}_init_h"], values[f"l{i}_init_c"]) for i in range(2)]
    loss = 0.0
    for t in range(3):
        x = values[f"t{t}_data"] @ values["embed_weight"].T
        for i, (h, c) in enumerate(states):
            gates = x @ values[f"l{i}_i2h_weight"].T + values[f"l{i}_i2h_bias"]
            gates = gates + h @ values[f"l{i}_h2h_weight"].T + values[f"l{i}_h2h_bias"]
            i_, f, g, o = np.split(gates, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i_) * np.tanh(g)
            x = sigmoid(o) * np.tanh(c)
            states[i] = (x, c)
        scores = x @ values["classes_weight"].T + values["classes_bias"]
        right = scores[np.arange(4), values[f"t{t}_label"].astype(int)]
        loss += (np.log(np.exp(scores).sum(1)) - right).sum()
    return loss


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_the_graph_grows_by_the_same_for_every_step():
    def count(steps):
        return len(networks.unrolled_lstm(2, 4, steps, 2, 3, 3, 3).symbol.nodes)

    assert count(5) - count(4) == count(9) - count(8)


@pytest.mark.parametrize("name", ["layers", "hidden", "steps", "batch", "embed", "inputs", "outputs"])
def test_a_size_that_is_none_is_refused(name):
    with pytest.raises(ArgumentError) as caught:
        networks.unrolled_lstm(**{name: -1})
    assert str(caught.value) == f"unrolled_lstm(): {name} must be a whole number, 1 or more, got -1"
