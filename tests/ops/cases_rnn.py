"""Fused recurrent layers against a loop over layers, directions, sequences and steps."""

import numpy as np

from tests.ops.case import Case, case, fixed, real, whole

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(mode, p, r, h, c):
    """The equations of the cuDNN guide for one example."""
    if mode == "lstm":
        i, f, new, o = np.split(p + r, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
        return sigmoid(o) * np.tanh(c), c
    if mode == "gru":
        (pr, pz, pn), (rr, rz, rn) = np.split(p, 3), np.split(r, 3)
        z = sigmoid(pz + rz)
        return (1 - z) * np.tanh(pn + sigmoid(pr + rr) * rn) + z * h, c
    return {"rnn_relu": lambda x: np.maximum(x, 0), "rnn_tanh": np.tanh}[mode](p + r), c


def size(width, units, layers, directions, mode):
    per_layer = [width] + [directions * units] * (layers - 1)
    return sum(directions * GATES[mode] * units * (n + units + 2) for n in per_layer)


def unpack(vector, width, units, layers, directions, mode):
    """[layer][direction] → the four parts; the vector is used up from its beginning."""
    rest = list(vector)

    def cut(*shape):
        part = np.array(rest[: np.prod(shape)]).reshape(shape)
        del rest[: np.prod(shape)]
        return part

    rows = GATES[mode] * units
    widths = [width if layer == 0 else directions * units for layer in range(layers)]
    matrices = [[(cut(rows, n), cut(rows, units)) for _ in range(directions)] for n in widths]
    biases = [[(cut(rows), cut(rows)) for _ in range(directions)] for _ in widths]
    assert not rest
    return [[m + b for m, b in zip(*pair, strict=True)] for pair in zip(matrices, biases, strict=True)]


def recurrent(
    x, parameters, state, *more, state_size, num_layers, mode, bidirectional=False, state_outputs=False,
    use_sequence_length=False, p=0.0,
):  # fmt: skip
    directions, (steps, batch, width) = 1 + bidirectional, x.shape
    more = list(more)
    cells = more.pop(0) if mode == "lstm" else np.zeros_like(state)
    lengths = more.pop(0).astype(int) if use_sequence_length else [steps] * batch
    weights = unpack(parameters, width, state_size, num_layers, directions, mode)
    last_h, last_c = state.copy(), cells.copy()
    for layer in range(num_layers):
        out = np.zeros((steps, batch, directions * state_size))
        for direction in range(directions):
            w_in, w_state, b_in, b_state = weights[layer][direction]
            at = layer * directions + direction
            for n in range(batch):
                h, c = state[at, n], cells[at, n]
                for t in range(lengths[n])[:: -1 if direction else 1]:
                    h, c = step(mode, w_in @ x[t, n] + b_in, w_state @ h + b_state, h, c)
                    out[t, n, direction * state_size :][:state_size] = h
                last_h[at, n], last_c[at, n] = h, c
        x = out
    return [x, *([last_h] + [last_c] * (mode == "lstm")) * state_outputs]


def rnn_case(shape, **attrs):
    steps, batch, width = shape
    mode, units, layers = attrs["mode"], attrs["state_size"], attrs["num_layers"]
    directions = 1 + attrs.get("bidirectional", False)
    states = [real(layers * directions, batch, units)] * (1 + (mode == "lstm"))
    lengths = [fixed(np.arange(batch) % steps + 1)] * attrs.get("use_sequence_length", False)
    parameters = real(size(width, units, layers, directions, mode))
    return case(
        "RNN",
        recurrent,
        real(*shape),
        parameters,
        *states,
        *lengths,
        coarse=False,
        defined=not lengths,
        **attrs,
    )


CASES: list[Case] = [
    rnn_case(shape, mode=mode, num_layers=layers, **attrs)
    for mode in ("lstm", "gru", "rnn_tanh", "rnn_relu")
    for shape, layers, attrs in (
        ((3, 2, 3), 1, {"state_size": 2}),
        ((2, 2, 1), 2, {"state_size": 2, "bidirectional": True, "state_outputs": True}),
        (
            (3, 3, 2),
            2,
            {"state_size": 1, "bidirectional": True, "state_outputs": True, "use_sequence_length": True},
        ),
    )
]
CASES.append(rnn_case((4, 3, 2), mode="lstm", num_layers=2, state_size=1, state_outputs=True))
CASES += [
    case("_rnn_input_weight", lambda x, w, rows: w.reshape(-1), whole(9, *shape), real(2, shape[-1]), rows=2)
    for shape in ((4, 3), (2, 3, 5))
]
